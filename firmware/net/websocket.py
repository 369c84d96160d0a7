"""How does a task talk to a WebSocket server? (RFC 6455; docs/websocket.md shows how to use it)

The waiting half of lib/ws. Its interface is that of micropython-lib's aiohttp:

    ws = await ws_connect("wss://csms.example/ocpp/CP%201", protocols=("ocpp1.6",), ssl=context)
    msg = await ws.receive()                        # msg.type == TEXT: msg.data is a str

One task receives; any task may send. Pings are answered and time-outs noticed inside receive(),
so there should always be a task waiting in it. No read is ever timed out by itself: a watchdog
looks once a second, and what is overdue ends the connection, never a single read.
"""

import asyncio
import os
import sys

from micropython import const

from ws import frames

_CHUNK = const(512)  # payload bytes masked and written at once
_TURN_MS = const(5)  # who waits for another's frame looks that often
_CLOSE_S = const(10)  # for the closing handshake and for TCP to end after it


class WSError(OSError):
    """The connection could not be made, or has ended.

    why: "dns", "connect", "tls" (the certificate), "timeout", "http" (status: 401, 404, ...),
    "redirect", "response", "accept", "protocol" (ws.answer.verdict() tells what they mean),
    "lost" (cut off), "closed". status: the HTTP status, 0 if there was none.
    """

    def __init__(self, why, status=0, text=""):
        super().__init__("%s %s %s" % (why, status or "", text))
        self.why = why
        self.status = status


async def ws_connect(
    url,
    protocols=(),
    headers=None,
    ssl=None,
    max_message=12288,
    on_oversize="close",
    ping_interval_s=60,
    ping_timeout_s=30,
    connect_timeout_s=30,
    address=None,
):
    """Connect and do the opening handshake; return the open WebSocket.

    protocols: subprotocols offered; if there are any, the server must choose one (ws.protocol).
    headers: dict of more of them. ssl: SSLContext for wss://, which checks the URL's host too.
    on_oversize: "close" (1009) or "report" (deliver OVERSIZE) for more than max_message bytes.
    ping_interval_s: 0 sends no pings. ping_timeout_s: for the answer to a ping, and for each piece
    of a message to get away. address: (IP address, port) instead of a look-up of the URL's host,
    which blocks every task. Raises WSError; ValueError for a wrong argument.
    """
    import net.ws_open

    reader = frames.Reader(max_message, on_oversize == "report")
    ws = WebSocket(reader, ping_interval_s, ping_timeout_s)
    try:
        await net.ws_open.ws_open(ws, url, protocols, headers, ssl, connect_timeout_s, address)
    finally:
        _forget("net", "ws_open")
        _forget("asyncio", "funcs")  # wait_for: asyncio imports it again when somebody asks
        if "wait_for" in asyncio.__dict__:
            del asyncio.wait_for
    return ws


def _forget(package, name):
    """Give back the memory of a module that is used once a connection (together 5 KB)."""
    if sys.modules.pop(package + "." + name, None):
        delattr(sys.modules[package], name)


