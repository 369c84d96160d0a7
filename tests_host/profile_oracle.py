"""What do charging profiles permit at one second? The slow answer, straight from the text.

Written from OCPP 1.6 (S 3.13, 5.16.4, 7.8 to 7.14) and its errata on the messages themselves,
without a look at the product's code: no breakpoints, no binary records, fractions for units.
"""

import functools
import math
from datetime import datetime
from fractions import Fraction

DAYS = {"Daily": 1, "Weekly": 7}


@functools.lru_cache(1000)
def epoch(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


@functools.lru_cache(1000)
def fraction(number):
    return Fraction(str(number))


class Installed:
    """A profile that was accepted: (connector, payload, transaction, when it was received)."""

    def __init__(self, cid, profile, tx=None, received=0):
        self.cid = cid
        self.profile = profile
        self.tx = tx
        self.received = received

    def key(self):
        p = self.profile
        return self.cid, p["chargingProfilePurpose"], p["stackLevel"]

    def valid(self, t):
        """validFrom up to, not with, validTo."""
        p = self.profile
        begun = "validFrom" not in p or epoch(p["validFrom"]) <= t
        return begun and ("validTo" not in p or t < epoch(p["validTo"]))

    def limit(self, t, charge_began):
        """(limit, unit) at second `t`, or None where the schedule says nothing."""
        p = self.profile
        schedule = p["chargingSchedule"]
        kind = p["chargingProfileKind"]
        if kind == "Relative":
            # There is no charge of the whole station: from its reception on.
            station = p["chargingProfilePurpose"] == "ChargePointMaxProfile"
            zero = self.received if station else charge_began
        else:
            zero = epoch(schedule["startSchedule"])
        since = t - zero
        if since < 0:
            return None
        if kind == "Recurring":
            since %= DAYS[p["recurrencyKind"]] * 86400
        if "duration" in schedule and since >= schedule["duration"]:
            return None
        best = None
        for period in schedule["chargingSchedulePeriod"]:
            if period["startPeriod"] <= since:
                best = period
        return fraction(best["limit"]), schedule["chargingRateUnit"]


def install(profiles, new):
    """A list with `new` instead of what it replaces: same id, or connector, purpose, level."""
    kept = [
        p
        for p in profiles
        if p.profile["chargingProfileId"] != new.profile["chargingProfileId"]
        and p.key() != new.key()
    ]
    return [*kept, new]


def prevailing(profiles, purpose, cid, tx, t, charge_began):
    """(limit, unit) of one purpose at a connector, or None; False: none of it is valid."""
    mine = [p for p in profiles if p.profile["chargingProfilePurpose"] == purpose]
    if purpose == "TxProfile":
        mine = [p for p in mine if p.cid == cid and p.tx == tx and tx is not None]
    elif purpose == "TxDefaultProfile":
        levels = {p.key()[2] for p in mine if p.cid == cid}
        mine = [p for p in mine if p.cid == cid or (p.cid == 0 and p.key()[2] not in levels)]
    mine = [p for p in mine if p.valid(t)]
    for p in sorted(mine, key=lambda p: p.key()[2], reverse=True):
        found = p.limit(t, charge_began)
        if found:
            return found
    return None if mine else False


def own(profiles, cid, tx, t, charge_began):
    """(limit, unit) of TxProfile or else TxDefaultProfile at a connector, or None."""
    found = prevailing(profiles, "TxProfile", cid, tx, t, charge_began)
    if found is False:
        found = prevailing(profiles, "TxDefaultProfile", cid, tx, t, charge_began)
    return found or None


def top(profiles, t):
    """(limit, unit) of ChargePointMaxProfile, or None."""
    return prevailing(profiles, "ChargePointMaxProfile", 0, None, t, None) or None


@functools.lru_cache(10000)
def tenths(found, unit, volts):
    """In tenths of `unit`, rounded down; None stays None."""
    if found is None:
        return None
    limit, given = found
    if given == unit:
        return math.floor(limit * 10)
    factor = volts if unit == "W" else 1 / volts
    return math.floor(math.floor(limit * 10) * factor)


def composite(profiles, charges, at, duration, unit, volts, local):
    """[(startPeriod, tenths)] second by second. charges: (cid, tx, began or None: now) each.

    local: tenths of `unit` that a connector can do where nothing limits it.
    """
    out = []
    for second in range(max(duration, 1)):
        t = at + second
        limits = [
            tenths(own(profiles, cid, tx, t, at if began is None else began), unit, volts)
            for cid, tx, began in charges
        ]
        total = sum(local if limit is None else limit for limit in limits)
        most = tenths(top(profiles, t), unit, volts)
        if most is not None:
            nothing = all(limit is None for limit in limits)
            total = most if nothing else min(total, most)
        if not out or out[-1][1] != total:
            out.append((second, total))
    return out
