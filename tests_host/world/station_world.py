"""The World: builds a station from the product's own parts and lets virtual time pass."""

from canproto.rivot import Rivot
from station import topics
from station.connector import Connector
from station.path_rivot import RivotPath
from station.station import Station
from world.hardware import STEP_MS, Inputs, Wire
from world.settings import Clock, Log, Settings, Store

RATINGS = {
    "voltage_min_dv": 560,
    "voltage_max_dv": 950,
    "current_max_da": 1100,
    "cable_max_da": 1000,
    "power_max_w": 9000,
}


class World:
    """A station with `connectors` connectors, each with its battery and module.

    cards: idTags that are accepted when the station asks (None: everyone). boot=False leaves out
    the first two seconds. store and wall carry what survives a power cut.
    """

    def __init__(self, connectors=1, cards=None, store=None, clock=None, boot=True, **settings):
        self.config = Settings(**settings)
        self.clock = clock or Clock()
        self.store = store or Store()
        self.log = Log()
        self.io = Inputs(connectors)
        self.cards = cards
        self.events = []  # (topic, value) as they crossed the bus
        self.statuses = []  # (cid, status, errorCode, vendorErrorCode) as they changed
        self.started = []
        self.stopped = []
        self.wires = []
        self.station = Station(
            [], self.io, self.config, self.clock, self.emit, self.log, self.store
        )
        for cid in range(1, connectors + 1):
            self._connector(cid)
        if boot:
            self.pass_time(2)

    def _connector(self, cid):
        wire = Wire(self.io, cid)
        codec = Rivot(self.config.get("RivotProfile"))
        path = RivotPath(codec, wire.send, lambda on: self.io.contactor(cid, on), self.config)
        wire.path = path
        self.wires.append(wire)
        self.station.add(
            Connector(cid, path, self.io, self.config, RATINGS, self.station.push, self.clock)
        )

    def emit(self, topic, value):
        """The bus."""
        self.events.append((topic, value))
        if topic == topics.STATUS:
            c = self.station.connector(value)
            self.statuses.append((value, c.status, c.error_code, c.vendor_error))
        elif topic == topics.TX_STARTED:
            self.started.append(value)
        elif topic == topics.TX_STOPPED:
            self.stopped.append(value)
        elif topic == topics.AUTHORIZE:
            good = self.cards is None or value.id_tag in self.cards
            parent = self.cards.get(value.id_tag) if isinstance(self.cards, dict) else None
            verdict = "Accepted" if good else "Invalid"
            self.station.authorised(value.cid, value.id_tag, verdict, parent)

    # -- what a person does

    def plug(self, cid=1):
        self.io.plugs[cid] = True

    def unplug(self, cid=1):
        self.io.plugs[cid] = False

    def tag(self, id_tag="A1", cid=1):
        return self.station.tag(cid, id_tag)

    def pass_time(self, seconds):
        """Let virtual time pass in control steps of 100 ms."""
        for _ in range(round(seconds * 1000 / STEP_MS)):
            before = self.clock.uptime_s()
            self.clock.ms += STEP_MS
            for wire in self.wires:
                wire.step()
            self.station.step(STEP_MS)
            self.station.pump()
            if self.clock.uptime_s() != before:
                self.station.second(self.clock.uptime_s())

    def until(self, condition, seconds=60):
        """Let time pass until `condition()`; returns the seconds it took, or raises."""
        for tenths in range(int(seconds * 10)):
            if condition():
                return tenths / 10
            self.pass_time(0.1)
        raise AssertionError("did not happen within %s s" % seconds)

    def charge(self, id_tag="A1", cid=1):
        """Plug in, show a card, wait until current flows."""
        self.plug(cid)
        self.pass_time(2)
        self.tag(id_tag, cid)
        self.until(lambda: self.wires[cid - 1].amps > 5, 20)
        self.pass_time(3)
        return self

    # -- shorthands for the first connector

    @property
    def connector(self):
        return self.station.connectors[0]

    @property
    def wire(self):
        return self.wires[0]

    @property
    def status(self):
        return self.connector.status

    @property
    def session(self):
        return self.connector.session

    def path_phase(self, cid=1):
        """The phase of a connector's output (station.path_rivot)."""
        return self.station.connectors[cid - 1].path.phase

    def seen(self, cid=1):
        """The statuses of a connector in the order they appeared."""
        return [s[1] for s in self.statuses if s[0] == cid]
