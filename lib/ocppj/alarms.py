"""Which security events were there, and which of them does the back office not know yet?

The same for every version of OCPP (1.6: whitepaper A04 and section 8; 2.0.1: A04). Imported when
something happens.

    ev000012    a page of the security log: a line an event, "STAMP NAME INFO"; the pages roll
    evq00003    a critical event that waits to be told: record [stamp, name, info, lost]

Stamps are those of the journal (outbox.py): Unix seconds, or operating seconds below zero while
the time is unknown; dating.py puts that right. Events that others can provoke at will are kept
once an hour each, so that nobody wears the flash out. A queue that is full loses its oldest event,
and the one after it says how many are missing.

The owner (v16/chargepoint.py) has: store, clock, box, config, log; alarms (events that wait),
alarm_at (uptime before which none is told), alarmed (name and info: uptime of what was kept).
"""

from micropython import const

import record

_PAGE = const(512)  # bytes: as little in one piece as a full heap still has
_PAGES = const(8)
_QUEUE = const(32)
_INFO = const(255)  # techInfo
_AGAIN_S = const(600)  # the back office refused, or did not answer
_DAY_S = const(86400)  # it does not know the message at all
_HOUR_S = const(3600)
_KINDS = const(16)  # different events remembered to be kept once an hour

# Told at once (whitepaper 8, 2.0.1 appendix 1); all others are only in the log.
CRITICAL = (
    "FirmwareUpdated SettingSystemTime StartupOfTheDevice ResetOrReboot SecurityLogWasCleared "
    "MemoryExhaustion TamperDetectionActivated MaintenanceLoginAccepted MaintenanceLoginFailed"
)
# These follow from what the station, or who may change it, has done: each counts.
_EACH = (
    "FirmwareUpdated SettingSystemTime StartupOfTheDevice ResetOrReboot SecurityLogWasCleared "
    "TamperDetectionActivated MaintenanceLoginAccepted ReconfigurationOfSecurityParameters"
)


def add(owner, name, info=""):
    """An event of section 8 happened; info: a text without secrets, or "". Never raises."""
    up = owner.clock.uptime_s()
    info = "".join([c if c >= " " else " " for c in info])[:_INFO].strip()
    if name not in _EACH:
        seen = owner.alarmed = owner.alarmed or {}
        key = name + info
        if up - seen.get(key, up - _HOUR_S) < _HOUR_S:
            return
        if len(seen) >= _KINDS:
            seen.clear()
        seen[key] = up
    owner.log.warn("security event %s %s", name, info)
    stamp = owner.box.stamp(up)
    try:
        if name in CRITICAL and owner.config.get("SecurityEvents"):
            _queue(owner, [stamp, name, info, 0])
        _note(owner.store, "%d %s %s\n" % (stamp, name, info))
    except OSError as e:
        owner.log.error("security event is not kept: %s", str(e))
    owner.woke()


def waiting(store):
    """Names of the records that wait, the oldest first."""
    return [name for name in store.names() if name[:3] == "evq"]


def _pages(store):
    return [name for name in store.names() if name[:2] == "ev" and name[2] != "q"]


def _queue(owner, fields):
    store = owner.store
    names = waiting(store)
    if len(names) >= _QUEUE:
        gone = record.unpack(store.read(names[0])) or [0, "", "", 0]
        rest = record.unpack(store.read(names[1]))
        if rest:
            rest[3] += gone[3] + 1
            store.write(names[1], record.pack(rest))
        store.delete(names.pop(0))
    number = int(names[-1][3:], 16) + 1 if names else 0
    store.write("evq%05x" % number, record.pack(fields))
    owner.alarms = len(names) + 1


def _note(store, line):
    """Append to the log; the oldest page goes when there are too many."""
    pages = _pages(store)
    data = store.read(pages[-1]) if pages else None
    name = pages[-1] if pages else "ev000000"
    line = line.encode()
    if data and len(data) + len(line) > _PAGE:
        name = "ev%06x" % (int(name[2:], 16) + 1)
        data = None
        pages.append(name)
    store.write(name, (data or b"") + line)
    for old in pages[:-_PAGES]:
        store.delete(old)


def _wall(owner, stamp):
    """Unix seconds of a stamp, never later than now; the time is known."""
    return min(owner.box.wall(stamp), owner.clock.wall())


def lines(owner):
    """Generator of the security log as text, the oldest event first."""
    from ocppj.datetime import iso

    for name in _pages(owner.store):
        for line in (owner.store.read(name) or b"").decode().split("\n"):
            stamp, _, rest = line.partition(" ")
            if rest:
                yield "%s %s" % (iso(int(stamp)) if stamp[0] != "-" else "time unknown", rest)


def message(owner):
    """(action, payload, None) of the oldest event that waits, or None."""
    store = owner.store
    for name in waiting(store):
        fields = record.unpack(store.read(name))
        if fields is None:  # a torn record
            store.delete(name)
            continue
        from ocppj.datetime import iso

        if owner.clock.wall() is None:
            return None
        stamp, kind, info, lost = fields
        payload = {"type": kind, "timestamp": iso(_wall(owner, stamp))}
        if lost:
            info = "%s (%d events before it were not kept)" % (info[:200], lost)
        if info:
            payload["techInfo"] = info
        return "SecurityEventNotification", payload, None
    owner.alarms = 0
    return None


def told(owner):
    """The back office has confirmed the oldest one."""
    names = waiting(owner.store)
    if names:
        owner.store.delete(names[0])
    owner.alarms = max(len(names) - 1, 0)


def failed(owner, now, code):
    """It refused (code of its CALLERROR) or did not answer: what waits is told later."""
    unknown = code in ("NotImplemented", "NotSupported")
    owner.alarm_at = now + (_DAY_S if unknown else _AGAIN_S)
