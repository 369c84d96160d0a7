"""The real station with its vehicles, and its charge point of OCPP 1.6, in virtual time.

    w = V16World(); w.online(); w.call("ReserveNow", {...}); w.plug(); w.tag("A1")

tests_host/world has the plant and the station, v16_bench the scripted CSMS; this joins them: one
step is 100 ms, and every message is checked with the official schemas.
"""

import json

from ocppj.v16.chargepoint import ChargePoint
from station import topics
from station.station import Station
from v16_bench import WALL, Csms, _random
from v16_station import Board, Bus, Config, Store, whole
from world import World
from world.hardware import Inputs
from world.settings import Clock, Log


class WorldClock(Clock):
    """As the product's: it says when it is set. `now`: uptime, as the scripted CSMS reads it."""

    def __init__(self, wall, emit):
        super().__init__(wall)
        self.emit = emit

    @property
    def now(self):
        return self.uptime_s()

    def set_wall(self, epoch_s, source):
        jump = None if self.zero is None else epoch_s - self.wall()
        if jump is None or not -2 < jump < 2:
            self.zero = epoch_s - self.uptime_s()
            self.emit(topics.TIME, jump)
        return True


class V16World(World):
    """See the module; store, saved and real (the true time at uptime 0) survive a power cut."""

    def __init__(self, connectors=1, store=None, saved=None, real=WALL, wall=None, **settings):
        self.bus = Bus()
        self.saved = {} if saved is None else saved
        self.config = Config(self.bus.emit, self.saved)
        for key, value in settings.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            self.config.set(key, text, "station")
        self.clock = WorldClock(wall, self.bus.emit)
        self.real = real
        self.store = store or Store()
        self.log = Log()
        self.io = Inputs(connectors)
        self.events, self.statuses, self.started, self.stopped = [], [], [], []
        self.wires = []
        self.resets = []
        self.asked = {}
        self.count = 0
        self.linked = False
        self.station = Station(
            [], self.io, self.config, self.clock, self.emit, self.log, self.store
        )
        for cid in range(1, connectors + 1):
            self._connector(cid)
        self.bus.on(topics.RESET, self.resets.append)
        self.csms = Csms(self)
        self.cp = ChargePoint(
            self.station, self.config, self.clock, self.store, self.bus, _random, self.log, Board
        )
        self.station.cp = self.cp
        self.pass_time(2)

    def emit(self, topic, value):
        """The bus, and what the World remembers of it."""
        if topic == topics.STATUS:
            c = self.station.connector(value)
            self.statuses.append((value, c.status, c.error_code, c.vendor_error))
        elif topic == topics.TX_STARTED:
            self.started.append(value)
        elif topic == topics.TX_STOPPED:
            self.stopped.append(value)
        self.bus.emit(topic, value)

    def iso(self):
        from ocppj.datetime import iso

        return iso(self.real + self.clock.now)

    def online(self):
        """Connect and register."""
        self.linked = True
        self.cp.connected(self.clock.now)
        self.pass_time(1)
        return self

    def offline(self):
        self.linked = False
        self.csms.pending = []
        self.cp.disconnected(self.clock.now)

    def _exchange(self):
        text = whole(self.cp.poll(self.clock.now))
        while text:
            for answer in self.csms.take(text):
                self.cp.receive(answer, self.clock.now)
            text = whole(self.cp.poll(self.clock.now))

    def pass_time(self, seconds):
        """Control steps of 100 ms; the charge point speaks after each."""
        for _ in range(round(seconds * 10)):
            super().pass_time(0.1)
            self._exchange()

    def call(self, action, payload=None):
        """A call of the CSMS; returns the payload of the answer, or (code, description)."""
        self.count += 1
        message_id = "csms-%d" % self.count
        self.asked[message_id] = action
        self.cp.receive(json.dumps([2, message_id, action, payload or {}]), self.clock.now)
        self._exchange()
        while self.cp.work and self.linked:
            self._exchange()
        answer = dict(self.csms.answers).get(message_id)
        self.pass_time(0.3)
        return answer

    def sent(self, action=None):
        """Payloads of the station's calls, in order."""
        return [p for _, a, p, _ in self.csms.calls if action in (None, a)]

    def told(self, cid=1):
        """The statuses of a connector as the CSMS heard them."""
        return [p["status"] for p in self.sent("StatusNotification") if p["connectorId"] == cid]

    def reboot(self, **settings):
        """The power comes back ten seconds later: everything is new but flash and settings."""
        real = self.real + self.clock.now + 10
        return V16World(
            len(self.wires), Store(self.store.files), self.saved, real, None, **settings
        )
