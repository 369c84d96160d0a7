"""Which terminals is the console on? The serial port (stdin), and TCP on the Unix port."""

import asyncio
import select
import sys

from micropython import const

from console.session import Session
from core import log

_CHUNK = const(64)  # characters written at once: 5.5 ms of a UART at 115200
_CLIENTS = const(8)
_BACKLOG = const(8192)  # bytes a TCP client may leave unread before log lines skip it

_sessions = []
_cooked = None  # the terminal's settings before ours


async def run(app):
    """Serve all terminals; beats `console`."""
    # The line printer of the boot phase gives way to the sessions.
    log.sinks[:] = [_tell]
    server = None
    port = getattr(app.board, "CONSOLE_PORT", 0)
    if port:

        async def client(reader, writer):
            await _client(app, reader, writer)

        server = await asyncio.start_server(client, "127.0.0.1", port)
    serial = asyncio.create_task(_serial(app))
    try:
        while True:
            app.supervisor.beat("console")
            await asyncio.sleep(5)
    finally:
        serial.cancel()
        restore()
        if server:
            server.close()


def printer(line: str):
    """The sink until the console runs: main registers it at boot."""
    print(line)


def restore():
    """Give the terminal its own settings back: before the REPL, and at the end of a process."""
    global _cooked
    if _cooked:
        import termios

        termios.tcsetattr(0, termios.TCSANOW, _cooked)
        _cooked = None


def _tell(line):
    for session in _sessions:
        try:
            session.tell(line)
        except OSError:  # its client is gone; the task that reads from it ends the session
            session.follow = False


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


async def _serial(app):
    """The session on stdin, until its end (a pipe that closes)."""
    ready = select.poll()
    ready.register(sys.stdout, select.POLLOUT)

    def send(text):
        # Control must never wait for who reads the log: what cannot go now is in `logs`.
        if ready.poll(0):
            sys.stdout.write(text)

    async def put(text):
        for i in range(0, len(text), _CHUNK):
            while not ready.poll(0):
                await asyncio.sleep_ms(20)
            sys.stdout.write(text[i : i + _CHUNK])
            await asyncio.sleep_ms(0)

    session = Session(app, send, put, _raw())
    _sessions.append(session)
    session.greet()
    reader = asyncio.StreamReader(sys.stdin.buffer)
    try:
        while True:
            data = await reader.read(1)
            if not data:  # nobody can type any more; the log still shows
                await asyncio.Event().wait()
            if data == b"\x03" and _cooked:  # raw mode: nobody else makes it an interrupt
                raise KeyboardInterrupt
            await session.feed(data)
    finally:
        _sessions.remove(session)


async def _client(app, reader, writer):
    """The session of a TCP client, until it leaves."""

    def send(text):
        if len(writer.out_buf) < _BACKLOG:
            writer.write(text.encode())

    async def put(text):
        writer.write(text.encode())
        await writer.drain()

    session = Session(app, send, put)
    try:
        if len(_sessions) > _CLIENTS:
            await put("too many clients\n")
            return
        _sessions.append(session)
        while session.open:
            data = await reader.read(256)
            if not data:
                break
            await session.feed(data)
    except OSError:
        pass  # the client broke the connection
    finally:
        if session in _sessions:
            _sessions.remove(session)
        writer.close()
