"""How does the board UNIX see its inputs and drive its outputs? Text lines over TCP.

The other end is the simulated plant, or a program in front of a Linux gateway's relays. It sends
`plug 1 1`, `lock 1 0`, `estop 0`, `tag 1 ABC123`, `button 1`, and `.` as a sign of life, once a
second; all inputs come first, then a `.`. We send `contactor 1 1` and `lock 1 1`. A meter has
lines of its own (drivers/meter_line.py). A line that is silent for three seconds is lost: `alive`
is False, the station treats that as a fault (outputs off), and the other end lets its outputs
fall.
"""

import socket
import time

from micropython import const

_SILENT_MS = const(3000)
_RETRY_MS = const(1000)
_SETUP_S = 0.5  # a blocking connect at most
_QUEUE = const(8)  # cards and buttons nobody has asked for yet


class RemoteIO:
    """Inputs and outputs of `connectors` connectors at host:port. run(app) keeps the line."""

    def __init__(self, host, port, connectors):
        self._address = host, port
        # One byte a connector, [0] is the emergency stop: 0, 1, or 2 while unknown.
        self._plug = bytearray(b"\x02" * (connectors + 1))
        self._lock = bytearray(b"\x02" * (connectors + 1))
        self._out = bytearray(connectors + 1)  # wanted: bit 0 contactor, bit 1 lock
        self._tags = []
        self._buttons = []
        self._meters = {}
        self._socket = None
        self._heard = 0
        self._connect()

    # -- what the station asks

    @property
    def alive(self):
        """True while the other end has been heard within three seconds."""
        return (
            self._socket is not None and time.ticks_diff(time.ticks_ms(), self._heard) < _SILENT_MS
        )

    def plug(self, cid):
        """Is the plug in the vehicle? True, False; None while unknown."""
        return _known(self._plug[cid])

    def lock(self, cid):
        """Is the connector locked? True, False; None while unknown."""
        return _known(self._lock[cid])

    def estop(self):
        """Is the emergency stop pressed? True, False; None while unknown."""
        return _known(self._plug[0])

    def next_tag(self):
        """The oldest card shown as (connector, id_tag), or None."""
        return self._tags.pop(0) if self._tags else None

    def next_button(self):
        """The connector of the oldest button pressed, or None."""
        return self._buttons.pop(0) if self._buttons else None

    def contactor(self, cid, on):
        """Drive the DC contactor."""
        self._drive(cid, 1, on)

    def lock_set(self, cid, on):
        """Drive the connector's lock."""
        self._drive(cid, 2, on)

    # -- the line

    def _drive(self, cid, bit, on):
        self._out[cid] = self._out[cid] | bit if on else self._out[cid] & ~bit
        self._say(cid, bit)

    def _say(self, cid, bit):
        kind = "contactor" if bit == 1 else "lock"
        self._send("%s %d %d\n" % (kind, cid, self._out[cid] & bit > 0))

    def _send(self, line):
        if self._socket:
            try:
                self._socket.write(line.encode())
            except OSError:
                self._lose()

    def _lose(self):
        if self._socket:
            self._socket.close()
            self._socket = None

    def _connect(self):
        # Blocks for half a second at most; without this line the outputs are off anyway.
        s = socket.socket()
        try:
            s.settimeout(_SETUP_S)
            s.connect(socket.getaddrinfo(self._address[0], self._address[1])[0][-1])
            self._socket = s
            self._heard = time.ticks_ms()
            while True:
                line = s.readline()
                self._take(line)
                if not line or line == b".\n":
                    break
            s.setblocking(False)
        except OSError:
            s.close()
            self._socket = None
            return
        for cid in range(1, len(self._out)):
            self._say(cid, 1)
            self._say(cid, 2)

    def _take(self, line):
        words = line.decode().split()
        if not words:
            return
        self._heard = time.ticks_ms()
        kind = words[0]
        try:
            if kind == "estop":
                self._plug[0] = int(words[1])
            elif kind == "plug":
                self._plug[int(words[1])] = int(words[2])
            elif kind == "lock":
                self._lock[int(words[1])] = int(words[2])
            elif kind == "tag" and len(self._tags) < _QUEUE:
                self._tags.append((int(words[1]), words[2]))
            elif kind == "button" and len(self._buttons) < _QUEUE:
                self._buttons.append(int(words[1]))
            elif kind in ("meter", "meterkey", "signed"):
                self._meter(kind, int(words[1]), line.decode().split(None, 2)[2].strip())
        except (IndexError, ValueError):
            pass  # a line of a newer protocol

    def _meter(self, kind, cid, words):
        if 0 < cid < len(self._out):
            if cid not in self._meters:
                from drivers.meter_line import Meter

                self._meters[cid] = Meter(cid, self._send)
            self._meters[cid].take(kind, words)

    async def run(self, app):
        """Read what the other end says; beats `io`. Connects again after a loss."""
        import asyncio

        while True:
            app.supervisor.beat("io")
            if not self._socket:
                self._connect()
                if not self._socket:
                    await asyncio.sleep_ms(_RETRY_MS)
                    continue
            reader = asyncio.StreamReader(self._socket)
            try:
                while self._socket:
                    line = await reader.readline()
                    if not line:
                        break
                    self._take(line)
                    for cid in self._meters:
                        app.station.connector(cid).external = self._meters[cid]
                    app.supervisor.beat("io")
            except OSError:
                pass
            finally:
                self._lose()  # also when the supervisor cancels us because nothing comes


def _known(value):
    return None if value > 1 else value == 1


def open(params, connectors):
    """RemoteIO at params = {"host", "port"}."""
    return RemoteIO(params["host"], params["port"], connectors)
