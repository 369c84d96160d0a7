"""TriggerMessage: which messages, for whom, and when not (S 5.17, E 3.35, 3.46)."""

import pytest

from v16_bench import Bench

TRIGGERS = [
    ("StatusNotification", None, "Accepted", [0, 1, 2]),
    ("StatusNotification", 0, "Accepted", [0]),
    ("StatusNotification", 2, "Accepted", [2]),
    ("StatusNotification", 3, "Rejected", []),
    ("MeterValues", None, "Accepted", [1, 2]),
    ("MeterValues", 2, "Accepted", [2]),
    ("MeterValues", 0, "Rejected", []),
    ("MeterValues", 9, "Rejected", []),
    ("Heartbeat", None, "Accepted", [None]),
    ("Heartbeat", 99, "Accepted", [None]),  # not relevant: ignored
    ("BootNotification", None, "Rejected", []),  # E 3.35
    ("FirmwareStatusNotification", None, "Accepted", [None]),
    ("DiagnosticsStatusNotification", None, "Accepted", [None]),
]


@pytest.mark.parametrize("message, cid, status, expected", TRIGGERS)
def test_trigger(message, cid, status, expected):
    """S 5.17/2, S 5.17/3, E 3.35, E 3.40, U 26."""
    b = Bench(connectors=2).online()
    before = len(b.csms.calls)
    payload = {"requestedMessage": message}
    if cid is not None:
        payload["connectorId"] = cid
    assert b.call("TriggerMessage", payload) == {"status": status}
    got = b.csms.calls[before:]
    assert [(a, p.get("connectorId")) for _, a, p, _ in got] == [(message, c) for c in expected]


def test_a_trigger_for_a_message_that_nobody_knows():
    """S 5.17/2: NotImplemented, whatever the schema lists; of a wrong type it is an error."""
    b = Bench().online()
    for name in ("LogStatusNotification", "StartTransaction", "x,PropertyConstraintViolation"):
        answer = b.call("TriggerMessage", {"requestedMessage": name})
        assert answer == {"status": "NotImplemented"}, name
    for payload, code in (
        ({"requestedMessage": 1}, "TypeConstraintViolation"),
        ({"requestedMessage": "Heartbeat", "connectorId": "1"}, "TypeConstraintViolation"),
        ({}, "OccurenceConstraintViolation"),
    ):
        assert b.call("TriggerMessage", payload)[0] == code
    assert b.actions()[3:] == []


def test_a_trigger_is_not_debounced_and_answered_first():
    """S 5.17/1, S 5.17/4, S 4.9/11."""
    b = Bench(MinimumStatusDuration=1000).online()
    b.station.show(1, "Preparing")
    b.csms.silent = True
    b.call("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1})
    assert b.csms.answers[-1][1] == {"status": "Accepted"}
    assert b.sent("StatusNotification")[-1]["status"] == "Preparing"


def test_triggered_values_without_measurands_are_refused():
    """S 5.17/2, U 26."""
    b = Bench(MeterValuesSampledData="").online()
    answer = b.call("TriggerMessage", {"requestedMessage": "MeterValues"})
    assert answer == {"status": "Rejected"}


def test_triggers_do_not_pile_up():
    """S 5.17/3."""
    b = Bench().online()
    b.csms.silent = True
    b.station.tag(1, "A1")
    b.run(1)
    for n in range(50):
        b.asked["t%d" % n] = "TriggerMessage"
        text = '[2,"t%d","TriggerMessage",{"requestedMessage":"StatusNotification"}]' % n
        b.cp.receive(text, b.clock.now)
        b.pump()
    assert len(b.cp.triggers) == 2
