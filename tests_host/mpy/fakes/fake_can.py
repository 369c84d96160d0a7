"""What does machine.CAN do? Its documented behaviour (docs/library/machine.CAN.rst), no hardware.

Two controllers made with the same bus list hear each other; `CAN.bus` is that list.
"""


class _Irq:
    def __init__(self, can):
        self.can = can

    def flags(self):
        flags = self.can.pending
        self.can.pending = 0
        return flags


class CAN:
    FLAG_RTR = 1
    FLAG_EXT_ID = 2
    FLAG_UNORDERED = 16
    STATE_STOPPED = 0
    STATE_ACTIVE = 1
    STATE_WARNING = 2
    STATE_PASSIVE = 3
    STATE_BUS_OFF = 4
    RECV_ERR_FULL = 1
    RECV_ERR_OVERRUN = 2
    IRQ_TX = 1
    IRQ_RX = 2
    IRQ_STATE = 8
    FILTERS_MAX = 2
    TX_QUEUE_LEN = 3
    made = []

    def __init__(self, number, bitrate):
        self.number = number
        self.bitrate = bitrate
        self.filters = ()
        self.fifo = []
        self.fifo_size = 5
        self.lost = False
        self.queue = []
        self.level = CAN.STATE_ACTIVE
        self.counters = [0, 0, 0, 0, 0, 0, 0, 0]
        self.handler = None
        self.trigger = 0
        self.pending = 0
        self.interrupts = True  # False: the interrupt was lost
        CAN.made.append(self)

    # --- the side of the test ---

    def arrive(self, can_id, data, flags=FLAG_EXT_ID):
        """A frame on the bus; the controller filters and stores it, and interrupts."""
        if self.filters is not None and not any(
            [
                not (can_id ^ row[0]) & row[1] and not (flags ^ row[2]) & CAN.FLAG_EXT_ID
                for row in self.filters
            ]
        ):
            return
        if len(self.fifo) >= self.fifo_size:
            self.lost = True
            self.counters[7] += 1
            return
        full = CAN.RECV_ERR_FULL if len(self.fifo) == self.fifo_size - 1 else 0
        self.fifo.append((can_id, bytes(data), flags, full))
        self.raise_irq(CAN.IRQ_RX)

    def enter(self, state):
        """The controller's error state changes."""
        if state == CAN.STATE_BUS_OFF:
            self.counters[4] += 1
        self.level = state
        self.raise_irq(CAN.IRQ_STATE)

    def raise_irq(self, what):
        if what & self.trigger and self.interrupts:
            self.pending |= what
            self.handler(self)

    # --- the documented methods ---

    def set_filters(self, filters):
        if filters is not None and len(filters) > CAN.FILTERS_MAX:
            raise ValueError("too many filters")
        self.filters = filters

    def send(self, can_id, data, flags=0):
        if self.level in (CAN.STATE_BUS_OFF, CAN.STATE_STOPPED):
            raise OSError(5)
        if len(self.queue) >= CAN.TX_QUEUE_LEN:
            return None
        self.queue.append((can_id, bytes(data), flags))
        return len(self.queue) - 1

    def recv(self, out=None):
        if not self.fifo:
            return None
        can_id, data, flags, errors = self.fifo.pop(0)
        if out is None:
            out = [0, memoryview(bytearray(8)), 0, 0]
        whole = memoryview(bytearray(8))
        whole[: len(data)] = data
        out[0] = can_id
        out[1] = whole[: len(data)]  # the real one is resized in place
        out[2] = flags
        out[3] = errors | (CAN.RECV_ERR_OVERRUN if self.lost else 0)
        self.lost = False
        return out

    def irq(self, handler=None, trigger=0, hard=False):
        if handler:
            self.handler = handler
            self.trigger = trigger
        return _Irq(self)

    def state(self):
        return self.level

    def restart(self):
        self.level = CAN.STATE_ACTIVE
        self.queue = []
        self.counters[2] = self.counters[3] = self.counters[4] = 0

    def get_counters(self, out=None):
        out = out or [0] * 8
        out[:] = self.counters
        out[1] = None  # "If a controller doesn't support a particular counter"
        out[5] = len(self.queue)
        out[6] = len(self.fifo)
        return out

    def deinit(self):
        self.level = CAN.STATE_STOPPED
        self.fifo = []
        self.queue = []
