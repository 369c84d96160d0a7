"""How does an MCP2515 on SPI become a CAN driver? A bus more, on any chip, with stock firmware.

The chip has two receive buffers: at 250 kbit/s a third frame within 1 ms is lost unless the INT
pin is wired ("int"), whose interrupt empties them between two bytecodes. Losses are counted.
Crystal 8 or 16 MHz ("mhz"). Facts: data sheet DS20001801; errata DS80179G, worked around: section
2 (buffers 1 and 2 can be corrupted: only buffer 0 is used) and 5 (a transmission started by
writing TXREQ is repeated: only the RTS instruction starts one).
"""

from time import sleep_ms, ticks_diff, ticks_ms

from machine import SPI, Pin
from micropython import const

from drivers.can import Driver

# As in drivers/can.py; private constants cost no memory.
_RTR = const(1)
_EXT_ID = const(2)
_STOPPED = const(0)
_ACTIVE = const(1)
_WARNING = const(2)
_PASSIVE = const(3)
_BUS_OFF = const(4)

_I_RESET = const(0xC0)
_I_READ = const(0x03)
_I_WRITE = const(0x02)
_I_MODIFY = const(0x05)
_I_READ_RX = const(0x90)  # buffer 0; buffer 1 is 4 more
_I_LOAD_TX0 = const(0x40)
_I_RTS_TX0 = const(0x81)

_CANSTAT = const(0x0E)
_CANCTRL = const(0x0F)
_TEC = const(0x1C)
_RXM0 = const(0x20)
_CNF3 = const(0x28)  # CNF3 CNF2 CNF1 CANINTE follow each other
_CANINTF = const(0x2C)  # then EFLG, CANSTAT, CANCTRL, TXB0CTRL
_EFLG = const(0x2D)
_TXB0CTRL = const(0x30)
_RXB0CTRL = const(0x60)
_RXB1CTRL = const(0x70)
_CONFIG = const(0x80)
_TXREQ = const(8)
_ERRIF = const(0x20)
_LOST = const(0xC0)  # EFLG: RX1OVR, RX0OVR

_QUEUE = const(16)
_SIZE = const(14)  # the instruction, then the buffer as the chip has it
_STALE_MS = const(100)  # set-points are repeated by then: the old ones must not go out later
# CNF3 CNF2 and SJW (CNF1): 16 quanta, sampled at 81 %; for the fastest rate 8 quanta, 75 %.
_LONG_BIT = b"\x02\xb4\x40"
_SHORT_BIT = b"\x01\x91\x00"


