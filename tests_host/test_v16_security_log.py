"""GetLog and its statuses: whitepaper N01. Who moves bytes is played by the test."""

import pytest

from ocppj.datetime import iso
from v16_bench import WALL
from v16_secured import secured

URL = "http://files.example/up/"


def get_log(b, kind="SecurityLog", number=7, log=None, **more):
    log = {"remoteLocation": URL, **(log or {})}
    return b.call("GetLog", {"logType": kind, "requestId": number, "log": log, **more})


def statuses(b):
    return [p["status"] for p in b.sent("LogStatusNotification")]


def settle(b, done=True, why="no", useless=False):
    (job,) = b.cp.jobs
    assert job.order == "upload"
    job.order, job.result = None, (done, why, useless)
    b.run(2)


def trigger(b, message="LogStatusNotification"):
    before = len(b.csms.calls)
    answer = b.call("ExtendedTriggerMessage", {"requestedMessage": message})
    assert answer == {"status": "Accepted"}
    return b.csms.calls[before][2]


@pytest.mark.parametrize("kind", ["SecurityLog", "DiagnosticsLog"])
def test_a_log_goes_its_way(kind):
    """N01.FR.01, N01.FR.02, N01.FR.03, N01.FR.04, N01.FR.07, N01.FR.08, N01.FR.09."""
    b = secured()
    answer = get_log(b, kind)
    assert answer["status"] == "Accepted"
    assert answer["filename"].startswith("CP-0001-" + kind[:4].lower())
    (job,) = b.cp.jobs
    assert (job.name, job.place, job.url) == (answer["filename"], kind, URL)
    settle(b)
    assert statuses(b) == ["Uploading", "Uploaded"]
    assert {p["requestId"] for p in b.sent("LogStatusNotification")} == {7}


@pytest.mark.parametrize(
    "why, status",
    [
        ("HTTP status 403", "PermissionDenied"),
        ("FTP STOR: 550 no", "PermissionDenied"),
        ("HTTP status 405", "NotSupportedOperation"),
        ("FTP PASV: 502 what", "NotSupportedOperation"),
        ("HTTP status 400", "BadMessage"),
        ("HTTP status 500", "UploadFailure"),
        ("", "UploadFailure"),
    ],
)
def test_a_failure_says_why(why, status):
    """N01.FR.10."""
    b = secured()
    get_log(b, retries=0)
    settle(b, False, why)
    assert statuses(b) == ["Uploading", status]


def test_it_is_tried_again():
    """N01.FR.10."""
    b = secured()
    get_log(b, retries=1, retryInterval=5)
    settle(b, False)
    b.run(5)
    settle(b)
    assert statuses(b) == ["Uploading", "Uploaded"]


def test_a_newer_request_takes_its_place():
    """N01.FR.11."""
    b = secured()
    get_log(b)
    old = b.cp.jobs[0]
    assert get_log(b, number=8)["status"] == "AcceptedCanceled"
    assert old.over and len(b.cp.jobs) == 1
    settle(b)
    assert [p["requestId"] for p in b.sent("LogStatusNotification")] == [7, 8, 8]


def test_the_trigger_tells_the_state_and_idle_has_no_id():
    """N01.FR.12."""
    b = secured()
    assert trigger(b) == {"status": "Idle"}
    get_log(b)
    assert trigger(b) == {"status": "Uploading", "requestId": 7}
    settle(b)
    assert trigger(b) == {"status": "Idle"}


def test_diagnostics_of_the_old_kind_are_another_matter():
    """N01.FR.11."""
    b = secured()
    get_log(b)
    b.call("GetDiagnostics", {"location": URL})
    assert len(b.cp.jobs) == 2
    assert b.sent("DiagnosticsStatusNotification") == [{"status": "Uploading"}]


def test_the_span_of_time():
    """N01.FR.02."""
    b = secured()
    get_log(b, log={"oldestTimestamp": iso(WALL - 60), "latestTimestamp": iso(WALL)})
    (job,) = b.cp.jobs
    assert (job.since, job.until) == (WALL - 60, WALL)


@pytest.mark.parametrize("message", ["Heartbeat", "MeterValues", "StatusNotification"])
def test_the_extended_trigger_knows_the_usual_messages(message):
    """N01.FR.12."""
    b = secured()
    before = len(b.csms.calls)
    assert b.call("ExtendedTriggerMessage", {"requestedMessage": message})["status"] == "Accepted"
    assert b.csms.calls[before][1] == message


def test_an_unknown_trigger_is_not_implemented():
    """N01.FR.12."""
    b = secured()
    answer = b.call("ExtendedTriggerMessage", {"requestedMessage": "Nothing"})
    assert answer == {"status": "NotImplemented"}
    answer = b.call(
        "ExtendedTriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 9}
    )
    assert answer == {"status": "Rejected"}
