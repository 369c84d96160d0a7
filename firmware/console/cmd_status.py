"""Console: status, health, tasks. How is the station right now?"""

import json

_NO_LIMIT = 0x1FFFFFFF


def status(app, args, session):
    """Connectors, central system, health; `--json` for programs (docs/console.md)."""
    data = summary(app)
    if want_json(args):
        yield json.dumps(data)
        return
    csms = data["csms"]
    yield "%s, Galvani %s" % (data["id"], data["version"])
    yield "central system %s: %s, %s" % (
        csms["url"] or "none",
        "connected" if csms["connected"] else "not connected",
        csms["registration"],
    )
    link = data["health"].get("link")
    if link:
        yield "network %s %s: %s" % (
            link["kind"],
            link["ssid"] or "",
            link["why"] or "%s, signal %s dBm" % (link["address"], link["rssi"]),
        )
    station = app.station.connector(0)
    if station.error_code != "NoError" or station.status != "Available":
        yield "station %s %s" % (station.status, station.vendor_error or station.error_code)
    if app.maintenance:
        yield "maintenance for %d s more: no new charge" % (app.maintenance - app.clock.uptime_s())
    for c in app.station.connectors:
        for line in _connector(c, app.io.plug(c.id)):
            yield line
    for fault in app.config.faults:
        yield "configuration: " + fault
    h = data["health"]
    yield "up %s, heap %d used (%d free), %d restarts, last by %s" % (
        span(h["uptime_s"]),
        h["heap_used"],
        h["heap_free"],
        h["reboots"],
        h["reset_cause"],
    )


def _connector(c, plug_input):
    m = c.meter
    plug = "plugged" if c.plugged else "unplugged"
    if plug_input is None:
        plug += " (no plug input: told by the BMS)"
    yield "connector %d %s %s, %s%s" % (
        c.id,
        c.status,
        c.vendor_error or c.error_code,
        plug,
        "" if c.operative else ", out of service",
    )
    yield "  %d.%d V %d.%d A %d W, limit %s, register %d Wh, SoC %s" % (
        m.voltage_dv // 10,
        m.voltage_dv % 10,
        m.current_da // 10,
        abs(m.current_da) % 10,
        m.power_w,
        _limit(c),
        m.energy_wh,
        "unknown" if m.soc_pm < 0 else "%d %%" % (m.soc_pm // 10),
    )
    s = c.session
    if s:
        yield "  %s, token %s by %s, transaction %s" % (
            s.state,
            s.id_tag,
            s.source,
            s.transaction_id,
        )


def _limit(c):
    n = c.limits
    return "none" if n.limit_w >= _NO_LIMIT else "%d W (%s)" % (n.limit_w, n.source)


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


def span(s: int) -> str:
    """Seconds as '3d 04:05:06'."""
    return "%dd %02d:%02d:%02d" % (s // 86400, s // 3600 % 24, s // 60 % 60, s % 60)
