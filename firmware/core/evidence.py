"""What do health and the restart record say? The rare half of both, imported on demand.

The restart record ("boot") is one small JSON object: n starts ever, bad runs in a row, tb the last
traceback, why the run ended (written before an ending of our own; missing: the power went), by
the tasks whose crashes ended the bad runs.
"""

import json

import lazy
from core import log

_CAP = 5  # bad runs in a row until the minimal mode
_BARE = 8  # .. until not even that
_BLAME_MAX = 40
_TB_MAX = 400  # bytes kept of a traceback


def snapshot(health) -> dict:
    """Health.snapshot()."""
    beats = {}
    restarts = {}
    for name, age_ms, failed, _state in health.supervisor.ages():
        beats[name] = age_ms // 1000
        if failed:
            restarts[name] = failed
    tags = log.TAGS.split()
    link = getattr(health.supervisor.app, "link", None)
    found = {
        "uptime_s": health.clock.uptime_s(),
        "time": health.clock.wall(),
        "heap_used": health.heap_used,
        "heap_used_max": health.heap_used_max,
        "heap_free": health.heap_free,
        "heap_free_min": health.heap_free_min,
        "lag_ms": health.supervisor.lag_ms,
        "lag_max_ms": health.supervisor.lag_max_ms,
        "beats": beats,
        "restarts": restarts,
        "errors": {tags[i]: n for i, n in enumerate(log.counts) if n},
        "reset_cause": health.restart.cause,
        "reboots": health.restart.count - 1,
        "minimal": health.restart.minimal,
    }
    if link:
        found["link"] = link.facts()
    try:
        import esp32

        # What lies outside of Python's heap: TLS needs 17 KB of it in one piece.
        blocks = esp32.idf_heap_info(esp32.HEAP_DATA)
        found["idf_free"] = sum([b[1] for b in blocks])
        found["idf_largest"] = max([b[2] for b in blocks])
    except ImportError:
        pass
    return found


def begin(restart, store, fresh=True):
    """Restart(): read the record of the last run, begin that of this one."""
    rec = {}
    try:
        rec = json.loads(store.read("boot") or b"{}")
    except ValueError:
        pass  # a torn record: count anew
    if not isinstance(rec, dict):
        rec = {}
    restart.count = rec.get("n", 0) + fresh
    restart.bad = rec.get("bad", 0)
    restart.trace = rec.get("tb", "")
    restart.blamed = rec.get("by", "")
    restart.cause = rec.get("why", "power")
    if not fresh:
        restart.survives = restart.minimal = False
        restart.bare = restart.bad + 1 >= _BARE
        return
    if restart.cause == "power" and (store.read("dog") or _machine_bit()):
        restart.cause = "watchdog"
        restart.bad += 1
    store.delete("dog")
    restart.minimal = restart.bad >= _CAP
    # Nobody to blame, and the minimal mode does not last either: console only.
    restart.bare = restart.bad >= _BARE
    _write(restart, store, None)
    lazy.call("core.blackbox", "aside", restart, store)


def note(restart, store, why, trace):
    """Restart.note()."""
    if not why.startswith("crash"):
        restart.bad = 0  # somebody ordered it: the next start is a normal one
        restart.blamed = ""
    else:
        restart.bad += 1
        name = why.split()[1]
        if name not in restart.blamed.split():
            restart.blamed = (restart.blamed + " " + name).strip()[-_BLAME_MAX:]
    restart.trace = trace[-_TB_MAX:] or restart.trace
    _write(restart, store, why)
    lazy.call("core.blackbox", "save", restart, store, True)


def stable(restart, store):
    """Restart.stable()."""
    restart.bad = 0
    restart.blamed = ""
    _write(restart, store, None)


def _write(restart, store, why):
    rec = {"n": restart.count, "bad": restart.bad, "tb": restart.trace}
    if restart.blamed:
        rec["by"] = restart.blamed
    if why:
        rec["why"] = why
    try:
        store.write("boot", json.dumps(rec).encode())
    except OSError as e:
        log.get("SYS").error("boot record: %s", e)


def _machine_bit():
    """Did the hardware watchdog end the last run? The Unix port's dog leaves a file instead."""
    import machine

    try:
        return machine.reset_cause() == machine.WDT_RESET
    except AttributeError:
        return False
