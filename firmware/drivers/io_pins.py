"""How do a chip's pins become the inputs and outputs of a station?

Board data names the pins; each of them may be missing, which reads as None. A number is a pin that
is active high, `~number` one that is active low.

    IO = ("io_pins", {
        "estop": 32,                    # see PinIO.estop: a loop that is closed to ground
        "connectors": (
            {"contactor": 25, "lock": 27, "locked": ~35, "plug": ~34, "button": ~33},
        ),
        "parts": (("rfid_mfrc522", {..}), ("status_led", {..})),
    })

Parts are drivers of their own (one chip a file): `open(params, io)` gives an object whose
`poll(app, ms)` is called each 20 ms with the time since the last call and must not wait. One that
raises is left alone for five seconds; the others go on.
"""

import asyncio

from machine import Pin
from micropython import const

_POLL_MS = const(20)
_IDLE_MS = const(1000)
_DEBOUNCE_MS = const(60)
_LONG_MS = const(5000)
_QUEUE = const(8)  # cards and buttons nobody has asked for yet
_REST_MS = const(5000)
_LOCK_MS = const(600)  # how long a lock's motor is driven, unless the board says otherwise


def level(spec, on):
    """The electrical level (0, 1) of `spec` that means `on`."""
    return int(bool(on) == (spec >= 0))


def output(spec):
    """The Pin of an output, switched off; None for None."""
    if spec is None:
        return None
    return Pin(spec if spec >= 0 else ~spec, Pin.OUT, value=level(spec, False))


def pin_in(spec):
    """The Pin of an input with pull-up (34 to 39 have none: a resistor on the board); or None."""
    if spec is None:
        return None
    number = spec if spec >= 0 else ~spec
    return Pin(number, Pin.IN, Pin.PULL_UP) if number < 34 else Pin(number, Pin.IN)


class PinIO:
    """Inputs and outputs of `connectors` connectors; run(app) samples buttons and polls parts."""

    alive = True  # pins cannot be lost, unlike a line to somewhere else

    def __init__(self, params, connectors):
        self._rows = rows = params.get("connectors", ())
        if len(rows) > connectors:
            raise ValueError("io_pins: %d connectors, %d rows" % (connectors, len(rows)))
        self._pins = {}  # (cid, name): Pin
        for cid, row in enumerate(rows, 1):
            for name in ("plug", "locked", "button"):
                self._pins[cid, name] = pin_in(row.get(name))
            self._pins[cid, "contactor"] = output(row.get("contactor"))
            lock = row.get("lock")
            if isinstance(lock, tuple):  # a motor: (pin that locks, pin that unlocks)
                self._pins[cid, "unlock"] = output(lock[1])
                lock = lock[0]
            self._pins[cid, "lock"] = output(lock)
        self._estop = pin_in(params.get("estop"))
        self.reads = 0  # cards that readers have told of
        self._tags = []
        self._buttons = []
        self._held = [0] * (len(rows) + 1)  # ms each button has been down
        self._motor = [0] * (len(rows) + 1)  # ms each lock's motor still runs
        self._parts = []
        for name, more in params.get("parts", ()):
            module = __import__("drivers." + name, None, None, ("open",))
            self._parts.append([module.open(more, self), 0, name])

    # -- what the station asks

    def _read(self, cid, name):
        pin = self._pins.get((cid, name))
        if pin is None:
            return None
        return pin.value() == level(self._rows[cid - 1][name], True)

    def plug(self, cid):
        """Is the plug in the vehicle? None: there is no such input. The station debounces."""
        return self._read(cid, "plug")

    def lock(self, cid):
        """Is the connector locked? None: no feedback."""
        return self._read(cid, "locked")

    def estop(self):
        """Is the emergency stop pressed? None: there is no such input.

        A normally closed loop to ground: pressed, unplugged and cut all read high (a.9 #16).
        """
        return None if self._estop is None else self._estop.value() == 1

    def next_tag(self):
        """The oldest card shown as (connector, id_tag), or None."""
        return self._tags.pop(0) if self._tags else None

    def next_button(self):
        """The connector of the oldest button pressed, or None; -connector: held for 5 s.

        One or the other: a press counts when the button is let go.
        """
        return self._buttons.pop(0) if self._buttons else None

    # -- what the station drives

    def _drive(self, cid, name, on):
        pin = self._pins.get((cid, name))
        if pin is not None:
            lock = self._rows[cid - 1]
            spec = lock["lock"] if name == "unlock" else lock[name]
            if isinstance(spec, tuple):
                spec = spec[name == "unlock"]
            pin.value(level(spec, on))

    def contactor(self, cid, on):
        """Drive the DC contactor."""
        self._drive(cid, "contactor", on)

    def lock_set(self, cid, on):
        """Drive the lock: an output that is held, or a motor that runs for a moment."""
        if (cid, "unlock") not in self._pins:
            self._drive(cid, "lock", on)
            return
        self._drive(cid, "unlock" if on else "lock", False)  # never both
        self._drive(cid, "lock" if on else "unlock", True)
        self._motor[cid] = self._rows[cid - 1].get("lock_ms", _LOCK_MS)

    # -- what runs

    def shown(self, cid, id_tag):
        """For readers: a card was shown at connector `cid`."""
        self.reads = (self.reads + 1) & 0xFF
        if len(self._tags) < _QUEUE:
            self._tags.append((cid, id_tag))

    def sample(self, ms):
        """Buttons and lock motors; `ms` since the last call."""
        for cid in range(1, len(self._held)):
            before = self._held[cid]
            if self._read(cid, "button"):
                self._held[cid] = min(before + ms, 60000)
                if before < _LONG_MS <= self._held[cid]:
                    self._pressed(-cid)
            elif before:
                self._held[cid] = 0
                if _DEBOUNCE_MS <= before < _LONG_MS:
                    self._pressed(cid)
            if self._motor[cid]:
                self._motor[cid] = max(0, self._motor[cid] - ms)
                if not self._motor[cid]:
                    self._drive(cid, "lock", False)
                    self._drive(cid, "unlock", False)

    def _pressed(self, what):
        if len(self._buttons) < _QUEUE:
            self._buttons.append(what)

    def poll(self, app, ms):
        """Every part that is not resting after an error."""
        for part in self._parts:
            if part[1] > 0:
                part[1] -= ms
                continue
            try:
                part[0].poll(app, ms)
            except Exception as e:
                part[1] = _REST_MS
                app.log("SYS").exc(e, "%s", part[2])

    async def run(self, app):
        """Beats `io`; where there is nothing to sample, it does little else."""
        clock = app.clock
        names = [name for (_, name), pin in self._pins.items() if pin is not None]
        busy = self._parts or "button" in names or "unlock" in names
        last = clock.ticks_ms()
        while True:
            now = clock.ticks_ms()
            ms = clock.diff(now, last)
            last = now
            self.sample(ms)
            self.poll(app, ms)
            app.supervisor.beat("io")
            await asyncio.sleep_ms(_POLL_MS if busy else _IDLE_MS)


def open(params, connectors):
    """PinIO of board.IO's params."""
    return PinIO(params, connectors)
