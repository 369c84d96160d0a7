"""What does the station say to a PLC of contract v2 or v3? (can_protocols b.4)

Two frames of 56 packed bits, little-endian, CRC8 in b7; arguments as in plc_v1.py. They end at
255.5 kW and 409 A: what is above saturates, and `contract` is then the source of the gun's limit.
"""

from micropython import const

from canproto.crc8 import crc8

# What the frames can carry (the issue names 409 A; 2047 steps of 0.2 A would be 409.4).
TOP_DV = const(10235)
TOP_DA = const(4090)
TOP_W = const(255500)


def _packed(buf, volts_dv, amps_da, power_w, high):
    # 28 bits and 28 bits: both are small integers on every port.
    if power_w > TOP_W:
        power_w = TOP_W
    if volts_dv > TOP_DV:
        volts_dv = TOP_DV
    if amps_da > TOP_DA:
        amps_da = TOP_DA
    power = power_w // 500 if power_w > 0 else 0
    low = volts_dv // 5 if volts_dv > 0 else 0
    low |= (amps_da // 2 if amps_da > 0 else 0) << 11 | (power & 63) << 22
    high |= power >> 6
    buf[0] = low & 0xFF
    buf[1] = low >> 8 & 0xFF
    buf[2] = low >> 16 & 0xFF
    buf[3] = low >> 24 | (high & 15) << 4
    buf[4] = high >> 4 & 0xFF
    buf[5] = high >> 12 & 0xFF
    buf[6] = high >> 20
    buf[7] = crc8(buf, 7)


def fast(buf, o) -> int:
    """EVSE_FAST: what is, and what the relays shall do. v2 100 ms; v3 300 ms, idle 500 ms."""
    bits = o.bits
    high = (o.faults & 63) << 3 | (bits & 3) << 9 | (o.relays & 7) << 11 | (bits & 12) << 12
    high |= o.seq << 16 | (o.mask & 7) << 24 | (bits & 16) << 23
    _packed(buf, o.present_dv, o.present_da, o.present_w, high)
    return 0x32


def slow(buf, o, version: int) -> int:
    """EVSE_SLOW: limits, authorisation, lock, version. v2 1 s; v3 1.5 s."""
    _packed(buf, o.max_dv, o.max_da, o.max_w, (o.bits >> 5 & 31) << 3 | (version & 15) << 8)
    return 0x33
