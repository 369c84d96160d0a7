"""A charge point of OCPP 1.6 in virtual time: a plain station, a bus, and a scripted CSMS.

    b = Bench(); b.online(); b.charge("A1"); b.run(600); b.stop()
    assert b.sent("StopTransaction")[0]["reason"] == "Local"

One step is one second. Every message of the station is checked with the official schemas of the
PyPI package `ocpp`. The CSMS answers at once unless `csms.silent` or a reply says otherwise.
"""

import json
import sys
from pathlib import Path

import ocpp.messages

sys.path.append(str(Path(__file__).parents[1] / "firmware"))

from core import config as core_config  # noqa: E402
from core import settings as core_settings  # noqa: E402
from ocppj.v16 import keys as ocpp_keys  # noqa: E402
from ocppj.v16.chargepoint import ChargePoint  # noqa: E402
from station import keys as station_keys  # noqa: E402
from station import topics  # noqa: E402
from station.session import Session, restored  # noqa: E402

WALL = 1_800_000_000  # 2027-01-15T08:00:00Z


class Error(Exception):
    """A CALLERROR as the scripted CSMS answers it."""


class PowerCut(Exception):
    """The store stopped: nothing after this moment reached the flash."""


class Store:
    """Records in memory; after `left` more changes the power goes (None: never)."""

    def __init__(self, files=None):
        self.files = dict(files or {})
        self.left = None
        self.changes = 0
        self.written = 0
        self.free_bytes = None
        self.refuse = False

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files.get(name)

    def _change(self):
        if self.refuse:
            raise OSError(28)
        if self.left is not None:
            if self.left == 0:
                raise PowerCut()
            self.left -= 1
        self.changes += 1

    def write(self, name, data):
        self._change()
        self.files[name] = bytes(data)
        self.written += len(data)

    def delete(self, name):
        if name in self.files:
            self._change()
            del self.files[name]

    def free(self):
        return self.free_bytes


class Clock:
    """Uptime of one boot; `wall` is None until somebody sets it."""

    def __init__(self, wall=None):
        self.now = 0
        self.zero = wall
        self.emit = None

    def uptime_s(self):
        return self.now

    def wall(self):
        return None if self.zero is None else self.zero + self.now

    def wall_at(self, uptime_s):
        return None if self.zero is None else self.zero + uptime_s

    def set_wall(self, epoch_s, source):
        jump = None if self.zero is None else epoch_s - self.wall()
        if jump is None or not -2 < jump < 2:
            self.zero = epoch_s - self.now
            self.emit(topics.TIME, jump)
        return True


class Bus:
    """As core.bus, but an exception of a listener is the test's."""

    def __init__(self):
        self.fns = {}

    def on(self, topic, fn):
        self.fns.setdefault(topic, []).append(fn)

    def off(self, topic, fn):
        self.fns[topic].remove(fn)

    def emit(self, topic, value=None):
        for fn in list(self.fns.get(topic, ())):
            fn(value)


class Config(core_config.Config):
    """The product's configuration without a file; `saved` survives a power cut."""

    def __init__(self, emit, saved):
        self._tables = (station_keys.KEYS, ocpp_keys.KEYS)
        self.emit = emit
        self.values = dict(saved)
        self.saved = saved
        self.guards = []

    def set(self, key, text, origin="console"):
        """As in the product; stored in `saved`."""
        return core_settings.change(self, key, text, origin)

    def save(self):
        self.saved.clear()
        self.saved.update(self.values)


core_settings._save = Config.save


class Log:
    """Lines as text."""

    def __init__(self):
        self.lines = []

    def _line(self, text, *args):
        self.lines.append(text % args if args else text)

    trace = debug = info = warn = error = critical = _line

    def exc(self, e, text, *args):
        raise e


class Board:
    NAME = "BENCH"
    VENDOR = "Galvani"
    MODEL = "RIVOT_100A"
    VERSION = "0.1.0"


class Meter:
    def __init__(self):
        self.energy_wh = 1000
        self.voltage_dv = 780
        self.current_da = 300
        self.power_w = 2340
        self.offered_da = 320
        self.offered_w = 2500
        self.soc_pm = 455
        self.temp_dc = -5

    def register(self, energy_wh):
        self.energy_wh = max(self.energy_wh, energy_wh)


class Limits:
    def claims(self):
        return [("board", 1000, None), ("vehicle", 305, None)]


class Connector:
    def __init__(self, cid):
        self.id = cid
        self.status = "Available"
        self.error_code = "NoError"
        self.vendor_error = self.info = None
        self.plugged = False
        self.session = None
        self.meter = Meter()
        self.limits = Limits()


