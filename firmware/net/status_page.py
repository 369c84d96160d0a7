"""What does the status page look like? Made for each look and forgotten (tasks/statuspage.py)."""

import lazy

_ROW = "<tr><th>%d<td>%s<td>%d.%d V<td>%d.%d A<td>%d W<td>%d Wh<td>%s</tr>"


def page(data, connectors) -> str:
    """The page, made anew by the browser each 10 s."""
    escape = lazy.load("net.escape").escape
    csms = data["csms"]
    health = data["health"]
    link = health.get("link")
    rows = []
    for c in connectors:
        m = c.meter
        soc = "" if m.soc_pm < 0 else "%d %%" % (m.soc_pm // 10)
        what = escape(c.status if c.error_code == "NoError" else c.vendor_error or c.error_code)
        volts, amps = m.voltage_dv, max(m.current_da, 0)
        rows.append(
            _ROW
            % (
                c.id,
                what,
                volts // 10,
                volts % 10,
                amps // 10,
                amps % 10,
                m.power_w,
                m.energy_wh,
                soc,
            )
        )
    try:
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" '
            'content="10"><meta name="viewport" content="width=device-width,initial-scale=1">'
            "<title>%s</title><style>body{font:16px/1.4 system-ui,sans-serif;margin:1em auto;"
            "max-width:44em;padding:0 1em;color:#1c2b24;background:#f4f7f5}table{border-collapse:"
            "collapse;width:100%%}th,td{text-align:left;padding:.4em .6em .4em 0;border-bottom:"
            "1px solid #cfdad3}div{overflow-x:auto}</style><body><h1>%s</h1>"
            "<p>Galvani %s, up %d:%02d h, heap %d KB free<p>Central system: %s, %s%s<div><table>%s"
            "</table></div></body></html>"
        ) % (
            escape(data["id"]),
            escape(data["id"]),
            data["version"],
            health["uptime_s"] // 3600,
            health["uptime_s"] // 60 % 60,
            health["heap_free"] // 1024,
            "connected" if csms["connected"] else "not connected",
            csms["registration"],
            "<p>Network: %s, signal %s dBm" % (link["address"], link["rssi"]) if link else "",
            "".join(rows),
        )
    finally:
        lazy.drop("net.escape")
