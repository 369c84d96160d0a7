"""Which card has a reader with a Wiegand output seen? 26 and 34 bits, with their parity.

A part of drivers/io_pins.py. A pulse to low on D0 is a 0, on D1 a 1, each 50 us long and 1 to 2 ms
apart; 30 ms of silence end a card. The pins' soft interrupts only store the bit. A pulse that
is lost while the flash is written spoils the parity or the count: such a card is not believed.
"""

from machine import Pin
from micropython import const

_SILENCE_MS = const(30)
_MOST = const(40)


class Reader:
    """`params`: {"d0": pin, "d1": pin, "connector": 1}. Counter `broken`: cards with bad parity.

    Told are the bits between the two parity bits: 6 or 8 hex digits.
    """

    def __init__(self, params, io):
        self.io = io
        self.cid = params.get("connector", 1)
        self.bits = bytearray(_MOST)
        self.count = self.seen = self.quiet = self.broken = 0
        for name, handler in (("d0", self.zero), ("d1", self.one)):
            Pin(params[name], Pin.IN, Pin.PULL_UP).irq(handler, Pin.IRQ_FALLING)

    def zero(self, pin):
        """D0 has fallen."""
        if self.count < _MOST:
            self.bits[self.count] = 0
            self.count += 1

    def one(self, pin):
        """D1 has fallen."""
        if self.count < _MOST:
            self.bits[self.count] = 1
            self.count += 1

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py."""
        if self.count != self.seen or not self.count:
            self.seen = self.count
            self.quiet = 0
            return
        self.quiet += ms
        if self.quiet < _SILENCE_MS:
            return
        count, self.count, self.seen = self.count, 0, 0
        half = count // 2
        bits = self.bits
        # The first half with its leading bit is even, the second with its trailing one is odd.
        if count in (26, 34) and not sum(bits[:half]) & 1 and sum(bits[half:count]) & 1:
            value = "".join([str(bit) for bit in bits[1 : count - 1]])
            self.io.shown(self.cid, "%0*X" % ((count - 2) // 4, int(value, 2)))
        else:
            self.broken += 1


def open(params, io):
    """The Reader of a board's part."""
    return Reader(params, io)
