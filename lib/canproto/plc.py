"""What does the PLC of a gun say? Contracts v1, v2 and v3 (can_protocols b.1 to b.4).

29-bit ids, type << 4 | number of the PLC (0..15), BootConfig 0x90000 | number; DLC 8,
little-endian. The same contract stands a second time in tools/sim/dbc/plc.dbc. What the station
sends: plc_v1.py, plc_v3.py (v2 and v3). The state lies in one array of small integers, so that
twelve guns need little memory: `plc.get(TARGET_DV)` or `plc.at[TARGET_DV]`.

INFERENCE (no source says; see docs/plc.md): a PLC of v2 keeps the frames of v1 that v2 does not
replace; v3's limits_rx_count counts FAST and SLOW; GUN_TEMP is 0.1 degC, signed, in b0-1; the
segments of EMAID part 0 and 1 are numbered through.
"""

from array import array

from micropython import const

from canproto.crc8 import crc8

# What `receive` returns: a mask of the sources that this frame has refreshed.
STATUS = const(0x001)  # relays, fault reason
SAFETY = const(0x002)  # safety bits
INFO = const(0x004)  # stage of the communication with the vehicle
PILOT = const(0x008)  # state of the control pilot
TARGET = const(0x010)  # what the vehicle asks for
METER = const(0x020)  # volts and amperes of a meter that is well
TEMP = const(0x040)
LIMIT_ACK = const(0x080)  # the PLC has taken our limits
CONFIG_ACK = const(0x100)
APPLIED = const(0x200)  # a sequence number of a relay command came back
MAXIMA = const(0x400)  # the vehicle's own limits
ENERGY = const(0x800)  # the meter's register
SEGMENT = const(0x1000)  # a part of an identity or of a card's UID: see segments.py
BOOT = const(0x2000)
OTHER = const(0x4000)
AGES = const(8)  # the first so many bits have an age

# Places in `at`. Volts and amperes in tenths, -1 unknown.
CP = const(0)  # control pilot: 0 unknown, 1..6 = A..F
DUTY = const(1)  # of the pilot, %
STAGE = const(2)
FLAGS = const(3)  # COMPLETE.. below
SAFE = const(4)  # SAFETY_OK.. below
REASON = const(5)  # why the PLC keeps its relays off (b.3); 0 well
RELAYS = const(6)  # bit 0..2: RLY1..3 closed (auxiliary contact)
RELAY_FAULTS = const(7)
COMM = const(8)  # the PLC says that it does not hear us
SEQ = const(9)  # last applied sequence number, -1 never
TARGET_DV = const(10)
TARGET_DA = const(11)
EV_DV = const(12)  # the vehicle's own reading of the output
EV_DA = const(13)
MAX_DV = const(14)
MAX_DA = const(15)
MAX_W = const(16)
METER_FLAGS = const(17)  # 1 OK, 2 COMM_ERROR, 4 STALE, 8 OVERRANGE, 16 FALLBACK; -1 never
METER_DV = const(18)
METER_DA = const(19)  # signed
METER_W = const(20)
METER_WH = const(21)  # register, -1 unknown
TEMP_DC = const(22)  # -32768 unknown
LIMITS = const(23)  # extended count of limits taken
ACK_PARAM = const(24)
ACK_STATUS = const(25)
ACK_VALUE = const(26)
UPTIME = const(27)
GCMC = const(28)  # contactors as GCMC_Status has them: bit 0 GC, 1 MC, 2 MN0; -1 never
ERROR = const(29)  # ErrorCodes b0; non-zero is unsafe
FIRMWARE = const(30)  # major << 16 | minor << 8 | patch
BUS_ERRORS = const(31)  # TEC << 8 | REC
REJECTED = const(32)  # frames of this PLC that were malformed, 29 bits
# 1: other relays or safety bits, or anything else in a telemetry of v3; for who looks to clear.
NEWS = const(33)
_LAST = const(34)  # two of 24 bits: the last telemetry without its count, -1 after another frame
_PLACES = const(36)

# FLAGS
COMPLETE = const(1)
PRECHARGE = const(2)
CABLE_OK = const(4)
AUTH_GRANTED = const(8)
AUTH_PENDING = const(16)
LOCKED = const(32)

# SAFE: bits of the contract
SAFETY_OK = const(0x10)
EARTH = const(0x20)
ESTOP = const(0x88)  # latched or input

UNKNOWN_TEMP = const(-32768)

_V_TOP_DV = const(15_000)
_I_TOP_DA = const(10_000)
_WH_TOP = const(10_000_000)  # 0.1 kWh; times 100 stays a small integer

