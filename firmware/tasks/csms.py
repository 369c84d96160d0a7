"""Who keeps the line to the central system open?

Two loops share one WebSocket: `keep` connects, receives, and connects again after a growing,
jittered pause; `run` sends what the charge point has to say, at once after whatever woke it and
else once a second, connected or not, because offline the charge point keeps its books too. All
decisions are lib/ocppj's; nothing here waits for the network without a time-out.
"""

import asyncio
import gc
import os

import lazy
from net.websocket import WSError
from station import topics
from ws.frames import OVERSIZE, TEXT

_STEP_MS = 50  # how soon an event of the station is noticed
_WORK_MS = 5  # between two turns of an answer that takes long
_STABLE_S = 60  # a connection that lasted so long was a good one: the pauses begin anew


async def run(app):
    """Connect to CsmsUrl and stay connected; beats `csms`."""
    link = Link(app)
    cp = app.cp
    cp.wake = link.wake
    app.bus.on(topics.CONFIG, link.configured)
    keeper = asyncio.create_task(link.keep())
    try:
        while True:
            app.supervisor.beat("csms")
            if keeper.done():
                await keeper  # raises what ended it: the supervisor starts us again
            await link.flush()
            link.tidy()
            if cp.leave:
                cp.leave = False
                asyncio.create_task(link.again())
            for job in cp.jobs:
                if job.order:
                    lazy.load("tasks.carrier").start(app, job)
            for _ in range(1000 // _STEP_MS):
                if link.woken:
                    break
                if cp.work or cp.chore:
                    await asyncio.sleep_ms(_WORK_MS)
                    break
                await asyncio.sleep_ms(_STEP_MS)
    finally:
        keeper.cancel()
        app.bus.off(topics.CONFIG, link.configured)
        cp.wake = None
        if cp.linked:
            cp.disconnected(app.clock.uptime_s())


class Link:
    """The connection of charge point `app.cp`; ws is None while there is none."""

    def __init__(self, app):
        self.app = app
        self.cp = app.cp
        self.log = app.log("NET")
        self.ws = None
        self.woken = False
        self.busy = False  # somebody is sending
        self.heard = 0
        self.failures = 0
        self.long = []  # core.longtext.LongText of messages that may still be worked on
        self.longs = 0

    def wake(self):
        """The charge point may have something to send."""
        self.woken = True

    def configured(self, key):
        """CONFIG: what concerns the connection takes effect at once."""
        if key == "WebSocketPingInterval" and self.ws:
            self.ws.ping_interval_s = self.app.config.get(key)
        elif key in ("AuthorizationKey", "SecurityProfile") and self.ws:
            asyncio.create_task(self.again())

    def spill(self):
        """A place for a message that is too long for the memory. The boot removes NAME~ there."""
        self.longs ^= 1  # the one before may still be worked on
        name = "%s/in%d~" % (self.app.store.path, self.longs)
        return lazy.load("core.longtext").LongText(name)

    def tidy(self):
        """Once a second: what has been worked on needs no file any more."""
        if self.long and not self.cp.work:
            self.long.pop().drop()
            if not self.long:
                lazy.drop("core.longtext")

    async def again(self):
        """Connect anew, after the answer to the call that is the reason is out (A01, A05)."""
        await asyncio.sleep_ms(1000)
        self.failures = 0
        if self.ws:
            await self.ws.close()

    async def flush(self):
        """Send all that the charge point has; whoever calls while another sends need not wait."""
        self.woken = False
        if self.busy:
            return
        self.busy = True
        clock = self.app.clock
        cp = self.cp
        try:
            await self._listen()
            text = cp.poll(clock.uptime_s())
            while text:
                self.log.trace("-> %s", text)
                await self.ws.send_str(text)
                text = cp.poll(clock.uptime_s())
        except WSError:
            pass  # `keep` notices the end of the connection and tells the charge point
        except MemoryError:
            self.short()
        finally:
            self.busy = False

    def short(self):
        """There was no memory: what is only kept goes, and the next turn tries again."""
        lazy.forget(0)
        gc.collect()
        try:
            self.log.warn("busy: %d bytes free", gc.mem_free())
        except MemoryError:
            pass

    async def _listen(self):
        """Tell the charge point of every sign of life, and look for one if it wants to know."""
        ws = self.ws
        if ws is None:
            return
        if ws.heard != self.heard:
            self.heard = ws.heard
            self.cp.alive(self.app.clock.uptime_s())
        if self.cp.probe:
            self.cp.probe = False
            await ws.ping()

    async def keep(self):
        """Connect, serve, and connect again, for ever."""
        clock = self.app.clock
        while True:
            since = clock.uptime_s()
            try:
                ws = await self._connect()
            except MemoryError:  # not even for the reason why
                ws = None
                self.short()
            if ws:
                self.ws = ws
                self.heard = 0
                ws.reader.spill = self.spill
                since = clock.uptime_s()
                self.log.info("connected to the CSMS")
                self.cp.connected(since)
                self.wake()
                try:
                    await self._receive(ws)
                finally:
                    self.ws = None
                    ws.drop("")  # also when this task is cancelled
                    self.cp.disconnected(clock.uptime_s())
                self.log.warn("connection to the CSMS ended: %s %d", ws.why, ws.close_code)
                if clock.uptime_s() - since >= _STABLE_S:
                    self.failures = 0
            await asyncio.sleep_ms(self._pause())

    def _pause(self):
        """Milliseconds until the next attempt: doubling, the second half of it random."""
        get = self.app.config.get
        if not self._way():
            return 1000
        pause = min(get("ReconnectMin") << min(self.failures, 10), get("ReconnectMax")) * 500
        self.failures += 1
        return pause + pause * os.urandom(1)[0] // 255

    def _way(self):
        """Is there somewhere to connect to, and a network to get there?"""
        url = self.app.config.get("CsmsUrl")
        link = getattr(self.app, "link", None)
        secure = url[:4].lower() == "wss:" or self.app.config.get("SecurityProfile") > 1
        return url and (link is None or link.ready(secure))

    async def _connect(self):
        """An open WebSocket, or None; the reason is in the log."""
        if not self._way():
            return None
        try:
            return await lazy.load("net.dial").dial(self.app, self.log)
        finally:
            lazy.drop("net.dial")

    async def _receive(self, ws):
        """Hand messages to the charge point until the connection ends."""
        clock = self.app.clock
        while True:
            await ws.receive()
            kind = ws.type
            data = ws.data
            if kind == TEXT:
                self.log.trace("<- %s", data)
                lazy.spare()
                for _ in range(2):  # again: what was half done counts as late, and is settled
                    try:
                        self.cp.receive(data, clock.uptime_s())
                        break
                    except MemoryError:
                        self.short()
                if not isinstance(data, str):
                    self.long.append(data)
            elif kind == OVERSIZE:
                self.log.warn("message of %d bytes is too long", ws.length)
                self.cp.oversize(data, ws.length, clock.uptime_s())
            elif ws.closed:
                return
            ws.data = data = None  # the text need not stay while the answer is built
            await self.flush()
