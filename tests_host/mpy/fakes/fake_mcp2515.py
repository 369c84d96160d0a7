"""What does an MCP2515 answer on SPI? A model from the data sheet's facts, errata included.

It raises Forbidden for what the data sheet forbids: configuration outside of configuration mode,
loading a transmit buffer that is being sent, instructions that do not exist, a new instruction
without raising chip select. Errata (DS80179G): a transmission started by a write to TXREQ goes
out twice, and buffers 1 and 2 corrupt what they send.
"""

CONFIG_ONLY = list(range(0x00, 0x0C)) + list(range(0x10, 0x1C)) + list(range(0x20, 0x2B))


class Forbidden(Exception):
    """The driver did what the chip does not allow here."""


class Mcp2515:
    """`arrive`, `finish` and the attributes are the bus; start, byte and end are the wire."""

    def __init__(self, mhz=8):
        self.mhz = mhz
        self.present = True
        self.sent = []  # (id, data, flags)
        self.acks = True
        self.int_pin = None  # called with the level of INT when it changes
        self.level = 1
        self.request = None
        self.during = None  # called once, in the middle of reading a buffer
        self.reset()

    def reset(self):
        self.regs = bytearray(128)
        self.regs[0x0E] = 0x80
        self.regs[0x0F] = 0x87
        self.regs[0x60] = self.regs[0x70] = 0
        self._interrupt()

    # -- the bus

    def bit_us(self):
        """A bit's length by CNF1 to CNF3."""
        cnf3, cnf2, cnf1 = self.regs[0x28:0x2B]
        ps2 = (cnf3 & 7) + 1
        if not cnf2 & 0x80 or ps2 <= cnf1 >> 6 or ps2 < 2:
            raise Forbidden("phase segment 2 must be longer than SJW + 1 quanta allow")
        quanta = 1 + (cnf2 & 7) + 1 + (cnf2 >> 3 & 7) + 1 + ps2
        return quanta * 2 * ((cnf1 & 63) + 1) / self.mhz

    def mode(self):
        return self.regs[0x0E] & 0xE0

    def arrive(self, can_id, data, flags=2):
        """A frame of another node (flags of machine.CAN); it meets masks, filters, rollover."""
        if self.mode() not in (0, 0x60):
            return
        raw = bytearray(13)
        if flags & 2:
            raw[0] = can_id >> 21
            raw[1] = can_id >> 13 & 0xE0 | 8 | can_id >> 16 & 3
            raw[2] = can_id >> 8 & 255
            raw[3] = can_id & 255
            raw[4] = len(data) | (64 if flags & 1 else 0)
        else:
            raw[0] = can_id >> 3
            raw[1] = (can_id & 7) << 5 | (16 if flags & 1 else 0)
            raw[4] = len(data)
        if not flags & 1:
            raw[5 : 5 + len(data)] = data
        first = self._passes(raw, 0x60, 0x20, (0x00, 0x04))
        if first and not self.regs[0x2C] & 1:
            self._store(0, raw)
        elif first and self.regs[0x60] & 4 and not self.regs[0x2C] & 2:
            self._store(1, raw)
        elif not first and self._passes(raw, 0x70, 0x24, (0x08, 0x10, 0x14, 0x18)):
            if self.regs[0x2C] & 2:
                self._error(0x80)
            else:
                self._store(1, raw)
        elif first:
            self._error(0x80 if self.regs[0x60] & 4 else 0x40)

    def _passes(self, raw, control, mask, filters):
        if self.regs[control] & 0x60 == 0x60:
            return True
        care = self.regs[mask : mask + 4]
        extended = raw[1] & 8
        for at in filters:
            want = self.regs[at : at + 4]
            if want[1] & 8 != extended:
                continue
            bits = (raw[0] ^ want[0]) & care[0] | (raw[1] ^ want[1]) & care[1] & 0xE3
            if extended:
                bits |= (raw[2] ^ want[2]) & care[2] | (raw[3] ^ want[3]) & care[3]
            if not bits:
                return True
        return False

    def _store(self, buffer, raw):
        at = 0x61 + 16 * buffer
        self.regs[at : at + 13] = raw
        self.regs[0x2C] |= 1 << buffer
        self._interrupt()

    def _error(self, bits):
        self.regs[0x2D] |= bits
        self.regs[0x2C] |= 0x20
        self._interrupt()

    def errors(self, tec, rec):
        """The error counters stand at these values now."""
        self.regs[0x1C] = min(tec, 255)
        self.regs[0x1D] = rec
        keep = self.regs[0x2D] & 0xC0
        worst = max(tec, rec)
        self.regs[0x2D] = (
            keep
            | (1 if worst >= 96 else 0)
            | (2 if rec >= 96 else 0)
            | (4 if tec >= 96 else 0)
            | (8 if rec > 127 else 0)
            | (16 if tec > 127 else 0)
            | (32 if tec > 255 else 0)
        )
        self.regs[0x2C] |= 0x20
        self._interrupt()

    def finish(self):
        """The bus is free: what is requested goes out, if anybody acknowledges."""
        if self.mode() or not self.acks:
            return
        for n in range(3):
            at = 0x30 + 16 * n
            if self.regs[at] & 8:
                frame = self._frame(at + 1)
                if n:
                    frame = (frame[0] ^ 0x55, frame[1], frame[2])  # errata 2
                self.sent.append(frame)
                if self.requested != "rts":
                    self.sent.append(frame)  # errata 5
                self.regs[at] &= ~8
                self.regs[0x2C] |= 4 << n
        self._interrupt()

    def _frame(self, at):
        raw = self.regs[at : at + 13]
        if raw[1] & 8:
            can_id = (
                raw[0] << 21 | (raw[1] & 0xE0) << 13 | (raw[1] & 3) << 16 | raw[2] << 8 | raw[3]
            )
            flags = 2 | (1 if raw[4] & 64 else 0)
        else:
            can_id = raw[0] << 3 | raw[1] >> 5
            flags = 1 if raw[4] & 64 else 0
        return (can_id, b"" if flags & 1 else bytes(raw[5 : 5 + (raw[4] & 15)]), flags)

    def _interrupt(self):
        level = 0 if self.regs[0x2C] & self.regs[0x2B] else 1
        if level != self.level:
            self.level = level
            if self.int_pin:
                self.int_pin(level)

    # -- the wire

    def start(self):
        self.request = []

    def end(self):
        request = self.request or []
        self.request = None
        if not self.present or not request:
            return
        first = request[0]
        if first in (0x90, 0x94):
            self.regs[0x2C] &= ~(1 if first == 0x90 else 2)
            self._interrupt()
        elif 0x81 <= first <= 0x87:
            for n in range(3):
                if first & 1 << n:
                    self.regs[0x30 + 16 * n] |= 8
            self.requested = "rts"
        elif first == 0xC0:
            self.reset()

    def byte(self, value):
        request = self.request
        request.append(value)
        if not self.present:
            return 0xFF
        n = len(request) - 1
        first = request[0]
        if n == 0:
            if (
                first not in (0xC0, 3, 2, 5, 0x90, 0x94, 0x40, 0x42, 0x44)
                and not 0x81 <= first <= 0x87
            ):
                raise Forbidden("instruction %x" % first)
            return 0
        if first == 0xC0 or first & 0xF8 == 0x80:
            raise Forbidden("a byte after instruction %x" % first)
        if first == 3:
            return 0 if n == 1 else self._get(request[1] + n - 2)
        if first == 2 and n > 1:
            self._set(request[1] + n - 2, value)
        elif first == 5 and n == 3:
            if request[1] not in (0x0F, 0x2B, 0x2C, 0x2D, 0x30, 0x40, 0x50, 0x60, 0x70):
                raise Forbidden("bit modify of %x" % request[1])
            self._set(request[1], self.regs[request[1]] & ~request[2] | value & request[2])
        elif first in (0x90, 0x94):
            if n == 6 and self.during:
                what, self.during = self.during, None
                what()
            return self.regs[(0x61 if first == 0x90 else 0x71) + n - 1]
        elif first & 0xF8 == 0x40:
            at = 0x30 + (first & 6) * 8
            if self.regs[at] & 8:
                raise Forbidden("the transmit buffer is being sent")
            self.regs[at + n] = value
        return 0

    def _get(self, address):
        if address & 15 in (14, 15):
            address &= 15  # CANSTAT and CANCTRL are in every row
        return self.regs[address & 127]

    def _set(self, address, value):
        if address & 15 in (14, 15):
            address &= 15
        if address == 0x0E or address in (0x1C, 0x1D):
            raise Forbidden("register %x is read-only" % address)
        if address in CONFIG_ONLY and self.mode() != 0x80:
            raise Forbidden("register %x outside of configuration mode" % address)
        if address in (0x30, 0x40, 0x50) and value & 8:
            self.requested = "write"
        if address == 0x2D:
            value = self.regs[0x2D] & 0x3F | value & 0xC0 & self.regs[0x2D]
        self.regs[address] = value
        if address == 0x0F:
            self.regs[0x0E] = self.regs[0x0E] & 0x1F | value & 0xE0
        self._interrupt()
