"""How does a meter that the other end of the input line reads become a connector's meter?

Lines of drivers/io_tcp.py: `meter 1 1234 780 300` (Wh, 0.1 V, 0.1 A, twice a second), and from a
meter that signs `meterkey 1 3059..` (its public key) and `signed 1 OCMF|..|..`, which answers our
`sign 1 B TOKEN` (B: begin of a charge, E: end, R: between). The connector's `external` (used with
EnergySource = meter), and what ocppj/signing.py wants of a meter that signs.
"""

import time

from micropython import const

_LONG = const(86_400_000)


class Meter:
    """Facts: energy_wh voltage_dv current_da age_ms; key and signature of one that signs."""

    def __init__(self, cid, say):
        self.cid = cid
        self._say = say  # sends a line
        self.energy_wh = self.voltage_dv = self.current_da = 0
        self._heard = None
        self.key = ""
        self.signature = ""

    @property
    def age_ms(self):
        """Milliseconds since the last reading."""
        return _LONG if self._heard is None else time.ticks_diff(time.ticks_ms(), self._heard)

    def take(self, kind, words):
        """A line for this meter: its first word, and what follows the connector."""
        if kind == "meter":
            energy, volts, amps = words.split()
            self.energy_wh, self.voltage_dv, self.current_da = int(energy), int(volts), int(amps)
            self._heard = time.ticks_ms()
        elif kind == "meterkey":
            self.key = words
        else:
            self.signature = words

    def sign(self, kind, tag):
        """Begin to make a signed reading for a token."""
        self.signature = None
        self._say("sign %d %s %s\n" % (self.cid, kind, tag))
