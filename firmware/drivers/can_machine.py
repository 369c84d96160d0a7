"""How does machine.CAN, where the port has it, become a driver with a ring of 64?

The controller's own queue may be a few frames deep, so its interrupt (a soft one: it runs
between two bytecodes, also while a task computes) moves frames into the ring. `recv` drains it
too, in case an interrupt was lost.
"""

from machine import CAN

from drivers.can import Driver


class MachineCan(Driver):
    """`params`: {"id": the controller's number as machine.CAN counts them}."""

    def __init__(self, params, bit_rate):
        super().__init__()
        if (CAN.FLAG_RTR, CAN.FLAG_EXT_ID, CAN.STATE_PASSIVE, CAN.STATE_BUS_OFF) != (1, 2, 3, 4):
            raise ValueError("machine.CAN has other constants than drivers/can.py")
        self.frame = [0, memoryview(bytearray(8)), 0, 0]
        self.busy = False
        self.can = CAN(params["id"], bit_rate)
        self.can.irq(self._on_irq, CAN.IRQ_RX | CAN.IRQ_STATE)
        self.state()

    def set_filters(self, filters):
        """As Driver.set_filters; in hardware as far as the controller's FILTERS_MAX reaches."""
        super().set_filters(filters)
        many = filters is not None and len(filters) > CAN.FILTERS_MAX
        self.can.set_filters(None if many else filters)

    def _on_irq(self, can):
        while can.irq().flags():
            pass
        self.pump()

    def pump(self):
        """Moves every waiting frame into the ring."""
        if self.busy:  # the interrupt came while the task was in here: the task goes on
            return
        self.busy = True
        try:
            frame = self.frame
            while self.can.recv(frame):
                if frame[3]:  # the controller has lost frames before this one, or soon will
                    self.errors += 1
                self.put(frame[0], frame[2], frame[1], len(frame[1]))
        finally:
            self.busy = False

    def _transmit(self, can_id, data, flags):
        try:
            return self.can.send(can_id, data, flags) is not None
        except OSError:  # bus-off, and nobody has asked for the state since
            self.state()
            return False

    def state(self):
        """As Driver.state."""
        self._enter(self.can.state())
        return self.now

    def restart(self):
        """Leaves bus-off; frames waiting to be sent are dropped."""
        self.can.restart()
        self.state()

    def get_counters(self, out=None):
        """As Driver.get_counters; losses are the controller's and the ring's together."""
        lost = self.counters[7]
        out = self.can.get_counters(super().get_counters(out))
        out[6] = (out[6] or 0) + ((self.head - self.tail) & 127)
        out[7] = (out[7] or 0) + lost
        return out

    def deinit(self):
        """Takes the controller off the bus."""
        self.can.deinit()
        self.state()
