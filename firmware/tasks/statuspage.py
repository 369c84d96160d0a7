"""How is the station, for a browser on its own network? Read-only (part "statuspage").

One small answer to one small request, without a framework: it is there all the time and memory is
scarce. `/` for people, `/status.json` as the console's `status --json`.
"""

import asyncio
import json

import lazy

_HEAD_MOST = 1024
_WAIT_S = 5
_AT_ONCE = 2  # connections
_ROW = "<tr><th>%d<td>%s<td>%d.%d V<td>%d.%d A<td>%d W<td>%d Wh<td>%s</tr>"


async def run(app):
    """Serve while StatusPage is true and the set-up page is not open; beats `statuspage`."""
    server = None
    guests = Guests(app)
    try:
        while True:
            app.supervisor.beat("statuspage")
            open = app.config.get("StatusPage") and not app.provisioning
            if open and server is None:
                host, port = getattr(app.board, "HTTP", None) or ("0.0.0.0", 80)
                server = await asyncio.start_server(guests.serve, host, port, 2)
            elif server and not open:
                server.close()
                await server.wait_closed()
                server = None
            await asyncio.sleep(1)
    finally:
        if server:
            server.close()


class Guests:
    """Who looks: a few at a time."""

    def __init__(self, app):
        self.app = app
        self.count = 0

    async def serve(self, reader, writer):
        """One request, one answer."""
        self.count += 1
        try:
            if self.count <= _AT_ONCE:
                await asyncio.wait_for(self._answer(reader, writer), _WAIT_S)
        except (OSError, asyncio.TimeoutError):
            pass  # gone, or too slow
        finally:
            self.count -= 1
            writer.close()

    async def _answer(self, reader, writer):
        head = b""
        while b"\r\n\r\n" not in head:
            more = await reader.read(256)
            head += more
            if not more or len(head) > _HEAD_MOST:
                return
        words = head.split(b"\r\n", 1)[0].split(b" ")
        status, kind, body = "404 Not Found", "text/plain", "there is / and /status.json"
        if words[0] not in (b"GET", b"HEAD"):
            status, body = "405 Method Not Allowed", "read-only"
        elif words[1:2] == [b"/status.json"]:
            status, kind = "200 OK", "application/json"
            body = json.dumps(self._summary())
        elif words[1:2] == [b"/"]:
            status, kind = "200 OK", "text/html; charset=utf-8"
            body = page(self._summary(), self.app.station.connectors)
        body = body.encode()
        writer.write(
            (
                "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
                "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n"
                % (status, kind, len(body))
            ).encode()
        )
        if words[0] != b"HEAD":
            writer.write(body)
        await writer.drain()

    def _summary(self):
        return lazy.call("console.cmd_status", "summary", self.app)


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
