"""Which terminals is the console on? The serial port (stdin), and TCP on the Unix port.

Line editing is loaded by the first key and forgotten a minute after the last, a command when it
has answered: a charger that nobody looks at holds only this file. Until then, and beside it, the
log is printed. Ctrl-C leaves to the REPL; Ctrl-A on an empty line, alone or right after a Ctrl-C
(so mpremote does it), is the raw mode beside the running station (console/rawrepl.py).
"""

import asyncio
import gc
import select
import sys

from micropython import const

import lazy
from core import log

_CHUNK = const(64)  # characters written at once: 5.5 ms of a UART at 115200
_CLIENTS = const(8)
_BACKLOG = const(8192)  # bytes a TCP client may leave unread before log lines skip it
_IDLE_S = const(60)
_HOLD = const(8)  # log lines that wait for the end of the raw mode; more are in `logs`

_sessions = []  # of TCP clients, and the serial one while somebody types
_cooked = None  # the terminal's settings before ours


class Serial:
    """stdin and stdout; session is None while nobody types."""

    def __init__(self):
        self.session = None
        self.keyed = 0  # uptime of the last key
        self.keys = _raw()  # False: a pipe or a file, lines come whole and are not echoed
        self._ready = select.poll()
        self._ready.register(sys.stdout, select.POLLOUT)
        self._typed = select.poll()
        self._typed.register(sys.stdin.buffer, select.POLLIN)
        self._held = None  # log lines while a tool speaks the raw mode

    def send(self, text):
        """Write at once, or not at all: control never waits for who reads the log."""
        if self._ready.poll(0):
            sys.stdout.buffer.write(text.encode())  # no line end is translated

    async def put(self, text):
        """Write any text, in pieces that leave time to control."""
        for i in range(0, len(text), _CHUNK):
            while not self._ready.poll(0):
                await asyncio.sleep_ms(20)
            sys.stdout.buffer.write(text[i : i + _CHUNK].encode())
            await asyncio.sleep_ms(0)

    def tell(self, line):
        """The log's sink for everybody."""
        for session in _sessions:
            try:
                session.tell(line)
            except OSError:  # its client is gone; the task that reads from it ends the session
                session.follow = False
        if self._held is not None:
            if len(self._held) < _HOLD:
                self._held.append(line)
        elif not self.session:
            self.send(line + ("\r\n" if self.keys else "\n"))

    async def run(self, app):
        """Feed the keys to a session."""
        reader = asyncio.StreamReader(sys.stdin.buffer)
        while True:
            data = await reader.read(1)
            if not data:  # nobody can type any more; the log still shows
                await asyncio.sleep(3600)
                continue
            try:
                await self._key(app, data)
            except MemoryError:  # the console gives up its own, the station needs it more
                if self.session:
                    _leave(self.session)
                    self.session = None
                gc.collect()
                self.send("\r\nerror: busy, %d bytes free\r\n" % gc.mem_free())

    async def _key(self, app, data):
        if data in b"\x01\x03" and self.keys and await self._control(app, data):
            return
        if not self.session:
            self.session = _session(app, self.send, self.put, self.keys, data)
        self.keyed = app.clock.uptime_s()
        await self.session.feed(data)

    async def _control(self, app, data):
        """Ctrl-A or Ctrl-C: False when it is an ordinary key (the editor's, a locked console)."""
        s = self.session
        if s and s.locked or not s and app.config.get("ConsoleLock"):
            return False
        if data == b"\x03":
            for _ in range(15):  # 0.3 s: a tool goes on with CR and Ctrl-A, a person does not
                if self._typed.poll(0):
                    break
                await asyncio.sleep_ms(20)
            while data in b"\x03\r\n" and self._typed.poll(0):
                data = sys.stdin.buffer.read(1)
                if not self._typed.poll(0):
                    await asyncio.sleep_ms(20)
            if data != b"\x01":
                raise KeyboardInterrupt
        elif s and not s.idle():
            return False  # to the begin of the line
        await self._raw_mode(app)
        return True

    async def _raw_mode(self, app):
        """A tool works on the station; what the log says meanwhile comes after it."""
        if self.session:
            _leave(self.session)
            self.session = None
        self._held = []
        try:
            await lazy.load("console.rawrepl").serve(app, self._typed)
        finally:
            held, self._held = self._held, None
            for line in held:
                self.send(line + "\r\n")

    def rest(self, now):
        """Nobody has typed for a minute: forget the session."""
        if self.session and now - self.keyed > _IDLE_S and self.session.idle():
            _leave(self.session)
            self.session = None


async def run(app):
    """Serve all terminals; beats `console`."""

    async def client(reader, writer):
        await _client(app, reader, writer)

    serial = Serial()
    log.sinks[:] = [serial.tell]  # in place of print, which would wait for a slow terminal
    server = None
    port = getattr(app.board, "CONSOLE_PORT", 0)
    if port:
        server = await asyncio.start_server(client, "127.0.0.1", port)
    task = asyncio.create_task(serial.run(app))
    _interrupt(-1)
    try:
        while True:
            serial.rest(app.clock.uptime_s())
            if not app.maintenance:  # what its tools have left behind goes
                lazy.drop("console.rawrepl")
            app.supervisor.beat("console")
            await asyncio.sleep(5)
    finally:
        task.cancel()
        _interrupt(3)
        log.sinks[:] = [print]
        _sessions.clear()
        restore()
        if server:
            server.close()


def _interrupt(char):
    """-1: Ctrl-C comes as a byte, and the console decides; 3: the chip's port interrupts."""
    if sys.platform != "linux":
        import micropython

        micropython.kbd_intr(char)


def restore():
    """Give the terminal its own settings back: before the REPL, and at the end of a process."""
    global _cooked
    if _cooked:
        import termios

        termios.tcsetattr(0, termios.TCSANOW, _cooked)
        _cooked = None


def _raw() -> bool:
    """Switch a terminal on stdin to single keys; False when stdin is a pipe or a file."""
    global _cooked
    try:
        import termios
    except ImportError:
        return True  # the chip's serial port: keys come one by one
    try:
        _cooked = termios.tcgetattr(0)
        termios.setraw(0)
        sys.atexit(restore)
        return True
    except OSError:
        return False


def _session(app, send, put, echo, data):
    """The first byte tells a program (1) from a person."""
    if data[0] == 1:
        session = lazy.load("console.machine").Machine(app, put)
    else:
        session = lazy.load("console.session").Session(app, send, put, echo)
        session.greet()
    _sessions.append(session)
    return session


def _leave(session):
    """Forget a session, and after the last one how to have one."""
    if session in _sessions:
        _sessions.remove(session)
    if not _sessions:
        for name in ("session", "editor", "machine"):
            lazy.drop("console." + name)


async def _client(app, reader, writer):
    """The session of a TCP client, until it leaves."""
    session = None

    def send(text):
        if len(writer.out_buf) < _BACKLOG:
            writer.write(text.encode())

    async def put(text):
        writer.write(text.encode())
        await writer.drain()

    try:
        writer.s.setsockopt(6, 1, 1)  # TCP_NODELAY: an answer is several small writes
        data = await reader.read(256)
        if len(_sessions) >= _CLIENTS:
            await put("too many clients\n")
            data = b""
        if data:
            session = _session(app, send, put, True, data)
        while data and session.open:
            await session.feed(data)
            data = await reader.read(256) if session.open else b""
    except OSError:
        pass  # the client broke the connection
    except MemoryError:
        gc.collect()
        writer.write(b"error: busy, %d bytes free\n\x04" % gc.mem_free())
    finally:
        _leave(session)
        writer.close()
