# heapsize: 400k
"""The charge point on MicroPython, both word sizes: a charge over a cut of power and line."""

import json
import sys

import lazy
import record
from ocppj import archive, authorise, outbox, sampler
from ocppj.v16 import keys as ocpp_keys
from ocppj.v16.chargepoint import ChargePoint
from station import keys as station_keys
from station import topics
from station.session import Session

WALL = 1800000000


class Store:
    def __init__(self, files):
        self.files = files

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = bytes(data)

    def delete(self, name):
        self.files.pop(name, None)

    def free(self):
        return None


class Clock:
    def __init__(self):
        self.now = 0
        self.zero = None

    def uptime_s(self):
        return self.now

    def wall(self):
        return None if self.zero is None else self.zero + self.now

    def wall_at(self, up):
        return None if self.zero is None else self.zero + up

    def set_wall(self, epoch, source):
        known = self.zero is not None
        self.zero = epoch - self.now
        if not known:
            self.bus.emit(topics.TIME, None)
        return True


class Bus:
    def __init__(self):
        self.fns = []

    def on(self, topic, fn):
        self.fns.append((topic, fn))

    def emit(self, topic, value):
        for wanted, fn in self.fns:
            if wanted == topic:
                fn.event(topic, value)


class Config:
    def __init__(self):
        self.guards = []
        self.values = {}

    def row(self, key):
        for table in (station_keys.KEYS, ocpp_keys.KEYS):
            for line in table.decode().strip().split("\n"):
                if line.split(" ")[0] == key:
                    return [x if x != "-" else "" for x in line.split(" ")]

    def keys(self, flag):
        for line in ocpp_keys.KEYS.decode().strip().split("\n"):
            if flag in line.split(" ")[6]:
                yield line.split(" ")[0]

    def get(self, key):
        if key in self.values:
            return self.values[key]
        row = self.row(key)
        return int(row[2]) if row[1] == "int" else row[2] == "true" if row[1] == "bool" else row[2]

    def text(self, key):
        return str(self.get(key))

    def set(self, key, value, origin):
        self.values[key] = int(value)
        return "ok"


class Log:
    def __init__(self):
        self.lines = []
        self.info = self.warn = self.error = self.critical = self._line

    def _line(self, text, *args):
        self.lines.append(text % args if args else text)

    def exc(self, e, text, *args):
        sys.print_exception(e)
        raise e


class Meter:
    energy_wh = 1073741900  # beyond a small integer of the 32-bit port
    voltage_dv = 780
    current_da = 300
    power_w = 2340
    offered_da = 320
    offered_w = 2500
    soc_pm = 455
    temp_dc = -5

    def register(self, energy_wh):
        assert energy_wh <= self.energy_wh


class Station:
    id = 1
    status = "Available"
    error_code = "NoError"
    vendor_error = info = session = None
    plugged = True
    settle_ms = 0

    def __init__(self):
        self.meter = Meter()
        self.connectors = [self]
        self.verdicts = []

    def connector(self, cid):
        return self if cid < 2 else None

    def save_register(self, connector):
        self.register_wh = connector.meter.energy_wh

    def authorised(self, *verdict):
        self.verdicts.append(verdict)

    def remote_start(self, cid, tag):
        return None

    def stop(self, cid, reason):
        raise AssertionError(reason)


class Board:
    NAME = "UNIX"


class World:
    def __init__(self, files):
        self.station = Station()
        self.clock = Clock()
        self.clock.bus = self.bus = Bus()
        self.config = Config()
        self.config.values["AllowOfflineTxForUnknownId"] = True
        self.log = Log()
        self.store = Store(files)
        self.sent = []
        self.cp = ChargePoint(
            self.station,
            self.config,
            self.clock,
            self.store,
            self.bus,
            lambda n: bytes(range(n)),
            self.log,
            Board,
        )

    def run(self, seconds):
        for _ in range(seconds):
            self.clock.now += 1
            text = self.cp.poll(self.clock.now)
            while text:
                self.take(json.loads(b"".join(text) if isinstance(text, list) else text))
                text = self.cp.poll(self.clock.now)

    def take(self, message):
        self.sent.append(message)
        if message[0] != 2:
            return
        answer = {}
        if message[2] == "BootNotification":
            answer = {"status": "Accepted", "interval": 300, "currentTime": "2027-01-15T08:00:00Z"}
        elif message[2] == "StartTransaction":
            answer = {"transactionId": 77, "idTagInfo": {"status": "Accepted"}}
        elif message[2] == "Authorize":
            answer = {"idTagInfo": {"status": "Blocked"}}
        self.cp.receive(json.dumps([3, message[1], answer]), self.clock.now)

    def start(self):
        session = Session(1, "A1", "tag", "active")
        session.meter_start_wh = self.station.meter.energy_wh
        session.started = self.clock.now
        self.station.session = session
        self.bus.emit(topics.TX_STARTED, session)
        return session

    def actions(self):
        return [m[2] for m in self.sent if m[0] == 2]


