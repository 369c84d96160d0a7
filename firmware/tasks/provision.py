"""How is a station set up without a cable? An access point with one page (part "provision").

It appears when the station has no configuration, or after a long press of a button, and goes by
itself: after success, or after ProvisionTime minutes. The page shows no secret and checks every
field by the tables of the configuration. Imported for that time only; microdot comes with it.
"""

import asyncio
import os
from binascii import hexlify

import lazy
from core.config import ConfigError

_WIFI = ("WiFiSsid", "WiFiPassword")
_CSMS = ("CsmsUrl", "Identity", "AuthorizationKey")


def wanted(app) -> bool:
    """Has nobody set this station up yet?"""
    get = app.config.get
    if get("CsmsMode") == "none":
        return False  # no central system, so no network either
    return not get("CsmsUrl") or _radio(app) and not get("WiFiSsid")


def start(app) -> bool:
    """Open the access point, unless it is open already."""
    if app.provisioning:
        return False
    app.provisioning = True
    asyncio.create_task(_run(app))
    return True


def _radio(app):
    return bool(app.link and app.link.kind == "wifi")


async def _run(app):
    log = app.log("NET")
    page = Page(app)
    radio = None
    try:
        if _radio(app):
            radio = lazy.call("net.ap", "open", app.config.get)
        host, port = getattr(app.board, "HTTP", None) or ("0.0.0.0", 80)
        log.info("set-up page is open at port %d", port)
        await asyncio.sleep(2)  # the status page leaves the port
        server = asyncio.create_task(page.serve(host, port))
        for _ in range(app.config.get("ProvisionTime") * 60):
            if page.saved or server.done():
                break
            await asyncio.sleep(1)
        if page.saved:
            await asyncio.sleep(3)  # the last page has to arrive
        if server.done():
            await server  # raises why
        else:
            page.web.shutdown()
            server.cancel()
    except (OSError, ImportError, MemoryError, RuntimeError) as e:
        log.error("set-up page: %s", repr(e))
    finally:
        if radio:
            lazy.call("net.ap", "close", radio)
        app.provisioning = False
        for name in ("net.setup_page", "microdot", "tasks.provision"):
            lazy.drop(name)
    log.info("set-up page is closed")
    if page.saved:
        app.station.reset("Soft", "Provisioned")


class Page:
    """The web server of one opening. `saved`: the settings are stored."""

    def __init__(self, app):
        self.app = app
        self.keys = (_WIFI if _radio(app) else ()) + _CSMS
        # Who did not see the form cannot send it: a page elsewhere knows no such number.
        self.token = hexlify(os.urandom(8)).decode()
        self.saved = False
        self.web = None

    async def serve(self, host, port):
        """Serve until shut down."""
        from microdot import Microdot, Request

        Request.max_content_length = Request.max_body_length = 2048
        self.web = web = Microdot()
        web.get("/")(self.show)
        web.post("/")(self.take)
        await web.start_server(host, port)

    def _answer(self, status, name, *args):
        html = getattr(lazy.load("net.setup_page"), name)(*args)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
            "form-action 'self'",
        }
        return html, status, headers

    async def show(self, request):
        """GET /: the form with what is set, secrets left empty."""
        conf = self.app.config
        values = {k: conf.get(k) for k in self.keys if conf.access(k) != "W"}
        held = [k for k in self.keys if conf.access(k) == "W" and conf.get(k)]
        return self._answer(200, "form", self.keys, values, {}, held, self.token)

    async def take(self, request):
        """POST /: check all, store all or nothing."""
        form = request.form or {}
        if form.get("token") != self.token:
            return self._answer(403, "note", "This page is out of date: open it again.")
        for connector in self.app.station.connectors:
            if connector.active():
                return self._answer(409, "note", "A charge is running: try again after it.")
        conf = self.app.config
        values = {k: (form.get(k) or "").strip() for k in self.keys}
        held = [k for k in self.keys if conf.access(k) == "W" and conf.get(k)]
        if values.get("WiFiSsid") == conf.get("WiFiSsid") and not values.get("WiFiPassword"):
            values.pop("WiFiPassword", None)  # left empty: stays; another network: none
        if not values["AuthorizationKey"] and not form.get("nokey"):
            values.pop("AuthorizationKey")
        wrong = {}
        for key in self.keys:
            if key in values:
                wrong[key] = self._expected(conf, key, values[key])
        wrong = {k: wrong[k] for k in wrong if wrong[k]}
        for key in ("CsmsUrl", "WiFiSsid"):
            if key in values and not values[key]:
                wrong[key] = "something: it is needed"
        if wrong:
            return self._answer(400, "form", self.keys, values, wrong, held, self.token)
        for key in values:
            conf.set(key, values[key], "page")
        self.saved = True
        return self._answer(200, "note", "Saved. The station restarts and connects now.")

    def _expected(self, conf, key, text):
        try:
            value = lazy.load("core.settings").parse(conf.row(key), text)
        except ConfigError as e:
            return e.expected
        finally:
            lazy.drop("core.settings")
        for guard in conf.guards:
            expected = guard(key, value)
            if expected:
                return expected
