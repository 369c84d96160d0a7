"""How do a Modbus RTU request and its reply look on the wire?

Sans-I/O: bytes in, bytes out. Source: Modbus over Serial Line 1.02, Application Protocol 1.1b3.
"""

from micropython import const

MORE = const(0)  # check(): the reply is not whole yet
OK = const(1)
BROKEN = const(2)  # noise, another unit's reply, or a length that cannot be
REFUSED = const(3)  # an exception reply; its code is byte 2

# CRC-16 (reflected 0xA001) of each half byte, two bytes an entry, high first.
_CRC = (
    b"\x00\x00\xcc\x01\xd8\x01\x14\x00\xf0\x01\x3c\x00\x28\x00\xe4\x01"
    b"\xa0\x01\x6c\x00\x78\x00\xb4\x01\x50\x00\x9c\x01\x88\x01\x44\x00"
)


def crc16(data, length: int) -> int:
    """The CRC of data[:length]; it goes out low byte first."""
    crc = 0xFFFF
    for i in range(length):
        crc ^= data[i]
        for _ in range(2):
            n = (crc & 15) * 2
            crc = crc >> 4 ^ (_CRC[n] << 8 | _CRC[n + 1])
    return crc


def request(unit: int, function: int, register: int, value: int) -> bytes:
    """A request of 8 bytes: functions 3 and 4 (value: how many registers), 5 and 6 (the value).

    ValueError for what the protocol has no room for.
    """
    if not (0 <= unit <= 247 and 0 <= register <= 0xFFFF and 0 <= value <= 0xFFFF):
        raise ValueError("modbus: unit %d register %d value %d" % (unit, register, value))
    if function in (3, 4) and not 1 <= value <= 125:
        raise ValueError("modbus: %d registers" % value)
    out = bytearray((unit, function, register >> 8, register & 255, value >> 8, value & 255, 0, 0))
    crc = crc16(out, 6)
    out[6] = crc & 255
    out[7] = crc >> 8
    return bytes(out)


def check(data, length: int, unit: int, function: int, count: int) -> int:
    """Is data[:length] the reply to a request? MORE, OK, BROKEN or REFUSED.

    count: registers asked for (functions 3 and 4). The values stand at data[3:3 + 2 * count].
    """
    if length < 5:  # an exception reply is the shortest
        return MORE if length < 2 or data[0] == unit else BROKEN
    if data[0] != unit or data[1] & 0x7F != function:
        return BROKEN
    if data[1] & 0x80:
        whole = 5
    elif function == 3 or function == 4:
        if data[2] != 2 * count:
            return BROKEN
        whole = 5 + 2 * count
    else:
        whole = 8
    if length < whole:
        return MORE
    if length > whole or crc16(data, whole) != 0:  # a frame with its CRC gives 0
        return BROKEN
    return REFUSED if data[1] & 0x80 else OK


def number(data, at: int, kind: str):
    """The value at data[at], big-endian: u16 s16 u32 s32 f32; "<u32" ... low word first.

    An int, a float for f32; None where the device says "not available" (NaN, infinity).
    """
    low_first = kind[0] == "<"
    if low_first:
        kind = kind[1:]
    high = data[at] << 8 | data[at + 1]
    if kind == "u16":
        return high
    if kind == "s16":
        return high - 0x10000 if high & 0x8000 else high
    low = data[at + 2] << 8 | data[at + 3]
    if low_first:
        high, low = low, high
    if kind == "s32":
        return (high - 0x10000 if high & 0x8000 else high) << 16 | low
    if kind == "u32":
        return high << 16 | low
    exponent = high >> 7 & 0xFF
    if exponent == 0xFF:
        return None
    fraction = (high & 0x7F) << 16 | low
    if exponent:
        fraction |= 0x800000
    else:
        exponent = 1
    value = fraction * 2.0 ** (exponent - 150)
    return -value if high & 0x8000 else value
