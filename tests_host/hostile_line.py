"""A hostile CSMS and the line to it, for test_v16_hostile.py: they do what one step says.

`HostileBench` sees every frame: it drops the line before a chosen one, spoils or doubles answers,
and asserts that nothing is said too early. `Line` plays steps over all boots.
"""

import json

from charging_bench import profile
from v16_bench import Bench, Error
from v16_station import whole

GARBLED = (
    lambda text: text[: len(text) // 2],
    lambda text: text.replace("[3,", "[3 ,7,", 1),
    lambda text: text[:-1] + ',{"x":1}]',
    lambda text: '[3,"' + "x" * 36 + text[text.index('",') :],
    lambda text: "[3]",
    lambda text: text.replace("{", "[", 1),
    lambda text: "",
    lambda text: "\0" + text,
)


class HostileBench(Bench):
    """cut: frames (either way) that still pass before the line breaks, or None. garble: how the
    next answer is spoilt, or None. double: every answer comes twice."""

    cut = garble = None
    double = False

    def start(self, *args):
        super().start(*args)
        self.accepted = False  # this boot is registered
        self.triggered = 0  # calls that a Pending station may make
        return self

    def pump(self):
        while True:
            text = whole(self.cp.poll(self.clock.now))
            if text is None or not self._passes():
                return
            message = json.loads(text)
            if message[0] == 2:
                self._in_order(message)
            for answer in self.csms.take(text):
                if not self._passes():
                    return
                self.deliver(answer)

    def _passes(self):
        """Does one more frame pass?"""
        if self.cut is None:
            return True
        self.cut -= 1
        if self.cut >= 0:
            return True
        self.cut = None
        self.offline()
        return False

    def _in_order(self, message):
        """Nothing is sent before a BootNotification was accepted, but what Pending allows."""
        if message[2] != "BootNotification" and not self.accepted:
            assert self.triggered, "%s before the boot was accepted" % message[2]
            self.triggered -= 1

    def deliver(self, text):
        """An answer reaches the station, as it is or spoilt."""
        if self.garble is not None:
            text, self.garble = GARBLED[self.garble % len(GARBLED)](text), None
        for _ in range(1 + self.double):
            if '"interval"' in text and '"Accepted"' in text:
                # Even a spoilt one may tell what is needed.
                self.accepted = self.accepted or self._is_answer(text)
            self.cp.receive(text, self.clock.now)

    def _is_answer(self, text):
        pending = self.cp.rpc.pending or self.cp.doubt
        return bool(pending) and pending[1] == "BootNotification" and pending[0] in text


class Line:
    """Plays steps; keeps what was sent over all boots."""

    def __init__(self):
        self.b = HostileBench(
            AllowOfflineTxForUnknownId=True,
            MeterValueSampleInterval=25,
            TransactionMessageRetryInterval=5,
            TransactionMessageAttempts=100,
            MessageTimeout=10,
        ).start()
        self.calls = []
        self.count = 0  # calls of the CSMS with a number in them
        self.seen = 0
        self.old = []
        self.b.cp.connected(0)

    def collect(self):
        news = [c for c in self.b.csms.calls[self.seen :] if c[0] >= 0]
        self.seen = len(self.b.csms.calls)
        self.calls += news
        self.old += [c[3] for c in news]

    def list(self, b, n):
        rows = [{"idTag": "L%d" % n, "idTagInfo": {"status": "Blocked"}}]
        payload = {"listVersion": n, "updateType": "Differential"}
        answer = b.call("SendLocalList", dict(payload, localAuthorizationList=rows))
        assert answer in (None, {"status": "Accepted"})  # None: rejected, or the line broke

    def file(self, b, n):
        if n % 2:
            b.call("GetDiagnostics", {"location": "http://h/", "retryInterval": 3})
        else:
            payload = {"location": "http://h/f", "retrieveDate": "2027-01-15T08:00:00Z"}
            b.call("UpdateFirmware", dict(payload, retries=2, retryInterval=3))

    def limit(self, b, n):
        purpose = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")[n % 3]
        body = profile(n % 5, purpose, n % 4, [(0, n % 30), (7, 5)])
        payload = {"connectorId": int(n % 3 == 2), "csChargingProfiles": body}
        b.call("SetChargingProfile", payload)
        b.call("GetCompositeSchedule", {"connectorId": 0, "duration": 50})
        if n % 4 == 0:
            b.call("ClearChargingProfile", {"id": n % 5})

    def play(self, step):
        b = self.b
        if step == "tag":
            if b.station.connector(1).session is None:
                b.charge()
        elif step == "stop":
            b.stop()
        elif step in ("pass", "long"):
            b.run(7 if step == "pass" else 90)
        elif step == "drop":
            b.offline()
        elif step == "join":
            b.csms.pending = []
            if not b.cp.linked:
                b.cp.connected(b.clock.now)
        elif step == "deaf":
            b.csms.silent = True
        elif step in ("hear", "fine"):
            b.csms.silent = ()
            b.csms.replies = {}
            if step == "hear":
                b.cut = b.garble = None
                b.csms.boot = {"status": "Accepted", "interval": 300}
        elif step == "error":
            for action in ("StartTransaction", "StopTransaction", "MeterValues", "Authorize"):
                b.csms.replies[action] = Error("InternalError")
        elif step == "invalid":
            b.csms.replies["StartTransaction"] = {"idTagInfo": 3}
        else:
            self._hurt(b, step)
        if self.b.cp.linked:
            self.b.pump()
        self.collect()

    def _hurt(self, b, step):
        """The steps that a decent CSMS and line would not do, and what it asks for."""
        if step == "late":
            if b.csms.pending:
                b.deliver(b.csms.answer(b.csms.pending.pop()))
        elif step == "reorder":  # those that wait for an answer get it, the youngest first
            late, b.csms.pending = b.csms.pending, []
            for message in reversed(late):
                b.deliver(b.csms.answer(message))
        elif step == "cut":
            self.count += 1
            b.cut = self.count % 7
        elif step == "garble":
            self.count += 1
            b.garble = self.count
        elif step == "double":
            b.double = not b.double
        elif step in ("Pending", "Rejected", "Accepted"):
            b.csms.boot = {"status": step, "interval": 5}
        elif step == "twice":
            b.csms.pending = [m for m in b.csms.pending if m[1] not in self.old[-3:]]
            for message_id in self.old[-3:]:
                b.cp.receive(json.dumps([4, message_id, "GenericError", "", {}]), b.clock.now)
        elif step == "junk":
            for text in ('[3,"x",{}]', "[2,", '[2,"j","Reset",{"type":1}]', "[[[[[[", '"'):
                b.cp.receive(text, b.clock.now)
        elif step == "pong":
            b.csms.pending = []
            b.cp.alive(b.clock.now)
        elif step == "trigger" and b.cp.linked:
            b.triggered += 2  # connectors 0 and 1
            answer = b.call("TriggerMessage", {"requestedMessage": "StatusNotification"})
            if answer != {"status": "Accepted"}:
                b.triggered -= 2
        elif step in ("list", "file", "limit") and b.cp.linked:
            self.count += 1
            getattr(self, step)(b, self.count)
        elif step == "carried":
            for job in b.cp.jobs:
                if job.order:
                    job.order, job.result = None, (job.kind == "Diagnostics", "no", False)
        elif step == "reboot":
            self.collect()
            wh = b.station.connector(1).meter.energy_wh
            self.b = b = b.reboot()
            self.seen = len(b.csms.calls)
            b.station.connector(1).meter.energy_wh = wh
            b.start()
            b.cp.connected(0)
