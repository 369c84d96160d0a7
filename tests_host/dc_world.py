"""A multi-gun DC station in virtual time: the real station core, the plant of tools/sim, a wire.

    w = DcWorld(guns=4)
    w.plug(1); w.tag("A1", 1); w.until(lambda: w.amps(1) > 100)
    assert w.c(1).status == "Charging" and not w.violations

Frames go through a port that delivers at once; cards come through the session's gate as on a
board.
"""

from station import plc_keys, topics
from station.connector import Connector
from station.hall import Hall
from station.path_plc import PlcPath
from station.plc_io import PlcIo
from station.station import Station
from tools.sim.canframe import Frame
from tools.sim.dc_plant import DcPlant
from world.settings import Clock, Log, Settings, Store, _typed

STEP_MS = 100
RATINGS = {
    "voltage_min_dv": 1500,
    "voltage_max_dv": 10000,
    "current_max_da": 5000,
    "cable_max_da": 5000,
    "power_max_w": 350_000,
}


class Board:
    """The board's own inputs: an emergency stop, no cards."""

    alive = True

    def __init__(self, plant):
        self.plant = plant

    def estop(self):
        return self.plant.estop

    def next_tag(self):
        return None

    def next_button(self):
        return None


class Port:
    """The plant's end of the bus: what it sends reaches the station at once."""

    def __init__(self, world):
        self.world = world
        self.hub = self
        self.is_cut = False

    def send(self, can_id, data):
        if not self.is_cut:
            self.world.rx += 1
            self.world.hall.receive(can_id, memoryview(data), len(data))
        return not self.is_cut


class DcWorld:
    """`guns` guns, `each` modules a slot; cards None: everyone is accepted."""

    def __init__(self, guns=4, each=2, cards=None, store=None, version=3, boot=True, **settings):
        self.config = Settings()
        for line in plc_keys.KEYS.decode().strip().split("\n"):
            name, kind, default = line.split(" ")[:3]
            self.config.values[name] = _typed(kind, default)
        fast = {"LayoutGainTime": 300, "TieHold": 1000, "PlcContract": version}
        for key, value in {**fast, **settings}.items():
            self.config.set(key, value)
        self.clock, self.store, self.log = Clock(), store or Store(), Log()
        self.cards = cards
        self.plant = DcPlant(guns, version=version, each=each)
        for outlet in self.plant.outlets:
            outlet.plc.owns_gun = self.config.get("GunRelayBy") == "plc"
        self.port = self.plant.buses[0].port = Port(self)
        self.tx = self.rx = 0
        self.frames = {}
        self.events, self.statuses, self.started, self.stopped = [], [], [], []
        self.hall = Hall(guns, each, (30_000, 1000), self._send, self._send, self.config)
        self.io = PlcIo(self.hall, Board(self.plant))
        self.station = Station(
            [], self.io, self.config, self.clock, self.emit, self.log, self.store
        )
        self.station.hall = self.hall
        for g in range(guns):
            path = PlcPath(self.hall, g, self.config)
            connector = Connector(
                g + 1, path, self.io, self.config, RATINGS, self.station.push, self.clock
            )
            path.attach(connector)
            self.station.add(connector)
        if boot:
            self.pass_time(7)

    def _send(self, can_id, buf):
        self.tx += 1
        self.frames[can_id] = bytes(buf)
        if not self.port.is_cut:
            self.plant.buses[0].receive(Frame(can_id, bytes(buf)))

    def emit(self, topic, value):
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
            self.station.authorised(value.cid, value.id_tag, "Accepted" if good else "Invalid")

    def plug(self, cid=1, soc=40.0, volts=403.2, amperes=150.0):
        outlet = self.plant.outlet(cid)
        outlet.vehicle.demand(amperes, volts)
        outlet.battery.set_soc(soc)
        self.plant.plug(cid)

    def unplug(self, cid=1):
        self.plant.unplug(cid)

    def tag(self, tag="A1", cid=1):
        return self.station.tag(cid, tag)

    def pass_time(self, seconds):
        for _ in range(round(seconds * 1000 / STEP_MS)):
            before = self.clock.uptime_s()
            self.clock.ms += STEP_MS
            self.plant.advance(STEP_MS)
            self.station.step(STEP_MS)
            self.station.pump()
            shown = self.io.next_tag()
            while shown:
                self.station.tag(*shown)
                shown = self.io.next_tag()
            if self.clock.uptime_s() != before:
                self.station.second(self.clock.uptime_s())

    def until(self, condition, seconds=60):
        for tenths in range(int(seconds * 10)):
            if condition():
                return tenths / 10
            self.pass_time(0.1)
        raise AssertionError(f"did not happen within {seconds} s")

    def charge(self, cid=1, tag="A1", **vehicle):
        self.plug(cid, **vehicle)
        self.pass_time(3)
        assert self.tag(tag, cid) == "authorising"
        self.until(lambda: self.amps(cid) > 20)
        return self

    def c(self, cid=1):
        return self.station.connector(cid)

    def amps(self, cid=1):
        return self.plant.ring.current_a[cid - 1]

    def seen(self, cid=1):
        return [s[1] for s in self.statuses if s[0] == cid]

    @property
    def violations(self):
        return self.plant.violations
