"""The real station core with its battery and module, and the real charge point, in virtual time.

    w = ChargingWorld(); w.charge(); w.set(1, profile(1, "TxProfile", periods=[(0, 10)]))
    w.pass_time(0.2); assert w.wire.set_amps == 10

The CSMS is that of v16_bench: every message is checked with the official schemas.
"""

import json

import v16_station
from charging_bench import Charging
from ocppj.datetime import iso
from ocppj.v16.chargepoint import ChargePoint
from station import topics
from v16_bench import Csms
from world import Clock, Settings, World


class _Clock(Clock):
    @property
    def now(self):
        """Uptime in seconds, as v16_bench has it."""
        return self.uptime_s()


class _Settings(Settings):
    """Takes text, as ChangeConfiguration and the charge point write it."""

    guards = ()

    def set(self, key, value, origin="test"):
        old = self.values.get(key)
        if isinstance(value, str) and isinstance(old, bool):
            value = value == "true"
        elif isinstance(value, str) and isinstance(old, int):
            value = int(value)
        return super().set(key, value, origin)


class ChargingWorld(World):
    """A World with a charge point that is registered after two seconds."""

    set = Charging.set
    clear = Charging.clear
    schedule = Charging.schedule
    composite = Charging.composite
    claim = Charging.claim
    limit = Charging.limit

    def __init__(self, connectors=1, store=None, **settings):
        self.cp = None
        self.bus = v16_station.Bus()
        clock = _Clock()
        super().__init__(connectors, store=store, clock=clock, boot=False, **settings)
        self.config.__class__ = _Settings
        self.config.guards = []
        self.asked = {}
        self.count = 0
        self.csms = Csms(self)
        self.cp = ChargePoint(
            self.station,
            self.config,
            clock,
            self.store,
            self.bus,
            lambda n: bytes(range(n)),
            self.log,
            v16_station.Board,
        )
        self.station.cp = self.cp
        self.cp.connected(0)
        self.pass_time(3)

    @property
    def wall(self):
        return self.clock.wall()

    def iso(self):
        return iso(self.clock.wall())

    def emit(self, topic, value):
        super().emit(topic, value)
        if topic != topics.AUTHORIZE:  # the World knows its cards
            self.bus.emit(topic, value)

    def pass_time(self, seconds):
        """As World's, with what tasks/session.py and tasks/csms.py do in between."""
        for _ in range(round(seconds * 10)):
            super().pass_time(0.1)
            if self.cp:
                self.cp.ripe()
                self.pump()

    def pump(self):
        """Let messages pass until both sides are quiet."""
        while True:
            text = v16_station.whole(self.cp.poll(self.clock.now))
            if text is None:
                return
            for answer in self.csms.take(text):
                self.cp.receive(answer, self.clock.now)

    def call(self, action, payload=None):
        """A call of the CSMS; the payload of the answer, or (code, description)."""
        self.count += 1
        message_id = "csms-%d" % self.count
        self.asked[message_id] = action
        self.cp.receive(json.dumps([2, message_id, action, payload or {}]), self.clock.now)
        self.pump()
        return dict(self.csms.answers).get(message_id)

    def sent(self, action):
        """Payloads of the station's calls, in order."""
        return [p for _, a, p, _ in self.csms.calls if a == action]
