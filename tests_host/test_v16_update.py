"""The way of a firmware: S 4.5, 5.19, E 3.12, 3.47 to 3.49, 3.63, 3.90; complaint 29."""

import pytest

from test_v16_transfer import IMAGE, diagnostics, job, settle, statuses, take, trigger, update
from v16_bench import Bench, PowerCut


def test_the_whole_way_of_an_update():
    """S 4.5/1, E 3.12, E 3.48."""
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


def test_installed_is_told_after_the_boot_is_accepted():
    """E 3.47."""
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


def test_not_before_the_date():
    """S 5.19/1, E 3.63."""
    b = Bench().online()
    update(b, 100)
    b.run(98)
    assert job(b).order is None and not statuses(b)
    assert trigger(b, "FirmwareStatusNotification") == "Idle"
    b.run(3)
    take(b, "download")
    assert statuses(b) == ["Idle", "Downloading"]


def test_a_date_that_is_over_means_now():
    """S 5.19/1."""
    b = Bench().online()
    update(b, -1000)
    take(b, "download")


@pytest.mark.parametrize("retries", [0, 2])
def test_download_failed(retries):
    """S 4.5/1."""
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


def test_charges_are_waited_for_and_nobody_begins_one():
    """E 3.49."""
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
    """S 4.5/1."""
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
    """S 5.19/2."""
    b = Bench().online()
    update(b, 1000)
    update(b, 0, "http://files.example/other.bin")
    assert take(b, "download").name == "other.bin"
    assert statuses(b) == ["Downloading"]


def test_a_newer_update_frees_the_connectors_that_the_old_one_held():
    """S 5.19/2."""
    b = Bench().online().charge("A1").run(2)
    update(b)
    settle(b, "download")
    assert b.station.connector(1).paused
    update(b, 500)
    assert not b.station.connector(1).paused


def test_while_it_is_put_in_place_it_is_too_late_for_another():
    """S 5.19/2."""
    b = Bench().online()
    update(b)
    settle(b, "download")
    assert update(b)[0] == "GenericError"
    assert job(b).url == IMAGE


def test_diagnostics_and_firmware_go_on_beside_each_other():
    """S 5.19/2."""
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
    """S 4.5/1, U 29."""
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
    """S 5.19/3."""
    b = Bench().online()
    update(b, 1000, retries=1)
    b = b.reboot().online()
    assert job(b).order is None
    b.run(1000)
    assert take(b, "download").url == IMAGE


def test_a_file_that_brings_the_station_down_is_not_fetched_for_ever():
    """S 5.19/3."""
    b = Bench().online()
    update(b, retries=2)
    for _ in range(2):
        b = b.reboot().online()
        take(b, "download")
    b = b.reboot().online()
    assert not b.cp.jobs and statuses(b)[-1] == "DownloadFailed"


def test_a_cut_while_installing_is_a_failure():
    """S 5.19/3."""
    b = Bench().online()
    update(b)
    settle(b, "download")
    take(b, "install")
    b = b.reboot().online()
    assert statuses(b)[-1] == "InstallationFailed" and not b.cp.jobs
    assert "update" not in b.store.files


def test_installed_is_told_again_if_the_answer_was_cut_off():
    """S 5.19/3."""
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
    """S 5.19/3."""

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


def test_the_protocols_are_told():
    """S 8, E 3.90."""
    b = Bench().online()
    row = b.call("GetConfiguration", {"key": ["SupportedFileTransferProtocols"]})
    assert row["configurationKey"][0] == {
        "key": "SupportedFileTransferProtocols",
        "readonly": True,
        "value": "FTP,HTTP,HTTPS",
    }
