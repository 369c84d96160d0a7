"""Does the WebSocket client stand what servers do, on purpose or not?"""
# heapsize: 32m

import asyncio
import binascii
import gc
import hashlib
import socket

from net.websocket import WSError, ws_connect
from ws.frames import BINARY, CLOSE, CLOSED, ERROR, OVERSIZE, TEXT

_sleep_ms = asyncio.sleep_ms
_port = 9301


def setup():
    # The client's watchdog counts seconds by asyncio.sleep_ms(1000): here 40 times faster.
    asyncio.sleep_ms = lambda ms: _sleep_ms(ms // 40 if ms >= 1000 else ms)


def teardown():
    asyncio.sleep_ms = _sleep_ms
    gc.collect()


class Server:
    """A server that does with each connection what `script(server, reader, writer)` says."""

    def __init__(self, script):
        global _port
        _port += 1
        self.port = _port
        self.url = "ws://127.0.0.1:%d/CP%%201?a=b" % _port
        self.script = script
        self.head = b""
        self.connections = 0
        self.writer = None

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *args):
        self.server.close()
        await self.server.wait_closed()
        if self.writer:
            self.writer.s.close()

    async def serve(self, reader, writer):
        self.connections += 1
        self.writer = writer
        try:
            await self.script(self, reader, writer)
        except (OSError, EOFError):
            pass

    async def upgrade(self, reader, writer, extra=b"", headers=b""):
        """Do the handshake; `extra` follows at once."""
        while not self.head.endswith(b"\r\n\r\n"):
            self.head += await reader.readline()
        key = self.head.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        writer.write(
            b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + (b"Sec-WebSocket-Accept: " + binascii.b2a_base64(digest).strip() + b"\r\n")
            + headers
            + b"\r\n"
            + extra
        )
        await writer.drain()


async def frame(reader):
    """The next frame of a client: (opcode, payload)."""
    head = await reader.readexactly(2)
    length = head[1] & 127
    if length > 125:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    key = await reader.readexactly(4)
    data = bytearray(length)
    done = 0
    while done < length:
        done += await reader.readinto(memoryview(data)[done:]) or 0
    for i in range(min(length, 10000)):
        data[i] ^= key[i & 3]
    return head[0] & 15, bytes(data)


def sends(*frames):
    """A script that sends these bytes, and answers the first frame of the client with a close."""

    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"".join(frames))
        await frame(reader)
        writer.write(b"\x88\x02\x03\xe8")
        await writer.drain()
        await writer.wait_closed()

    return script


async def silent(server, reader, writer):
    await server.upgrade(reader, writer)
    await asyncio.sleep_ms(900)


def answers(raw):
    """A script that answers the request with these bytes and closes."""

    async def script(server, reader, writer):
        while await reader.readline() != b"\r\n":
            pass
        writer.write(raw)
        await writer.drain()
        await writer.wait_closed()

    return script


async def refusal(script, **options):
    """The WSError that connecting to this server raises."""
    async with Server(script) as server:
        try:
            await ws_connect(server.url, **options)
        except WSError as e:
            return e
    raise AssertionError("connected")


# Opening


async def test_the_request_carries_path_subprotocol_and_headers_as_given():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer, b"", b"Sec-WebSocket-Protocol: ocpp1.6\r\n")

    async with Server(script) as server:
        headers = {"Authorization": "Basic Q1A6c2VjcmV0"}
        ws = await ws_connect(server.url, protocols=("ocpp1.6",), headers=headers)
        assert ws.protocol == "ocpp1.6"
        lines = server.head.split(b"\r\n")
        assert lines[0] == b"GET /CP%201?a=b HTTP/1.1"
        assert b"Authorization: Basic Q1A6c2VjcmV0" in lines
        assert b"Sec-WebSocket-Protocol: ocpp1.6" in lines
        await ws.close()


async def test_http_refusals_are_told_apart():
    for status in (401, 403, 404, 500, 200):
        e = await refusal(answers(b"HTTP/1.1 %d Because\r\nA: b\r\n\r\nbody" % status))
        assert (e.why, e.status) == ("http", status)
        assert isinstance(e, OSError)
        assert "Because" in str(e)


async def test_a_redirect_is_refused_and_said_so():
    e = await refusal(answers(b"HTTP/1.1 301 x\r\nLocation: ws://other/\r\n\r\n"))
    assert (e.why, e.status) == ("redirect", 301)
    assert "ws://other/" in str(e)


async def test_a_wrong_accept_key_is_refused():
    e = await refusal(
        answers(
            b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        )
    )
    assert (e.why, e.status) == ("accept", 101)


async def test_a_missing_subprotocol_is_refused():
    e = await refusal(sends(), protocols=("ocpp1.6",))
    assert (e.why, e.status) == ("protocol", 101)


async def test_garbage_an_endless_head_and_an_early_end_are_refused():
    assert (await refusal(answers(b"SSH-2.0-x\r\nA: b\r\n\r\n"))).why == "response"
    assert (await refusal(answers(b"\x00\xff" * 100))).why == "lost"
    assert (await refusal(answers(b"HTTP/1.1 101 x\r\n" + b"a: b\r\n" * 3000))).why == "response"
    assert (await refusal(answers(b"HTTP/1.1 101 x\r\nUpgr"))).why == "lost"
    assert (await refusal(answers(b""))).why == "lost"


async def test_a_server_that_does_not_answer_is_given_up():
    async def script(server, reader, writer):
        await asyncio.sleep_ms(900)

    e = await refusal(script, connect_timeout_s=0.1)
    assert (e.why, e.status) == ("timeout", 0)


