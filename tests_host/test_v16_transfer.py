"""Diagnostics and firmware, as far as the charge point decides: S 4.4, 4.5, 5.9, 5.17, 5.19, 8,
E 3.12, 3.31, 3.47 to 3.50, 3.63, 3.90; complaints 29. Who moves bytes is played by the test."""

import pytest

from ocppj.datetime import iso
from v16_bench import WALL, Bench, Error

URL = "http://files.example/up/"
IMAGE = "http://files.example/fw/galvani-2.bin?x=1"


def statuses(b, kind="Firmware"):
    return [p["status"] for p in b.sent(kind + "StatusNotification")]


def diagnostics(b, **more):
    return b.call("GetDiagnostics", dict(location=URL, **more))


def update(b, delay=0, url=IMAGE, **more):
    date = iso(b.real + b.clock.now + delay)
    return b.call("UpdateFirmware", dict(location=url, retrieveDate=date, **more))


def job(b):
    (found,) = b.cp.jobs
    return found


def take(b, order):
    """The shell takes the order that is expected."""
    found = job(b)
    assert found.order == order
    found.order = None
    return found


def settle(b, order, done=True, useless=False):
    take(b, order).result = (done, "no", useless)
    b.run(2)


def trigger(b, message):
    before = len(b.csms.calls)
    assert b.call("TriggerMessage", {"requestedMessage": message}) == {"status": "Accepted"}
    (call,) = b.csms.calls[before:]
    assert call[1] == message
    return call[2]["status"]


# -- diagnostics


def test_the_name_of_the_file_is_told_and_then_the_upload():
    """S 4.4/1, S 5.9/1."""
    b = Bench(Identity="CP 1").online()
    name = diagnostics(b)["fileName"]
    assert name.startswith("CP_1-18") and name.endswith(".txt")
    assert take(b, "upload").name == name
    assert statuses(b, "Diagnostics") == ["Uploading"]
    b.cp.jobs[0].result = (True, "", False)
    b.run(2)
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]
    assert not b.cp.jobs


def test_the_answer_goes_out_before_the_status():
    """S 5.9/1, E 3.31."""
    b = Bench().online()
    diagnostics(b)
    assert b.csms.answers[-1][1]["fileName"]
    assert b.actions()[-1] == "DiagnosticsStatusNotification"


def test_a_span_of_time_is_handed_on():
    """S 5.9/2."""
    b = Bench().online()
    diagnostics(b, startTime=iso(WALL - 60), stopTime=iso(WALL))
    assert (job(b).since, job(b).until) == (WALL - 60, WALL)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_follow_the_first_attempt(retries):
    """E 3.50."""
    b = Bench().online()
    diagnostics(b, retries=retries, retryInterval=10)
    for _ in range(retries):
        settle(b, "upload", False)
        assert job(b).order is None
        b.run(7)
        assert job(b).order is None  # not before 10 s
        b.run(3)
    settle(b, "upload", False)
    assert statuses(b, "Diagnostics") == ["Uploading", "UploadFailed"]
    b.run(60)
    assert not b.cp.jobs and len(statuses(b, "Diagnostics")) == 2


def test_without_a_number_it_is_tried_again_all_the_same():
    """E 3.50."""
    b = Bench().online()
    diagnostics(b)
    settle(b, "upload", False)
    b.run(40)
    settle(b, "upload")
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]


def test_what_can_never_work_is_not_tried_again():
    """S 4.4/1."""
    b = Bench().online()
    diagnostics(b, retries=5)
    settle(b, "upload", False, useless=True)
    assert statuses(b, "Diagnostics") == ["Uploading", "UploadFailed"]


def test_a_newer_request_takes_the_place_of_the_older():
    """S 5.9/3."""
    b = Bench().online()
    diagnostics(b)
    old = take(b, "upload")
    b.run(5)
    b.call("GetDiagnostics", {"location": URL + "2/"})
    assert old.over and job(b).url == URL + "2/"
    old.result = (True, "", False)  # too late
    b.run(2)
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploading"]
    settle(b, "upload")
    assert statuses(b, "Diagnostics")[-1] == "Uploaded"


def test_a_second_failure_is_told_too():  # complaint 29
    """S 4.4/1, U 29."""
    b = Bench().online()
    for _ in range(2):
        diagnostics(b, retries=0)
        settle(b, "upload", False)
    assert statuses(b, "Diagnostics") == ["Uploading", "UploadFailed"] * 2


@pytest.mark.parametrize("kind", ["Diagnostics", "Firmware"])
def test_idle_only_when_triggered(kind):
    """S 4.4/2, S 4.5/2, S 7.24, S 7.25."""
    b = Bench().online().run(100)
    assert not statuses(b, kind)
    assert trigger(b, kind + "StatusNotification") == "Idle"


def test_a_trigger_tells_what_is_going_on():
    """S 4.4/2."""
    b = Bench().online()
    diagnostics(b)
    assert trigger(b, "DiagnosticsStatusNotification") == "Uploading"
    assert trigger(b, "FirmwareStatusNotification") == "Idle"
    settle(b, "upload")
    assert trigger(b, "DiagnosticsStatusNotification") == "Idle"


def test_what_happens_offline_is_told_afterwards_in_order():
    """S 4.5/3."""
    b = Bench().online()
    diagnostics(b)
    b.offline()
    settle(b, "upload")
    b.cp.connected(b.clock.now)
    b.run(2)
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]


def test_a_status_that_was_lost_on_the_line_is_sent_again():
    """S 4.5/3."""
    b = Bench().online()
    b.csms.silent = ("DiagnosticsStatusNotification",)
    diagnostics(b)
    b.offline()
    b.csms.silent = ()
    b.cp.connected(b.clock.now)
    b.run(2)
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploading"]


def test_a_callerror_does_not_hold_up_the_next_status():
    """S 4.5/3."""
    b = Bench().online()
    b.csms.replies["DiagnosticsStatusNotification"] = Error("InternalError")
    diagnostics(b)
    settle(b, "upload")
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]
