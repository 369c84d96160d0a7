"""What if an order to update meets a date, a reboot, a charge, a trial or another order?

Both messages of OCPP 1.6; who moves bytes is played by the test. S 4.5, 5.19; WP L01.
"""

import pytest

import record
from test_v16_security_update import bench, settle, signer
from test_v16_security_update import statuses as signed_statuses
from test_v16_security_update import update as signed
from test_v16_transfer import job, statuses, take, trigger, update
from v16_bench import Bench

LATER = 300


@pytest.mark.parametrize("bad", ["signature", "hash", "format", "board", "version", None])
def test_whatever_the_bundle_is_refused_for_the_old_message_has_one_word(bad):
    """S 4.5/1: with the event if somebody tampered."""
    b = Bench().online()
    update(b, retries=3)
    settle(b, "download", False, "refused", True, bad)
    assert statuses(b) == ["Downloading", "DownloadFailed"]
    assert not b.cp.jobs and not b.station.resets and "update" not in b.store.files


def test_a_tampered_bundle_is_an_event_for_the_old_message_too():
    """L01.FR.03."""
    b = bench()
    update(b)
    settle(b, "download", False, "wrong", True, "signature")
    assert statuses(b)[-1] == "DownloadFailed" and b.events()[-1] == "InvalidFirmwareSignature"


# -- dates and reboots


def test_a_date_outlives_reboots_and_they_cost_no_retry():
    """S 5.19/1, S 5.19/3."""
    b = Bench().online()
    update(b, LATER, retries=0)
    for _ in range(3):
        b = b.reboot().online()
        b.run(20)
        assert job(b).order is None and set(statuses(b)) <= {"Idle"}
        assert trigger(b, "FirmwareStatusNotification") == "Idle"
    b.run(LATER)
    settle(b, "download")
    assert statuses(b)[-1] == "Installing"


def test_a_date_before_which_the_clock_is_unknown():
    """S 5.19/1: what has a date waits for the time."""
    b = Bench().online()
    update(b, 100, retries=0)
    b = b.reboot().start()
    b.run(500)  # nobody has told the time
    assert job(b).order is None
    b.online().run(2)
    take(b, "download")


def test_an_installation_with_a_date_outlives_reboots():
    """L01.FR.16, L01.FR.17: it is fetched again, as nothing of it is believed after a boot."""
    b = bench()
    assert signed(b, install=LATER, retries=0) == "Accepted"
    for _ in range(2):
        settle(b, "download")
        settle(b, "verify")
        assert signed_statuses(b)[-1] == "InstallScheduled"
        b = b.reboot().online().run(2)
    settle(b, "download")
    settle(b, "verify")
    b.run(LATER)
    assert signed_statuses(b)[-1] == "Installing"


def test_both_dates_one_after_the_other():
    """L01.FR.13, L01.FR.16: each is told once."""
    b = bench()
    signed(b, delay=100, install=1000)
    b.run(101)
    settle(b, "download")
    settle(b, "verify")
    b.run(1000)
    assert signed_statuses(b) == [
        "DownloadScheduled",
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "InstallScheduled",
        "Installing",
    ]


def test_a_reboot_while_a_charge_is_waited_for_costs_no_retry():
    """S 5.19/3, E 3.49."""
    b = Bench().online().charge("A1").run(2)
    update(b, retries=0)
    settle(b, "download")
    assert statuses(b)[-1] == "Downloaded"
    b = b.reboot().online()
    assert not b.station.connector(1).paused
    settle(b, "download")
    assert statuses(b)[-1] == "Installing"


def test_a_reboot_in_a_download_costs_one():
    """S 5.19/3."""
    b = Bench().online()
    update(b, retries=1)
    b = b.reboot().online()
    take(b, "download")
    b = b.reboot().online()
    assert not b.cp.jobs and statuses(b)[-1] == "DownloadFailed"


# -- retries


def test_retries_keep_their_pause_and_their_number():
    """E 3.50: `retries` after the first attempt, `retryInterval` seconds apart; told once."""
    b = Bench().online()
    update(b, retries=2, retryInterval=60)
    for _ in range(2):
        settle(b, "download", False)
        b.run(57)
        assert job(b).order is None
        b.run(3)
    settle(b, "download", False)
    assert statuses(b) == ["Downloading", "DownloadFailed"]


def test_what_cannot_pass_is_not_tried_again():
    """S 4.5/1."""
    b = Bench().online()
    update(b, retries=9)
    settle(b, "download", False, "no room on the flash", True)
    assert statuses(b) == ["Downloading", "DownloadFailed"]


# -- where it does not fit into the memory beside the station (firmware/ota/solo.py)


def too_small(b, order="download"):
    """The shell had no memory for it."""
    settle(b, order, False, "not enough memory beside the station", True, "memory")


def came(b, state):
    """The next start: what ota/solo.py has left in the record."""
    fields = record.unpack(b.store.files["update"])
    assert fields[2] == 3 and fields[4] == "f"
    fields[4] = state
    b.store.files["update"] = record.pack(fields)
    return b.reboot().online().run(2)