async def test_nobody_there_is_connect_and_no_such_name_is_dns():
    for url, why in (("ws://127.0.0.1:9/", "connect"), ("ws://" + "x" * 64 + "/", "dns")):
        try:
            await ws_connect(url)
            raise AssertionError(url)
        except WSError as e:
            assert e.why == why


async def test_an_address_given_is_used_instead_of_the_name():
    async with Server(sends()) as server:
        url = "ws://no.such.name.invalid:1/"
        ws = await ws_connect(url, address=("127.0.0.1", server.port))
        assert b"Host: no.such.name.invalid:1\r\n" in server.head
        await ws.close()


async def test_every_address_of_a_name_is_tried():
    import net.ws_open as opening

    async with Server(sends()) as server:
        rows = socket.getaddrinfo("127.0.0.1", 9, 0, socket.SOCK_STREAM)
        rows += socket.getaddrinfo("127.0.0.1", server.port, 0, socket.SOCK_STREAM)
        opening.socket = _Socket(rows)
        ws = await ws_connect("ws://two.addresses/")  # forgets the module it has used
        assert server.connections == 1
        await ws.close()


class _Socket:
    """The module socket with another look-up."""

    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket

    def __init__(self, rows):
        self.rows = rows

    def getaddrinfo(self, *args):
        return self.rows


async def test_wss_without_a_context_and_a_wrong_url_are_value_errors():
    for url in ("wss://127.0.0.1/", "http://127.0.0.1/", "ws://a b/"):
        try:
            await ws_connect(url)
            raise AssertionError(url)
        except ValueError:
            pass


async def test_a_failed_opening_leaves_no_socket_behind():
    import os

    def sockets():
        gc.collect()
        return len([1 for _ in os.ilistdir("/proc/self/fd")])

    async with Server(silent) as server:
        before = sockets()
        for url in (server.url, "ws://127.0.0.1:9/") * 3:
            try:
                ws = await ws_connect(url, protocols=("x",), connect_timeout_s=0.1)
                await ws.close()
            except WSError:
                pass
        server.writer.s.close()
        await _sleep_ms(50)
        assert sockets() <= before + 3  # those that the server holds open until it looks again


# Receiving


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
        await _sleep_ms(60)
        writer.write(b"there")
        await writer.drain()
        await reader.read(100)

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        await _sleep_ms(30)
        task.cancel()
        try:
            await task
            raise AssertionError
        except asyncio.CancelledError:
            pass
        assert not ws.closed
        assert (await ws.receive()).data == "hellothere"
        await ws.close()


async def test_two_receivers_are_refused():
    async with Server(silent) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        await _sleep_ms(5)
        try:
            await ws.receive()
            raise AssertionError
        except RuntimeError:
            pass
        await ws.close()
        assert (await task).type == CLOSED


# Keeping alive


async def test_pings_are_sent_and_a_silent_server_is_left():
    seen = []

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        while True:
            seen.append(await frame(reader))

    async with Server(script) as server:
        ws = await ws_connect(server.url, ping_interval_s=2, ping_timeout_s=5)
        msg = await ws.receive()
        assert (msg.type, msg.data, ws.why) == (CLOSED, 1006, "timeout")
        await _sleep_ms(10)
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
        await _sleep_ms(200)
        assert pings[0] == 0
        ws.ping_interval_s = 1
        await _sleep_ms(500)
        assert 12 <= pings[0] <= 20
        assert not ws.closed
        ws.ping_interval_s = 0
        await _sleep_ms(60)
        before = pings[0]
        await _sleep_ms(200)
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
        await _sleep_ms(200)
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

    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await _sleep_ms(30)
        writer.write(b"\x89\x04ping")
        await writer.drain()
        await _sleep_ms(30)
        for _ in range(2):
            opcode, data = await frame(reader)
            seen.append((opcode, len(data)))
        writer.write(b"\x88\x00")
        await writer.drain()
        await reader.read(100)

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        size = 8 * 1024 * 1024  # more than the kernel buffers
        await ws.send_bytes(bytes(size))
        assert (await task).type == CLOSE
        assert seen == [(2, size), (10, 4)]


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
        await _sleep_ms(50)
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
            await _sleep_ms(10)

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


async def test_close_wakes_the_task_that_receives():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await frame(reader)
        writer.write(b"\x88\x02\x03\xe8")
        await writer.drain()
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.receive())
        await _sleep_ms(5)
        await ws.close()
        assert (await task).type == CLOSE


async def test_a_task_that_comes_to_receive_while_another_closes_gets_the_end_too():
    async def script(server, reader, writer):
        await server.upgrade(reader, writer)
        await frame(reader)
        await _sleep_ms(30)
        writer.write(b"\x88\x02\x03\xe8")
        await writer.drain()
        await writer.wait_closed()

    async with Server(script) as server:
        ws = await ws_connect(server.url)
        task = asyncio.create_task(ws.close())
        await _sleep_ms(5)
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
        await _sleep_ms(50)
        task.cancel()
        task2.cancel()
        await _sleep_ms(5)
        assert ws.closed
        assert (await ws.receive()).type == CLOSED


async def test_nothing_is_left_running_after_the_end():
    async with Server(sends(b"\x88\x00")) as server:
        for _ in range(3):
            ws = await ws_connect(server.url, ping_interval_s=1)
            server.head = b""
            await ws.receive()
            assert ws._dog is None
            assert ws.stream is None
