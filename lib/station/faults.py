"""Which faults exist, and what does each mean on the wire?

A connector holds its faults as a bit mask; the lowest set bit is the one that is reported. The
table is one string, read only when a status is built, so that it costs no objects at rest.
Source: issue table "events and what they mean on the wire", OCPP 1.6 section 7.7 (error codes)
and 7.36 (stop reasons), contract part a.9 (weaknesses).
"""

from micropython import const

EMERGENCY_STOP = const(0x0001)
INPUTS_LOST = const(0x0002)
CAN_LOST = const(0x0004)
OVER_VOLTAGE = const(0x0008)
OVER_CURRENT = const(0x0010)
UNDER_VOLTAGE = const(0x0020)
NOT_FOLLOWING = const(0x0040)
MODULE_LOST = const(0x0080)
WELDED = const(0x0100)
HIGH_TEMPERATURE = const(0x0200)
TEMPERATURE_UNKNOWN = const(0x0400)
LOCK_FAILURE = const(0x0800)
BMS_SILENT = const(0x1000)
HOT = const(0x2000)
METER_LOST = const(0x4000)
# Of a gun with a PLC (can_protocols b.6).
GUN_ESTOP = const(0x8000)
EARTH = const(0x10000)
UNSAFE = const(0x20000)
PILOT = const(0x40000)
PLC_LOST = const(0x80000)

# A fault of these bits makes the connector Faulted and ends its transaction.
FATAL = const(0xFCFFF)
# These belong to the whole station, not to one connector.
STATION_WIDE = const(0x0003)
# Held until a person clears them (console `clear`, or a reset), however the cause behaves.
LATCHED = const(0x8101)
# Held until the vehicle is unplugged: the same battery would trip again.
UNTIL_UNPLUG = const(0x0018)
# Everything else is held this long after its cause has gone (reference a.4: fault lock 10 s).
HOLD_MS = const(10_000)

# One row a bit, lowest first: name, OCPP 1.6 errorCode, vendorErrorCode, StopTransaction reason.
_ROWS = (
    "EmergencyStop OtherError EmergencyStop EmergencyStop\n"
    "InputsLost InternalError InputsLost Other\n"
    "CanLost InternalError CanLost Other\n"
    "OverVoltage OverVoltage - Other\n"
    "OverCurrent OverCurrentFailure - Other\n"
    "UnderVoltage UnderVoltage - Other\n"
    "OutputNotFollowing PowerSwitchFailure OutputNotFollowing Other\n"
    "ModuleLost PowerSwitchFailure ModuleLost Other\n"
    "ContactorWelded PowerSwitchFailure ContactorWelded Other\n"
    "HighTemperature HighTemperature - Other\n"
    "TemperatureUnknown OtherError TemperatureUnknown Other\n"
    "LockFailure ConnectorLockFailure - Other\n"
    "BmsSilent EVCommunicationError - Other\n"
    "Hot NoError - Other\n"
    "MeterLost PowerMeterFailure - Other\n"
    "EmergencyStop PowerSwitchFailure EmergencyStop EmergencyStop\n"
    "EarthFault GroundFailure - Other\n"
    "SafetyLoop OtherError SafetyLoop Other\n"
    "PilotFault OtherError PilotFault Other\n"
    "PlcLost InternalError PlcLost PowerLoss"
)


def row(mask):
    """The reported fault of `mask`: (name, errorCode, vendorErrorCode or None, stop reason).

    An empty mask gives ("", "NoError", None, "Other").
    """
    if not mask:
        return "", "NoError", None, "Other"
    index = 0
    while not mask & 1:
        mask >>= 1
        index += 1
    name, code, vendor, reason = _ROWS.split("\n")[index].split(" ")
    return name, code, None if vendor == "-" else vendor, reason


def names(mask):
    """Names of all faults set in `mask`, most urgent first, as a list of str."""
    found = []
    bit = 1
    while bit <= mask:
        if mask & bit:
            found.append(row(bit)[0])
        bit <<= 1
    return found


class Faults:
    """The faults of one connector: what is true now, and what is still held.

    `mask` is what counts (int bit mask); `cause` is what is true at this moment.
    """

    def __init__(self):
        self.mask = 0
        self.cause = 0
        self._held_ms = 0  # since the last non-latched cause went away

    def assess(self, bit, true):
        """State whether the cause of `bit` holds at this step; a new one counts at once."""
        if true:
            self.cause |= bit
            self.mask |= bit
        else:
            self.cause &= ~bit

    def step(self, dt_ms, found):
        """All causes of this step but the emergency stop's, which `assess` states; what has been
        gone for long enough is let go. Allocates nothing."""
        self.cause = cause = self.cause & EMERGENCY_STOP | found
        self.mask |= cause
        gone = self.mask & ~cause & ~(LATCHED | UNTIL_UNPLUG)
        if not gone:
            self._held_ms = 0
            return
        # What only suspends is let go at once; what made the connector Faulted is held.
        self.mask &= ~(gone & ~FATAL)
        if gone & FATAL:
            self._held_ms += dt_ms
            if self._held_ms >= HOLD_MS:
                self.mask &= ~gone
                self._held_ms = 0

    def unplugged(self):
        """The vehicle has gone: what was held for its sake alone is let go."""
        self.mask &= ~UNTIL_UNPLUG | self.cause

    def clear(self):
        """A person clears the latches; a cause that still holds stays. Returns what remains."""
        self.mask = self.cause
        return self.mask
