"""Console: how does a person read the status?"""

_NO_LIMIT = 0x1FFFFFFF


def lines(app, data):
    """Generator of lines; data: what cmd_status.summary() said."""
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


def span(s: int) -> str:
    """Seconds as '3d 04:05:06'."""
    return "%dd %02d:%02d:%02d" % (s // 86400, s // 3600 % 24, s // 60 % 60, s % 60)