# Types with a mandatory CRC8: RelayStatus, SafetyStatus, GCMC_Status, ConfigAck, all of v2 and v3.
_CRC = b"\x15\x16\x19\x1a\x44\x45\x46"
# ErrorCodes.. that are read in one line each; the other known types only count as heard.
_SEGMENTS = b"\x18\x24\x26\x27\x28"
_KNOWN = b"\x10\x11\x12\x13\x14\x17\x1b\x1c\x20\x21\x22\x23\x25\x40\x41\x42\x43"


def number_of(can_id: int) -> int:
    """The PLC number (0..15) of an id of this contract, or -1 for any other."""
    if can_id >> 4 == 0x9000 or 0x100 <= can_id < 0x470 and not 0x300 <= can_id < 0x400:
        return can_id & 15
    return -1


class Plc:
    """The last word of one PLC, in `at` (places above), and its decoder."""

    def __init__(self):
        self.at = array("i", bytes(4 * _PLACES))
        self.forget()

    def forget(self):
        """Nothing is known any more, as after a start."""
        at = self.at
        for i in range(_PLACES):
            at[i] = -1 if SEQ <= i <= GCMC or i >= _LAST else 0
        at[TEMP_DC] = UNKNOWN_TEMP
        at[METER_DA] = at[LIMITS] = 0

    def receive(self, can_id: int, data, length: int) -> int:
        """Decode one frame of this PLC: a mask of what it refreshed, 0 for nothing.

        0: a foreign type, or a frame that is malformed (then REJECTED counts) and has changed
        nothing. Never raises, allocates nothing. A wrong length or CRC is a communication fault.
        """
        kind = can_id >> 4
        heard = 0
        if kind == 0x46:  # the most frequent by far
            if length == 8 and len(data) >= 8 and crc8(data, 7) == data[7]:
                heard = self._telemetry(data)
        else:
            if kind == 0x9000:
                kind = 0x90  # no type of the contract
            if kind > 0xFF:
                return 0
            sealed = kind in _CRC
            if not sealed and kind != 0x90 and kind not in _KNOWN and kind not in _SEGMENTS:
                return 0
            if length == 8 and len(data) >= 8 and (not sealed or crc8(data, 7) == data[7]):
                heard = self._decode(kind, data)
        if not heard:
            self.at[REJECTED] = (self.at[REJECTED] + 1) & 0x1FFFFFFF
        return heard

    def _decode(self, kind, d):
        at = self.at
        if kind == 0x17:
            return self._meter(d)
        at[_LAST] = -1
        if kind == 0x16:
            return self._relay_status(d)
        if kind == 0x19:
            at[SAFE] = d[0]
            return SAFETY
        if kind == 0x21:
            return self._targets(d)
        if kind == 0x10:
            at[STAGE] = d[0]
            at[FLAGS] = d[1] & 63
            return INFO
        if kind == 0x44:
            at[DUTY] = d[1]
            at[STAGE] = d[2]
            flags = d[3]  # granted, pending, lock, complete, precharge, cable
            at[FLAGS] = flags >> 3 & 7 | (flags & 7) << 3
            return self._pilot(d[0]) | INFO
        if kind == 0x45:
            self._relays(d[0], d[1], d[2], d[4] | d[5] << 8)
            at[BUS_ERRORS] = (d[3] >> 4) << 8 | d[3] & 15
            return STATUS | SAFETY
        if kind == 0x15:
            at[GCMC] = d[1]
            at[SEQ] = d[5]
            return APPLIED
        if kind == 0x1A:
            return self._config_ack(d)
        if kind in _SEGMENTS:
            return SEGMENT
        return self._rare(kind, d)

    def _relays(self, relays, safe, reason, uptime):
        at = self.at
        if at[RELAYS] != relays & 7 or at[SAFE] != safe:
            at[NEWS] = 1
        at[RELAYS] = relays & 7
        at[RELAY_FAULTS] = relays >> 3 & 7
        at[COMM] = relays >> 7
        at[SAFE] = safe
        at[REASON] = reason
        at[UPTIME] = uptime

    def _relay_status(self, d):
        self._relays(d[0], d[2], d[3], d[4] | d[5] << 8)
        self.at[SEQ] = d[1]
        self.at[BUS_ERRORS] = (d[6] >> 4) << 8 | d[6] & 15
        return STATUS | SAFETY | APPLIED

    def _telemetry(self, d):
        """v3: everything in one frame. What is as in the one before is not read again."""
        at = self.at
        flags, count = d[3], d[4]
        what = d[0] | d[1] << 8 | d[2] << 16
        wish = flags & 7 | count & 0xF8 | d[5] << 8 | d[6] << 16
        if what != at[_LAST] or wish != at[_LAST + 1]:
            if what & 7 > 6:
                return 0
            at[NEWS] = 1
            at[_LAST] = what
            at[_LAST + 1] = wish
            at[CP] = what & 7
            at[STAGE] = what >> 3 & 63
            at[REASON] = what >> 9 & 15
            at[RELAYS] = what >> 13 & 7
            at[RELAY_FAULTS] = what >> 16 & 7
            safe = what >> 16
            at[SAFE] = (safe & 8) << 1 | (safe & 16) << 3 | safe & 32
            at[COMM] = safe >> 6 & 1
            at[FLAGS] = (flags & 1) << 2 | flags & 2 | flags >> 2 & 1 | (safe & 128) >> 2
            at[TARGET_DV] = (wish >> 3 & 1023) * 10
            at[TARGET_DA] = (wish >> 13 & 1023) * 5
        new = ((flags >> 3 | (count & 7) << 5) - at[LIMITS]) & 0xFF
        if new:
            at[LIMITS] = (at[LIMITS] + new) & 0x1FFFFFFF
            return STATUS | SAFETY | INFO | PILOT | TARGET | LIMIT_ACK
        return STATUS | SAFETY | INFO | PILOT | TARGET

    def _pilot(self, letter):
        self.at[CP] = letter - 64 if 65 <= letter <= 70 else 0
        return PILOT

    def _pair(self, place, d, i):
        """Two unsigned tenths at byte i into two places; False if they are absurd."""
        volts = d[i] | d[i + 1] << 8
        amps = d[i + 2] | d[i + 3] << 8
        if volts > _V_TOP_DV or amps > _I_TOP_DA:
            return False
        self.at[place] = volts
        self.at[place + 1] = amps
        return True

    def _targets(self, d):
        if d[4] | d[5] << 8 > _V_TOP_DV or d[6] | d[7] << 8 > _I_TOP_DA:
            return 0
        if not self._pair(TARGET_DV, d, 0):
            return 0
        self._pair(EV_DV, d, 4)
        return TARGET

    def _meter(self, d):
        """0x170: without a CRC; flags say whether it means anything."""
        at = self.at
        well = d[1] & 1 and not d[1] & 14  # OK, and none of error, stale, over range
        if d[0] == 1:
            if d[5] or not well:
                wh = -1
            else:
                wh = d[2] | d[3] << 8 | d[4] << 16
            at[METER_FLAGS] = d[1]
            if wh < 0 or wh > _WH_TOP:
                return OTHER
            at[METER_WH] = wh * 100
            return ENERGY
        volts = d[2] | d[3] << 8
        amps = d[4] | d[5] << 8
        watts = d[6] | d[7] << 8
        if d[0] or volts > _V_TOP_DV:
            return 0
        at[METER_FLAGS] = d[1]
        if 0x7FFF <= amps <= 0x8000:  # 327 A: the field is at its end, which says nothing
            at[METER_FLAGS] = d[1] | 8
            return OTHER
        if not well:
            return OTHER
        at[METER_DV] = volts
        at[METER_DA] = ((amps ^ 0x8000) - 0x8000 + 5) // 10
        at[METER_W] = ((watts ^ 0x8000) - 0x8000) * 10
        return METER

    def _config_ack(self, d):
        at = self.at
        at[ACK_PARAM] = d[0]
        at[ACK_STATUS] = d[1]
        # Above 30 bits (no parameter is) it would not be a small integer.
        at[ACK_VALUE] = d[2] | d[3] << 8 | d[4] << 16 | (d[5] & 63) << 24
        if d[0] == 90 and not d[1]:
            at[LIMITS] = at[ACK_VALUE] & 0x1FFFFFFF
            return CONFIG_ACK | LIMIT_ACK
        return CONFIG_ACK

    def _rare(self, kind, d):
        at = self.at
        if kind == 0x20:
            if not self._pair(MAX_DV, d, 0):
                return 0
            at[MAX_W] = (d[4] | d[5] << 8) * 100
            return MAXIMA
        if kind == 0x25:  # EVAC_CTRL: the vehicle's targets stand in its DC frames
            at[DUTY] = d[0]
            return self._pilot(d[1])
        if kind == 0x22:
            return self._pilot(d[6])
        if kind == 0x41:
            return self._pilot(d[4])
        if kind == 0x43:
            return self._pilot(d[2])
        if kind == 0x1C:
            value = ((d[0] | d[1] << 8) ^ 0x8000) - 0x8000
            if not -600 <= value <= 2500:
                return 0
            at[TEMP_DC] = value
            return TEMP
        if kind == 0x12:
            at[NEWS] |= at[ERROR] != d[0]
            at[ERROR] = d[0]
        elif kind == 0x13:
            at[BUS_ERRORS] = d[0] << 8 | d[1]
            at[UPTIME] = d[5] | d[6] << 8
        elif kind == 0x11:
            at[FIRMWARE] = d[5] << 16 | d[6] << 8 | d[7]
        elif kind == 0x90:
            at[FIRMWARE] = d[0] << 16 | d[1] << 8 | d[2]
            return BOOT
        return OTHER
