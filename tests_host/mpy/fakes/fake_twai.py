"""What does the classic ESP32's TWAI controller do at its registers? A model, errata included.

Written from the register table alone (docs/can.md, "TWAI by registers", names it), never from the
driver. It raises Forbidden on every access that the chip forbids or leaves undefined in the mode
it is in: a driver that works here by luck does not work. Time passes with each access (2 us) and
with `chip.run(us)`. `mem32`, `Pin` and `Timer` make this module a stand-in for `machine`.

Errata, always present as on the chip: (1) REC that is not zero blocks the way out of bus-off,
(2) a transmit interrupt gets lost when IR is read in its cycle, (3) after a receive error in data
or CRC the next frame is corrupt, (4) an overrun with 64 counted frames kills the FIFO,
(5) listen-only sends dominant error flags unless error-passive, (6) the AHB alias loses accesses.
"""

from twai_wire import Wire

BASE = 0x3FF6B000
CLK_EN = 0x3FF000C0
RST_EN = 0x3FF000C4
BIT = 1 << 19
OUT_SEL = 0x3FF44530
IN_SEL = 0x3FF442A8
READ_ONLY = (2, 3, 11, 12, 29)
CONFIG = (6, 7, 13, 14, 15)  # writable in reset mode only


class Forbidden(Exception):
    """The driver did what the chip does not allow here."""


