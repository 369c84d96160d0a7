"""What happens on the wire of the modelled TWAI controller? (The registers are in fake_twai.py.)

Time, transmission, reception, error counters, FIFO, and the errata that live there.
"""


class Wire:
    """The controller's inside, its pins, and the bus that a test plays."""

    def __init__(self):
        self.clock = self.held = False
        self.out_sel = {}
        self.in_sel = 0
        self.pins = {}
        self.now_us = 0
        self.acks = True  # somebody else is on the bus
        self.breaks = False  # every bit we send is destroyed
        self.lose_ti = False  # erratum 2: the next transmission ends in the cycle of an IR read
        self.rec_left = 9  # erratum 1: what REC holds after bus-off
        self.sent = []  # (id, data, flags) that the bus has seen, flags as in machine.CAN
        self.resets = self.dominant = self.crossed = 0
        self.at_access = None  # (n, function): what happens at the n-th access from now
        self.reset()

    def reset(self):
        """The peripheral's reset: everything as after power on, errata's damage repaired."""
        self.regs = [0] * 32
        self.regs[0] = 1  # reset mode
        self.regs[13] = 96
        self.acr = [0, 0, 0, 0, 0, 0, 0, 0]
        self.fifo = []
        self.used = 0
        self.tx = [0] * 13
        self.sending = None  # ends at
        self.bus_off = self.recover_at = None
        self.dos = self.complete = False
        self.tbs = True
        self.ir = 0
        self.ecc = 0
        self.ecc_held = self.poisoned = self.dead = False
        self.self_receives = False

    # -- time and the bus

    def bit_us(self):
        """A bit's length by the timing registers (IER bit 4 halves the rate on revision 2)."""
        b0, b1 = self.regs[6], self.regs[7]
        quanta = 1 + (b1 & 15) + 1 + (b1 >> 4 & 7) + 1
        return quanta * 2 * ((b0 & 63) + 1) / 80 * (2 if self.regs[4] & 16 else 1)

    def connected(self):
        """Are both pins routed as the GPIO matrix wants it?"""
        tx = [pin for pin, signal in self.out_sel.items() if signal == 123]
        if len(tx) != 1 or self.pins.get(tx[0]) != "out" or not self.in_sel & 0x80:
            return False
        return self.pins.get(self.in_sel & 0x3F) == "in"

    def run(self, us):
        """Time passes."""
        until = self.now_us + us
        while self.sending is not None and self.sending <= until:
            self.now_us = max(self.now_us, self.sending)
            self._attempt_ends()
        self.now_us = until
        if self.recover_at is not None and self.now_us >= self.recover_at:
            self.recover_at = self.bus_off = None
            self.regs[15] = 0
            self._raise(2)

    def _raise(self, bit):
        # Like every controller of this family: only what is enabled shows in the register.
        self.ir |= 1 << bit & self.regs[4]

    def _attempt(self):
        size = (5 if self.tx[0] & 0x80 else 3) + (self.tx[0] & 15)
        self.sending = self.now_us + (size * 8 + 47) * self.bit_us()

    def _attempt_ends(self):
        self.sending = None
        if self.bus_off or self.regs[0] & 1:
            return
        alone = self.self_receives and self.regs[0] & 4
        if self.breaks or not (alone or (self.acks and self.connected())):
            self._transmit_error()
            return
        frame = self.frame_of(self.tx)
        self.sent.append(frame)
        if not frame[1]:
            self.poisoned = False  # erratum 3: a frame without data also heals
        if self.self_receives:
            self._store(self.tx)
        self.regs[15] = max(0, self.regs[15] - 1)
        self.tbs = self.complete = True
        if self.lose_ti:
            self.lose_ti = False
        else:
            self._raise(1)

    def _transmit_error(self):
        self._capture(0, 25)  # direction TX, acknowledge slot
        if self.breaks or self.regs[15] < 128:  # a lonely node stays error-passive for ever
            self.regs[15] += 8
        if self.regs[15] > 255:
            self._go_bus_off()
        else:
            self._attempt()

    def _go_bus_off(self):
        self.regs[15] = 127
        self.regs[14] = self.rec_left  # erratum 1: should be 0
        self.bus_off = True
        self.regs[0] |= 1
        self.sending = None
        self.tbs = True
        self._raise(2)

    def _capture(self, direction, segment, kind=0):
        if not self.ecc_held:
            self.ecc = kind << 6 | direction << 5 | segment
            self.ecc_held = True
            self._raise(7)

    def receive_error(self, segment, kind=2, grows=1):
        """A frame of another node is destroyed in `segment` (8 CRC, 10 data ...)."""
        if self.regs[0] & 1 or not self.clock:
            return
        passive = self.regs[14] > 127 or self.regs[15] > 127
        if self.regs[0] & 2 and not passive:
            self.dominant += 1  # erratum 5
        self.regs[14] = min(135, self.regs[14] + (0 if self.regs[0] & 2 else grows))
        self._capture(1, segment, kind)
        if segment in (8, 10) or (segment == 27 and kind == 3):
            self.poisoned = True  # erratum 3

    def arrive(self, can_id, data, flags=2):
        """A frame of another node was received whole (machine.CAN's flags: 1 RTR, 2 extended)."""
        if not self.clock or self.regs[0] & 1 or self.bus_off or not self.connected():
            return
        raw = [0] * 13
        raw[0] = (0x80 if flags & 2 else 0) | (0x40 if flags & 1 else 0) | len(data)
        if flags & 2:
            at = 5
            raw[1:5] = [can_id >> 21, can_id >> 13 & 255, can_id >> 5 & 255, can_id << 3 & 255]
        else:
            at = 3
            raw[1:3] = [can_id >> 3, can_id << 5 & 255]
        if not flags & 1:
            raw[at : at + len(data)] = list(data)
        if self._accepts(raw, flags):
            if not self.regs[0] & 2:  # a listener's counters stand still
                self.regs[14] = max(0, self.regs[14] - 1) if self.regs[14] < 128 else 119
            if self.poisoned:  # erratum 3
                self.poisoned = False
                raw = [raw[0]] + [b ^ 0xA5 for b in raw[1:]]
            self._store(raw)

    def _accepts(self, raw, flags):
        seen = raw[1:5]
        if flags & 2:
            seen[3] |= (flags & 1) << 2
        else:  # the filter compares two data bytes there
            seen[1] |= (flags & 1) << 4
        return all([not (seen[i] ^ self.acr[i]) & ~self.acr[4 + i] & 255 for i in range(4)])

    def _store(self, raw):
        if self.dead:
            return
        size = (5 if raw[0] & 0x80 else 3) + (0 if raw[0] & 0x40 else raw[0] & 15)
        if self.used + size > 64:
            self.dos = True
            self.fifo.append(None)  # counted in RMC, but there is nothing to read
        else:
            self.used += size
            self.fifo.append((list(raw), size))
        if self.dos and len(self.fifo) >= 64:
            self.dead = True  # erratum 4

    def frame_of(self, raw):
        """(id, data, flags) of 13 buffer bytes."""
        flags = (2 if raw[0] & 0x80 else 0) | (1 if raw[0] & 0x40 else 0)
        if flags & 2:
            can_id = raw[1] << 21 | raw[2] << 13 | raw[3] << 5 | raw[4] >> 3
            at = 5
        else:
            can_id = raw[1] << 3 | raw[2] >> 5
            at = 3
        return (can_id, bytes(raw[at : at + (0 if flags & 1 else raw[0] & 15)]), flags)