class WebSocket:
    """An open connection; ws_connect() makes it.

    protocol: the subprotocol the server chose, None without. closed: it has ended. close_code and
    close_reason: how (1006: without a close frame); why: "" or the reason of an abnormal end, see
    WSError. heard: how many reads brought something, a sign of life. ping_interval_s and
    ping_timeout_s may be changed at any time. The other names are for ws_open.py.

    It is the message, too. type: TEXT, BINARY, OVERSIZE, CLOSE, ERROR or CLOSED. data: str, bytes,
    the first 128 bytes, or the close code. length: bytes of the message.
    """

    def __init__(self, reader, ping_interval_s, ping_timeout_s):
        self.protocol = False  # until the handshake is done
        self.closed = False
        self.close_code = 1006
        self.close_reason = ""
        self.why = "dns"
        self.ping_interval_s = self._ping_s = ping_interval_s
        self.ping_timeout_s = ping_timeout_s
        self.heard = 0
        self.reader = reader
        self.type = frames.CLOSED
        self.data = None
        self.length = 0
        self.stream = None
        self._closing = False  # our close frame is sent: nothing follows it
        self._busy = False  # a task is inside receive()
        self._pong = None  # payload of a ping to be answered when the line is free
        self._sending = False  # a task is inside _send(): others wait (asyncio.Lock: 400 bytes)
        self._tx = bytearray(frames.PAYLOAD + _CHUNK)
        # Seconds until the peer must be heard, and until a write must get on; 0: no limit.
        self._rx_left = self._tx_left = 0
        self._rx_task = self._tx_task = self._dog = None  # cancelled before the socket is closed

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, exc, tb):
        await self.close()

    def __aiter__(self):
        return self

    async def __anext__(self):
        if (await self.receive()).type in (frames.CLOSE, frames.CLOSED, frames.ERROR):
            raise StopAsyncIteration
        return self

    def start(self, protocol):
        """The handshake is done: watch over the connection from now on."""
        self.protocol = protocol
        self.why = ""
        self._dog = asyncio.create_task(self._watch())

    async def receive(self):
        """Return the next message (the class); CLOSE, ERROR or CLOSED when there will be no more.

        CLOSE: the closing handshake is done, by either side. ERROR: the peer broke the protocol
        or sent too much, and was told so (data: the code). CLOSED: cut off or timed out (ws.why),
        and every call after the end. A task that waits here may be cancelled without loss.
        """
        if self._busy and not self._closing:
            raise RuntimeError("one task receives")
        while self._busy:  # close() receives in its own task what is left
            await asyncio.sleep_ms(20)
        self._busy = True
        self.data = None
        try:
            self.type = frames.CLOSED if self.closed else await self._next()
        finally:
            self._busy = False
        if self.data is None:
            self.data = self.close_code
        return self

    async def _next(self):
        """Serve the line until there is something to deliver; return its type."""
        reader = self.reader
        while True:
            event = reader.poll()
            if not event:
                if not await self.fill():
                    self.drop("lost")
                    return frames.CLOSED
            elif event == frames.PING:
                self._pong = reader.data
                if not self._sending:  # else who sends will answer: do not wait for it here
                    try:
                        await self._send(0, b"")
                    except WSError:
                        pass  # the next read tells that it is over
            elif event == frames.CLOSE or event == frames.ERROR:
                await self._finish(event)
                return event
            elif event != frames.PONG and not self._closing:
                self.data = reader.data
                self.length = reader.length
                reader.data = None
                return event

    async def fill(self):
        """Receive what there is, at least one byte; 0 when the connection has ended."""
        if self.closed:
            return 0
        self._rx_task = asyncio.current_task()
        try:
            count = None
            while count is None:  # None: TLS needs more to decrypt a record
                count = await self.stream.readinto(self.reader.room())
        except asyncio.CancelledError:
            if not self.closed:
                raise
            count = 0  # drop() ended this wait
        except OSError:
            if self.protocol is False:
                raise
            count = 0
        finally:
            self._rx_task = None
        if count:
            self.heard += 1
            self.reader.received(count)
            if not self._closing:
                self._rx_left = 0
        return count

    async def _finish(self, event):
        """The peer's close or error: answer it, then let the server end TCP (section 7.1.1)."""
        reader = self.reader
        self.close_code = reader.data
        self.close_reason = reader.reason or ""
        try:
            await self._send_close(self.close_code, "")
            count = 1
            while count:
                reader.pos = reader.end = reader.left = 0
                count = await self.fill()
        except OSError:
            pass
        self.drop("")

    async def send_str(self, data):
        """Send a text (str, list of bytes); returns when the network has it. WSError if not."""
        await self._send(frames.TEXT, data)

    async def send_bytes(self, data):
        """Send a binary message: bytes, bytearray or memoryview, not to be changed meanwhile."""
        await self._send(frames.BINARY, data)

    async def _send(self, opcode, data):
        """Send one frame, and the answer to a ping that came meanwhile (opcode 0: only that)."""
        while self._sending:
            await asyncio.sleep_ms(_TURN_MS)
        if self.closed or self._closing and opcode != frames.CLOSE:
            raise WSError("closed", 0, self.why)
        self._sending = True
        self._tx_task = asyncio.current_task()
        try:
            if opcode:
                await self._frame(opcode, data)
            while self._pong is not None and opcode != frames.CLOSE:
                data = self._pong
                self._pong = None
                await self._frame(frames.PONG, data)
        except OSError:
            # The peer has gone. What it said before (why it closes, perhaps) is still to be read.
            self._closing = True
            self._rx_left = self._rx_left or _CLOSE_S
            raise WSError("closed", 0, "lost")
        except (asyncio.CancelledError, MemoryError):
            if self.closed:  # by drop()
                raise WSError("closed", 0, self.why)
            self.drop("lost")  # half a frame may be out: there is no way to go on
            raise
        finally:
            self._tx_task = None
            self._tx_left = 0
            self._sending = False

    async def _frame(self, opcode, data):
        buf = self._tx
        pieces = data if isinstance(data, list) else (memoryview(data),)
        left = sum([len(piece) for piece in pieces])
        start = frames.put_head(buf, opcode, left, os.urandom(4))
        at = frames.PAYLOAD
        for piece in pieces:
            piece = memoryview(piece)
            done = 0
            while done < len(piece) or not left:
                count = min(len(piece) - done, frames.PAYLOAD + _CHUNK - at)
                buf[at : at + count] = piece[done : done + count]
                at += count
                done += count
                left -= count
                if left and at < frames.PAYLOAD + _CHUNK:
                    break  # the buffer has room for the begin of the next piece
                frames.mask(buf, at - frames.PAYLOAD)
                self._tx_left = self.ping_timeout_s
                self.stream.write(memoryview(buf)[start:at])
                await self.stream.drain()
                if not left:
                    return
                start = at = frames.PAYLOAD

    async def close(self, code=1000, reason=""):
        """Do the closing handshake; returns when the connection has ended (10 s at most).

        Messages that arrive meanwhile are dropped. Harmless on a closed connection.
        """
        try:
            await self._send_close(code, reason)
        except OSError:
            pass
        while not self.closed:
            if self._busy:
                await asyncio.sleep_ms(20)  # the task in receive() sees to it
            else:
                await self.receive()

    async def _send_close(self, code, reason):
        if self._closing or self.closed:
            return
        self._closing = True
        self._rx_left = _CLOSE_S
        data = b"" if code == 1005 else code.to_bytes(2, "big") + reason.encode()[:123]
        await self._send(frames.CLOSE, data)

    def drop(self, why):
        """End the connection at once: whoever waits for it wakes up, then the socket is closed."""
        if self.closed:
            return
        self.closed = True
        self.why = why
        for task in (self._rx_task, self._tx_task, self._dog):
            if task and task is not asyncio.current_task():
                task.cancel()
        if self.stream:
            self.stream.s.close()
        self.stream = self.reader = self._tx = self._dog = None

    async def _watch(self):
        """Once a second: end what is overdue, send the pings."""
        while True:
            await asyncio.sleep_ms(1000)
            if self._tx_left:
                self._tx_left -= 1
                if not self._tx_left:
                    return self.drop("timeout")
            # While nobody receives, a silent line is not the peer's fault.
            if self._rx_left and (self._rx_task or self._closing):
                self._rx_left -= 1
                if not self._rx_left:
                    return self.drop("timeout")
            if self.ping_interval_s and not self._closing:
                self._ping_s -= 1
                if self._ping_s <= 0 or self._ping_s > self.ping_interval_s:
                    self._ping_s = self.ping_interval_s
                    if not self._sending:
                        # A task of its own: the dog must not wait for the line itself.
                        asyncio.create_task(self.ping())

    async def ping(self):
        """Send a ping; a peer that is not heard within ping_timeout_s has gone ("timeout")."""
        self._rx_left = self._rx_left or self.ping_timeout_s
        try:
            await self._send(frames.PING, b"")
        except OSError:
            pass
