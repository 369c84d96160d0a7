"""A hostile CSMS and line: answers late, twice, wrong, missing; the line breaks at any time.

Invariants: one CALL at a time (the bench asserts it); every transaction arrives whole, in order,
once per message id; the register never goes back; nothing but Boot before it is accepted.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charging_bench import profile
from v16_bench import Bench, Error

STEPS = st.lists(
    st.sampled_from(
        [
            "tag", "stop", "pass", "long", "drop", "join", "deaf", "hear", "error", "fine",
            "late", "twice", "junk", "invalid", "reboot", "pong", "trigger", "list", "file",
            "carried", "limit",
        ]
    ),
    min_size=5,
    max_size=40,
)  # fmt: skip


class Line:
    """Plays steps; keeps what was sent over all boots."""

    def __init__(self):
        self.b = Bench(
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
        assert answer["status"] == "Accepted"

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
        elif step == "error":
            for action in ("StartTransaction", "StopTransaction", "MeterValues", "Authorize"):
                b.csms.replies[action] = Error("InternalError")
        elif step == "invalid":
            b.csms.replies["StartTransaction"] = {"idTagInfo": 3}
        elif step == "late":
            if b.csms.pending:
                b.cp.receive(b.csms.answer(b.csms.pending.pop()), b.clock.now)
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
            b.call("TriggerMessage", {"requestedMessage": "StatusNotification"})
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
        if self.b.cp.linked:
            self.b.pump()
        self.collect()


@settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(STEPS)
def test_invariants(steps):
    """J 4.1.1/1."""
    check(steps)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_invariants_long(steps):
    """J 4.1.1/1."""
    check(steps)


def check(steps):
    line = Line()
    for step in steps:
        line.play(step)
    for step in ("hear", "drop", "join", "stop", "long", "pong", "drop", "join"):
        line.play(step)
    for _ in range(6):
        line.play("carried")
        line.b.run(200)
    line.collect()
    assert not line.b.cp.notices and not line.b.cp.jobs
    assert "update" not in line.b.store.files
    bodies = {}
    order = []
    for _, action, payload, message_id in line.calls:
        if action in ("StartTransaction", "StopTransaction", "MeterValues"):
            fixed = dict(payload, transactionId=None)
            assert bodies.setdefault(message_id, fixed) == fixed
            if message_id not in order:
                order.append(message_id)
    starts = [i for i in order if "meterStart" in bodies[i]]
    stops = [i for i in order if "meterStop" in bodies[i]]
    assert len(starts) == len(stops)
    register = 0
    for message_id in order:
        body = bodies[message_id]
        for key in ("meterStart", "meterStop"):
            if key in body:
                assert body[key] >= register
                register = body[key]
    kinds = [("s" if i in starts else "e") for i in order if i in starts or i in stops]
    assert kinds == ["s", "e"] * len(starts)
    assert not [n for n in line.b.store.files if n[0] in "smda" and len(n) == 8]
    ids = [
        i
        for _, a, _, i in line.calls
        if a not in ("StartTransaction", "StopTransaction", "MeterValues")
    ]
    assert len(ids) == len(set(ids))
