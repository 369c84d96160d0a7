"""How is the classic ESP32's TWAI controller driven from stock MicroPython, by its registers?

Stock firmware has no CAN, but machine.mem32 reaches the controller (an SJA1000 in PeliCAN layout,
register n at base + 4 n, low 8 bits). Everything is polled: by tasks/can_rx and, where the board
names a "timer", from its soft interrupt.

Limits (docs/can.md). The FIFO holds four extended frames of 8 bytes, 2.6 ms of a full bus at 250
kbit/s; a flash erase stops everything for 45 to 80 ms. So a full bus cannot be followed, requests
with at most four replies at a time can. What is lost is counted (get_counters()[7]) and the next
frame carries RECV_ERR_OVERRUN. The layers above must still check every frame.

Errata are worked around where their names stand. Proven against a register model.
"""

from time import ticks_diff, ticks_ms

from machine import mem32
from micropython import const

import lazy
from drivers.can import Driver

# As in drivers/can.py; private constants cost no memory.
_RTR = const(1)
_EXT_ID = const(2)
_STOPPED = const(0)
_ACTIVE = const(1)
_WARNING = const(2)
_PASSIVE = const(3)
_BUS_OFF = const(4)

# Errata CPU-3.16, CPU-3.18: through the DPORT bus only, never by the AHB alias 0x6002B000.
_MODE = const(0x3FF6B000)
_CMD = const(0x3FF6B004)
_STATUS = const(0x3FF6B008)
_IR = const(0x3FF6B00C)
_IER = const(0x3FF6B010)
_BTR0 = const(0x3FF6B018)
_BTR1 = const(0x3FF6B01C)
_ECC = const(0x3FF6B030)
_EWL = const(0x3FF6B034)
_RXERR = const(0x3FF6B038)
_TXERR = const(0x3FF6B03C)
_BUF = const(0x3FF6B040)  # TX and RX buffer; ACR and AMR in reset mode
_RMC = const(0x3FF6B074)
_CDR = const(0x3FF6B07C)
_PERIP_CLK_EN = const(0x3FF000C0)
_PERIP_RST_EN = const(0x3FF000C4)
_TWAI = const(1 << 19)
_RESET_MODE = const(1)
_LISTEN = const(2)
_SELF_TEST = const(4)
_ONE_FILTER = const(8)
_SEND = const(1)
_ABORT = const(2)
_RELEASE = const(4)
_SELF_RECEIVE = const(16)
_FRAME_WAITS = const(1)
_OVERRUN = const(2)
_TX_FREE = const(4)
_ERRORS = const(64)
_OFF = const(128)
_EI = const(4)
_BEI = const(128)

_QUEUE = const(16)  # frames to send; a control step sends six at most
_SIZE = const(13)  # of a frame in the controller's buffer, at most
_STALE_MS = const(100)  # set-points are repeated by then: the old ones must not go out later


