"""Diagnostics and firmware, as far as the charge point decides: S 4.4, 4.5, 5.9, 5.17, 5.19, 8,
E 3.12, 3.31, 3.47 to 3.50, 3.63, 3.90; complaints 29. Who moves bytes is played by the test."""

import pytest

from ocppj.datetime import iso
from v16_bench import WALL, Bench, Error, PowerCut

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


def test_the_name_of_the_file_is_told_and_then_the_upload():  # S 5.9, E 3.31
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
    b = Bench().online()
    diagnostics(b)
    assert b.csms.answers[-1][1]["fileName"]
    assert b.actions()[-1] == "DiagnosticsStatusNotification"


def test_a_span_of_time_is_handed_on():  # 6.25
    b = Bench().online()
    diagnostics(b, startTime=iso(WALL - 60), stopTime=iso(WALL))
    assert (job(b).since, job(b).until) == (WALL - 60, WALL)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_follow_the_first_attempt(retries):  # E 3.50
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
    b = Bench().online()
    diagnostics(b)
    settle(b, "upload", False)
    b.run(40)
    settle(b, "upload")
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]


def test_what_can_never_work_is_not_tried_again():
    b = Bench().online()
    diagnostics(b, retries=5)
    settle(b, "upload", False, useless=True)
    assert statuses(b, "Diagnostics") == ["Uploading", "UploadFailed"]


def test_a_newer_request_takes_the_place_of_the_older():
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
    b = Bench().online()
    for _ in range(2):
        diagnostics(b, retries=0)
        settle(b, "upload", False)
    assert statuses(b, "Diagnostics") == ["Uploading", "UploadFailed"] * 2


@pytest.mark.parametrize("kind", ["Diagnostics", "Firmware"])
def test_idle_only_when_triggered(kind):  # S 4.4, 4.5
    b = Bench().online().run(100)
    assert not statuses(b, kind)
    assert trigger(b, kind + "StatusNotification") == "Idle"


def test_a_trigger_tells_what_is_going_on():  # S 5.17
    b = Bench().online()
    diagnostics(b)
    assert trigger(b, "DiagnosticsStatusNotification") == "Uploading"
    assert trigger(b, "FirmwareStatusNotification") == "Idle"
    settle(b, "upload")
    assert trigger(b, "DiagnosticsStatusNotification") == "Idle"


def test_what_happens_offline_is_told_afterwards_in_order():
    b = Bench().online()
    diagnostics(b)
    b.offline()
    settle(b, "upload")
    b.cp.connected(b.clock.now)
    b.run(2)
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]


def test_a_status_that_was_lost_on_the_line_is_sent_again():
    b = Bench().online()
    b.csms.silent = ("DiagnosticsStatusNotification",)
    diagnostics(b)
    b.offline()
    b.csms.silent = ()
    b.cp.connected(b.clock.now)
    b.run(2)
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploading"]


def test_a_callerror_does_not_hold_up_the_next_status():
    b = Bench().online()
    b.csms.replies["DiagnosticsStatusNotification"] = Error("InternalError")
    diagnostics(b)
    settle(b, "upload")
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]


# -- firmware


def test_the_whole_way_of_an_update():  # S 5.19, E 3.47
    b = Bench().online()
    assert update(b) == {}
    assert statuses(b) == ["Downloading"]
    assert job(b).name == "galvani-2.bin"
    settle(b, "download")
    assert statuses(b) == ["Downloading", "Downloaded", "Installing"]
    settle(b, "install")
    assert b.station.resets == ["Soft"]
    assert statuses(b)[-1] == "Installing"
    b = b.reboot().start()
    assert statuses(b)[-1] == "Installing"
    b.online()
    assert statuses(b)[-1] == "Installed"
    assert b.actions().index("FirmwareStatusNotification") >= 0
    assert "update" not in b.store.files
    b = b.reboot().online()
    assert statuses(b).count("Installed") == 1


def test_installed_is_told_after_the_boot_is_accepted():  # S 4.2
    b = Bench().online()
    update(b)
    settle(b, "download")
    settle(b, "install")
    b = b.reboot()
    b.csms.boot = {"status": "Pending", "interval": 30}
    b.online().run(20)
    assert "Installed" not in statuses(b)
    b.csms.boot = {"status": "Accepted", "interval": 30}
    b.run(30)
    assert statuses(b)[-1] == "Installed"


def test_not_before_the_date():  # E 3.63
    b = Bench().online()
    update(b, 100)
    b.run(98)
    assert job(b).order is None and not statuses(b)
    assert trigger(b, "FirmwareStatusNotification") == "Idle"
    b.run(3)
    take(b, "download")
    assert statuses(b) == ["Idle", "Downloading"]


def test_a_date_that_is_over_means_now():
    b = Bench().online()
    update(b, -1000)
    take(b, "download")


@pytest.mark.parametrize("retries", [0, 2])
def test_download_failed(retries):  # S 5.19, E 3.50
    b = Bench().online()
    update(b, retries=retries, retryInterval=5)
    for _ in range(retries):
        settle(b, "download", False)
        b.run(5)
    assert trigger(b, "FirmwareStatusNotification") == "Downloading"
    settle(b, "download", False)
    assert statuses(b)[-1] == "DownloadFailed" and statuses(b).count("DownloadFailed") == 1
    assert "update" not in b.store.files
    assert not b.reboot().start().cp.jobs


