"""Certificates by OCPP 1.6: whitepaper A02, A03, M03, M04, M05."""

import datetime
import hashlib

import pytest
from cryptography import x509

import security_world as world
from v16_secured import CENTRAL, DAYS, MAKER, root, secured


def hash_data(one, **changes):
    digest = hashlib.sha256
    found = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": digest(one.issuer.public_bytes()).hexdigest(),
        "issuerKeyHash": digest(world.point(world.key("Root"))).hexdigest(),
        "serialNumber": "%X" % one.serial_number,
    }
    return found | changes


def sign(csr, common="CP-0001", organisation="Org", days=DAYS, by="Root"):
    """The certificate for a request, as the central system's authority makes it."""
    request = x509.load_pem_x509_csr(csr.encode())
    issuer = root(by)
    return world.certificate(
        common, request, issuer, world.key(by), organisation=organisation, days=days
    )


def ask(b):
    assert b.call(
        "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}
    ) == {"status": "Accepted"}
    return b.sent("SignCertificate")[-1]["csr"]


def signed(b, *chain):
    return b.call("CertificateSigned", {"certificateChain": world.pem(*chain)})["status"]


# -- M05, M03, M04: roots


def test_roots_are_installed_listed_and_deleted():
    """M05.FR.01, M05.FR.02, M03.FR.01, M03.FR.02, M03.FR.03, M03.FR.04, M04.FR.01, M04.FR.02,
    M04.FR.04."""
    b = secured()
    ids = {"certificateType": CENTRAL}
    assert b.call("GetInstalledCertificateIds", ids) == {"status": "NotFound"}
    one = root()
    assert b.install(one) == "Accepted"
    assert b.install(root("Maker"), MAKER) == "Accepted"
    answer = b.call("GetInstalledCertificateIds", ids)
    assert answer == {"status": "Accepted", "certificateHashData": [hash_data(one)]}
    wanted = {"certificateHashData": hash_data(one)}
    assert b.call("DeleteCertificate", wanted) == {"status": "Accepted"}
    assert b.call("GetInstalledCertificateIds", ids) == {"status": "NotFound"}
    assert b.call("DeleteCertificate", wanted) == {"status": "NotFound"}
    assert b.events().count("ReconfigurationOfSecurityParameters") == 3


def test_a_root_that_is_none_is_refused():
    """M05.FR.06."""
    b = secured()
    assert b.install("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----") == "Rejected"
    assert b.install(root(days=(0, 100))) == "Rejected"
    leaf = world.certificate("x", world.key("x"), root(), world.key("Root"), days=DAYS)
    assert b.install(leaf) == "Rejected"
    assert not b.certs.content


def test_no_more_than_certificate_store_max_length():
    """M05.FR.03."""
    b = secured(CertificateStoreMaxLength=2)
    one = root("A")
    assert b.install(one) == b.install(root("B"), MAKER) == "Accepted"
    assert b.install(root("C")) == "Rejected"
    assert b.install(one) == "Accepted"  # it is there


def test_a_flash_that_refuses():
    """M05.FR.04, M04.FR.03."""
    b = secured()
    one = root()
    b.install(one)

    def refuse(*args):
        raise OSError(28)

    b.certs.write = b.certs.delete = refuse
    assert b.install(root("Other")) == "Failed"
    wanted = {"certificateHashData": hash_data(one)}
    assert b.call("DeleteCertificate", wanted) == {"status": "Failed"}


def test_what_the_connection_was_checked_with_stays():
    """M04.FR.06."""
    b = secured()
    one = root()
    b.install(one)
    b.cp.root = hashlib.sha256(world.der(one)).hexdigest()[:16]
    wanted = {"certificateHashData": hash_data(one)}
    assert b.call("DeleteCertificate", wanted) == {"status": "Failed"}
    b.cp.root = "0" * 16
    assert b.call("DeleteCertificate", wanted) == {"status": "Accepted"}


def test_a_new_root_takes_the_place_of_the_one_that_signed_it():
    """M05.FR.08, M05.FR.09, M05.FR.10, M05.FR.11."""
    b = secured(AdditionalRootCertificateCheck=True)
    assert b.install(root("Root")) == "Accepted"
    assert b.install(root("Stranger")) == "Rejected"
    new = root("New", by=world.key("Root"), issuer=root("Root"))
    assert b.install(new) == "Accepted"
    names = sorted(name.split("-")[0] for name in b.certs.content if name.startswith("csms"))
    assert names == ["csms", "csmsold"]  # the one before is what is fallen back on


# -- A02, A03: the station's own certificate


def test_a_key_is_made_and_its_certificate_is_used():
    """A02.FR.02, A02.FR.03, A02.FR.05, A02.FR.06, A02.FR.13."""
    b = secured()
    b.install(root())
    csr = x509.load_pem_x509_csr(ask(b).encode())
    assert csr.is_signature_valid
    assert {a.rfc4514_attribute_name: a.value for a in csr.subject} == {
        "O": "Org",
        "CN": "CP-0001",
    }
    assert signed(b, sign(b.sent("SignCertificate")[0]["csr"])) == "Accepted"
    assert [name[:4] for name in sorted(b.certs.content)] == ["csms", "key-", "own-"]
    told = str(b.csms.calls) + str(b.csms.answers)
    assert "PRIVATE" not in told  # the key never leaves