class Station:
    """What the charge point knows of a station; a charge runs from tag or remote start on."""

    def __init__(self, bench, connectors):
        self.bench = bench
        self.connectors = [Connector(n) for n in range(1, connectors + 1)]
        self.status = "Available"
        self.error_code = "NoError"
        self.vendor_error = self.info = None
        self.refusal = None
        self.resets = []
        self.availability = []
        self.verdicts = []

    def connector(self, cid):
        if cid == 0:
            return self
        return self.connectors[cid - 1] if 0 < cid <= len(self.connectors) else None

    def show(self, cid, status, error="NoError", vendor=None):
        c = self.connector(cid)
        c.status, c.error_code, c.vendor_error = status, error, vendor
        self.bench.bus.emit(topics.STATUS, cid)

    def tag(self, cid, id_tag, source="tag"):
        c = self.connector(cid)
        if c.session is not None:
            self.bench.bus.emit(topics.AUTHORIZE, Session(cid, id_tag, "stop"))
            return
        c.session = session = Session(cid, id_tag, source)
        self.show(cid, "Preparing")
        self.bench.bus.emit(topics.AUTHORIZE, session)

    def authorised(self, cid, id_tag, verdict, parent=None):
        self.verdicts.append((cid, id_tag, verdict, parent))
        c = self.connector(cid)
        session = c.session
        if session.state == "auth":
            if verdict == "Accepted":
                session.parent = parent
                self.begin(c)
            else:
                c.session = None
                self.show(cid, "Available")
        elif verdict == "Accepted" and session.kin(parent):
            self.stop(cid, "Local", id_tag)

    def begin(self, c):
        session = c.session
        session.state = "active"
        session.meter_start_wh = c.meter.energy_wh
        session.started = self.bench.clock.uptime_s()
        session.started_wall = self.bench.clock.wall()
        self.bench.bus.emit(topics.TX_STARTED, session)
        if c.session is session:
            self.show(c.id, "Charging")

    def remote_start(self, cid, id_tag):
        if self.refusal:
            return self.refusal
        c = self.connector(cid or 1)
        if c is None or c.session:
            return "occupied"
        c.session = session = Session(c.id, id_tag, "remote")
        if self.bench.config.get("AuthorizeRemoteTxRequests"):
            self.bench.bus.emit(topics.AUTHORIZE, session)
        else:
            self.bench.later(lambda: self.begin(c))
        return None

    def remote_stop(self, transaction_id):
        for c in self.connectors:
            if c.session and c.session.transaction_id == transaction_id:
                self.bench.later(lambda cid=c.id: self.stop(cid, "Remote"))
                return True
        return False

    def stop(self, cid, reason, id_tag=None):
        c = self.connector(cid)
        session = c.session
        if session is None:
            return False
        c.session = None
        session.state = "ended"
        session.stop_reason, session.stop_tag = reason, id_tag
        session.meter_stop_wh = c.meter.energy_wh
        session.stopped = self.bench.clock.uptime_s()
        self.bench.bus.emit(topics.TX_STOPPED, session)
        self.show(cid, "Finishing")
        return True

    def unlock(self, cid):
        return "Unlocked" if self.connector(cid) and cid else "NotSupported"

    def set_availability(self, cid, operative):
        if self.connector(cid) is None:
            return "Rejected"
        self.availability.append((cid, operative))
        return "Accepted"

    def reset(self, kind):
        self.resets.append(kind)
        for c in self.connectors:
            self.stop(c.id, kind + "Reset")

    def restore(self, fields):
        c = self.connector(fields["cid"])
        if self.refusal or c.session:
            return None
        c.session = session = restored(fields)
        session.started = fields["started"]
        c.meter.energy_wh = max(c.meter.energy_wh, fields["energy_wh"])
        c.status = "SuspendedEVSE"
        return session


class Csms:
    """The other end: `replies` by action are payloads, functions of the payload, or Error."""

    def __init__(self, bench):
        self.bench = bench
        self.calls = []  # (uptime, action, payload, id) of the station
        self.answers = []  # (id, payload or (code, description)) of the station to our calls
        self.pending = []  # calls of the station not answered while silent
        self.silent = ()
        self.transactions = 0
        self.count = 0
        self.boot = {"status": "Accepted", "interval": 300}
        self.idtag = {"status": "Accepted"}
        self.replies = {}

    def take(self, text):
        """A message of the station; returns the answers to it as texts."""
        message = json.loads(text)
        bench = self.bench
        if message[0] == 2:
            call = ocpp.messages.Call(message[1], message[2], message[3])
            ocpp.messages._validate_payload(call, "1.6")
            assert len(message[1]) <= 36
            self.calls.append((bench.clock.now, message[2], message[3], message[1]))
            assert not self.pending, "two CALLs under way"
            if self.silent is True or message[2] in self.silent:
                self.pending.append(message)
                return []
            return [self.answer(message)]
        if message[0] == 3:
            self.answers.append((message[1], message[2]))
            action = bench.asked[message[1]]
            ocpp.messages._validate_payload(
                ocpp.messages.CallResult(message[1], message[2], action), "1.6"
            )
        else:
            self.answers.append((message[1], (message[2], message[3])))
        return []

    def answer(self, message):
        """The text of the CALLRESULT or CALLERROR to a call of the station."""
        action = message[2]
        reply = self.replies.get(action, self.default(action, message[3]))
        if callable(reply):
            reply = reply(message[3])
        if isinstance(reply, Error):
            return json.dumps([4, message[1], str(reply), "no", {}])
        return json.dumps([3, message[1], reply])

    def start(self, payload):
        """A new transaction."""
        self.transactions += 1
        return {"transactionId": self.transactions, "idTagInfo": self.idtag}

    def default(self, action, payload):
        time = self.bench.iso()
        if action == "BootNotification":
            return dict(self.boot, currentTime=time)
        if action == "Heartbeat":
            return {"currentTime": time}
        if action == "Authorize":
            return {"idTagInfo": self.idtag}
        if action == "StartTransaction":
            return self.start
        return {"status": "Accepted"} if action == "DataTransfer" else {}


