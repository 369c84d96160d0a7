"""How are DER items read, strictly, and written?

DER (X.690): one way to write each value. What BER allows beside it (indefinite or padded lengths,
padded integers, TRUE other than FF) is refused: two readers could disagree about it. Nothing here
recurses: who reads steps into items one by one, so nesting costs nothing.
"""

from micropython import const

from security import Invalid

BOOLEAN = const(0x01)
INTEGER = const(0x02)
BITS = const(0x03)
OCTETS = const(0x04)
NULL = const(0x05)
OID = const(0x06)
UTF8 = const(0x0C)
PRINTABLE = const(0x13)
UTC_TIME = const(0x17)
TIME = const(0x18)
SEQUENCE = const(0x30)
SET = const(0x31)
# Context tags are written as numbers where they are used: 0x80 + n plain, 0xA0 + n with items.


class Reader:
    """A run of items, data[at:end]. Every method raises Invalid where the data is not DER."""

    def __init__(self, data, at: int = 0, end: int = -1):
        self.data = data
        self.at = at
        self.end = len(data) if end < 0 else end

    def peek(self) -> int:
        """Tag of the next item, 0 when nothing is left."""
        return self.data[self.at] if self.at < self.end else 0

    def take(self, tag: int):
        """(start, stop) of the content of the next item, which must have this tag."""
        data = self.data
        at = self.at
        left = self.end - at
        if left < 2:
            raise Invalid("format", "DER ends where tag %02x was expected" % tag)
        if data[at] != tag:
            raise Invalid("format", "DER tag %02x, expected %02x" % (data[at], tag))
        size = data[at + 1]
        start = at + 2
        if size > 0x7F:
            count = size - 0x80
            # Indefinite, longer than anything that is read here, or cut.
            if not 1 <= count <= 2 or left < 2 + count:
                raise Invalid("format", "DER length %02x" % size)
            size = data[at + 2] if count == 1 else data[at + 2] << 8 | data[at + 3]
            if size < (0x80 if count == 1 else 0x100):
                raise Invalid("format", "DER length is not the shortest")
            start += count
        if size > self.end - start:
            raise Invalid("format", "DER item is cut: %d of %d bytes" % (self.end - start, size))
        self.at = start + size
        return start, self.at

    def into(self, tag: int):
        """A Reader of what is inside the next item."""
        start, stop = self.take(tag)
        return Reader(self.data, start, stop)

    def content(self, tag: int) -> bytes:
        """Content of the next item."""
        start, stop = self.take(tag)
        return bytes(self.data[start:stop])

    def whole(self, tag: int) -> bytes:
        """The next item with tag and length."""
        at = self.at
        self.take(tag)
        return bytes(self.data[at : self.at])

    def close(self):
        """Invalid if anything is left."""
        if self.at != self.end:
            raise Invalid("format", "%d bytes too many in DER" % (self.end - self.at))

    def integer(self) -> bytes:
        """A whole number, not negative, big-endian without leading zeros (b"" is 0)."""
        data = self.content(INTEGER)
        if not data or data[0] > 0x7F:
            raise Invalid("format", "DER integer is empty or negative")
        if data[0]:
            return data
        if len(data) > 1 and data[1] < 0x80:
            raise Invalid("format", "DER integer is padded")
        return data[1:]

    def small(self) -> int:
        """A whole number below 2^24."""
        data = self.integer()
        if len(data) > 3:
            raise Invalid("format", "DER integer of %d bytes" % len(data))
        return int.from_bytes(data, "big")

    def bits(self) -> bytes:
        """A bit string of whole bytes."""
        data = self.content(BITS)
        if not data or data[0]:
            raise Invalid("format", "DER bit string is not of whole bytes")
        return data[1:]

    def flags(self) -> int:
        """A bit string of at most 16 flags; flag 0 is the highest of 16 bits."""
        data = self.content(BITS)
        size = len(data)
        if not 2 <= size <= 3 or data[0] > 7 or data[-1] & ((1 << data[0]) - 1):
            raise Invalid("format", "DER flags")
        return data[1] << 8 | (data[2] if size == 3 else 0)

    def truth(self) -> bool:
        """A boolean whose default is false: DER leaves it out then, so only TRUE is read."""
        if self.peek() != BOOLEAN:
            return False
        if self.content(BOOLEAN) != b"\xff":
            raise Invalid("format", "DER boolean is not TRUE")
        return True

    def oid(self) -> bytes:
        """Content of an object identifier."""
        data = self.content(OID)
        fresh = True
        for byte in data:
            if fresh and byte == 0x80:
                raise Invalid("format", "DER object identifier is padded")
            fresh = byte < 0x80
        if not data or not fresh:
            raise Invalid("format", "DER object identifier is cut")
        return data


def oid_text(oid: bytes) -> str:
    """ "1.2.840.113549" of an identifier's content, for a person."""
    parts = []
    value = 0
    for byte in oid:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            if not parts:
                parts.append(str(min(value // 40, 2)))
                value -= 40 * min(value // 40, 2)
            parts.append(str(value))
            value = 0
    return ".".join(parts)


def item(tag: int, *parts) -> bytes:
    """An item: tag, length, and the parts (bytes) one after another."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        head = bytes((tag, size))
    elif size < 0x100:
        head = bytes((tag, 0x81, size))
    else:
        head = bytes((tag, 0x82, size >> 8, size & 0xFF))
    return head + body


def number(data: bytes) -> bytes:
    """An integer item of a number that is not negative, big-endian."""
    data = data.lstrip(b"\0") or b"\0"
    return item(INTEGER, b"\0" + data if data[0] > 0x7F else data)


def bit_string(data: bytes) -> bytes:
    """A bit string item of whole bytes."""
    return item(BITS, b"\0", data)
