"""Signed updates by OCPP 1.6: whitepaper L01. Who moves bytes is played by the test."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

import security
import security_world as world
from ocppj import proof
from ocppj.datetime import iso
from v16_secured import DAYS, MAKER, root, secured

URL = "http://files.example/fw/galvani-2.upd"
IMAGE = b"firmware" * 1000
SHA = hashlib.sha256(IMAGE).digest()


def signer(name="signer", kind="P-256", by="Maker", **more):
    more = {"uses": ("code",), "days": DAYS} | more
    return world.certificate("Signer", world.key(name, kind), root("Maker"), world.key(by), **more)


def signature(name="signer", kind="P-256", pss=True):
    key = world.key(name, kind)
    if kind == "P-256":
        made = key.sign(IMAGE, ec.ECDSA(hashes.SHA256()))
    else:
        how = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else padding.PKCS1v15()
        made = key.sign(IMAGE, how, hashes.SHA256())
    return base64.b64encode(made).decode()


def bench(**settings):
    b = secured(**settings)
    b.install(root("Maker"), MAKER)
    return b


def update(b, delay=0, install=None, number=11, by=None, sign=None, **more):
    """SignedUpdateFirmware.req; its status."""
    now = b.real + b.clock.now
    firmware = {
        "location": URL,
        "retrieveDateTime": iso(now + delay),
        "signingCertificate": world.pem(by or signer()),
        "signature": sign or signature(),
    }
    if install is not None:
        firmware["installDateTime"] = iso(now + install)
    payload = {"requestId": number, "firmware": firmware, **more}
    return b.call("SignedUpdateFirmware", payload)["status"]


def statuses(b):
    return [p["status"] for p in b.sent("SignedFirmwareStatusNotification")]


def fits(b, digest=SHA):
    return security.run(proof.fits(b.store, digest))


def settle(b, order, done=True, why="no", useless=False, bad=None):
    (job,) = b.cp.jobs
    assert job.order == order
    job.order, job.result, job.bad = None, (done, why, useless), bad
    b.run(2)


def trigger(b):
    before = len(b.csms.calls)
    answer = b.call("ExtendedTriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
    assert answer == {"status": "Accepted"}
    return b.csms.calls[before][2]


def test_the_whole_way_of_a_signed_update():
    """L01.FR.01, L01.FR.05, L01.FR.10, L01.FR.11, L01.FR.15, L01.FR.23, L01.FR.28."""
    b = bench()
    assert update(b) == "Accepted"
    settle(b, "download")
    assert fits(b)
    settle(b, "verify")
    assert statuses(b) == ["Downloading", "Downloaded", "SignatureVerified", "Installing"]
    settle(b, "install")
    assert statuses(b)[-1] == "InstallRebooting" and b.station.resets == ["Soft"]
    b = b.reboot().online().run(2)
    assert statuses(b) == ["Installed"]
    assert b.sent("SignedFirmwareStatusNotification")[0]["requestId"] == 11
    assert b.alarms() == ["FirmwareUpdated"]
    assert "update" not in b.store.files and "usig" not in b.store.files
    assert trigger(b) == {"status": "Idle"}  # L01.FR.28
    b = b.reboot().online().run(2)
    assert not statuses(b)


@pytest.mark.parametrize("kind, pss", [("P-256", True), ("2048", True), ("2048", False)])
def test_the_signature_is_one_over_the_whole_file(kind, pss):
    """L01.FR.04, L01.FR.09, L01.FR.12."""
    b = bench()
    by = signer("signer" + kind, kind)
    assert update(b, by=by, sign=signature("signer" + kind, kind, pss)) == "Accepted"
    assert fits(b)
    assert not fits(b, hashlib.sha256(IMAGE + b"x").digest())
    assert update(b, by=by, sign=signature("other" + kind, kind, pss)) == "AcceptedCanceled"
    assert not fits(b)


@pytest.mark.parametrize("text", ["AAAA", "=", "no base64!", "A" * 800])
def test_a_signature_that_is_none(text):
    """L01.FR.03."""
    b = bench()
    assert update(b, sign=text) == "Accepted"
    assert not fits(b)


def test_a_wrong_signature_is_told_with_its_event():
    """L01.FR.03, L01.FR.29."""
    b = bench()
    update(b)
    settle(b, "download")
    settle(b, "verify", False, "the signature of the file is wrong", True, "signature")
    assert statuses(b) == ["Downloading", "Downloaded", "InvalidSignature"]
    assert b.events()[-1] == "InvalidFirmwareSignature"
    assert not b.cp.jobs and not b.station.resets
    assert trigger(b) == {"status": "InvalidSignature", "requestId": 11}
    assert "update" not in b.store.files


@pytest.mark.parametrize(
    "bad, status, event",
    [
        ("signature", "InvalidSignature", True),
        ("hash", "InvalidSignature", True),
        ("format", "InvalidSignature", False),
        ("board", "InstallVerificationFailed", False),
        ("version", "InstallVerificationFailed", False),
        (None, "DownloadFailed", False),
    ],
)
def test_what_the_bundle_itself_says(bad, status, event):
    """L01.FR.01: our own signature is checked as well, and what it is made for."""
    b = bench()
    update(b)
    settle(b, "download", False, "refused", True, bad)
    assert statuses(b) == ["Downloading", status]
    assert ("InvalidFirmwareSignature" in b.events()) == event


@pytest.mark.parametrize(
    "wrong", [{"by": "Stranger"}, {"days": (0, 30)}, {"uses": ("server",)}, {"days": (900, 1000)}]
)
def test_an_invalid_certificate_is_refused_at_once(wrong):
    """L01.FR.02, L01.FR.23, L01.FR.24."""
    b = bench()
    assert update(b, by=signer(**wrong)) == "InvalidCertificate"
    assert not b.cp.jobs and not statuses(b)
    assert b.events()[-1] == "InvalidFirmwareSigningCertificate"


def test_without_a_manufacturer_root_nothing_is_accepted():
    """L01.FR.12, L01.FR.24."""
    assert update(secured()) == "InvalidCertificate"


def test_a_download_that_fails():
    """L01.FR.01."""
    b = bench()
    update(b, retries=1, retryInterval=5)
    settle(b, "download", False)
    b.run(5)
    settle(b, "download", False)
    assert statuses(b) == ["Downloading", "DownloadFailed"]
    assert trigger(b) == {"status": "DownloadFailed", "requestId": 11}


def test_a_download_at_its_date():
    """L01.FR.13."""
    b = bench()
    update(b, delay=100)
    b.run(2)
    assert statuses(b) == ["DownloadScheduled"]
    assert trigger(b) == {"status": "DownloadScheduled", "requestId": 11}
    b.run(100)
    assert statuses(b)[-1] == "Downloading"


def test_an_installation_at_its_date_after_the_charges():
    """L01.FR.06, L01.FR.07, L01.FR.16, L01.FR.17, L01.FR.18, L01.FR.19."""
    b = bench(connectors=2)
    b.charge("A1", 1).run(2)
    update(b, install=300)
    settle(b, "download")
    settle(b, "verify")
    assert statuses(b)[-1] == "InstallScheduled"
    assert not b.station.connector(2).paused  # it may charge until then
    b.run(300)
    assert b.station.connector(2).paused and statuses(b)[-1] == "InstallScheduled"
    assert b.station.connector(1).session
    b.stop().run(2)
    assert statuses(b)[-1] == "Installing"


def test_a_newer_update_takes_its_place():
    """L01.FR.26, L01.FR.27."""
    b = bench()
    update(b)
    old = b.cp.jobs[0]
    assert update(b, number=12) == "AcceptedCanceled"
    assert old.over and len(b.cp.jobs) == 1
    settle(b, "download")
    settle(b, "verify")
    assert update(b, number=13) == "Rejected"  # L01.FR.27: it is being installed
    ids = [p["requestId"] for p in b.sent("SignedFirmwareStatusNotification")]
    assert ids == [11, 12, 12, 12, 12]


def test_a_power_cut_does_not_forget_it():
    """L01.FR.10, L01.FR.26."""
    b = bench()
    update(b, delay=50, install=500)
    b = b.reboot().online().run(60)
    settle(b, "download")
    assert fits(b)
    settle(b, "verify")
    assert statuses(b)[-1] == "InstallScheduled"
    assert b.sent("SignedFirmwareStatusNotification")[-1]["requestId"] == 11


@pytest.mark.parametrize("at", ["download", "verify", "install"])
def test_how_it_ended_is_told_after_a_power_cut(at):
    """L01.FR.01, L01.FR.22."""
    b = bench()
    update(b, retries=0)
    if at != "download":
        settle(b, "download")
    if at == "install":
        settle(b, "verify")
    b = b.reboot().online().run(5)
    wanted = "InstallationFailed" if at == "install" else "DownloadFailed"
    assert statuses(b) == [wanted]


def test_a_failure_is_told_even_if_the_power_goes_first():
    """L01.FR.01."""
    b = bench()
    update(b)
    settle(b, "download")
    b.offline()
    settle(b, "verify", False, "wrong", True, "signature")
    b = b.reboot().online().run(5)
    assert statuses(b) == ["InvalidSignature"]


def test_the_old_message_is_not_supported_any_more():
    """L01.FR.20: from the first security profile on."""
    b = bench()
    old = {"location": URL, "retrieveDate": iso(b.real)}
    assert b.call("UpdateFirmware", old) == {}
    b = bench(SecurityProfile=1, AuthorizationKey="00" * 16)
    assert b.call("UpdateFirmware", old)[0] == "NotSupported"
    assert not b.cp.jobs


def test_the_old_trigger_knows_nothing_of_a_signed_update():
    """L01.FR.21."""
    b = bench()
    update(b)
    b.call("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
    assert b.sent("FirmwareStatusNotification") == [{"status": "Idle"}]
