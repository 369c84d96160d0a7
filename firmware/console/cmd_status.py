"""Console: status, health, tasks. How is the station right now?"""

import json

import lazy

_NO_LIMIT = 0x1FFFFFFF


def status(app, args, session):
    """Connectors, central system, health; `--json` for programs (docs/console.md)."""
    data = summary(app)
    if want_json(args):
        yield json.dumps(data)
        return
    for line in lazy.load("console.cmd_shown").lines(app, data):
        yield line


def health(app, args, session):
    """The figures of core/health.py."""
    data = app.health.snapshot()
    if want_json(args):
        yield json.dumps(data)
        return
    for key in sorted(data):
        value = data[key]
        if isinstance(value, dict):
            value = " ".join(["%s %s" % (k, value[k]) for k in sorted(value)])
        yield "%s: %s" % (key, value)


def tasks(app, args, session):
    """Age of every task's beat and its failed runs lately."""
    for name, age_ms, failed, state in app.supervisor.ages():
        word = ("runs", "waits to be started again", "is being cancelled")[state]
        yield "%s %s, beat %d ms ago, %d failed" % (name, word, age_ms, failed)


def summary(app) -> dict:
    """What `status --json` answers; its keys are fixed (other programs read them)."""
    cp = app.cp
    return {
        "id": app.config.get("Identity"),
        "version": app.VERSION,
        "csms": {
            "url": app.config.get("CsmsUrl"),
            "connected": bool(cp and cp.linked),
            "registration": cp.registration if cp else "Unknown",
        },
        "connectors": [_facts(c) for c in app.station.connectors],
        "health": app.health.snapshot(),
    }


def _facts(c):
    s = c.session
    transaction = None
    if s and c.active():  # -1: it runs, but the central system has not named it yet
        transaction = -1 if s.transaction_id is None else s.transaction_id
    limited = c.limits.limit_w < _NO_LIMIT
    return {
        "id": c.id,
        "status": c.status,
        "error": c.error_code,
        "transaction": transaction,
        "power_w": c.meter.power_w,
        "limit_w": c.limits.limit_w if limited else None,
        "limit_source": c.limits.source if limited else None,
        "energy_wh": c.meter.energy_wh,
        "soc": None if c.meter.soc_pm < 0 else c.meter.soc_pm // 10,
    }


def want_json(args) -> bool:
    """Is --json the only argument? Anything else is wrong input."""
    if args and args != ["--json"]:
        raise ValueError("expected nothing or --json, got '%s'" % " ".join(args))
    return bool(args)
