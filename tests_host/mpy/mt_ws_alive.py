"""Are pings, time-outs and the end of a WebSocket connection as they should be?"""
# heapsize: 32m

import asyncio
import gc

from ws_server import Server, fast_clock, frame, real_clock, sends, silent, sleep_ms, until

from net.websocket import WSError, ws_connect
from ws.frames import CLOSE, CLOSED


def setup():
    fast_clock()


def teardown():
    real_clock()
    gc.collect()


# Keeping alive


async def test_pings_are_sent_and_a_silent_server_is_left():
    """U 19."""
    seen = []

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        while True:
            seen.append(await frame(reader))

    async with Server(script) as server:
        ws = await ws_connect(server.url, ping_interval_s=2, ping_timeout_s=5)
        msg = await ws.receive()
        assert (msg.type, msg.data, ws.why) == (CLOSED, 1006, "timeout")
        await until(lambda: len(seen) > 2)
        assert seen == [(9, b"")] * 3  # at 2, 4 and 6 s; given up at 7 s


async def test_a_server_that_answers_pings_is_kept_and_the_interval_may_change():
    pings = [0]

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        while True:
            opcode, data = await frame(reader)
            if opcode == 9:
                pings[0] += 1
                writer.write(b"\x8a\x00")
                await writer.drain()

    async with Server(script) as server:
        ws = await ws_connect(server.url, ping_interval_s=1000, ping_timeout_s=2)
        task = asyncio.create_task(ws.receive())
        await sleep_ms(200)
        assert pings[0] == 0
        ws.ping_interval_s = 1
        await until(lambda: pings[0] > 11)
        assert not ws.closed
        ws.ping_interval_s = 0
        for _ in range(12):  # what is under way arrives
            await sleep_ms(5)
        before = pings[0]
        await sleep_ms(200)
        assert pings[0] == before
        task.cancel()
        await ws.close()


async def test_a_task_that_does_not_receive_does_not_make_the_server_silent():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"\x81\x02hi")
        while await reader.read(100):
            pass

    async with Server(script) as server:
        ws = await ws_connect(server.url, ping_interval_s=1, ping_timeout_s=1)
        await sleep_ms(200)
        assert not ws.closed
        assert (await ws.receive()).data == "hi"
        await ws.close()


async def test_a_server_that_does_not_read_is_left():
    async with Server(silent) as server:
        ws = await ws_connect(server.url, ping_interval_s=0, ping_timeout_s=4)
        task = asyncio.create_task(ws.receive())
        try:
            for _ in range(300):
                await ws.send_bytes(bytes(65536))
            raise AssertionError
        except WSError as e:
            assert e.why == "closed"
        assert (await task).type == CLOSED
        assert ws.why == "timeout"


async def test_a_ping_that_comes_while_a_message_leaves_is_answered_after_it():
    seen = []
    sending = []

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await until(lambda: sending)
        writer.write(b"\x89\x04ping")
        await writer.drain()
        await sleep_ms(30)
        for _ in range(2):
            seen.append(await frame(reader))
        writer.write(b"\x88\x00")
        await writer.drain()
        await reader.read(100)

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        size = 8 * 1024 * 1024  # more than the kernel buffers
        sending.append(True)
        await ws.send_bytes(bytes(size))
        assert (await task).type == CLOSE
        assert seen == [(2, size), (10, b"ping")]


async def test_messages_are_received_while_one_cannot_leave():
    received = asyncio.Event()

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await sleep_ms(30)
        writer.write(b"\x89\x00\x81\x02go")
        await writer.drain()
        await received.wait()  # it does not read before
        await frame(reader)
        await frame(reader)  # the pong
        writer.write(b"\x88\x02\x03\xe8")
        await writer.drain()
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        asyncio.create_task(ws.send_bytes(bytes(8 * 1024 * 1024)))  # more than the kernel buffers
        await sleep_ms(5)
        msg = await ws.receive()
        assert msg.data == "go"
        received.set()
        msg = await ws.receive()
        assert (msg.type, msg.data) == (CLOSE, 1000)