def test_charges_are_waited_for_and_nobody_begins_one():  # E 3.49
    b = Bench(connectors=2).online().charge("A1", 1).run(2)
    update(b)
    assert not b.station.connector(2).paused  # to download disturbs nobody
    settle(b, "download")
    b.run(100)
    assert statuses(b) == ["Downloading", "Downloaded"]
    assert b.station.connector(1).paused and b.station.connector(2).paused
    assert trigger(b, "FirmwareStatusNotification") == "Downloaded"
    assert b.station.connector(1).session.state == "active"
    b.stop().run(2)
    take(b, "install")
    assert statuses(b)[-1] == "Installing"


def test_installation_failed_and_life_goes_on():
    b = Bench().online()
    update(b)
    settle(b, "download")
    settle(b, "install", False)
    assert statuses(b)[-1] == "InstallationFailed"
    assert not b.station.connector(1).paused and not b.station.resets
    assert "update" not in b.store.files
    b.charge("A1").run(2)
    assert b.sent("StartTransaction")


def test_a_newer_update_takes_the_place_of_one_that_waits():
    b = Bench().online()
    update(b, 1000)
    update(b, 0, "http://files.example/other.bin")
    assert take(b, "download").name == "other.bin"
    assert statuses(b) == ["Downloading"]


def test_a_newer_update_frees_the_connectors_that_the_old_one_held():
    b = Bench().online().charge("A1").run(2)
    update(b)
    settle(b, "download")
    assert b.station.connector(1).paused
    update(b, 500)
    assert not b.station.connector(1).paused


def test_while_it_is_put_in_place_it_is_too_late_for_another():
    b = Bench().online()
    update(b)
    settle(b, "download")
    assert update(b)[0] == "GenericError"
    assert job(b).url == IMAGE


def test_diagnostics_and_firmware_go_on_beside_each_other():
    b = Bench().online()
    update(b)
    diagnostics(b)
    assert [j.order for j in b.cp.jobs] == ["download", "upload"]
    for j in b.cp.jobs[:]:
        j.order, j.result = None, (True, "", False)
    b.run(3)
    assert statuses(b) == ["Downloading", "Downloaded", "Installing"]
    assert statuses(b, "Diagnostics") == ["Uploading", "Uploaded"]


def test_a_status_is_told_once():  # complaint 29: no flood
    b = Bench().online()
    update(b)
    b.run(600)
    assert statuses(b) == ["Downloading"]


def test_a_reset_waits_for_the_last_status():
    b = Bench().online()
    b.csms.silent = ("FirmwareStatusNotification",)
    update(b)
    assert not b.cp.drained(b.clock.now)


# -- power cuts


def test_an_update_that_waits_survives_a_power_cut():
    b = Bench().online()
    update(b, 1000, retries=1)
    b = b.reboot().online()
    assert job(b).order is None
    b.run(1000)
    assert take(b, "download").url == IMAGE


def test_a_file_that_brings_the_station_down_is_not_fetched_for_ever():
    b = Bench().online()
    update(b, retries=2)
    for _ in range(2):
        b = b.reboot().online()
        take(b, "download")
    b = b.reboot().online()
    assert not b.cp.jobs and statuses(b)[-1] == "DownloadFailed"


def test_a_cut_while_installing_is_a_failure():
    b = Bench().online()
    update(b)
    settle(b, "download")
    take(b, "install")
    b = b.reboot().online()
    assert statuses(b)[-1] == "InstallationFailed" and not b.cp.jobs
    assert "update" not in b.store.files


def test_installed_is_told_again_if_the_answer_was_cut_off():
    b = Bench().online()
    update(b)
    settle(b, "download")
    settle(b, "install")
    b = b.reboot()
    b.csms.silent = ("FirmwareStatusNotification",)
    b.online()
    assert statuses(b)[-1] == "Installed" and "update" in b.store.files
    b = b.reboot().online()
    assert statuses(b)[-1] == "Installed" and "update" not in b.store.files


def test_power_cuts_at_every_write_of_an_update_end_with_one_verdict():
    def play(left):
        b = Bench().start()
        b.online()
        b.store.left = left
        try:
            update(b, retries=3)
            settle(b, "download")
            settle(b, "install")
        except PowerCut:
            b.store.left = None
        return b

    count = play(None).store.changes
    ends = set()
    for left in range(count + 1):
        b = play(left).reboot().online()
        while b.cp.jobs:
            settle(b, "download")
            settle(b, "install")
            b = b.reboot().online()
        if "update" in b.store.files or statuses(b):
            ends.add(statuses(b)[-1])
            assert "update" not in b.store.files
    assert ends <= {"Installed", "InstallationFailed"} and "Installed" in ends


def test_the_protocols_are_told():  # E 3.90
    b = Bench().online()
    row = b.call("GetConfiguration", {"key": ["SupportedFileTransferProtocols"]})
    assert row["configurationKey"][0] == {
        "key": "SupportedFileTransferProtocols",
        "readonly": True,
        "value": "HTTP",
    }
