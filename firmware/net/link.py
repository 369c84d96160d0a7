"""Is there a way to the network, and what is done while there is none?

The board says which interface it has: board.NET = (kind, params), kind the name of a module of
this folder (`wifi`, `lan`), or None. What is only needed to set it up or to name a failure stands
there and is forgotten again. Nothing here blocks: every wait is a look each half second, and the
control task does not know that there is a network.

    make -> join (wifi: each network in order) -> watch -> lost: join again
    all fail: pause 5 s, 10 s, 20 s .. 5 min
    no address for LinkTimeout: the interface is made anew; five times in vain: a restart, at most
    LinkReboots in a row and never while a charge runs
"""

import asyncio

import lazy

_JOIN_MS = 20000  # for association and DHCP together
_LOOK_MS = 500
_PAUSE_S = 5
_PAUSE_MAX_S = 300
_TRIES = 5  # times that the interface is made anew before the machine is restarted
_SYNC_S = 21600  # the clock is set that often, ..
_SYNC_AGAIN_S = 64  # .. and so soon after nobody answered

current = None  # the one Link of a board that has one


class Link:
    """app.link: `address` is None while there is no network; `server` is its name server.

    params: those of board.NET. Attributes for others: kind, address, ssid, why (in words).
    """

    def __init__(self, app, kind, params):
        global current
        current = self
        self.app = app
        self.kind = kind
        self.params = params
        self.log = app.log("NET")
        self.iface = None
        self.address = self.server = self.ssid = None
        self.why = "not begun"
        self.known = {}  # look-ups, see net/resolve.py
        self.due = 0  # uptime at which the time is asked for again
        self.down_at = app.clock.uptime_s()
        self.made = 0  # how often since the last address

    def rssi(self):
        """Strength of the radio signal in dBm, None where there is none."""
        try:
            return self.iface.status("rssi")
        except (OSError, ValueError, TypeError, AttributeError, RuntimeError):
            return None  # not associated, or a cable

    def facts(self) -> dict:
        """What `status` and health show."""
        return {
            "kind": self.kind,
            "address": self.address,
            "ssid": self.ssid,
            "rssi": self.rssi() if self.address else None,
            "why": None if self.address else self.why,
        }

    def servers(self):
        """Name servers, the network's own first."""
        return [self.server] if self.server and self.server != "0.0.0.0" else []

    def ready(self, secure: bool) -> bool:
        """May a connection be tried? TLS waits for the time, or for the end of the hope for it."""
        if self.address is None:
            return False
        clock = self.app.clock
        if secure and clock.wall() is None:
            if not self.due:
                return False
            clock.assume()
        return True

    # -- the loop

    async def keep(self):
        """For ever: join, watch, join again. Beats `link`."""
        fails = 0
        while True:
            if await self._join():
                fails = 0
                await self._watch()
                await self.nap(1000)
                continue
            self._overdue()
            pause = min(_PAUSE_S << min(fails, 6), _PAUSE_MAX_S)
            fails += 1
            for _ in range(pause):
                await self.nap(1000)
                if self._has_address():
                    break  # what was given up has come all the same

    async def nap(self, ms):
        """Wait, as one whose heart beats."""
        self.app.supervisor.beat("link")
        await asyncio.sleep_ms(ms)

    async def _join(self):
        get = self.app.config.get
        if self._has_address():
            return True
        module = lazy.load("net." + self.kind)
        try:
            if self.iface is None:
                self.iface = module.make(get, self.params)
                self.made += 1
            networks = module.networks(get)
            for self.ssid, key in networks:
                self.why = "joining " + (self.ssid or "the cable")
                module.join(self.iface, self.ssid, key)
                if await self._arrives(module):
                    return True
                self.log.warn("network %s: %s", self.ssid or self.kind, self.why)
            if not networks:
                self.why = "no network is configured"
                self.down_at = self.app.clock.uptime_s()  # nothing to wait for
        except (OSError, ValueError, RuntimeError) as e:
            self.why = str(e)
            self.log.warn("network interface: %s", self.why)
        finally:
            lazy.drop("net." + self.kind)
        return False

    async def _arrives(self, module):
        """Wait for an address; False with `why` when it fails or takes too long."""
        for n in range(_JOIN_MS // _LOOK_MS):
            await self.nap(_LOOK_MS)
            if self._has_address():
                return True
            why = module.failure(self.iface, n * _LOOK_MS)
            if why:
                self.why = why
                return False
        self.why = "no address within %d s" % (_JOIN_MS // 1000)
        return False

    def _has_address(self):
        try:
            if self.iface is None or not self.iface.isconnected():
                return False
            found = self.iface.ifconfig()
        except OSError:
            return False
        if found[0] in ("0.0.0.0", ""):
            return False
        if self.address != found[0]:
            self.address = found[0]
            self.log.info("network %s: address %s", self.ssid or self.kind, self.address)
            self.due = 0
            self.made = 0
            self.app.store.delete("link")
        self.server = found[3]
        return True

    async def _watch(self):
        """While it lasts; keeps the clock right."""
        while self._has_address():
            now = self.app.clock.uptime_s()
            if now >= self.due:
                good = await self._sync()
                self.due = now + (_SYNC_S if good else _SYNC_AGAIN_S)
            await self.nap(2000)
        self.down_at = self.app.clock.uptime_s()
        self.address = None
        self.why = "lost"
        self.log.warn("network %s: lost", self.ssid or self.kind)

    async def _sync(self):
        servers = self.app.config.get("NtpServers")
        if not servers:
            return True
        module = lazy.load("net.timesync")
        try:
            return await module.run(self, servers.split(","))
        finally:
            lazy.drop("net.timesync")

    # -- the watchdog of the link

    def _overdue(self):
        app = self.app
        wait = app.config.get("LinkTimeout")
        if app.clock.uptime_s() - self.down_at < wait * max(self.made, 1):
            return
        if self.made > _TRIES and self._reboot():
            return
        self.log.warn("no network for %d s: the interface starts anew", wait)
        if self.iface is not None:
            try:
                self.iface.active(False)
            except (OSError, RuntimeError):
                pass  # made anew all the same
        self.iface = None

    def _reboot(self):
        """The last resort; False when it must not be."""
        app = self.app
        for connector in app.station.connectors:
            if connector.session is not None:
                return False
        count = int(app.store.read("link") or 0)
        if count >= app.config.get("LinkReboots"):
            return False
        app.store.write("link", b"%d" % (count + 1))
        self.log.error("no network: restart %d", count + 1)
        app.station.reset("Soft", "NoNetwork")
        return True