async def test_why_the_server_closed_is_known_though_a_send_failed_first():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"\x88\x05\x03\xe9bye")
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        try:
            for _ in range(6000):
                await sleep_ms(5)
                await ws.send_str("x")
            raise AssertionError
        except WSError as e:
            assert e.why == "closed"
        msg = await ws.receive()
        assert (msg.type, msg.data, ws.close_reason) == (CLOSE, 1001, "bye")


async def test_messages_of_several_tasks_do_not_mix():
    seen = []

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        for _ in range(40):
            seen.append((await frame(reader))[1])
        writer.write(b"\x88\x00")
        await writer.drain()
        await reader.read(100)

    async def send(ws, letter):
        for _ in range(10):
            await ws.send_str(letter * 5000)

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        for letter in "abcd":
            asyncio.create_task(send(ws, letter))
        await ws.receive()
        assert sorted(seen) == sorted([c * 5000 for c in (b"a", b"b", b"c", b"d")] * 10)


# Ending


async def test_close_waits_for_the_server_and_drops_what_still_comes():
    seen = []

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        seen.append(await frame(reader))
        writer.write(b"\x81\x04late\x89\x00\x88\x02\x0f\xa0")
        await writer.drain()
        await sleep_ms(50)
        await writer.wait_closed()
        seen.append("closed")

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        await ws.close(4000, "bye")
        assert seen == [(8, b"\x0f\xa0bye"), "closed"]
        assert (ws.closed, ws.close_code, ws.why) == (True, 4000, "")
        assert (await ws.receive()).type == CLOSED


async def test_a_server_that_ignores_the_close_is_left_after_ten_seconds():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        while True:
            writer.write(b"\x81\x04more")
            await writer.drain()
            await sleep_ms(10)

    for receiving in (False, True):
        async with Server(script) as server:
            ws = await ws_connect(server.url)
            if receiving:
                await ws.receive()
            await ws.close()
            assert (ws.closed, ws.close_code, ws.why) == (True, 1006, "timeout")


async def test_a_server_that_closes_but_keeps_tcp_open_is_left_after_ten_seconds():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"\x88\x02\x03\xe8")
        while await reader.read(100):
            pass

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        msg = await ws.receive()
        assert (msg.type, msg.data) == (CLOSE, 1000)
        assert ws.closed


async def kind_of_next(ws):
    return (await ws.receive()).type


async def test_close_wakes_the_task_that_receives():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await frame(reader)
        writer.write(b"\x81\x04late\x88\x02\x03\xe8")
        await writer.drain()
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(kind_of_next(ws))
        await sleep_ms(5)
        await ws.close()
        assert await task == CLOSE  # and not what came late


async def test_a_task_that_comes_to_receive_while_another_closes_gets_the_end_too():
    two = []  # tasks wait for the end

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await frame(reader)
        await until(lambda: two)
        writer.write(b"\x88\x02\x03\xe8")
        await writer.drain()
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.close())
        await until(lambda: ws._busy)
        two.append(True)
        assert (await ws.receive()).type == CLOSED
        await task
        assert ws.close_code == 1000


async def test_several_connections_open_at_once():
    async def one(url, seen):
        ws = await ws_connect(url)
        seen.append((await ws.receive()).data)
        await ws.close()

    seen = []
    async with Server(sends(b"\x81\x01a")) as first:
        async with Server(sends(b"\x81\x01b")) as second:
            await asyncio.gather(one(first.url, seen), one(second.url, seen))
    assert sorted(seen) == ["a", "b"]


async def test_a_send_that_is_cancelled_ends_the_connection_rather_than_leave_half_a_frame():
    async with Server(silent) as server:
        ws = await ws_connect(server.url)
        data = bytes(8 * 1024 * 1024)  # more than the kernel buffers
        task = asyncio.create_task(ws.send_bytes(data))
        task2 = asyncio.create_task(ws.send_bytes(data))
        await sleep_ms(50)
        task.cancel()
        task2.cancel()
        await sleep_ms(5)
        assert ws.closed
        assert (await ws.receive()).type == CLOSED


async def test_nothing_is_left_running_after_the_end():
    async with Server(sends(b"\x88\x00")) as server:
        for _ in range(3):
            ws = await ws_connect(server.url, ping_interval_s=1)
            server.head = b""
            dog = ws._dog
            await ws.receive()
            await sleep_ms(1)
            assert dog.done()
            assert ws.stream is None
