"""Is only a true answer of a time server believed? (RFC 4330; net/timesync.py)"""

from udp_server import Server

from net import timesync

NOW = 1763640000
FLOOR = 1763000000


def setup():
    timesync._WAIT_MS = 200


def reply(query, epoch=NOW, first=0x24, stratum=2, cookie=None, fraction=0):
    seconds = (epoch + 2208988800) & 0xFFFFFFFF
    return (
        bytes((first, stratum, 6, 0xE8))
        + bytes(20)
        + (cookie or query[40:48])
        + bytes(8)
        + seconds.to_bytes(4, "big")
        + bytes((fraction, 0, 0, 0))
    )


async def asked(*answers, floor=FLOOR):
    async with Server(lambda query: [make(query) for make in answers]) as server:
        found = await timesync.ask("127.0.0.1", server.port, floor)
        assert server.heard[0][0] == 0x23 and len(server.heard[0]) == 48
        return found


async def test_a_good_answer():
    assert await asked(reply) == NOW
    assert await asked(lambda q: reply(q, fraction=200)) == NOW + 1


async def test_answers_that_are_none():
    for bad in (
        lambda q: reply(q, cookie=b"12345678"),  # not to our question
        lambda q: reply(q, first=0xE4),  # not in step itself
        lambda q: reply(q, first=0x23),  # a client's
        lambda q: reply(q, stratum=0),  # kiss of death
        lambda q: reply(q, stratum=16),
        lambda q: reply(q)[:47],
        lambda q: reply(q)[:40] + bytes(8),
        lambda q: b"",
    ):
        assert await asked(bad) is None


async def test_a_true_answer_behind_false_ones_counts():
    assert await asked(lambda q: reply(q, NOW + 999, cookie=b"12345678"), reply) == NOW


async def test_after_2036_the_count_has_wrapped():
    for epoch in (2085978495, 2085978497, 2200000000):
        assert await asked(lambda q, epoch=epoch: reply(q, epoch)) == epoch


async def test_silence_and_refusal_are_no_time():
    assert await asked() is None
    assert await timesync.ask("127.0.0.1", 9, FLOOR) is None


class Clock:
    floor = FLOOR
    set = None

    def set_wall(self, epoch, source):
        self.set = (epoch, source)
        return True

    def uptime_s(self):
        return 0


class App:
    clock = Clock()

    class supervisor:
        def beat(name):
            assert name == "link"


class Link:
    app = App

    class log:
        def info(*args):
            pass

        def warn(*args):
            pass


async def test_the_next_server_is_asked_when_one_fails():
    kept, timesync.resolve.lookup = timesync.resolve.lookup, None
    async with Server(lambda q: [reply(q)]) as server:

        async def lookup(host, port):
            assert port == 123
            if host == "none":
                raise OSError("no address")
            return "127.0.0.1", 9 if host == "dead" else server.port

        timesync.resolve.lookup = lookup
        try:
            assert await timesync.run(Link, ["none", "dead", "good"])
            assert App.clock.set == (NOW, "sntp")
            assert not await timesync.run(Link, ["none", "dead"])
        finally:
            timesync.resolve.lookup = kept
