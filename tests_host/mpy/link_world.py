"""What do the tests of the link live in? An app around a Link, a fake radio, virtual time."""

import asyncio

import vtime

from core import log
from core.clock import Clock
from net.link import Link


class Store:
    def __init__(self):
        self.files = {}

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = bytes(data)

    def delete(self, name):
        self.files.pop(name, None)


class App:
    """What a Link needs; `settings` differ from the defaults below."""

    def __init__(self, **settings):
        self.settings = {
            "Hostname": "galvani",
            "WiFiCountry": "DE",
            "WiFiSsid": "home",
            "WiFiPassword": "secret123",
            "WiFiSsid2": "",
            "WiFiPassword2": "",
            "WiFiSsid3": "",
            "WiFiPassword3": "",
            "NetAddress": "",
            "NtpServers": "",
            "LinkTimeout": 120,
            "LinkReboots": 3,
        }
        self.settings.update(settings)
        self.config = self.supervisor = self.station = self
        self.connectors = []
        self.resets = []
        self.beat_ms = self.gap_ms = 0
        self.store = Store()
        self.clock = Clock(vtime.ticks, vtime.diff, lambda: 0)
        self.log = log.get

    def get(self, key):
        return self.settings[key]

    def beat(self, name):
        assert name == "link"
        now = vtime.elapsed_ms()
        self.gap_ms = max(self.gap_ms, now - self.beat_ms)
        self.beat_ms = now

    def reset(self, kind, reason):
        self.resets.append((self.clock.uptime_s(), kind, reason))


def lives(app, seconds, kind="wifi", params=None, script=()):
    """A Link that lives so long; script: (second, function)s. Returns it."""
    link = Link(app, kind, params or {})
    app.link = link

    async def scenario():
        task = asyncio.create_task(link.keep())
        for at, action in script:
            await asyncio.sleep(at - vtime.elapsed_ms() // 1000)
            action()
        await asyncio.sleep(seconds - vtime.elapsed_ms() // 1000)
        task.cancel()

    vtime.run(scenario())
    assert app.gap_ms <= 5000
    return link
