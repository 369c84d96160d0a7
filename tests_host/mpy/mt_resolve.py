"""The look-up of names without a blocking call (net/resolve.py), against a live name server."""

import asyncio
import time

from udp_server import Server

from net import resolve

NAME = b"\x04csms\x07example\x00"


def test_identity_in_a_url():  # J 3.1.1
    assert resolve.quoted("CP-1_a.b~") == "CP-1_a.b~"
    assert resolve.quoted("CP 1/ä%") == "CP%201%2F%C3%A4%25"


async def test_addresses_need_no_question():
    assert await resolve.address("ws://192.0.2.7:9000/x") == ("192.0.2.7", 9000)
    assert await resolve.address("wss://192.0.2.7/x") == ("192.0.2.7", 443)
    assert await resolve.address("ws://localhost/") == ("127.0.0.1", 80)


def record(kind, data, name=b"\xc0\x0c", ttl=60):
    return name + bytes((0, kind, 0, 1)) + ttl.to_bytes(4, "big") + bytes((0, len(data))) + data


def a(*parts, **options):
    return record(1, bytes(parts), **options)


ALIAS = record(5, b"\x01x\xc0\x11")


def answer(query, *records, flags=b"\x81\x80"):
    return (
        query[:2]
        + flags
        + b"\0\1\0"
        + bytes((len(records),))
        + b"\0\0\0\0"
        + query[12:]
        + b"".join(records)
    )


def setup():
    resolve._WAIT_MS = 300


async def ask(*answers, port=None):
    """What _ask finds when the server sends these: functions of the query."""
    async with Server(lambda query: [make(query) for make in answers]) as server:
        return await resolve._ask("127.0.0.1", "CSMS.example", port or server.port)


async def test_an_address():
    found = await ask(lambda q: answer(q, a(192, 0, 2, 9, ttl=300)))
    assert found == [300, "192.0.2.9"]


async def test_several_addresses_behind_an_alias_and_the_shortest_life():
    found = await ask(
        lambda q: answer(
            q, ALIAS, a(192, 0, 2, 9, name=b"\x01x\xc0\x11", ttl=90), a(192, 0, 2, 10, ttl=30)
        )
    )
    assert found == [30, "192.0.2.9", "192.0.2.10"]


async def test_other_records_do_not_matter():
    found = await ask(
        lambda q: answer(q, record(28, bytes(16)), record(16, b"\3abc"), a(10, 0, 0, 1))
    )
    assert found == [60, "10.0.0.1"]


async def test_wrong_ids_and_questions_are_passed_over():
    found = await ask(
        lambda q: b"zz" + answer(q, a(6, 6, 6, 6))[2:],
        lambda q: answer(q, a(6, 6, 6, 6)).replace(b"\x04CSMS", b"\x04EVIL"),
        lambda q: q[:2],
        lambda q: b"",
        lambda q: bytes(range(200)),
        lambda q: answer(q, a(192, 0, 2, 9)),
    )
    assert found == [60, "192.0.2.9"]


async def test_errors_and_echoes_give_nothing():
    for flags in (b"\x81\x83", b"\x81\x82", b"\x81\x85"):  # NXDOMAIN, SERVFAIL, REFUSED
        assert await ask(lambda q, flags=flags: answer(q, flags=flags)) is None
        assert await ask(lambda q, flags=flags: answer(q, a(6, 6, 6, 6), flags=flags)) is None
    assert await ask(lambda q: answer(q, a(6, 6, 6, 6), flags=b"\x01\x00")) is None
    assert await ask(lambda q: q) is None
    assert await ask(lambda q: answer(q)) is None


async def test_torn_answers_give_what_was_whole():
    whole = answer(
        b"ab\1\0\0\1\0\0\0\0\0\0" + NAME + b"\0\1\0\1", ALIAS, a(1, 2, 3, 4), a(5, 6, 7, 8)
    )
    found = [resolve._answer(whole[:size]) for size in range(2, len(whole))]
    assert found[-1] == [60, "1.2.3.4"]
    assert {str(f) for f in found} == {"None", "[60, '1.2.3.4']"}
    loop = whole[:12] + b"\xc0\x0c" * 20
    resolve._answer(loop)  # pointers that chase each other end all the same
    assert await ask(lambda q: answer(q, a(1, 2, 3, 4), flags=b"\x83\x80")) == [60, "1.2.3.4"]


async def test_silence_costs_its_time_and_nobody_is_held_up():
    turns = 0

    async def control():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep_ms(10)

    task = asyncio.create_task(control())
    began = time.ticks_ms()
    assert await ask() is None
    assert time.ticks_diff(time.ticks_ms(), began) >= 280
    assert turns >= 6  # more on a fast machine; at least one for each look at the socket
    assert await ask(port=9) is None  # refused: at once
    task.cancel()


async def test_a_name_with_an_impossible_label_is_no_question():
    async with Server(lambda q: [answer(q, a(1, 1, 1, 1))]) as server:
        assert await resolve._ask("127.0.0.1", "a..b", server.port) is None
        assert await resolve._ask("127.0.0.1", "x" * 64 + ".de", server.port) is None
        assert server.heard == []


class Line:
    """A name server that can be cut: stands in for _ask."""

    def __init__(self, *found):
        self.found = list(found)
        self.asked = 0

    async def ask(self, server, host, port=53):
        self.asked += 1
        return list(self.found) or None


async def lookup(line, known, now, servers=("192.0.2.1",)):
    kept, resolve._ask = resolve._ask, line.ask
    try:
        return (await resolve.lookup("csms.example", 443, known, servers, now))[0]
    except OSError as e:
        return str(e)
    finally:
        resolve._ask = kept


async def test_an_answer_is_kept_as_long_as_it_may_be():
    line, known = Line(60, "1.1.1.1"), {}
    for now in (0, 1, 59):
        assert await lookup(line, known, now) == "1.1.1.1"
    assert line.asked == 1
    line.found = [60, "2.2.2.2"]
    assert await lookup(line, known, 60) == "2.2.2.2"


async def test_an_old_answer_is_better_than_none():
    line, known = Line(60, "1.1.1.1"), {}
    await lookup(line, known, 0)
    line.found = []
    assert await lookup(line, known, 5000) == "1.1.1.1"
    assert "no address for csms.example" in await lookup(line, {}, 5000)


async def test_each_attempt_takes_the_next_address():
    line, known = Line(600, "1.1.1.1", "2.2.2.2"), {}
    found = []
    for now in range(4):
        found.append(await lookup(line, known, now))
    assert found == ["1.1.1.1", "2.2.2.2", "1.1.1.1", "2.2.2.2"]


async def test_names_kept_are_few():
    known = {}
    line = Line(600, "1.1.1.1")
    kept, resolve._ask = resolve._ask, line.ask
    for n in range(20):
        await resolve.lookup("host%d.example" % n, 1, known, ["x"], 0)
    resolve._ask = kept
    assert len(known) <= 4


async def test_every_server_is_tried_three_times_in_turn():
    line = Line()
    assert "no address" in await lookup(line, {}, 0, ("192.0.2.1", "192.0.2.2"))
    assert line.asked == 6


async def test_a_name_that_nobody_knows_is_an_oserror():
    servers, resolve._servers = resolve._servers, lambda: []
    try:
        await resolve.address("ws://nowhere.invalid/")
        raise AssertionError("an address")
    except OSError as e:
        assert "nowhere.invalid" in str(e)
    finally:
        resolve._servers = servers
