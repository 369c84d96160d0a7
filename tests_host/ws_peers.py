"""What does a scripted WebSocket server need? Frames of any shape, right or wrong, and a client.

The server side is written out byte by byte on plain sockets: a library would refuse to send what
the tests are about.
"""

import asyncio
import base64
import hashlib
import os
import struct
from pathlib import Path

from patience import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", fin=True, rsv=0, length=None, size=None, mask=None):
    """One frame as a server sends it; `length` and its `size` (0, 2 or 8 bytes) can be lies."""
    length = len(payload) if length is None else length
    size = size if size is not None else 0 if length < 126 else 2 if length < 65536 else 8
    marker = {0: length, 2: 126, 8: 127}[size]
    head = bytes([(fin << 7) | (rsv << 4) | opcode, marker | (0x80 if mask else 0)])
    extended = {0: b"", 2: struct.pack(">H", length & 0xFFFF), 8: struct.pack(">Q", length)}[size]
    return head + extended + (mask or b"") + payload


def close_frame(code=None, reason=b""):
    """A close frame; without a code an empty one."""
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def accept(key: bytes) -> bytes:
    """The Sec-WebSocket-Accept of a key."""
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.head = b""

    async def handshake(self, extra=b""):
        """Answer the opening request; `extra` follows in the same packet."""
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        key = [v for n, v in self.headers() if n == b"sec-websocket-key"][0]
        self.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept(key) + b"\r\n\r\n" + extra
        )

    def headers(self):
        """The request's headers: (lower case name, value)."""
        lines = [line.partition(b":") for line in self.head.split(b"\r\n")[1:] if line]
        return [(name.lower(), value.strip()) for name, _, value in lines]

    async def frame(self):
        """The next frame from the client as (opcode, payload); it must be masked and whole."""
        first, second = await self.reader.readexactly(2)
        assert first & 0xF0 == 0x80 and second & 0x80, "a client's frames are final and masked"
        length = second & 0x7F
        if length > 125:
            raw = await self.reader.readexactly(2 if length == 126 else 8)
            length = int.from_bytes(raw, "big")
        key = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(length)
        pad = (key * (length // 4 + 1))[:length]
        masked = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
        return first & 15, masked.to_bytes(length, "big")

    async def frames_until_close(self):
        """All frames up to the client's close: ([(opcode, payload)], close code or None)."""
        seen = []
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                return seen, struct.unpack(">H", payload[:2])[0] if payload else None
            seen.append((opcode, payload))


async def run_echo(binary, serve, heap="64m", ssl=None):
    """Serve one connection of tools/ws_echo.py with `serve(peer)`; return its exit code."""
    done = asyncio.get_running_loop().create_future()

    async def connected(reader, writer):
        try:
            await serve(Peer(reader, writer))
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1 << 25)
    port = server.sockets[0].getsockname()[1]
    client = await asyncio.create_subprocess_exec(
        *(str(binary), "-X", f"heapsize={heap}", ROOT / "tools/ws_echo.py"),
        f"ws://127.0.0.1:{port}/runCase?case=1",
        cwd=os.sep,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            await done
            return await client.wait()
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
        server.close()
