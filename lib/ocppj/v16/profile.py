"""Is a ChargingProfile of OCPP 1.6 (7.8) one that this station can follow? Imported on demand."""

from micropython import const

import lazy
from ocppj import datetime

composite = lazy.get("ocppj.composite")

# As in composite.py.
_NEVER = const(0xFFFFFFFF)
_PERIOD = const(0x3FFFFFFF)
_PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
_HUGE = 1 << 62


def purpose(name):
    """composite.STATION, DEFAULT or CHARGE of a chargingProfilePurpose (the schema knows it)."""
    return _PURPOSES.index(name)


def tenths(limit):
    """A limit of the message in tenths; the float of the chip holds seven digits."""
    return int(limit * 10 + 0.5) if isinstance(limit, float) else limit * 10


def build(cp, cid, profile, tx):
    """The profile as bytes (composite.py), or the reason why it is refused, as str.

    tx: journal number of the charge that a TxProfile belongs to, or composite.WAITING.
    """
    get = cp.config.get
    level = profile["stackLevel"]
    if not 0 <= level <= get("ChargeProfileMaxStackLevel"):
        return "stackLevel"
    if not -_HUGE < profile["chargingProfileId"] < _HUGE:
        return "chargingProfileId"
    which = purpose(profile["chargingProfilePurpose"])
    schedule = profile["chargingSchedule"]
    kind = _kind(profile)
    start = _seconds(schedule, "startSchedule", None)
    if kind is None or kind != composite.RELATIVE and start is None:
        return "kind of schedule without its start"  # 7.8, 7.13
    if which == composite.STATION and kind == composite.RELATIVE:
        # No charge begins for the whole station: it counts from now (7.9).
        kind = composite.ABSOLUTE
        start = cp.clock.wall() or 0
    valid = (
        max(_seconds(profile, "validFrom", 0), 0),
        min(max(_seconds(profile, "validTo", _NEVER), 0), _NEVER),
    )
    duration = min(schedule.get("duration", _NEVER), _NEVER)
    if duration <= 0 or valid[0] >= valid[1]:
        return "no time in which it could rule"
    periods = _periods(schedule, get("ChargingScheduleMaxPeriods"))
    if isinstance(periods, str):
        return periods
    return cp.lazy("ocppj.profiles").pack(
        which,
        kind,
        ord(schedule["chargingRateUnit"]),
        cid,
        level,
        profile["chargingProfileId"],
        0 if kind == composite.RELATIVE else start,
        tx if which == composite.CHARGE else composite.NONE,
        valid,
        duration,
        periods,
    )


def _seconds(fields, key, absent):
    return datetime.parse(fields[key]) if key in fields else absent


def _kind(profile):
    """composite.ABSOLUTE ... RELATIVE, or None for a recurrence without its kind."""
    kind = profile["chargingProfileKind"]
    if kind == "Recurring":
        recurrency = profile.get("recurrencyKind")  # of no meaning otherwise (E 3.56)
        return {"Daily": composite.DAILY, "Weekly": composite.WEEKLY}.get(recurrency)
    return composite.RELATIVE if kind == "Relative" else composite.ABSOLUTE


def _periods(schedule, most):
    """(start, limit in tenths, phases) of each period, or what is wrong with them."""
    out = []
    last = -1
    for period in schedule["chargingSchedulePeriod"]:
        start = period["startPeriod"]
        limit = tenths(period["limit"])
        phases = period.get("numberPhases", 3)  # E 3.69
        if start <= last or start > _PERIOD or not out and start:
            return "startPeriod"  # from 0 on (E 3.45, 3.70) and ascending
        if period["limit"] < 0 or phases < 1:
            return "limit or numberPhases"
        last = start
        out.append((start, min(limit, _PERIOD), min(phases, 3)))
    if not 0 < len(out) <= most:
        return "%d periods" % len(out)
    return out
