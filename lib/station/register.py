"""What must survive a power cut in the station itself: registers and availability.

One small record each (below 128 bytes, so that LittleFS keeps it inline). A register has two
records that are written in turn: whatever a power cut does to one, the other holds.
"""

import record


def load(store, cid):
    """The energy register of connector `cid` in Wh: the higher of its two records, or 0."""
    best = 0
    for turn in "ab":
        best = max(best, _wh(store, cid, turn))
    return best


def _wh(store, cid, turn):
    fields = record.unpack(store.read("e%d%s" % (cid, turn)))
    return fields[0] if fields and isinstance(fields[0], int) else 0


def save(store, cid, wh):
    """Write the register; True if it was written. The record that is older is overwritten."""
    turn = "a" if _wh(store, cid, "a") <= _wh(store, cid, "b") else "b"
    try:
        store.write("e%d%s" % (cid, turn), record.pack([wh]))
    except OSError:
        return False
    return True


def in_service(store, cid):
    """False if `cid` was out of service before the power went (S 5.2)."""
    return cid not in (record.unpack(store.read("avail")) or ())


def save_availability(store, station):
    """Remember what is out of service."""
    out = [c.id for c in station.connectors if not c.operative]
    if not station.operative:
        out.append(0)
    store.write("avail", record.pack(out))
