"""How does an identity that comes in pieces of five bytes become whole again?

EVMAC, EMAID, EVCCID (b.3: total length, segments, index, five bytes) and a card's UID (RFID_EVENT:
length and kind, event, index and segments, five bytes). Rare frames: this may allocate.
"""

from micropython import const

# Types (id >> 4) and what they carry.
RFID = const(0x18)
EVMAC = const(0x24)
EMAID = const(0x26)
EVCCID = const(0x28)
_EMAID_1 = const(0x27)

_LENGTH_MAX = const(40)


class Segments:
    """Collects the pieces of one PLC. An incomplete set is dropped after `expiry_ms` (5 s)."""

    def __init__(self, expiry_ms: int = 5000):
        self.expiry_ms = expiry_ms
        self.age_ms = 0
        self.kind = self.length = self.event = 0
        self._parts = []

    def step(self, dt_ms: int) -> bool:
        """Let time pass; False when nothing is awaited any more and this may be forgotten."""
        self.age_ms += dt_ms
        if self.age_ms >= self.expiry_ms:
            self._parts = []
        return bool(self._parts)

    def receive(self, can_id: int, d) -> bytes | None:
        """Take one frame that Plc.receive called SEGMENT; the whole once it is complete.

        `kind` is then EVMAC, EMAID, EVCCID or RFID, `event` the number of a card's event. Pieces
        of another set, or of another length, begin anew. Nonsense is passed over.
        """
        kind = can_id >> 4
        if kind == _EMAID_1:
            kind = EMAID
        if kind == RFID:
            length, event = d[0] & 15, d[1]
            count, index = d[2] >> 4, d[2] & 15
            if d[0] >> 4:  # another event than a UID
                return None
        else:
            length, event, count, index = d[0], 0, d[1], d[2]
        if not 0 < length <= _LENGTH_MAX or count != (length + 4) // 5 or index >= count:
            return None
        if not self._parts or (kind, length, event) != (self.kind, self.length, self.event):
            self.kind, self.length, self.event = kind, length, event
            self._parts = [None] * count
            self.age_ms = 0
        self._parts[index] = bytes(d[3:8])
        if None in self._parts:
            return None
        whole = b"".join(self._parts)[:length]
        self._parts = []
        return whole
