"""How does a Lawicel (slcan) adapter become a CAN driver? Over TCP, a UART, or a USB serial port.

Lines end with CR, complaints are a BEL. T/t frames, R/r remote frames, F the adapter's status.
Nothing here blocks: what is not there yet or does not fit yet waits for the next `pump`.

A lost connection is a bus-off: it stays until `restart()`.
"""

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
_LINE = const(32)  # T + 8 + 1 + 16 + timestamp 4 = 30
_TX = const(256)  # nine of the longest lines; a control step sends six at most
_CR = const(13)
_BEL = const(7)
_DIGITS = b"0123456789ABCDEF"


def _hex(buf, i, end):
    # The number in buf[i:end], or -1. The caller keeps it below 2**30.
    value = 0
    while i < end:
        c = buf[i]
        if 48 <= c <= 57:
            c -= 48
        else:
            c = (c | 32) - 87
            if not 10 <= c <= 15:
                return -1
        value = value << 4 | c
        i += 1
    return value


class Slcan(Driver):
    """`params`: {"host", "port"}, {"tty": "/dev/ttyACM0[@baud]"}, or {"stream": a machine.UART}.

    A stream that is handed in must not block (UART: timeout=0) and is not closed here.

    OSErrors of the connection do not come out; they are the state _BUS_OFF.
    """

    def __init__(self, params, bit_rate):
        super().__init__()
        self.params = params
        # kbit/s of S0 to S8
        self.rate = (10, 20, 50, 100, 125, 250, 500, 800, 1000).index(bit_rate // 1000)
        self.stream = None
        self.line = bytearray(_LINE)
        self.length = 0  # of self.line
        self.buf = bytearray(128)
        self.tx = bytearray(_TX)
        self.sent = self.queued = 0  # tx[sent:queued] waits
        self.asked = 0
        self.frame = bytearray(8)
        self.restart()

    def restart(self):
        """Connects (again), sets the bit rate and opens the channel. Drops what was queued."""
        self._close()
        self.length = self.sent = self.asked = 0
        try:
            self.stream = lazy.call("drivers.can_link", "connect", self.params)
        except OSError:
            self._enter(_BUS_OFF)
            return
        self._enter(_STOPPED)  # until these are written. The empty line ends any old junk.
        command = b"\rC\rS%d\rO\r" % self.rate
        self.tx[: len(command)] = command
        self.queued = len(command)
        self._flush()

    def deinit(self):
        """Closes the channel and the connection."""
        if self.stream:
            self._command(67)
            self._flush()
        self._close()
        self._enter(_STOPPED)

    def _close(self):
        stream = self.stream
        self.stream = None
        self.queued = 0
        if stream and "stream" not in self.params:
            stream.close()

    def _lost(self):
        self._close()
        self._enter(_BUS_OFF)

    def state(self):
        """As Driver.state. Each call also asks the adapter for its status flags (F).

        The answer is seen by a later call. An adapter that knows no F is asked less often.
        """
        if self.now != _STOPPED and self.now != _BUS_OFF:
            self.asked = (self.asked + 1) % 120
            if 0 < self.asked < 3:
                self._command(70)
        self._flush()
        return self.now

    # --- sending ---

    def _command(self, letter):
        # A line of one letter: C, F.
        if self._room(2):
            self.tx[self.queued] = letter
            self.tx[self.queued + 1] = _CR
            self.queued += 2

    def _room(self, n):
        if self.sent and self.queued + n > _TX:  # move what waits to the front
            self.tx[0 : self.queued - self.sent] = self.tx[self.sent : self.queued]
            self.queued -= self.sent
            self.sent = 0
        return self.queued + n <= _TX

    def _transmit(self, can_id, data, flags):
        if not self._room(_LINE):
            self._flush()
            if not self._room(_LINE):
                return False
        tx = self.tx
        digits = _DIGITS
        length = len(data)
        n = self.queued
        # T or R is 32 below t or r; the id has 8 digits or 3.
        tx[n] = (114 if flags & _RTR else 116) - (32 if flags & _EXT_ID else 0)
        for shift in range(28 if flags & _EXT_ID else 8, -1, -4):
            n += 1
            tx[n] = digits[can_id >> shift & 15]
        n += 1
        tx[n] = 48 + length
        if not flags & _RTR:
            for i in range(length):
                c = data[i]
                tx[n + 1] = digits[c >> 4]
                n += 2
                tx[n] = digits[c & 15]
        tx[n + 1] = _CR
        self.queued = n + 2
        self._flush()
        return self.stream is not None

    def _flush(self):
        if not self.stream or self.sent == self.queued:
            return
        try:
            n = self.stream.write(self.tx, self.sent, self.queued - self.sent)
        except OSError:
            self._lost()
            return
        if n:
            self.sent += n
            if self.sent == self.queued:
                self.sent = self.queued = 0
                if self.now == _STOPPED:
                    self._enter(_ACTIVE)

    # --- receiving ---

    def pump(self):
        """Reads what has arrived and puts the frames in it into the ring."""
        self._flush()
        buf = self.buf
        while self.stream:
            try:
                n = self.stream.readinto(buf)
            except OSError:
                self._lost()
                return
            if n:
                self._parse(buf, n)
                if n < len(buf):
                    return
            else:
                if n == 0 and "host" in self.params:  # end of file; from a tty it means "nothing"
                    self._lost()
                return

    def _parse(self, buf, n):
        line = self.line
        length = self.length
        i = 0
        while i < n:
            c = buf[i]
            i += 1
            if c == _CR:
                if length and not self._take(line, length):
                    self.errors += 1  # junk, or a line that junk has spoilt: the next is whole
                length = 0
            elif c == _BEL:
                self.errors += 1
                length = 0
            elif length < _LINE:
                line[length] = c
                length += 1
        self.length = length

    def _take(self, line, length):
        c = line[0]
        if c == 84 or c == 82:
            at = 9
            can_id = _hex(line, 1, 9) if line[1] < 50 else -1  # 29 bits: begins with 0 or 1
        elif c == 116 or c == 114:
            at = 4
            can_id = _hex(line, 1, 4)
            if can_id > 0x7FF:
                return False
        elif c == 70:
            return length == 3 and self._status(_hex(line, 1, 3))
        else:
            return c in b"zZVN"
        size = line[at] - 48 if length > at else 9
        if can_id < 0 or not 0 <= size <= 8:
            return False
        flags = (_EXT_ID if at == 9 else 0) | (_RTR if c == 82 or c == 114 else 0)
        at += 1
        if not flags & _RTR:
            frame = self.frame
            for i in range(size):
                # As _hex does, for two digits at once.
                c = line[at]
                d = line[at + 1]
                c = c - 48 if c < 58 else c - 55 if 64 < c < 71 else c - 87 if c > 96 else 16
                d = d - 48 if d < 58 else d - 55 if 64 < d < 71 else d - 87 if d > 96 else 16
                if not (0 <= c <= 15 and 0 <= d <= 15):
                    return False
                frame[i] = c << 4 | d
                at += 2
        if length != at and length != at + 4:  # with Z1 an adapter appends a timestamp
            return False
        self.put(can_id, flags, self.frame, size)
        return True

    def _status(self, flags):
        # Lawicel F: 0x04 error warning, 0x20 error passive, 0x80 bus error.
        if flags < 0:
            return False
        self.asked = 0
        if flags & 0x80:
            self.errors += 1
        self._enter(_PASSIVE if flags & 0x20 else _WARNING if flags & 4 else _ACTIVE)
        return True
