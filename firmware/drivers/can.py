"""What is a CAN driver here, and which one does a board's data name?

Every driver has the shape of machine.CAN (docs.micropython.org, machine.CAN; constants and
counters with its values), so that the tasks know one interface. Two deliberate differences:
`send` returns None instead of raising in bus-off, so that the control task needs no handler, and
`recv` puts a memoryview of its own into the list, valid until the next `recv`.
"""

from array import array

from micropython import const

FLAG_EXT_ID = const(2)  # public, as every send needs it; the others cost a name each
_EXT_ID = const(2)
_RTR = const(1)
_STOPPED = const(0)  # then 1 active, 3 error-passive
_WARNING = const(2)
_BUS_OFF = const(4)
_IRQ_RX = const(2)
_IRQ_STATE = const(8)
_RECV_ERR_FULL = const(1)
_RECV_ERR_OVERRUN = const(2)

_SLOTS = const(64)


def open(kind, params, bit_rate=250000):
    """The driver `kind`, opened; it never fails because the other end is not there.

    "machine" {"id": 1}; "slcan" {"host": .., "port": ..} or {"tty": "/dev/ttyACM0"} or
    {"stream": a UART object}; "socketcan" {"iface": "can0"}; "twai" {"tx": 21, "rx": 22} (classic
    ESP32, stock firmware); "mcp2515" {"spi": a number, "cs": .., "int": ..}. ValueError for other
    kinds and bit rates the driver cannot set.
    """
    if kind == "slcan":
        from drivers.can_slcan import Slcan as driver
    elif kind == "socketcan":
        from drivers.can_socketcan import SocketCan as driver
    elif kind == "machine":
        from drivers.can_machine import MachineCan as driver
    elif kind == "twai":
        from drivers.can_twai import Twai as driver
    elif kind == "mcp2515":
        from drivers.can_mcp2515 import Mcp2515 as driver
    else:
        raise ValueError("CAN %s: expected machine, twai, mcp2515, slcan or socketcan" % kind)
    return driver(params, bit_rate)


class Driver:
    """The receive ring, the counters, filters and irq that all drivers share.

    A backend defines `pump()` (moves what has arrived into the ring), `_transmit`, `restart` and
    `deinit`. Attributes: `errors` (what the adapter or the bus complained about), `tap` (called
    with id, data, flags of every frame received or sent, or None).
    """

    def __init__(self):
        # The ring, three arrays of 64: ids, flags | length << 8 | errors << 16, 8 data bytes.
        self.ids = array("i", bytes(_SLOTS * 4))
        self.marks = array("i", bytes(_SLOTS * 4))
        self.ring = bytearray(_SLOTS * 8)
        # Free-running modulo 128. One of them belongs to the writer (which may be an interrupt),
        # one to the reader: no lock needed.
        self.head = self.tail = 0
        self.data = bytearray(8)
        self.views = [None] * 9  # of self.data, by length, made when first needed
        self.counters = [0] * 8
        self.filters = ()  # as in machine.CAN: nothing is received before set_filters
        self.errors = self.events = self.trigger = self.now = self.index = 0
        self.overrun = False
        self.handler = self.tap = None

    def set_filters(self, filters):
        """None: everything; else (id, mask, flags) rows, any of which lets a frame in."""
        self.filters = filters

    def recv(self, out=None):
        """The oldest frame as [id, memoryview, flags, errors], or None; `out` is reused."""
        if self.head == self.tail:
            self.pump()
            if self.head == self.tail:
                return None
        if out is None:
            out = [0, None, 0, 0]
        slot = self.tail & (_SLOTS - 1)
        mark = self.marks[slot]
        out[0] = self.ids[slot]
        out[2] = mark & 0xFF
        out[3] = mark >> 16
        length = mark >> 8 & 0xFF
        ring = self.ring
        data = self.data
        slot <<= 3
        for i in range(length):
            data[i] = ring[slot + i]
        if self.views[length] is None:
            self.views[length] = memoryview(data)[:length]
        out[1] = self.views[length]
        self.tail = (self.tail + 1) & 127
        if out[2] & _RTR:
            for i in range(length):
                data[i] = 0
        if self.tap:
            self.tap(out[0], out[1], out[2])
        return out

    def put(self, can_id, flags, data, length):
        """For backends: stores a frame that has arrived; drops and counts it when 64 wait.

        `data`: a bytearray, memoryview or bytes of at least `length` bytes.
        """
        if self.filters is not None and not self._wanted(can_id, flags):
            return
        waiting = (self.head - self.tail) & 127
        if waiting == _SLOTS:
            self.counters[7] = (self.counters[7] + 1) & 0x3FFFFFFF
            self.overrun = True
            return
        errors = _RECV_ERR_FULL if waiting == _SLOTS - 1 else 0
        if self.overrun:  # frames are missing before this one
            errors |= _RECV_ERR_OVERRUN
            self.overrun = False
        slot = self.head & (_SLOTS - 1)
        self.ids[slot] = can_id
        self.marks[slot] = flags | length << 8 | errors << 16
        slot <<= 3
        if len(data) == 8:
            self.ring[slot : slot + 8] = data  # allocates nothing: equal lengths
        else:
            for i in range(length):
                self.ring[slot + i] = data[i]
        self.head = (self.head + 1) & 127
        if self.trigger:
            self._event(_IRQ_RX)

    def _wanted(self, can_id, flags):
        for row in self.filters:
            if not (can_id ^ row[0]) & row[1] and not (flags ^ row[2]) & _EXT_ID:
                return True
        return False

    def send(self, can_id, data, flags=0):
        """Queues a frame: a small index, or None if the queue is full or the bus is off."""
        if self.now == _STOPPED or self.now == _BUS_OFF:
            return None
        if not self._transmit(can_id, data, flags):
            return None
        if self.tap:
            self.tap(can_id, data, flags)
        self.index = (self.index + 1) & 15
        return self.index

    def state(self):
        """0 stopped (not connected yet), 1 active, 2 warning, 3 passive, 4 bus-off."""
        return self.now

    def _enter(self, state):
        # Counts what gets worse, as machine.CAN does: warnings, passives and bus-offs in 2..4.
        if state == self.now:
            return
        if state > self.now and state >= _WARNING:
            self.counters[state] += 1
        self.now = state
        self._event(_IRQ_STATE)

    def get_counters(self, out=None):
        """[TEC, REC, warnings, passives, bus-offs, tx pending, rx pending, frames lost]."""
        if out is None:
            out = [0] * 8
        self.counters[6] = (self.head - self.tail) & 127
        for i in range(8):
            out[i] = self.counters[i]
        return out

    def irq(self, handler=None, trigger=0):
        """Calls handler(driver) on a frame (2) or a worse state (8); returns what has flags()."""
        if handler or trigger:
            self.handler = handler
            self.trigger = trigger
        return self

    def flags(self):
        """The triggers since the last call; 0 when there were none (as irq().flags())."""
        events = self.events
        self.events = 0
        return events

    def _event(self, what):
        if what & self.trigger:
            self.events |= what
            if self.handler:
                self.handler(self)
