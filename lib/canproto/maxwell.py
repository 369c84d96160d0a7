"""How are the power modules on CAN told and asked (Maxwell style, can_protocols b.7)?

29-bit ids made of protocol 0x060, PTP 1, destination, source, group; registers of 32 bits,
big-endian float or integer. The same protocol stands a second time in tools/sim/dbc/maxwell.dbc.
Floats are packed and read with integers only: nothing here makes an object.
"""

from micropython import const

from canproto.fields import f32_deci

CONTROLLER = const(0xF0)
BROADCAST = const(0xFE)

# Registers.
VOLTAGE = const(0x0001)  # read, float V
CURRENT = const(0x0002)  # read, float A
TEMPERATURE = const(0x0004)  # read, float degC
ALARMS = const(0x0040)  # read, bits
SET_VOLTAGE = const(0x0021)  # float V
SET_FRACTION = const(0x0022)  # float, current as a part of the rated one
SET_CURRENT = const(0x001B)  # float A, later makes
SET_POWER = const(0x0020)  # float, power as a part of the rated one; older makes
ON_OFF = const(0x0030)  # 0 on, 0x00010000 off

#: Alarm bits that stop a module: 0 1 3 4 5 7 8 9 14 16 17 22 27 28 30 31, as two halves.
SEVERE_HIGH = const(0xD843)
SEVERE_LOW = const(0x43BB)

_BASE = const(0x06080000)  # protocol and PTP
_FROM_MODULE = const(0x060F8000)  # _BASE with the controller as destination
_V_TOP_DV = const(15_000)
_I_TOP_DA = const(10_000)


def request_id(module: int, group: int = 0) -> int:
    """The id of a frame to a module (0..63, BROADCAST) of a group (0..7)."""
    return _BASE | module << 11 | CONTROLLER << 3 | group


def source_of(can_id: int) -> int:
    """The address of the module that sent this id to the controller, or -1 for another id."""
    if can_id & 0x1FFFF800 != _FROM_MODULE:
        return -1
    return can_id >> 3 & 0xFF


def put_f32(buf, i: int, value: int, unit: int) -> None:
    """Writes value / unit as an IEEE 754 single, big-endian, at byte i; truncated, never above.

    value 0..2**24 - 1, unit 1..16384. Exact to 2**-14 of the value or better.
    """
    if value <= 0:
        buf[i] = buf[i + 1] = buf[i + 2] = buf[i + 3] = 0
        return
    shift = 0
    while value < 1 << 20:
        value <<= 8
        shift += 8
    while value < 1 << 28:  # as many bits as a small integer holds
        value <<= 1
        shift += 1
    value //= unit
    exponent = 127 + 23 - shift
    while value >= 1 << 24:
        value >>= 1
        exponent += 1
    while value < 1 << 23:
        value <<= 1
        exponent -= 1
    buf[i] = exponent >> 1
    buf[i + 1] = (exponent & 1) << 7 | value >> 16 & 0x7F
    buf[i + 2] = value >> 8 & 0xFF
    buf[i + 3] = value & 0xFF


def _head(buf, code, register):
    buf[0] = code
    buf[1] = 0
    buf[2] = register >> 8
    buf[3] = register & 0xFF


def read(buf, register: int) -> None:
    """A request for one register."""
    _head(buf, 0x10, register)
    buf[4] = buf[5] = buf[6] = buf[7] = 0


def set_tenths(buf, register: int, tenths: int) -> None:
    """Set volts or amperes, given in tenths."""
    _head(buf, 0x03, register)
    put_f32(buf, 4, tenths, 10)


def set_part(buf, register: int, value: int, rated: int) -> None:
    """Set a current or power as a part of the rated one: value / rated, at most 1."""
    _head(buf, 0x03, register)
    put_f32(buf, 4, min(value, rated), rated)


def set_output(buf, on: bool) -> None:
    """Switch the output on or off."""
    _head(buf, 0x03, ON_OFF)
    buf[4] = buf[6] = buf[7] = 0
    buf[5] = 0 if on else 1


def register_of(data, length: int) -> int:
    """The register of a valid answer, or -1: wrong length, an error, no answer at all."""
    if length != 8 or data[0] not in b"\x41\x42" or data[1] != 0xF0:
        return -1
    return data[2] << 8 | data[3]


def tenths(data, register: int) -> int:
    """Volts, amperes or degrees of a float answer in tenths; -1 when absent or absurd.

    A temperature below zero counts as zero: what matters is heat.
    """
    if data[0] != 0x41:
        return -1
    value = f32_deci(data, 4)
    if register == TEMPERATURE:
        if value < 0 and data[4] & 0x80 and data[4] & 0x7F < 0x43:  # -128 degC at most
            return 0
        return value if value <= 2000 else -1
    if value > (_V_TOP_DV if register == VOLTAGE else _I_TOP_DA):
        return -1
    return value


def severe(data) -> bool:
    """Does an answer of the register ALARMS name something that stops the module?"""
    high = (data[4] << 8 | data[5]) & SEVERE_HIGH
    return bool(high or (data[6] << 8 | data[7]) & SEVERE_LOW)