def test_the_own_certificate_cannot_be_deleted():
    """M04.FR.05."""
    b = secured()
    b.install(root())
    own = sign(ask(b))
    assert signed(b, own) == "Accepted"
    data = hash_data(own, issuerNameHash=hashlib.sha256(root().subject.public_bytes()).hexdigest())
    answer = b.call("DeleteCertificate", {"certificateHashData": data})
    assert answer["status"] in ("Failed", "NotFound")
    assert any(name.startswith("own-") for name in b.certs.content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"common": "CP-0002"},
        {"organisation": "Another"},
        {"days": (0, 100)},
        {"by": "Stranger"},
    ],
)
def test_a_certificate_that_is_not_right_is_discarded(wrong):
    """A02.FR.07, A03.FR.06, A03.FR.07."""
    b = secured()
    b.install(root())
    csr = ask(b)
    assert signed(b, sign(csr, **wrong)) == "Rejected"
    assert not [name for name in b.certs.content if name.startswith("own")]
    assert b.events()[-1] == "InvalidChargePointCertificate"
    assert signed(b, sign(csr)) == "Accepted"


def test_a_chain_beyond_certificate_signed_max_chain_size():
    """A02.FR.06."""
    b = secured(CertificateSignedMaxChainSize=300)
    b.install(root())
    assert signed(b, sign(ask(b))) == "Rejected"


def test_without_cpo_name_nothing_is_asked():
    """A02.FR.13: the prerequisite of A02."""
    b = secured(CpoName="")
    answer = b.call("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
    assert answer == {"status": "Rejected"} and not b.sent("SignCertificate")


def test_credentials_can_be_renewed_while_the_boot_is_pending():
    """A00.FR.806, A02.FR.02."""
    b = secured()
    b = b.reboot()
    b.csms.boot = {"status": "Pending", "interval": 300}
    b.online()
    b.install(root())
    assert signed(b, sign(ask(b))) == "Accepted"


def test_a_month_before_its_end_a_new_certificate_is_asked_for():
    """A03.FR.02, A03.FR.03, A03.FR.13."""
    b = secured()
    b.install(root())
    now = datetime.datetime.fromtimestamp(b.real, datetime.UTC)
    day = (now - world.BEGINS).days
    assert signed(b, sign(ask(b), days=(0, day + 31))) == "Accepted"
    b.days(0).run(5)
    assert len(b.sent("SignCertificate")) == 1
    b.days(2).run(5)
    assert len(b.sent("SignCertificate")) == 2
    b.days(0.5).run(5)
    assert len(b.sent("SignCertificate")) == 2  # once a day, not more
    assert signed(b, sign(b.sent("SignCertificate")[-1]["csr"])) == "Accepted"


def test_the_newest_valid_certificate_is_switched_to():
    """A02.FR.08, A02.FR.09, A02.FR.10, A03.FR.08, A03.FR.09, A03.FR.10."""
    b = secured()
    b.install(root())
    signed(b, sign(ask(b)))
    b.cp.shown = next(name for name in b.certs.content if name.startswith("own"))
    b.run(5)
    assert not b.cp.leave
    now = datetime.datetime.fromtimestamp(b.real, datetime.UTC)
    tomorrow = (now - world.BEGINS).days + 1
    assert signed(b, sign(ask(b), days=(tomorrow, 3000))) == "Accepted"
    b.run(5)
    assert not b.cp.leave  # its time has not come
    b.days(1).run(5)
    assert b.cp.leave  # the connection is made anew, with the new one
    assert len([name for name in b.certs.content if name.startswith("own")]) == 2


def test_every_message_of_a_certificate_is_held_to_its_schema():
    """M05.FR.01, A02.FR.06."""
    b = secured()
    for action in ("InstallCertificate", "CertificateSigned", "SignedUpdateFirmware"):
        assert b.call(action, {})[0] == "OccurenceConstraintViolation", action
    long = {"certificateType": CENTRAL, "certificate": "x" * 5501}
    assert b.call("InstallCertificate", long)[0] == "PropertyConstraintViolation"


def test_a_request_that_finds_no_memory_harms_nobody():
    """A02.FR.02."""
    b = secured()

    def no_memory(size):
        raise MemoryError(size)

    real, b.cp.random = b.cp.random, no_memory
    said = []
    b.cp.log.exc = lambda e, text, *args: said.append(type(e))
    wanted = {"requestedMessage": "SignChargePointCertificate"}
    assert b.call("ExtendedTriggerMessage", wanted) == {"status": "Accepted"}
    b.run(5)
    assert said == [MemoryError] and not b.cp.chore and not b.sent("SignCertificate")
    b.cp.random = real
    assert ask(b)