class Twai(Driver):
    """`params`: {"tx": 21, "rx": 22, "timer": 0 to 3 or absent, "mode": 0, 2 or 4}.

    mode 2 listens without acknowledging, 4 receives what it sends itself (a test of the board,
    no second node needed). Attribute `resets`: how often an erratum took the peripheral down.
    """

    def __init__(self, params, bit_rate):
        super().__init__()
        self.mode = params.get("mode", 0) | _ONE_FILTER
        self.filter = bytearray(b"\0\0\0\0\xff\xff\xff\xff")  # ACR, AMR: everything
        self.frame = bytearray(8)
        self.tx = bytearray(_QUEUE * _SIZE)  # as the controller's buffer wants them
        self.first = self.queued = 0  # the oldest one is in the controller while `loaded`
        self.loaded = self.busy = False
        self.sent = self.rec = self.resets = 0
        self.timer = None
        lazy.call("drivers.twai_setup", "begin", self, params, bit_rate)
        self.restart()
        self.timer = lazy.call("drivers.twai_setup", "timer", self, params, bit_rate)

    # -- starting, and starting again

    def _begin(self, rec, tec):
        mem = mem32  # all in reset mode; CDR first, it chooses the layout
        mem[_PERIP_CLK_EN] |= _TWAI
        mem[_PERIP_RST_EN] |= _TWAI
        mem[_PERIP_RST_EN] &= ~_TWAI
        mem[_MODE] = self.mode | _RESET_MODE
        mem[_CDR] = 0x88
        mem[_BTR0] = self.btr0
        mem[_BTR1] = 0x3E
        mem[_EWL] = 96
        mem[_TXERR] = tec
        # Errata LISTEN_ONLY_DOM: a listener that is not error-passive destroys others' frames.
        self.rec = 128 if self.mode & _LISTEN else rec
        mem[_RXERR] = self.rec
        # Not bit 4: it is no interrupt but halves the bit rate. No CPU line is connected; enabled
        # bits show in IR, the others never do.
        mem[_IER] = _EI | _BEI
        self._write_filter(mem)
        mem[_MODE] = self.mode
        mem[_IR]
        mem[_ECC]
        mem[_CMD] = 8  # clear overrun: in case the reset line did not reach it

    def _write_filter(self, mem):
        for i in range(8):
            mem[_BUF + 4 * i] = self.filter[i]
        mem[_MODE] = self.mode | _RESET_MODE

    def _revive(self, mem, lost):
        # A peripheral reset with everything restored. `lost` frames were in the FIFO; the one that
        # was being sent is sent again.
        self.counters[7] = (self.counters[7] + lost) & 0x3FFFFFFF
        self.resets = (self.resets + 1) & 0x3FFFFFFF
        self.overrun = True
        self._begin(mem[_RXERR] & 255, mem[_TXERR] & 255)
        self.loaded = False

    def restart(self):
        """Leaves bus-off after 128 x 11 recessive bits; frames waiting to be sent are dropped."""
        self.busy = True
        self.queued = 0
        self.loaded = False
        mem = mem32
        if self.now != _BUS_OFF:
            self._begin(0, 0)
            self._enter(_ACTIVE)
        elif mem[_MODE] & _RESET_MODE:  # else it is already counting recessive bits
            # Errata BUS_OFF_REC: REC can be left above zero and blocks the recovery. Going to
            # bus-off again clears it.
            mem[_TXERR] = 0
            mem[_TXERR] = 255
            mem[_IR]
            mem[_MODE] = self.mode
        self.busy = False

    def deinit(self):
        """Takes the controller off the bus."""
        if self.timer:
            self.timer = self.timer.deinit()
        mem32[_MODE] = self.mode | _RESET_MODE
        self._enter(_STOPPED)

    def set_filters(self, filters):
        """As Driver.set_filters; the controller's one filter keeps out what it can."""
        super().set_filters(filters)
        if not lazy.call("drivers.twai_setup", "cover", filters, self.filter):
            return
        self.busy = True
        mem = mem32
        mem[_MODE] = self.mode | _RESET_MODE
        self._write_filter(mem)
        self.loaded = False
        if self.now != _BUS_OFF and self.now != _STOPPED:
            mem[_MODE] = self.mode
        self.busy = False

    # -- what runs each few milliseconds

    def tick(self, timer):
        """The timer's soft interrupt: between two bytecodes, also while a task computes."""
        # Most of the time nothing has happened, and one register says so.
        if self.queued or mem32[_STATUS] & (_FRAME_WAITS | _OVERRUN | _OFF):
            self.pump()

    def pump(self):
        """Moves what has arrived into the ring, hands over what is to be sent, looks at errors."""
        if self.busy or self.now == _STOPPED:
            return  # the timer came while a task was in here: the task goes on
        self.busy = True
        try:
            mem = mem32
            self._receive(mem)
            status = mem[_STATUS]
            if status & _OFF:
                self.queued = 0  # what is older than the bus-off must not go out after it
                self.loaded = False
                self._enter(_BUS_OFF)
                return
            if self.queued or self.loaded:
                self._feed(mem, status)
            if self.rec:
                self.rec = mem[_RXERR] & 255
            level = _ACTIVE
            if status & _ERRORS and not self.mode & _LISTEN:
                level = _PASSIVE if (mem[_TXERR] | mem[_RXERR]) & 128 else _WARNING
            self._enter(level)
        finally:
            self.busy = False

    def _receive(self, mem):
        used = 0  # bytes of the FIFO that this turn has read
        while True:
            status = mem[_STATUS]
            if status & _OFF:
                return
            if status & _OVERRUN:
                # Errata RX_FIFO_CORRUPT: frames that found no room are counted in RMC as if they
                # were there, and at 64 the FIFO is dead. What begins below byte 52 has had room
                # whatever its length; the rest goes.
                count = mem[_RMC] & 127
                if used > 51 or count > 61 or not count:
                    self._revive(mem, count or 1)
                    return
            info = self._copy(mem) if status & _FRAME_WAITS else 0
            # Asked after the status: an error that came before this frame shows now.
            errors = mem[_IR] & (_EI | _BEI)
            if errors:
                if mem[_STATUS] & _OFF:  # reset mode: what was read was the filter
                    return
                if errors & _BEI and self._harmful(mem):
                    self._revive(mem, mem[_RMC] & 127)
                    return
            if not status & _FRAME_WAITS:
                return
            mem[_CMD] = _RELEASE
            flags = (_EXT_ID if info & 128 else 0) | (_RTR if info & 64 else 0)
            length = min(info & 15, 8)
            used += (5 if info & 128 else 3) + (0 if info & 64 else length)
            self.put(self.id, flags, self.frame, length)

    def _copy(self, mem):
        # The oldest frame: its id to self.id, its bytes to self.frame; returns the first byte.
        info = mem[_BUF] & 255
        frame = self.frame
        if info == 0x88:  # as every contract here has it: 60 % of the general way's time
            a = (mem[_BUF + 4] & 255) << 21 | (mem[_BUF + 8] & 255) << 13
            self.id = a | (mem[_BUF + 12] & 255) << 5 | mem[_BUF + 16] >> 3 & 31
            frame[0], frame[1] = mem[_BUF + 20], mem[_BUF + 24]
            frame[2], frame[3] = mem[_BUF + 28], mem[_BUF + 32]
            frame[4], frame[5] = mem[_BUF + 36], mem[_BUF + 40]
            frame[6], frame[7] = mem[_BUF + 44], mem[_BUF + 48]
            return info
        a = mem[_BUF + 4] & 255
        b = mem[_BUF + 8] & 255
        if info & 128:
            self.id = a << 21 | b << 13 | (mem[_BUF + 12] & 255) << 5 | mem[_BUF + 16] >> 3 & 31
            at = _BUF + 20
        else:
            self.id = a << 3 | b >> 5
            at = _BUF + 12
        if not info & 64:
            for i in range(min(info & 15, 8)):
                frame[i] = mem[at] & 255
                at += 4
        return info

    def _harmful(self, mem):
        # Errata RX_FRAME_INVALID: after a receive error in data or CRC the next frame may be
        # corrupt. ECC holds the first error until it is read; REC tells of further ones (each
        # frame that waits may have taken one off it).
        self.errors = (self.errors + 1) & 0x3FFFFFFF
        code = mem[_ECC] & 255
        grown = (mem[_RXERR] & 255) - self.rec
        self.rec += grown
        grown += mem[_RMC] & 127
        if code & 32:
            segment = code & 31
            if segment == 8 or segment == 10 or (segment == 27 and code >> 6 == 3):
                return True
            grown -= 1
        return grown > 0

    # -- sending

    def _transmit(self, can_id, data, flags):
        length = len(data)
        if length > 8:
            raise ValueError("CAN frame of %d bytes" % length)
        if self.mode & _LISTEN:
            return False
        if self.queued == _QUEUE:
            self.pump()
            if self.queued == _QUEUE:
                return False
        inside = self.busy  # a handler of pump() sends: pump itself goes on
        self.busy = True
        tx = self.tx
        n = ((self.first + self.queued) & (_QUEUE - 1)) * _SIZE
        tx[n] = length | (64 if flags & _RTR else 0) | (128 if flags & _EXT_ID else 0)
        if flags & _EXT_ID:
            # No shift to the left of the whole id: it would not fit a small integer.
            tx[n + 1] = can_id >> 21 & 255
            tx[n + 2] = can_id >> 13 & 255
            tx[n + 3] = can_id >> 5 & 255
            tx[n + 4] = (can_id & 31) << 3
            n += 5
        else:
            tx[n + 1] = can_id >> 3 & 255
            tx[n + 2] = (can_id & 7) << 5
            n += 3
        for i in range(length):
            tx[n + i] = data[i]
        self.queued += 1
        if not inside:
            status = mem32[_STATUS]
            if not status & _OFF:  # else pump() drops it
                self._feed(mem32, status)
            self.busy = False
        return True

    def _feed(self, mem, status):
        if not status & _TX_FREE:
            if self.loaded and ticks_diff(ticks_ms(), self.sent) > _STALE_MS:
                # Nobody acknowledges. A start from before a fault must not go out after it.
                mem[_CMD] = _ABORT
                self.errors = (self.errors + self.queued) & 0x3FFFFFFF
                self.queued = 0
                self.loaded = False
            return
        # Errata TX_INTR_LOST: the end of a transmission is seen here, never by its interrupt.
        if self.loaded:
            self.loaded = False
            self.first = (self.first + 1) & (_QUEUE - 1)
            self.queued -= 1
        if not self.queued:
            return
        tx = self.tx
        n = self.first * _SIZE
        info = tx[n]
        for i in range((5 if info & 128 else 3) + (0 if info & 64 else info & 15)):
            mem[_BUF + 4 * i] = tx[n + i]
        mem[_CMD] = _SELF_RECEIVE if self.mode & _SELF_TEST else _SEND
        self.loaded = True
        self.sent = ticks_ms()

    def state(self):
        """As Driver.state; looks at the controller now."""
        self.pump()
        return self.now

    def get_counters(self, out=None):
        """As Driver.get_counters; what the FIFO has lost is part of the last one."""
        if self.now != _STOPPED:
            self.counters[0] = mem32[_TXERR] & 255
            self.counters[1] = mem32[_RXERR] & 255
        self.counters[5] = self.queued
        return super().get_counters(out)
