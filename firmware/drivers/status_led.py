"""What do the lamps say? Three of them: charge, network, fault; each may be missing.

A part of drivers/io_pins.py. Eight steps of 125 ms a second:
charge   on: energy flows; slow: waits for plug, card or vehicle; two flashes: suspended
network  on: the central system has accepted us; slow: connected, not accepted; off: no link
fault    fast: this connector or the station has a fault; one flash: out of service
"""

from micropython import const

from drivers.io_pins import level, output

_STEP_MS = const(125)
_ON = const(0xFF)
_SLOW = const(0x0F)
_FAST = const(0x55)
_TWO = const(0x05)
_ONE = const(0x01)
_CHARGE = {
    "Preparing": _SLOW,
    "Charging": _ON,
    "SuspendedEV": _TWO,
    "SuspendedEVSE": _TWO,
    "Finishing": _ONE,
    "Reserved": _ONE,
}


class Lamps:
    """`params`: {"charge": pin, "network": pin, "fault": pin, "connector": 1}, as in io_pins."""

    def __init__(self, params):
        self.lamps = []
        for name in ("charge", "network", "fault"):
            spec = params.get(name)
            self.lamps.append((spec, output(spec)))
        self.cid = params.get("connector", 1)
        self.ms = 0
        self.step = 0

    def patterns(self, app):
        """(charge, network, fault): a bit an eighth of a second, the lowest first."""
        status = app.station.connector(self.cid).status
        fault = _FAST if status == "Faulted" else _ONE if status == "Unavailable" else 0
        cp = app.cp
        network = 0
        if cp is not None and cp.linked:
            network = _ON if cp.registration == "Accepted" else _SLOW
        return _CHARGE.get(status, 0), network, fault

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py."""
        self.ms += ms
        if self.ms < _STEP_MS:
            return
        self.ms %= _STEP_MS
        self.step = (self.step + 1) & 7
        patterns = self.patterns(app)
        for i in range(3):
            spec, pin = self.lamps[i]
            if pin is not None:
                pin.value(level(spec, patterns[i] >> self.step & 1))


def open(params, io):
    """The Lamps of a board's part."""
    return Lamps(params)
