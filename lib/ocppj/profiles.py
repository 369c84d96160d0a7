"""Where are charging profiles kept?

One record a profile in flash, `p00` to `p1d` (laid out in composite.py, with a CRC-32 behind it);
RAM holds which of them exist (`cp.slots`, a bit each). Imported on demand, as is allowance.py,
which says what follows from them.

Functions over the charge point `cp`, of any version: station, store, clock, log, slots.
"""

import binascii
import struct

import lazy

composite = lazy.get("ocppj.composite")  # goes when this module goes

SLOTS = 30
_VERSION = b"\x01"


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
