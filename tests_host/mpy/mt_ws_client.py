"""Does an open WebSocket stand what servers do, on purpose or not?"""
# heapsize: 32m

import asyncio
import gc
import time

from ws_server import Server, fast_clock, frame, real_clock, sends, silent, sleep_ms

from net.websocket import WSError, ws_connect
from ws.frames import BINARY, CLOSED, ERROR, OVERSIZE, TEXT


def setup():
    fast_clock()


def teardown():
    real_clock()
    gc.collect()


async def test_frames_that_come_with_the_answer_are_not_lost():
    async with Server(sends(b"\x81\x03one\x82\x03two")) as server:
        ws = await ws_connect(server.url)
        msg = await ws.receive()
        assert (msg.type, msg.data, msg.length) == (TEXT, "one", 3)
        msg = await ws.receive()
        assert (msg.type, msg.data) == (BINARY, b"two")
        await ws.close()


async def test_async_with_and_async_for_end_with_the_connection():
    async with Server(sends(b"\x81\x03one\x81\x03two\x88\x02\x03\xe9")) as server:
        seen = []
        async with await ws_connect(server.url) as ws:
            async for msg in ws:
                seen.append(msg.data)
        assert seen == ["one", "two"]
        assert (ws.closed, ws.close_code) == (True, 1001)


async def test_a_cut_connection_is_closed_1006_and_stays_so():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"\x81\x05hal")
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        for _ in range(3):
            msg = await ws.receive()
            assert (msg.type, msg.data, ws.why) == (CLOSED, 1006, "lost")
        try:
            await ws.send_str("x")
            raise AssertionError
        except WSError as e:
            assert e.why == "closed"
        await ws.close()


async def test_a_server_that_breaks_the_protocol_is_told_and_left():
    told = []

    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"\x81\x02ok\x83\x00")
        told.append(await frame(reader))
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        assert (await ws.receive()).data == "ok"
        msg = await ws.receive()
        assert (msg.type, msg.data) == (ERROR, 1002)
        assert told == [(8, b"\x03\xea")]
        assert ws.closed


async def test_absurd_lengths_end_the_connection_without_taking_memory():
    for length, code in ((1 << 63, 1002), ((1 << 63) - 1, 1009), (12289, 1009)):
        head = b"\x82\x7f" + length.to_bytes(8, "big")
        if length < 65536:
            head = b"\x82\x7e" + length.to_bytes(2, "big")
        async with Server(sends(head + b"x" * 100)) as server:
            ws = await ws_connect(server.url)
            msg = await ws.receive()
            assert (msg.type, msg.data) == (ERROR, code)


async def test_an_oversize_message_is_reported_and_the_next_one_arrives():
    body = b'[2,"id","DataTransfer",{"data":"' + b"y" * 20000
    big = b"\x81\x7e" + len(body).to_bytes(2, "big") + body
    async with Server(sends(big, b"\x81\x04next")) as server:
        ws = await ws_connect(server.url, on_oversize="report")
        msg = await ws.receive()
        assert (msg.type, msg.data, msg.length) == (OVERSIZE, body[:128], len(body))
        msg = await ws.receive()
        assert (msg.type, msg.data) == (TEXT, "next")
        await ws.close()


async def test_a_receive_that_is_cancelled_loses_nothing():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"\x81\x0ahello")
        await sleep_ms(60)
        writer.write(b"there")
        await writer.drain()
        await reader.read(100)

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        await sleep_ms(30)
        task.cancel()
        try:
            await task
            raise AssertionError
        except asyncio.CancelledError:
            pass
        assert not ws.closed
        assert (await ws.receive()).data == "hellothere"
        await ws.close()


async def test_the_end_of_a_message_does_not_wait_for_a_delayed_ack():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        while True:
            opcode, data = await frame(reader)
            writer.write(b"\x88\x00" if opcode == 8 else b"\x81\x02ok")
            await writer.drain()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        while True:  # a slow machine gets another chance, Nagle's algorithm (40 ms each) has none
            start = time.ticks_ms()
            for _ in range(25):
                await ws.send_str("x" * 2500)  # three writes
                await ws.receive()
            if time.ticks_diff(time.ticks_ms(), start) < 800:
                break
        server.writer.s.close()


async def test_two_receivers_are_refused():
    async with Server(silent) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        await sleep_ms(5)
        try:
            await ws.receive()
            raise AssertionError
        except RuntimeError:
            pass
        await ws.close()
        assert (await task).type == CLOSED