class Bench:
    """See the module. `store`, `saved` and `real` (the true time) survive a power cut."""

    def __init__(self, store=None, wall=None, connectors=1, saved=None, real=WALL, **settings):
        self.store = store or Store()
        self.clock = Clock(wall)
        self.bus = Bus()
        self.clock.emit = self.bus.emit
        self.real = real  # Unix seconds at uptime 0, what the CSMS believes
        self.saved = {} if saved is None else saved
        self.config = Config(self.bus.emit, self.saved)
        for key, value in settings.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            self.config.set(key, text, "station")
        self.log = Log()
        self.station = Station(self, connectors)
        self.csms = Csms(self)
        self.asked = {}
        self.jobs = []
        self.count = 0
        self.cause = "PowerLoss"
        self.cp = None

    def start(self, cause="PowerLoss"):
        """Build the charge point, as main does at boot."""
        self.cp = ChargePoint(
            self.station,
            self.config,
            self.clock,
            self.store,
            self.bus,
            _random,
            self.log,
            Board,
            cause,
        )
        return self

    def online(self, seconds=2):
        """Boot, connect, register."""
        if self.cp is None:
            self.start()
        self.cp.connected(self.clock.now)
        self.run(seconds)
        return self

    def offline(self):
        self.csms.pending = []
        self.cp.disconnected(self.clock.now)

    def later(self, job):
        self.jobs.append(job)

    def iso(self):
        from ocppj.datetime import iso

        return iso(self.real + self.clock.now)

    def pump(self):
        """Let messages pass until both sides are quiet."""
        while True:
            text = self.cp.poll(self.clock.now)
            if text is None:
                return
            for answer in self.csms.take(text):
                self.cp.receive(answer, self.clock.now)

    def run(self, seconds=1):
        """Let virtual time pass; a charge takes 1 Wh a second."""
        for _ in range(seconds):
            self.pump()
            self.clock.now += 1
            jobs, self.jobs = self.jobs, []
            for job in jobs:
                job()
            for c in self.station.connectors:
                if c.session is not None and c.session.state == "active":
                    c.meter.energy_wh += 1
                    if self.clock.now % 60 == 0:
                        self.bus.emit(topics.METER, c)
            self.pump()
        return self

    def call(self, action, payload=None):
        """A call of the CSMS; returns the payload of the answer, or (code, description)."""
        self.count += 1
        message_id = "csms-%d" % self.count
        self.asked[message_id] = action
        self.cp.receive(json.dumps([2, message_id, action, payload or {}]), self.clock.now)
        self.pump()
        return dict(self.csms.answers).get(message_id)

    def charge(self, id_tag="A1", cid=1):
        self.station.tag(cid, id_tag)
        self.pump()
        return self

    def stop(self, cid=1, reason="Local", id_tag="A1"):
        self.station.stop(cid, reason, id_tag)
        self.pump()
        return self

    def reboot(self, **settings):
        """The power comes back: a new charge point on the same flash, ten seconds later."""
        other = Bench(
            Store(self.store.files),
            None,
            len(self.station.connectors),
            self.saved,
            self.real + self.clock.now + 10,
            **settings,
        )
        other.csms.transactions = self.csms.transactions
        other.csms.calls = [(t - 1_000_000, a, p, i) for t, a, p, i in self.csms.calls]
        return other

    def sent(self, action=None):
        """Payloads of the station's calls, in order."""
        return [p for _, a, p, _ in self.csms.calls if action in (None, a)]

    def actions(self):
        return [a for _, a, _, _ in self.csms.calls]

    def times(self, action):
        return [t for t, a, _, _ in self.csms.calls if a == action]

    def ids(self, action):
        return [i for _, a, _, i in self.csms.calls if a == action]


_count = [0]


def _random(n):
    _count[0] += 1
    return _count[0].to_bytes(n, "big")
