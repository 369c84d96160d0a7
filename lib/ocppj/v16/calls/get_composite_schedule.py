"""Which limits will hold from now on? (S 5.7, E 3.28 to 3.30, 3.57)"""

from ocppj.datetime import iso

# Changes looked at in one go, so that the control loop is not kept waiting; the rest follows in
# the next turns.
_STEPS = 16
_ROOM = 200  # of the message, around the periods
_PIECE = 240  # bytes


def run(cp, payload, now):
    """Accepted with the schedule from this second on; Rejected: unknown connector or time of day,
    no duration, or a schedule that is longer than MessageSizeMax.

    A short schedule is the answer; for a long one a function that gives it after some calls.
    """
    cid = payload["connectorId"]
    duration = payload["duration"]
    wall = cp.clock.wall()
    if cp.station.connector(cid) is None or duration < 0 or wall is None:
        return {"status": "Rejected"}
    unit = payload.get("chargingRateUnit")
    walk, unit = cp.lazy("ocppj.allowance").walk(
        cp, cid, wall, wall + max(duration, 1), unit and ord(unit)
    )
    phases = ""
    if walk.usable in (1, 2) and unit == 65:
        phases = ',"numberPhases":%d' % walk.usable  # 3 need not be said (E 3.69)
    head = (
        '{"status":"Accepted","connectorId":%d,"scheduleStart":"%s","chargingSchedule":{'
        '"duration":%d,"chargingRateUnit":"%s","chargingSchedulePeriod":['
        % (cid, iso(wall), duration, chr(unit))
    )
    out = [head.encode()]  # in pieces: 5 KB at once are not always there
    room = cp.config.get("MessageSizeMax") - _ROOM

    def put(start, limit):
        # Text, as a float of the chip would show 16.1 as 16.10000038.
        nonlocal room
        text = '{"startPeriod":%d,"limit":%d.%d%s}' % (start, limit // 10, limit % 10, phases)
        text = (("," if start else "") + text).encode()
        room -= len(text)
        if len(out[-1]) + len(text) < _PIECE:
            text = out.pop() + text
        out.append(text)
        return room > 0

    def more():
        done = walk.more(_STEPS, put)
        if done is None:
            cp.log.warn("composite schedule is too long")
            return {"status": "Rejected"}
        return out + [b"]}}"] if done else None

    return more() or more