class Chip(Wire):
    """The controller as a driver sees it."""

    def _tick(self):
        self.run(2)
        if self.at_access:
            n, what = self.at_access
            self.at_access = (n - 1, what) if n else None
            if not n:
                what()

    def register(self, address):
        """The number of the register at `address`, or Forbidden."""
        n = (address - BASE) // 4
        if address & 3 or not 0 <= n < 32 or n in (5, 8, 9, 10, 30):
            raise Forbidden("no register at %x" % address)
        if not self.clock or self.held:
            raise Forbidden("register %d: no clock, or in reset" % n)
        if n not in (0, 31) and not self.regs[31] & 0x80:
            raise Forbidden("register %d before PeliCAN is chosen" % n)
        return n

    def read(self, address):
        self._tick()
        if address == CLK_EN:
            return 0xF9C1E06F & ~BIT | (BIT if self.clock else 0)
        if address == RST_EN:
            return BIT if self.held else 0
        # Only the low byte means anything; what stands above it is not zero here.
        return self._register(self.register(address)) | 0x5A00

    def _register(self, n):
        if n == 1:
            raise Forbidden("CMD cannot be read")
        if n == 2:
            return self.status()
        if n == 3:
            if self.lose_ti and self.sending is not None:
                self.now_us = self.sending
                self._attempt_ends()  # erratum 2: in this very cycle
            value = self.ir | (1 if self.fifo else 0) & self.regs[4]
            self.ir = 0
            return value
        if n == 12:
            self.ecc_held = False
            return self.ecc
        if n == 29:
            return len(self.fifo)
        if 16 <= n <= 28:
            return self.window(n - 16)
        return self.regs[n] & 255

    def window(self, i):
        """RX buffer in operating mode, filter in reset mode."""
        if self.regs[0] & 1:
            if i >= 8:
                raise Forbidden("register %d in reset mode" % (i + 16))
            return self.acr[i]
        if not self.fifo:
            raise Forbidden("RX buffer read without a frame in it")
        if self.dead or self.fifo[0] is None:
            return (0x88, 0x5A, 0xA5)[i % 3]  # whatever is there
        return self.fifo[0][0][i]

    def status(self):
        worst = max(self.regs[14], self.regs[15])
        return (
            (1 if self.fifo else 0)
            | (2 if self.dos else 0)
            | (4 if self.tbs else 0)
            | (8 if self.complete else 0)
            | (32 if self.sending is not None else 0)
            | (64 if worst >= self.regs[13] or self.bus_off else 0)
            | (128 if self.bus_off else 0)
        )

    def write(self, address, value):
        self._tick()
        if address == CLK_EN:
            self.clock = bool(value & BIT)
        elif address == RST_EN:
            held = bool(value & BIT)
            if held and not self.held:
                self.reset()
                self.resets += 1
            self.held = held
        elif OUT_SEL <= address < OUT_SEL + 160:
            self.out_sel[(address - OUT_SEL) // 4] = value
        elif address == IN_SEL:
            self.in_sel = value
        else:
            self._write(self.register(address), value)

    def _write(self, n, value):
        resting = self.regs[0] & 1
        if not 0 <= value <= 255:
            raise Forbidden("register %d takes 8 bits, not %x" % (n, value))
        if n in READ_ONLY:
            raise Forbidden("register %d is read-only" % n)
        if n == 0:
            self._mode(value)
        elif n == 1:
            self._command(value)
        elif n in CONFIG:
            if not resting:
                raise Forbidden("register %d outside of reset mode" % n)
            if n == 15 and value == 255 and self.regs[15] == 0:
                self._go_bus_off()  # bus-off again, and this time REC is cleared
                self.regs[14] = 0
            else:
                self.regs[n] = value
        elif n < 16 or n == 31:
            self.regs[n] = value
        elif resting:
            if n > 23:
                raise Forbidden("register %d in reset mode" % n)
            self.acr[n - 16] = value
        else:
            if not self.tbs:
                raise Forbidden("TX buffer is locked")
            self.tx[n - 16] = value

    def _mode(self, value):
        if not self.regs[0] & 1 and (value ^ self.regs[0]) & 0x0E:
            raise Forbidden("MODE %x outside of reset mode" % value)
        if value & 0xF0:
            raise Forbidden("MODE has no bits %x" % value)
        if self.regs[0] & 1 and not value & 1 and self.bus_off:
            if self.regs[14] == 0:  # erratum 1
                self.recover_at = self.now_us + 128 * 11 * self.bit_us()
        if value & 1 and not self.regs[0] & 1:  # what is in the buffers is gone
            self.fifo = []
            self.used = 0
            self.sending = None
            self.tbs = True
        self.regs[0] = value

    def _command(self, value):
        if self.regs[0] & 1:
            raise Forbidden("a command in reset mode")
        if value & 4:
            if not self.fifo:
                raise Forbidden("nothing to release")
            frame = self.fifo.pop(0)
            self.used -= frame[1] if frame else 0
        if value & 8:
            self.dos = False
        if value & 2 and not value & 1 and self.sending is not None:
            self.sending = None
            self.tbs = True
        if value & 0x11:
            if self.regs[0] & 2:
                raise Forbidden("transmission in listen-only mode")
            if not self.tbs:
                raise Forbidden("transmission while one is under way")
            self.self_receives = bool(value & 16)
            self.tbs = self.complete = False
            self._attempt()


chip = Chip()


def fresh():
    """A chip after power on."""
    global chip
    chip = Chip()
    Timer.made.clear()
    return chip


class _Mem32:
    def __getitem__(self, address):
        return chip.read(address)

    def __setitem__(self, address, value):
        chip.write(address, value & 0xFFFFFFFF)


mem32 = _Mem32()


class Pin:
    """A pin: what the TWAI driver needs of it. 34 to 39 can only be inputs."""

    IN = 1
    OUT = 3

    def __init__(self, number, mode=-1, value=None):
        if not 0 <= number < 40 or (mode == Pin.OUT and number > 33):
            raise ValueError("invalid pin")
        if mode == Pin.OUT and value != 1:
            chip.dominant += 1  # the transceiver's input is low: the bus is held dominant
        if mode >= 0:
            chip.pins[number] = "out" if mode == Pin.OUT else "in"
            chip.out_sel[number] = 256  # plain GPIO


class Timer:
    """A timer of the ESP32: 0 to 3; the callback is a soft one."""

    PERIODIC = 1
    made = []

    def __init__(self, number, period=0, mode=0, callback=None):
        if not 0 <= number < 4:
            raise ValueError("invalid Timer number")
        self.period = period
        self.callback = callback
        Timer.made.append(self)

    def deinit(self):
        self.callback = None