def test_a_charge_over_a_power_cut():
    w = World({})
    w.run(10)
    w.start()
    w.run(130)
    assert sorted(n[0] for n in w.store.files) == ["i", "m", "m", "s"]
    w = World(w.store.files)
    w.run(20)
    w.cp.connected(w.clock.now)
    w.run(5)
    assert w.actions()[3:] == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
    stop = w.sent[-1][3]
    assert stop["transactionId"] == 77 and stop["reason"] == "PowerLoss"
    assert stop["meterStop"] == 1073741900
    stamps = [w.sent[3][3]["timestamp"], w.sent[-1][3]["timestamp"]]
    assert "2027-01-15T07:5" < stamps[0] <= stamps[1] < "2027-01-15T08:00:30Z"
    assert sorted(w.store.files) == ["cards", "ids"]


def test_calls_are_answered_and_their_modules_dropped():
    w = World({})
    w.cp.connected(0)
    w.run(3)
    for n, (action, payload) in enumerate(
        (
            ("GetConfiguration", {}),
            ("GetConfiguration", {"key": ["HeartbeatInterval", "x"]}),
            ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}),
            ("TriggerMessage", {"requestedMessage": "MeterValues"}),
            ("RemoteStartTransaction", {"idTag": "A"}),
            ("ClearCache", {}),
            ("DataTransfer", {"vendorId": "x"}),
        )
    ):
        w.cp.receive(json.dumps([2, str(n), action, payload]), w.clock.now)
        w.run(1)
    answers = [m for m in w.sent if m[0] == 3]
    assert [m[1] for m in answers] == [str(n) for n in range(7)]
    assert answers[1][2] == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["x"],
    }
    assert answers[6][2] == {"status": "UnknownVendorId"}
    w.run(12)
    assert not lazy.recent
    assert not [m for m in sys.modules if m.startswith("ocppj.v16.calls.")]
    w.cp.receive('[2,"again","ClearCache",{}]', w.clock.now)
    w.run(1)
    assert w.sent[-1][1] == "again"


def test_a_card_is_asked_about_and_remembered():
    w = World({})
    w.cp.connected(0)
    w.run(3)
    w.bus.emit(topics.AUTHORIZE, Session(1, "C3", "tag"))
    w.run(1)
    assert w.station.verdicts == [(1, "C3", "Blocked", None)]
    assert authorise.cached(w.store, "c3", None) == ["Blocked", None]
    w.cp.disconnected(w.clock.now)
    w.bus.emit(topics.AUTHORIZE, Session(1, "C3", "tag"))
    w.bus.emit(topics.AUTHORIZE, Session(1, "D4", "tag"))
    assert [v[2] for v in w.station.verdicts[1:]] == ["Blocked", "Accepted"]


def test_records_and_readings():
    data = record.pack([1, None, "é\n", 1800000000])
    assert record.unpack(data) == [1, None, "é\n", 1800000000]
    for n in range(len(data)):
        torn = bytearray(data)
        torn[n] ^= 1
        assert record.unpack(bytes(torn)) is None
    assert record.unpack(b"") is None and record.unpack(None) is None
    assert sampler.read(Meter(), "EVST") == "E1073741900V780S455T-5"
    assert dict(sampler.values("V780T-5")) == {"V": "78.0", "T": "-0.5"}
    assert outbox.number_of("s0000010") == 16 and outbox.number_of("schedule") == -1
    assert archive.rows(Store({})) == []