class Mcp2515(Driver):
    """`params`: {"spi": an SPI object or number, "cs": pin, "int": pin or absent, "mhz": 8 or 16}.

    With a number also "sck" "mosi" "miso" (pins) and "baudrate" (10 MHz at most, 8 by default).
    With "int" the SPI must be its own: the interrupt would talk into another device's transaction.
    A chip that does not answer is _STOPPED until `restart()` finds it.
    """

    def __init__(self, params, bit_rate):
        super().__init__()
        mhz = params.get("mhz", 8)
        # Quanta a bit, times the prescaler: Fosc / (2 * bit rate)
        steps = mhz * 500_000 // bit_rate
        if mhz not in (8, 16) or bit_rate not in (125000, 250000, 500000, 1000000) or steps < 8:
            raise ValueError("CAN mcp2515: %d bit/s with %d MHz" % (bit_rate, mhz))
        short = steps < 16
        cnf = _SHORT_BIT if short else _LONG_BIT
        # CNF3 CNF2 CNF1 CANINTE (both buffers and errors pull INT)
        self.cnf = bytes((cnf[0], cnf[1], cnf[2] | (steps // (8 if short else 16) - 1), 0x23))
        self.spi = _bus(params)
        self.cs = Pin(params["cs"], Pin.OUT, value=1)
        self.tx = bytearray(_QUEUE * _SIZE)
        self.slots = [memoryview(self.tx)[i * _SIZE :][:_SIZE] for i in range(_QUEUE)]
        self.ask = bytearray(_SIZE)
        self.got = bytearray(_SIZE)
        self.part = memoryview(self.ask)[:7], memoryview(self.got)[:7]
        self.rts = bytes((_I_RTS_TX0,))
        self.frame = memoryview(self.got)[6:]
        self.first = self.queued = self.sent = 0
        self.loaded = self.busy = False
        self.int = None
        if params.get("int") is not None:
            self.int = Pin(params["int"], Pin.IN)
            self.int.irq(self.tick, Pin.IRQ_FALLING)
        self.restart()

    # -- the wire

    def _exchange(self, out, into):
        self.cs(0)
        self.spi.write_readinto(out, into)
        self.cs(1)

    def _write(self, data):
        self.cs(0)
        self.spi.write(data)
        self.cs(1)

    def _read(self, address):
        # Five registers from `address` on to self.got[2:7].
        self.ask[0] = _I_READ
        self.ask[1] = address
        self._exchange(self.part[0], self.part[1])

    def _modify(self, address, mask, value):
        self._write(bytes((_I_MODIFY, address, mask, value)))

    # -- starting

    def restart(self):
        """Resets the chip and takes it on the bus; frames waiting to be sent are dropped."""
        self.busy = True
        self.queued = 0
        self.loaded = False
        self._write(bytes((_I_RESET,)))
        sleep_ms(1)  # 128 oscillator periods
        self._read(_CANSTAT)
        if self.got[2] & 0xE0 != _CONFIG:
            self._enter(_STOPPED)
        else:
            self._write(bytes((_I_WRITE, _CNF3)) + self.cnf)
            self._filter()
            self._write(bytes((_I_WRITE, _CANCTRL, 0)))
            self._enter(_ACTIVE)
        self.busy = False

    def deinit(self):
        """Takes the chip off the bus."""
        if self.int:
            self.int.irq(None)
        self._write(bytes((_I_RESET,)))
        self._enter(_STOPPED)

    def set_filters(self, filters):
        """As Driver.set_filters; up to six extended rows of one mask are sorted by the chip."""
        same = filters is self.filters
        super().set_filters(filters)
        if self.now != _STOPPED and not same:
            self.restart()

    def _filter(self):
        # In configuration mode. All six filters are set: one that is left would let frames in.
        rows = self.filters
        alike = rows and len(rows) <= 6
        for row in rows or ():
            alike = alike and row[1] == rows[0][1] and row[2] & _EXT_ID
        if alike:
            for i in range(6):
                row = rows[i % len(rows)]
                at = i * 4 + (4 if i > 2 else 0)  # 00 04 08, 10 14 18
                self._write(bytes((_I_WRITE, at)) + _address(row[0], 8))
            for at in (_RXM0, _RXM0 + 4):
                self._write(bytes((_I_WRITE, at)) + _address(rows[0][1], 0))
        mode = 0 if alike else 0x60  # 0x60: filters off
        self._write(bytes((_I_WRITE, _RXB0CTRL, mode | 4)))  # 4: when full, into buffer 1
        self._write(bytes((_I_WRITE, _RXB1CTRL, mode)))

    # -- what runs

    def tick(self, pin):
        """The INT pin's soft interrupt."""
        self.pump()

    def pump(self):
        """Moves what has arrived into the ring, hands over what is to be sent, looks at errors."""
        if self.busy or self.now == _STOPPED or self.now == _BUS_OFF:
            return
        if self.int and self.int.value() and not self.queued and not self.loaded:
            return  # one look at a pin instead of a talk on SPI
        self.busy = True
        try:
            while True:
                self._read(_CANINTF)
                flags = self.got[2]
                errors = self.got[3]
                control = self.got[6]
                if not flags & 3:
                    break
                # With both full, buffer 0 has the older one: 1 takes what 0 could not. Buffer 1
                # right after it, before 0 is asked again.
                if flags & 1:
                    self._take(_I_READ_RX)
                    self._read(_CANINTF)
                    flags = self.got[2]
                if flags & 2:
                    self._take(_I_READ_RX + 4)
            self._judge(flags, errors)
            if self.now != _BUS_OFF and (self.queued or self.loaded):
                self._feed(control)
        finally:
            self.busy = False

    def _take(self, instruction):
        # The instruction itself clears the flag. Clearing it by hand would drop a frame that has
        # come in between.
        ask = self.ask
        ask[0] = instruction
        got = self.got
        self._exchange(ask, got)
        low = got[2]
        info = got[5]
        length = min(info & 15, 8)
        if low & 8:
            can_id = got[1] << 21 | (low & 0xE0) << 13 | (low & 3) << 16 | got[3] << 8 | got[4]
            flags = _EXT_ID | (_RTR if info & 64 else 0)
        else:
            can_id = got[1] << 3 | low >> 5
            flags = _RTR if low & 16 else 0
        self.put(can_id, flags, self.frame, length)

    def _judge(self, flags, errors):
        if errors & _LOST:
            self.counters[7] = (self.counters[7] + 1) & 0x3FFFFFFF  # one at least
            self.overrun = True
            self._modify(_EFLG, _LOST, 0)
        if flags & _ERRIF:
            self.errors = (self.errors + 1) & 0x3FFFFFFF
            self._modify(_CANINTF, _ERRIF, 0)
        if errors & 0x20:
            self.queued = 0
            self.loaded = False
            # It would come back by itself; here that is restart()'s decision.
            self._write(bytes((_I_WRITE, _CANCTRL, _CONFIG)))
            self._enter(_BUS_OFF)
        else:
            self._enter(_PASSIVE if errors & 0x18 else _WARNING if errors & 1 else _ACTIVE)

    # -- sending

    def _transmit(self, can_id, data, flags):
        length = len(data)
        if length > 8:
            raise ValueError("CAN frame of %d bytes" % length)
        if self.queued == _QUEUE:
            self.pump()
            if self.queued == _QUEUE:
                return False
        inside = self.busy
        self.busy = True
        tx = self.tx
        n = ((self.first + self.queued) & (_QUEUE - 1)) * _SIZE
        tx[n] = _I_LOAD_TX0
        if flags & _EXT_ID:
            tx[n + 1] = can_id >> 21 & 255
            tx[n + 2] = can_id >> 13 & 0xE0 | 8 | can_id >> 16 & 3
            tx[n + 3] = can_id >> 8 & 255
            tx[n + 4] = can_id & 255
        else:
            tx[n + 1] = can_id >> 3 & 255
            tx[n + 2] = (can_id & 7) << 5
        tx[n + 5] = length | (64 if flags & _RTR else 0)
        for i in range(length):
            tx[n + 6 + i] = data[i]
        self.queued += 1
        if not inside:
            self._read(_CANINTF)
            self._feed(self.got[6])
            self.busy = False
            if self.int and not self.int.value():  # its edge came while we were busy
                self.pump()
        return True

    def _feed(self, control):
        if control & _TXREQ:
            if self.loaded and ticks_diff(ticks_ms(), self.sent) > _STALE_MS:
                # Nobody acknowledges. A start from before a fault must not go out after it.
                self._modify(_TXB0CTRL, _TXREQ, 0)
                self.errors = (self.errors + self.queued) & 0x3FFFFFFF
                self.queued = 0
                self.loaded = False
            return
        if self.loaded:
            self.loaded = False
            self.first = (self.first + 1) & (_QUEUE - 1)
            self.queued -= 1
        if not self.queued:
            return
        # Errata 2: buffer 0 only. Errata 5: RTS, never a write to TXREQ.
        self._write(self.slots[self.first])
        self._write(self.rts)
        self.loaded = True
        self.sent = ticks_ms()

    def state(self):
        """As Driver.state; asks the chip."""
        quiet, self.int = self.int, None  # INT tells of frames, not of the way back from warnings
        self.pump()
        self.int = quiet
        return self.now

    def get_counters(self, out=None):
        """As Driver.get_counters; a loss in the chip counts as one frame, as it keeps no count."""
        if self.now != _STOPPED and not self.busy:
            self._read(_TEC)
            self.counters[0] = self.got[2]
            self.counters[1] = self.got[3]
        self.counters[5] = self.queued
        return super().get_counters(out)


def _bus(params):
    spi = params["spi"]
    if not isinstance(spi, int):
        return spi
    pins = {name: Pin(params[name]) for name in ("sck", "mosi", "miso") if name in params}
    return SPI(spi, baudrate=params.get("baudrate", 8_000_000), **pins)


def _address(can_id, exide):
    # SIDH SIDL EID8 EID0; exide 8 in a filter: extended frames only.
    return bytes(
        (
            can_id >> 21 & 255,
            can_id >> 13 & 0xE0 | exide | can_id >> 16 & 3,
            can_id >> 8 & 255,
            can_id & 255,
        )
    )
