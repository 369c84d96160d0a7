"""What does the station say to a PLC of contract v1? (can_protocols b.2)

Every packer fills the 8-byte buffer `buf` and returns the type; the id is type << 4 | number of
the PLC. `o` is what the station has decided about that gun (station/plc_link.py): present_dv
present_da present_w max_dv max_da max_w faults bits relays mask seq. Little-endian, CRC8 in b7.
Values are clamped to the frame; limits are rounded down, never up.
"""

from micropython import const

from canproto.crc8 import crc8

# Bits of `o.bits`.
OUTPUT = const(1)  # the output is on
REGULATING = const(2)
SYS_ENABLE = const(4)
FORCE_OFF = const(8)
CLEAR_FAULTS = const(16)
GRANTED = const(32)  # authorised
PENDING = const(64)  # an authorisation is under way
HLC = const(128)  # communication with the vehicle is wanted
PNC_BLOCKED = const(256)  # no plug and charge
LOCK = const(512)

# Parameters of ConfigCmd.
AUTH_STATE = const(20)
AUTH_PENDING = const(21)
HLC_ENABLE = const(22)  # v2
PNC_BLOCK = const(23)  # v2
LOCK_CMD = const(30)
LIMIT_ACK = const(90)
PROTO_VERSION = const(91)

_TOP = const(0xFFFF)


def _put(buf, i, value):
    value = min(max(value, 0), _TOP)
    buf[i] = value & 0xFF
    buf[i + 1] = value >> 8


def _three(buf, volts_dv, amps_da, power_w):
    _put(buf, 0, volts_dv)
    _put(buf, 2, amps_da)
    _put(buf, 4, power_w // 100)


def limits(buf, o) -> int:
    """EVSE_DC_MAX_LIMITS, at least once a second."""
    _three(buf, o.max_dv, o.max_da, o.max_w)
    buf[6] = 0
    buf[7] = crc8(buf, 7)
    return 0x30


def present(buf, o) -> int:
    """EVSE_DC_PRESENT, each 100 ms."""
    _three(buf, o.present_dv, o.present_da, o.present_w)
    buf[6] = o.bits & 3 | (o.faults & 63) << 2
    buf[7] = crc8(buf, 7)
    return 0x31


def relay(buf, o, pulse_ms: int = 0) -> int:
    """RelayControl, each 100 ms; with `pulse_ms` the relays fall again by themselves."""
    # SYS_ENABLE, FORCE_ALL_OFF, CLEAR_FAULTS lie one bit lower than they go out.
    buf[0] = o.relays & 7 | (o.bits & 28) << 1
    buf[1] = o.seq
    buf[2] = o.mask & 7
    buf[3] = 1 if pulse_ms else 0
    _put(buf, 4, pulse_ms)
    buf[6] = 0
    buf[7] = crc8(buf, 7)
    return 0x34


def config(buf, param: int, value: int, get: int = 0) -> int:
    """ConfigCmd: set (or get) one parameter; value below 2**30."""
    buf[0] = param
    buf[1] = get
    _put(buf, 2, value & _TOP)
    _put(buf, 4, value >> 16)
    buf[6] = 0
    buf[7] = crc8(buf, 7)
    return 0x38


def gcmc(buf, o, contactors: int) -> int:
    """GCMC_Command, the legacy mirror: contactors bit 0 GC, 1 MC, 2 MN0, 3 MN1."""
    bits = o.bits
    buf[0] = contactors & 15 | (bits & CLEAR_FAULTS) << 2 | (bits & FORCE_OFF) << 4
    buf[1] = o.seq
    for i in range(2, 7):
        buf[i] = 0
    buf[7] = crc8(buf, 7)
    return 0x39
