"""What may each connector draw now and later by the charging profiles?

`apply` claims it for the control loop and says when that may change; `walk` is the composite
schedule. Imported when a profile, a charge or the clock changes and when that moment comes;
dropped again. Nothing of it stays in RAM but the claims and the moment.

Functions over the charge point `cp`, of any version: station, store, clock, config, log, slots,
limit_at, limit_up.
"""

from micropython import const

import lazy

composite = lazy.get("ocppj.composite")  # goes when this module goes
profiles = lazy.get("ocppj.profiles")

# As in composite.py.
_A = const(65)
_W = const(87)
_NEVER = const(0xFFFFFFFF)
# Records kept at a time while a schedule is walked through: 3.5 KB of the longest.
_KEEP = 8
# Names of limits.claims() that are the station's own.
_OWN = ("board", "cable")


def _volts(cp):
    """The highest output voltage, 0.1 V."""
    return cp.config.get("GunVoltageMax" if _hall(cp) else "VoltageMax")


def _hall(cp):
    """What guns with shared modules have in common, or None."""
    return getattr(cp.station, "hall", None)


def _scale(cp):
    """(volts in 0.1 V, usable phases or 0): how amperes and watts are converted.

    ChargingLimitCurrent output: a limit in A is the current of the (DC) output, at VoltageMax.
    grid: it is the current of each phase of the supply (E 3.69).
    """
    get = cp.config.get
    if get("ChargingLimitCurrent") == "output":
        return _volts(cp), 0
    return get("SupplyVoltage") * 10, get("SupplyPhases")


def _local(cp, connector, unit):
    """What a connector can do by its ratings and cable, in tenths of `unit`."""
    volts_dv, usable = _scale(cp)
    best = composite.PERIOD
    for name, current_da, power_w in connector.limits.claims():
        if name in _OWN:
            watts = composite.PERIOD if power_w is None else power_w * 10
            if current_da is not None:  # of the output, whatever a limit in A means
                watts = min(watts, current_da * _volts(cp) // 10)
                if unit == _A and not usable:
                    best = min(best, current_da)
            best = min(best, composite.convert(watts, _W, 3, unit, volts_dv, usable))
    return best


def _reader(cp):
    """read(slot) that keeps the last few profiles, while one schedule is looked at."""
    kept = []

    def get(slot):
        for pair in kept:
            if pair[0] == slot:
                return pair[1]
        data = profiles.read(cp, slot)
        kept.append((slot, data))
        if len(kept) > _KEEP:
            kept.pop(0)
        return data

    return get


def apply(cp):
    """Claim the limits of this moment at every connector; sets when to look again."""
    up = cp.clock.uptime_s()
    wall = cp.clock.wall()
    t = up if wall is None else wall
    rows = profiles.heads(cp)
    get = _reader(cp)
    volts_dv, usable = _scale(cp)
    top = composite.Chain(composite.select(rows, 0, composite.NONE), get, None, wall is None)
    until = top.at(t)
    # Amperes of the supply are claimed as power, as is what they limit together.
    unit = _W if usable else top.unit
    caps = []
    busy = []
    for connector in cp.station.connectors:
        tx, zero = profiles.charge(connector)
        if zero is not None:
            zero += t - up
        own = composite.select(rows, connector.id, tx)
        chain = composite.Chain(own, get, zero, wall is None)
        until = min(until, chain.at(t))
        cap = 0
        if top.limit is not None:
            cap = _local(cp, connector, unit)
        if chain.limit is None:
            connector.limits.clear("profile")
        else:
            mine = _W if usable else chain.unit
            limit = composite.convert(
                chain.limit, chain.unit, chain.phases, mine, volts_dv, usable
            )
            _claim(connector, "profile", limit, mine)
            if mine == unit:
                cap = min(cap, limit)
        caps.append(cap)
        if connector.session is not None and connector.session.state in ("active", "stopping"):
            busy.append(len(caps) - 1)
    total = top.limit
    if total is not None:
        total = composite.convert(total, top.unit, top.phases, unit, volts_dv, usable)
    hall = _hall(cp)
    if hall:  # its planner shares out what there is
        hall.limit_w = hall.no_limit
        if total is not None:
            hall.limit_w = composite.convert(total, unit, 3, _W, volts_dv, usable) // 10
            total = None
    for i in range(len(caps)):
        connector = cp.station.connectors[i]
        if total is None:
            connector.limits.clear("grid")
        else:
            _claim(connector, "grid", share(total, caps, busy, i), unit)
    cp.limit_at = None if until >= _NEVER else until
    cp.limit_up = 0


def _claim(connector, name, limit, unit):
    """Tell the control loop, which takes it with its next step."""
    if unit == _A:
        connector.limits.claim(name, current_da=min(limit, composite.PERIOD >> 1))
    else:
        connector.limits.claim(name, power_w=min(limit // 10, composite.PERIOD >> 1))


def share(total, caps, busy, mine):
    """What connector `mine` gets of what all may draw together (S 3.13.3), in the unit of `total`.

    The charges at the connectors `busy` share evenly; what one cannot use (caps) goes to the
    others. One without a charge gets what it would get if it began one now: until it does it draws
    nothing, and then all are told anew in the same control step.
    """
    left = total
    those = sorted(set(busy + [mine]), key=lambda i: caps[i])
    count = len(those)
    for i in those:
        part = min(caps[i], left // count)
        if i == mine:
            return part
        left -= part
        count -= 1


def walk(cp, cid, t, end, unit):
    """The composite schedule of a connector, or 0 for the station, from `t` (Unix seconds, now):
    (composite.Walk, unit). unit: A, W or None: A if all that concerns it is in A, else W.

    A connector without a charge counts as if one began now.
    """
    up = cp.clock.uptime_s()
    rows = profiles.heads(cp)
    get = _reader(cp)
    concerned = top = composite.select(rows, 0, composite.NONE)
    chains = []
    connectors = cp.station.connectors if cid == 0 else (cp.station.connector(cid),)
    for connector in connectors:
        tx, zero = profiles.charge(connector)
        own = composite.select(rows, connector.id, tx)
        concerned = concerned + own
        chains.append(composite.Chain(own, get, t if zero is None else zero + t - up, False))
    if unit is None:
        units = [head[composite.UNIT] for head in concerned]
        unit = _A if units and _W not in units else _W
    volts_dv, usable = _scale(cp)
    return composite.Walk(
        chains,
        composite.Chain(top, get, None, False),
        [_local(cp, connector, unit) for connector in connectors],
        t,
        end,
        unit,
        volts_dv,
        usable,
        cp.config.get("CompositeLocalLimits"),
    ), unit