def test_it_comes_alone_after_the_charge():
    """E 3.49, S 4.5/1: every status, as if it had come beside the station."""
    b = Bench(connectors=2).online().charge("A1", 1).run(2)
    update(b, retries=0)
    too_small(b)
    b.run(100)
    assert not b.station.resets and b.station.connector(2).paused
    b.stop().run(3)
    assert b.station.resets == ["Soft"] and statuses(b) == ["Downloading"]
    b = came(b, "g")
    assert statuses(b) == ["Downloading", "Downloaded", "Installing"]
    assert take(b, "install").place is None
    b.cp.jobs[0].result = (True, "", False)
    b.run(2)
    b = b.reboot().online()
    assert statuses(b)[-1] == "Installed" and "update" not in b.store.files


def test_a_signed_one_with_a_date_of_installation_comes_alone():
    """L01.FR.01, L01.FR.16: it stays there over reboots, and is told once."""
    b = bench()
    signed(b, install=LATER)
    too_small(b)
    b.run(2)
    assert signed_statuses(b) == ["Downloading"]
    b = came(b, "g")
    assert signed_statuses(b) == ["Downloaded", "SignatureVerified", "InstallScheduled"]
    b = b.reboot().online().run(2)
    assert signed_statuses(b) == ["InstallScheduled"]
    b.run(LATER)
    settle(b, "install")
    assert signed_statuses(b)[-2:] == ["Installing", "InstallRebooting"]


def test_a_signature_for_which_there_is_no_memory():
    """L01.FR.04: both are judged alone then."""
    b = bench()
    signed(b)
    settle(b, "download")
    too_small(b, "verify")
    b.run(2)
    assert b.station.resets == ["Soft"]


@pytest.mark.parametrize(
    "state, old, new",
    [
        ("!signature the signature is wrong", "DownloadFailed", "InvalidSignature"),
        ("!hash a.mpy is not what the manifest says", "DownloadFailed", None),
        ("!format no update", "DownloadFailed", "InvalidSignature"),
        ("!board made for X", "DownloadFailed", "InstallVerificationFailed"),
        ("!version 1 is older", "DownloadFailed", None),
        ("! HTTP status 404", "DownloadFailed", "DownloadFailed"),
        ("! it never came to its end", "DownloadFailed", None),
        ("f", "DownloadFailed", "DownloadFailed"),  # a build that knows nothing of it
        ("v", "DownloadFailed", None),
    ],
)
def test_what_was_refused_alone_is_told_by_the_station(state, old, new):
    """S 4.5/1, L01.FR.03: once, with the event if somebody tampered. None: as one above."""
    for order, told, word in ((update, statuses, old), (signed, signed_statuses, new)):
        if word is None:
            continue
        b = bench()
        order(b)
        too_small(b)
        b.run(2)
        b = came(b, state)
        assert told(b)[-1] == word and told(b).count(word) == 1
        forged = state[:5] in ("!sign", "!hash")
        assert ("InvalidFirmwareSignature" in b.events()) == forged
        assert not b.cp.jobs and "update" not in b.store.files
        b = b.reboot().online().run(2)
        assert word not in told(b)[1:]


# -- another order


def test_the_two_messages_take_each_other_s_place():
    """S 5.19/2, L01.FR.26."""
    b = bench()
    update(b)
    (old,) = b.cp.jobs
    assert signed(b) == "AcceptedCanceled" and old.over
    (old,) = b.cp.jobs
    assert update(b) == {} and old.over
    settle(b, "download")
    assert statuses(b)[-1] == "Installing" and signed_statuses(b) == ["Downloading"]


def test_one_that_waits_for_its_date_is_given_up_too():
    """L01.FR.26."""
    b = bench(connectors=2).charge("A1", 1).run(2)
    signed(b, install=1)
    settle(b, "download")
    settle(b, "verify")
    b.run(2)
    assert b.station.connector(2).paused  # the charge is waited for
    assert signed(b, delay=LATER, number=12) == "AcceptedCanceled"
    assert not b.station.connector(2).paused
    assert signed_statuses(b)[-1] == "DownloadScheduled"


def test_a_bad_certificate_changes_nothing_for_the_order_before():
    """L01.FR.24."""
    b = bench()
    signed(b, delay=LATER)
    (old,) = b.cp.jobs
    assert signed(b, by=signer(days=(0, 30))) == "InvalidCertificate"
    assert b.cp.jobs == [old] and not old.over


@pytest.mark.parametrize("phase", ["installing", "trial"])
def test_no_order_is_taken_while_one_is_installed_or_on_trial(phase):
    """L01.FR.27; on trial the place of the build before it is not to be written."""
    b = bench()
    update(b)
    settle(b, "download")
    if phase == "trial":
        settle(b, "install")
        b.cp.board.UPDATE = "trial"
        b = b.reboot().online()
    try:
        assert update(b)[0] == "GenericError"
        assert signed(b) == "Rejected"
        assert len(b.cp.jobs) == 1
    finally:
        b.cp.board.UPDATE = ""
    if phase == "trial":
        b.cp.lazy("ocppj.transfer").proved(b.cp)
        b.run(2)
        assert statuses(b)[-1] == "Installed"
        assert update(b) == {}
