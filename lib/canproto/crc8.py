"""Which checksum closes a frame of the PLC contract? CRC8, polynomial 0x07, begins with 0.

No reflection, no final exclusive-or; over b0..b6, stored in b7 (contract b.1).
"""

# Four bits at once: _STEP[n] is n times the polynomial, without carries.
_STEP = b"\x00\x07\x0e\x09\x1c\x1b\x12\x15\x38\x3f\x36\x31\x24\x23\x2a\x2d"


def crc8(data, count: int) -> int:
    """The CRC8 of the first `count` bytes, 0..255. Allocates nothing."""
    step = _STEP
    crc = 0
    for i in range(count):
        crc ^= data[i]
        crc = (crc << 4 & 0xFF) ^ step[crc >> 4]
        crc = (crc << 4 & 0xFF) ^ step[crc >> 4]
    return crc
