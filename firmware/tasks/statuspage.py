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
_AGAIN_S = 60  # until the next attempt to get the port


async def run(app):
    """Serve while StatusPage is true and the set-up page is not open; beats `statuspage`."""
    server = None
    pause = 0
    guests = Guests(app)
    try:
        while True:
            app.supervisor.beat("statuspage")
            open = app.config.get("StatusPage") and not app.provisioning
            if open and server is None and not pause:
                host, port = getattr(app.board, "HTTP", None) or ("0.0.0.0", 80)
                try:
                    server = await asyncio.start_server(guests.serve, host, port, 2)
                except OSError as e:  # a page is nothing to restart a station for
                    app.log("NET").warn("status page, port %d: %s", port, str(e))
                    pause = _AGAIN_S
            elif server and not open:
                server.close()
                await server.wait_closed()
                server = None
            pause -= pause > 0
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
            body = lazy.call(
                "net.status_page", "page", self._summary(), self.app.station.connectors
            )
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
