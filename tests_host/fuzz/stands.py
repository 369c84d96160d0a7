"""What do the readers need around them? Lines with given bytes, a console, a page, a place."""

import asyncio
import os
import sys

App = None  # what a part of the board polls with


def text(data):
    """Bytes as a text that a WebSocket or a file may give: any characters, but whole ones."""
    try:
        return str(data, "utf-8")
    except UnicodeError:
        return "".join([chr(c) for c in data])


class Stream:
    """Gives its bytes in pieces, then says that the line has ended."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    async def read(self, size):
        """As an asyncio stream."""
        part = self.data[self.at : self.at + min(size, 100)]
        self.at += len(part)
        return part


class Uart:
    """machine.UART with given bytes."""

    data = b""
    at = 0

    def __init__(self, *args, **more):
        self.asked = 0

    def read(self, size=None):
        """What has come: half of it after the first request, the rest later."""
        part = self.data[self.at : self.at + (size or 400)]
        self.at += len(part)
        return part or None

    def write(self, data):
        """Nobody hears it."""
        return len(data)


class _Pin:
    OUT = 1


class _Machine:
    UART = Uart
    Pin = _Pin


class _Line:
    """A stream that is polled with readinto."""

    def __init__(self, data):
        self.data = data

    def readinto(self, buf):
        """As many as fit."""
        part = self.data[: len(buf)]
        buf[: len(part)] = part
        self.data = self.data[len(part) :]
        return len(part) or None

    def write(self, data, at=0, count=0):
        """All of it."""
        return count


class Place:
    """Where a bundle puts its files: nowhere, but it counts."""

    def __init__(self):
        self.count = 0
        self.text = b""

    def note(self, data):
        """A part of the manifest."""
        self.text += bytes(data)

    def lines(self):
        """The manifest line by line."""
        return iter([line + b"\n" for line in self.text.split(b"\n")[:-1]])

    def open(self, path, size):
        """A file begins: never one outside of the place."""
        assert path[0] != "/" and ".." not in path.split("/")
        self.count += 1

    def write(self, data):
        """A part of it."""

    def close(self):
        """It ends."""


def ignore(*args):
    """Nobody listens."""


def crc8(data, count):
    """As the PLC makes it."""
    from canproto.crc8 import crc8 as made

    return made(data, count)


class _Connector:
    external = None


class _Station:
    @staticmethod
    def connector(cid):
        return _Connector


class _Board:
    station = _Station


def prepare():
    """Once: what a chip has and this port has not; files without a loop."""
    global App
    App = _Board
    sys.modules["machine"] = _Machine
    from net import files

    async def read(stream, size):
        return await stream.read(size)

    files.read = read


def meter(data):
    """An energy meter whose line says this."""
    from drivers import meter_modbus

    one = meter_modbus.Meter({"uart": 1, "tx": 1, "rx": 2})
    calls = [0]

    def late(size=None):
        calls[0] += 1
        return None if calls[0] % 3 == 1 else Uart.read(one.uart, size)  # 1: before a request

    one.uart = _Late(data, late)
    return one


class _Late(Uart):
    def __init__(self, data, read):
        self.data = data
        self.read = read


def slcan(data):
    """A CAN adapter that sends this."""
    from drivers import can_slcan

    return can_slcan.Slcan({"stream": _Line(data)}, 250000)


class _Shown:
    def __init__(self, shown):
        self.list = shown

    def shown(self, cid, uid):
        self.list.append(uid)


def reader(data, form, shown):
    """A card reader that sends this."""
    from drivers import rfid_uart

    one = rfid_uart.Reader({"uart": 1, "tx": 1, "rx": 2, "format": form}, _Shown(shown))
    one.uart.data = data
    return one


_shells = {}


def shell(machine=False):
    """A terminal, or a tool, at a station's console: the same one each time."""
    one = _shells.get(machine)
    if one is None:
        import console_world

        one = _shells[machine] = console_world.Terminal()
        if machine:
            one.machine("version")
        console_world.fresh_log()
    del one.app.world.events[:]  # what the world of the tests remembers
    return one


class _Request:
    def __init__(self, form):
        self.form = form


def post(data):
    """(status, was it stored) of a form of the set-up page: name=value, a line each."""
    from tasks import provision

    app = shell().app
    app.link = None
    one = provision.Page(app)
    form = {"token": one.token}
    for line in data.split(b"\n"):
        name, _, value = line.partition(b"=")
        try:
            form[str(name, "utf-8")] = str(value, "utf-8")
        except UnicodeError:
            pass
    answer = asyncio.run(one.take(_Request(form)))
    assert one.token not in answer[0] or "<form" in answer[0]
    return answer[1], one.saved


def away():
    """Nothing stays of the files."""
    for name in ("config.json", "config.bak"):
        try:
            os.remove(name)
        except OSError:
            pass
