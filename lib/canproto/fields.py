"""How are big-endian numbers read from a CAN frame without making an object?

On a 32-bit MicroPython an int above 2**30 - 1 and every float live on the heap. These functions
return small ints only, so that a received frame allocates nothing, and -1 for what does not fit.
"""


def u16(data, i: int) -> int:
    """The unsigned 16-bit big-endian number at byte i, 0..65535."""
    return data[i] << 8 | data[i + 1]


def u32(data, i: int) -> int:
    """The unsigned 32-bit big-endian number at byte i, 0..2**30 - 1; -1 when it is larger."""
    if data[i] > 0x3F:  # the top byte first: the shift below would leave the small ints
        return -1
    return data[i] << 24 | data[i + 1] << 16 | data[i + 2] << 8 | data[i + 3]


def f32_deci(data, i: int) -> int:
    """The IEEE 754 single at byte i (big-endian) in tenths, rounded: 0..81919.

    -1 for NaN, infinity, 8192 and above, and negatives that do not round to zero. Subnormals
    and minus zero are 0.
    """
    exponent = (data[i] & 0x7F) << 1 | data[i + 1] >> 7
    if exponent > 139:  # 2**13 and above, infinity, NaN
        return -1
    shift = 150 - exponent  # value = mantissa * 2**-shift
    if shift > 28:  # below 2**-5, which rounds to 0.0
        return 0
    value = (data[i + 1] | 0x80) << 16 | data[i + 2] << 8 | data[i + 3]
    # At most (2**24 - 1) * 10 + 2**27 < 2**30: still a small int.
    value = (value * 10 + (1 << shift - 1)) >> shift
    return -1 if value and data[i] & 0x80 else value


def put16(buf, i: int, value: int) -> None:
    """Writes value as unsigned 16-bit big-endian at byte i, clamped to 0..65535."""
    value = min(max(value, 0), 0xFFFF)
    buf[i] = value >> 8
    buf[i + 1] = value & 0xFF
