"""What does a scripted WebSocket server on MicroPython need? (for the mt_ws_*.py tests)"""

import asyncio
import binascii
import hashlib
import os
from errno import EADDRINUSE

sleep_ms = asyncio.sleep_ms  # the real one


def fast_clock():
    """The client's watchdog counts seconds by asyncio.sleep_ms(1000): now 40 times faster."""
    asyncio.sleep_ms = lambda ms: sleep_ms(ms // 40 if ms >= 1000 else ms)


def real_clock():
    """Undo fast_clock()."""
    asyncio.sleep_ms = sleep_ms


async def until(check):
    """Let time pass until `check()` is true: however slow the machine is, and no longer."""
    for _ in range(6000):
        if check():
            return
        await sleep_ms(10)
    raise AssertionError("a minute in vain")


class Server:
    """A server that does with each connection what `script(server, reader, writer)` says."""

    def __init__(self, script):
        self.script = script
        self.head = b""
        self.connections = 0
        self.writer = None
        self.tasks = []

    async def __aenter__(self):
        for _ in range(20):
            # MicroPython cannot tell which port the system chose, so another test may have it.
            self.port = 10000 + int.from_bytes(os.urandom(2), "big") % 20000
            try:
                self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
                break
            except OSError as e:
                if e.errno != EADDRINUSE:
                    raise
        self.url = "ws://127.0.0.1:%d/CP%%201?a=b" % self.port
        return self

    async def __aexit__(self, *args):
        self.server.close()
        await self.server.wait_closed()
        for task in self.tasks:
            task.cancel()  # a write to a closed socket would hit the next one that has its number
        if self.writer:
            self.writer.s.close()

    async def serve(self, reader, writer):
        self.connections += 1
        self.writer = writer
        self.tasks.append(asyncio.current_task())
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
    """The next frame of a client: (opcode, payload), of a huge one (opcode, its length)."""
    head = await reader.readexactly(2)
    length = head[1] & 127
    if length > 125:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    key = await reader.readexactly(4)
    if length > 1000000:
        done = 0
        while done < length:
            done += len(await reader.read(min(length - done, 20000)))
        return head[0] & 15, length
    data = bytearray(await reader.readexactly(length))
    for i in range(length):
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
