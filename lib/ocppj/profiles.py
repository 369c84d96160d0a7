"""Where are charging profiles kept, and how do they reach the control loop?

One record a profile in flash, `p00` to `p1d` (laid out in composite.py, with a CRC-32 behind it);
RAM holds which of them exist (`slots`, a bit each), and the moment of the next change. Imported
when a profile, a charge or the clock changes and when that moment comes; dropped again.

Functions over the charge point `cp`, of any version: station, store, clock, config, log, slots,
limit_at, limit_up.
"""

import binascii
import struct

from micropython import const

import lazy

composite = lazy.get("ocppj.composite")  # goes when this module goes

# As in composite.py.
_A = const(65)
_W = const(87)
_NEVER = const(0xFFFFFFFF)
SLOTS = 30
_VERSION = b"\x01"
# Records kept at a time while a schedule is walked through: 3.5 KB of the longest.
_KEEP = 8
# Names of limits.claims() that are the station's own.
_OWN = ("board", "cable")


def pack(purpose, kind, unit, cid, level, number, start, tx, valid, duration, periods):
    """A profile as bytes. unit: A or W. valid: (from, to). periods: (start s, limit in tenths,
    phases) each; 0 and NEVER stand for what is absent."""
    out = bytearray(composite.SIZE + 8 * len(periods))
    struct.pack_into(
        composite.HEAD,
        out,
        0,
        _VERSION[0],
        purpose,
        kind,
        unit,
        cid,
        level,
        len(periods),
        number,
        start,
        tx,
        valid[0],
        valid[1],
        duration,
        0,
    )
    at = composite.SIZE
    for start, limit, phases in periods:
        struct.pack_into("<II", out, at, start | phases << 30, limit)
        at += 8
    return out


def _name(slot):
    return "p%02x" % slot


def read(cp, slot):
    """The profile in a slot as bytes; None if there is none or it is damaged."""
    data = cp.store.read(_name(slot))
    if not data or len(data) < composite.SIZE + 4 or data[:1] != _VERSION:
        return None
    if binascii.crc32(memoryview(data)[:-4]).to_bytes(4, "little") != data[-4:]:
        return None
    return data


def heads(cp):
    """Heads of all profiles, as lists, with the slot in the place of the version."""
    out = []
    for slot in range(SLOTS):
        if cp.slots >> slot & 1:
            data = read(cp, slot)
            if data is None:
                cp.log.error("charging profile %s is damaged and dropped", _name(slot))
                _drop(cp, slot)
            else:
                head = list(struct.unpack_from(composite.HEAD, data))
                head[0] = slot
                out.append(head)
    return out


def _drop(cp, slot):
    cp.store.delete(_name(slot))
    cp.slots &= ~(1 << slot)


def _same(one, other):
    """Does one profile replace the other? The same id, or place, purpose and level (S 5.16.3)."""
    if one[composite.ID] == other[composite.ID]:
        return True
    return one[composite.PURPOSE : composite.KIND] + one[composite.CID : composite.COUNT] == (
        other[composite.PURPOSE : composite.KIND] + other[composite.CID : composite.COUNT]
    )


def put(cp, data, most):
    """Keep a profile (of `pack`) in the place of those it replaces; False if `most` are there.

    A cut of the power leaves the old or the new one: what it replaces besides is removed after,
    by `boot` if need be.
    """
    mine = list(struct.unpack_from(composite.HEAD, data))
    rows = heads(cp)
    old = [head[0] for head in rows if _same(head, mine)]
    now = cp.clock.wall() or 0
    if not old and len(rows) >= most:  # one that is over for good makes room
        old = [head[0] for head in rows if head[composite.TO] <= now][:1]
        if not old:
            return False
    if old:
        slot = old.pop(0)
    else:
        slot = 0
        while cp.slots >> slot & 1:
            slot += 1
    turn = max([head[composite.TURN] for head in rows] + [0]) + 1
    struct.pack_into("<I", data, composite.SIZE - 4, turn)
    cp.store.write(_name(slot), data + binascii.crc32(data).to_bytes(4, "little"))
    cp.slots |= 1 << slot
    for slot in old:
        _drop(cp, slot)
    return True


