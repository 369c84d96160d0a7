"""What does an MFRC522 with a card on it answer? A model of the chip and of ISO 14443 A cards.

It raises Forbidden for registers that do not exist, for FIFO reads beyond what is in it and for a
command while another one runs.
"""

READABLE = set(range(0x01, 0x0F)) | set(range(0x11, 0x20)) | set(range(0x21, 0x30)) | {0x37}


class Forbidden(Exception):
    """The driver did what the chip does not allow here."""


def crc(data):
    value = 0x6363
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return bytes((value & 255, value >> 8))


class Card:
    """uid of 4, 7 or 10 bytes; it follows the states idle, ready, active."""

    def __init__(self, uid):
        self.uid = uid
        self.state = "idle"
        self.level = 0

    def parts(self):
        uid = self.uid
        parts = []
        while len(uid) > 4:
            parts.append(b"\x88" + uid[:3])
            uid = uid[3:]
        parts.append(uid)
        return [p + bytes((p[0] ^ p[1] ^ p[2] ^ p[3],)) for p in parts]

    def hear(self, data, bits):
        if bits == 7:
            if self.state != "idle":
                self.state = "idle"  # out of turn: silence, and back to idle
                return None
            self.state = "ready"
            self.level = 0
            return b"\x44\x00"
        if self.state != "ready" or data[0] != (0x93, 0x95, 0x97)[self.level]:
            self.state = "idle"
            return None
        part = self.parts()[self.level]
        if data[1] == 0x20:
            return part
        if data[1] == 0x70 and data[2:7] == part and data[7:9] == crc(data[:7]):
            self.level += 1
            if self.level == len(self.parts()):
                self.state = "active"
                sak = b"\x08"
            else:
                sak = b"\x04"
            return sak + crc(sak)
        self.state = "idle"
        return None


class Mfrc522:
    """`cards` lie in the field; start, byte and end are the wire."""

    def __init__(self):
        self.cards = []
        self.version = 0x92
        self.spoil = 0  # bits of the error register at the next reply
        self.reset()

    def reset(self):
        self.regs = bytearray(64)
        self.regs[0x14] = 0x80  # antenna off
        self.fifo = b""

    def start(self):
        self.address = None

    def end(self):
        pass

    def byte(self, value):
        if self.version in (0, 0xFF):
            return self.version
        if self.address is None:
            if value & 1:
                raise Forbidden("address %x" % value)
            self.address = value >> 1 & 63
            self.reading = value & 0x80
            if self.address not in READABLE and self.address != 0x15:
                raise Forbidden("register %x" % self.address)
            return 0
        if self.reading:
            return self._get(self.address)
        self._set(self.address, value)
        return 0

    def _get(self, n):
        if n == 0x37:
            return self.version
        if n == 0x09:
            if not self.fifo:
                raise Forbidden("FIFO is empty")
            first, self.fifo = self.fifo[0], self.fifo[1:]
            return first
        if n == 0x0A:
            return len(self.fifo)
        return self.regs[n]

    def _set(self, n, value):
        if n == 0x09:
            self.fifo += bytes((value,))
            return
        if n == 0x0A:
            if value & 0x80:
                self.fifo = b""
            return
        if n == 0x04:
            self.regs[n] = self.regs[n] | value & 0x7F if value & 0x80 else self.regs[n] & ~value
            return
        if n == 0x01:
            if value == 0x0F:
                self.reset()
                return
            if value and self.regs[1]:
                raise Forbidden("command %x while %x runs" % (value, self.regs[1]))
        self.regs[n] = value
        if n == 0x0D and value & 0x80 and self.regs[1] == 0x0C:
            self._transceive(value & 7)

    def _transceive(self, bits):
        sent, self.fifo = self.fifo, b""
        replies = []
        if self.regs[0x14] & 3 == 3 and self.regs[0x2A] & 0x80 and self.regs[0x15] & 0x40:
            replies = [r for r in [card.hear(sent, bits) for card in self.cards] if r]
        self.regs[1] = 0
        self.regs[6] = self.spoil
        self.spoil = 0
        if not replies:
            self.regs[4] |= 0x01  # the timer ran out
            return
        if len(set(replies)) > 1:
            self.regs[6] |= 0x08  # collision
        self.fifo = replies[0]
        self.regs[4] |= 0x30
