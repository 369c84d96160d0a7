"""Short words for the tests of smart charging: profiles, and what the CSMS says of them."""

from ocppj.datetime import iso
from v16_bench import Bench


def profile(number=1, purpose="TxDefaultProfile", level=0, periods=((0, 16),), **more):
    """A csChargingProfiles: relative unless `start` (Unix seconds) is given.

    periods: (startPeriod, limit[, numberPhases]). more: unit, start, duration, daily, weekly,
    valid=(from, to) in Unix seconds, tx, and any field of the profile itself.
    """
    unit = more.pop("unit", "A")
    start = more.pop("start", None)
    duration = more.pop("duration", None)
    recurrency = "Daily" if more.pop("daily", False) else None
    recurrency = "Weekly" if more.pop("weekly", False) else recurrency
    valid = more.pop("valid", (None, None))
    tx = more.pop("tx", None)
    rows = []
    for row in periods:
        rows.append({"startPeriod": row[0], "limit": row[1]})
        if len(row) > 2:
            rows[-1]["numberPhases"] = row[2]
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": rows}
    kind = "Relative"
    if start is not None:
        schedule["startSchedule"] = iso(start)
        kind = "Recurring" if recurrency else "Absolute"
    if duration is not None:
        schedule["duration"] = duration
    out = {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    if recurrency:
        out["recurrencyKind"] = recurrency
    if valid[0] is not None:
        out["validFrom"] = iso(valid[0])
    if valid[1] is not None:
        out["validTo"] = iso(valid[1])
    if tx is not None:
        out["transactionId"] = tx
    out.update(more)
    return out


class Charging(Bench):
    """A registered charge point; `wall` is the Unix second of now."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.online()

    @property
    def wall(self):
        return self.clock.wall()

    def set(self, cid, body):
        """The status of SetChargingProfile, or the CALLERROR."""
        answer = self.call("SetChargingProfile", {"connectorId": cid, "csChargingProfiles": body})
        return answer["status"] if isinstance(answer, dict) else answer

    def clear(self, **fields):
        return self.call("ClearChargingProfile", fields)["status"]

    def composite(self, cid, duration, unit=None):
        """[(startPeriod, limit)] of GetCompositeSchedule."""
        schedule = self.schedule(cid, duration, unit)["chargingSchedule"]
        rows = schedule["chargingSchedulePeriod"]
        return [(row["startPeriod"], row["limit"]) for row in rows]

    def schedule(self, cid, duration, unit=None):
        """The whole answer of GetCompositeSchedule."""
        payload = {"connectorId": cid, "duration": duration}
        if unit:
            payload["chargingRateUnit"] = unit
        answer = self.call("GetCompositeSchedule", payload)
        for _ in range(1000):
            if answer is not None:
                break
            self.pump()
            answer = dict(self.csms.answers).get("csms-%d" % self.count)
        return answer

    def claim(self, name, cid=1):
        """(amperes, watts) of a claim, None for what it does not limit."""
        for claim, current_da, power_w in self.station.connector(cid).limits.claims():
            if claim == name:
                return None if current_da is None else current_da / 10, power_w
        raise KeyError(name)

    def limit(self, cid=1):
        """Amperes or watts of the profile claim, or None."""
        amps, watts = self.claim("profile", cid)
        return watts if amps is None else amps