def clear(cp, wanted):
    """Drop the profiles for which wanted(head) is true; returns how many there were."""
    count = 0
    for head in heads(cp):
        if wanted(head):
            _drop(cp, head[0])
            count += 1
    return count


def boot(cp):
    """Find what is kept. What a cut of the power left behind goes: the older of two that replace
    each other, and the profiles of charges that do not go on."""
    for name in cp.store.names():
        if name[0] == "p" and len(name) == 3:
            cp.slots |= 1 << int(name[1:], 16)
    rows = heads(cp)
    for head in rows:
        stale = False
        if head[composite.PURPOSE] == composite.CHARGE:
            tx = charge(cp.station.connector(head[composite.CID]))[0]
            if head[composite.TX] == composite.WAITING and tx >= 0:
                _bind(cp, head[0], tx)  # the cut came just after the charge had begun
            else:
                stale = head[composite.TX] != tx
        for other in rows:
            if other[composite.TURN] > head[composite.TURN] and _same(other, head):
                stale = True
        if stale:
            _drop(cp, head[0])


def _bind(cp, slot, tx):
    """A profile that waited is that of charge `tx` from now on."""
    data = bytearray(read(cp, slot))[:-4]
    struct.pack_into("<i", data, composite.SIZE - 20, tx)
    cp.store.write(_name(slot), data + binascii.crc32(data).to_bytes(4, "little"))


def charge(connector):
    """(journal number, uptime of the start) of the charge at a connector; (NONE, None) without."""
    session = connector and connector.session
    if not session or session.state != "active" or session.record is None:
        return composite.NONE, None
    return session.record, session.started


def started(cp, session):
    """A charge begins: what came with its remote start is its own from now on."""
    for head in heads(cp):
        if head[composite.CID] != session.cid or head[composite.PURPOSE] != composite.CHARGE:
            continue
        if head[composite.TX] == composite.WAITING and session.profile:
            _bind(cp, head[0], session.record)
        else:
            _drop(cp, head[0])


def stopped(cp, session):
    """A charge is over: its profiles go with it (S 3.13.1)."""
    clear(
        cp,
        lambda head: (
            head[composite.CID] == session.cid and head[composite.PURPOSE] == composite.CHARGE
        ),
    )


# -- what follows from them ---------------------------------------------------------------


def _scale(cp):
    """(volts in 0.1 V, usable phases or 0): how amperes and watts are converted.

    ChargingLimitCurrent output: a limit in A is the current of the (DC) output, at VoltageMax.
    grid: it is the current of each phase of the supply (E 3.69).
    """
    get = cp.config.get
    if get("ChargingLimitCurrent") == "output":
        return get("VoltageMax"), 0
    return get("SupplyVoltage") * 10, get("SupplyPhases")


def _local(cp, connector, unit):
    """What a connector can do by its ratings and cable, in tenths of `unit`."""
    volts_dv, usable = _scale(cp)
    best = composite.PERIOD
    for name, current_da, power_w in connector.limits.claims():
        if name in _OWN:
            watts = composite.PERIOD if power_w is None else power_w * 10
            if current_da is not None:  # of the output, whatever a limit in A means
                watts = min(watts, current_da * cp.config.get("VoltageMax") // 10)
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
        data = read(cp, slot)
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
    rows = heads(cp)
    get = _reader(cp)
    volts_dv, usable = _scale(cp)
    top = composite.Chain(composite.select(rows, 0, composite.NONE), get, None, wall is None)
    until = top.at(t)
    # Amperes of the supply are claimed as power, as is what they limit together.
    unit = _W if usable else top.unit
    caps = []
    busy = []
    for connector in cp.station.connectors:
        tx, zero = charge(connector)
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
    rows = heads(cp)
    get = _reader(cp)
    concerned = top = composite.select(rows, 0, composite.NONE)
    chains = []
    connectors = cp.station.connectors if cid == 0 else (cp.station.connector(cid),)
    for connector in connectors:
        tx, zero = charge(connector)
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
