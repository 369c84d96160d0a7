"""A charge point of OCPP 1.6 in virtual time: a plain station, a bus, and a scripted CSMS.

    b = Bench(); b.online(); b.charge("A1"); b.run(600); b.stop()
    assert b.sent("StopTransaction")[0]["reason"] == "Local"

One step is one second. Every message of the station is checked with the official schemas of the
PyPI package `ocpp`. The CSMS answers at once unless `csms.silent` or a reply says otherwise.
"""

import json

import ocpp.messages

from ocppj.v16.chargepoint import ChargePoint
from station import topics
from v16_station import Board, Bus, Clock, Config, Log, PowerCut, Station, Store, whole

__all__ = ["WALL", "Bench", "Csms", "Error", "PowerCut", "Store"]

WALL = 1_800_000_000  # 2027-01-15T08:00:00Z


class Error(Exception):
    """A CALLERROR as the scripted CSMS answers it."""


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
            if self.pending and self.pending[-1][1] == self.calls[-1][3]:
                # Only a time-out makes room for the next one (J 4.1.1).
                waited = bench.clock.now - self.calls[-1][0]
                assert waited >= bench.cp.rpc.timeout, "two CALLs under way"
            self.calls.append((bench.clock.now, message[2], message[3], message[1]))
            self.pending = [m for m in self.pending if m[1] != message[1]]  # sent once more
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

    certs = None  # records of certificates, of a test that has some

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
        self.cp.certs = self.certs
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
            text = whole(self.cp.poll(self.clock.now))
            if text is None and not self.cp.chore:
                return
            if text is None:
                continue
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
        while self.cp.work and self.cp.linked:
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
        other = type(self)(
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
