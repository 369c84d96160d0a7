"""Security profiles and the password by OCPP 1.6: whitepaper A00, A01, A05."""

import pytest

from test_v16_security_certificates import ask, sign, signed
from v16_secured import KEY, root, secured


def profile(b):
    return b.config.get("SecurityProfile")


def test_a_profile_goes_up_only():
    """A05.FR.01, A05.FR.05."""
    b = secured(AuthorizationKey=KEY, SecurityProfile=1)
    for value in ("0", "1", "x", "4", "-1", ""):
        assert b.change("SecurityProfile", value) == "Rejected", value
        assert profile(b) == 1
    b.install(root())
    assert b.change("SecurityProfile", "2") == "Accepted" and profile(b) == 2
    assert b.change("SecurityProfile", "1") == "Rejected" and profile(b) == 2


@pytest.mark.parametrize("value", ["1", "2"])
def test_profiles_1_and_2_need_a_password(value):
    """A05.FR.02."""
    b = secured()
    b.install(root())
    assert b.change("SecurityProfile", value) == "Rejected" and profile(b) == 0
    assert b.change("AuthorizationKey", KEY) == "Accepted"
    assert b.change("SecurityProfile", value) == "Accepted"


@pytest.mark.parametrize("value", ["2", "3"])
def test_profiles_2_and_3_need_a_root_that_is_valid(value):
    """A05.FR.03."""
    b = secured(AuthorizationKey=KEY)
    assert b.change("SecurityProfile", value) == "Rejected"
    b.install(root())
    signed(b, sign(ask(b)))
    b.days(3700)  # the root has run out
    assert b.change("SecurityProfile", value) == "Rejected" and profile(b) == 0


def test_profile_3_needs_an_own_certificate_and_no_password():
    """A05.FR.04."""
    b = secured()
    b.install(root())
    assert b.change("SecurityProfile", "3") == "Rejected"
    signed(b, sign(ask(b), days=(0, 400)))
    assert b.change("SecurityProfile", "3") == "Accepted"
    b = secured()
    b.install(root())
    signed(b, sign(ask(b), days=(0, 400)))
    b.days(100)
    assert b.change("SecurityProfile", "3") == "Rejected"  # it has run out


def test_a_profile_that_does_not_connect_is_given_up():
    """A05.FR.08."""
    b = secured(AuthorizationKey=KEY)
    b.install(root())
    b.change("SecurityProfile", "2")
    secure = b.cp.lazy("ocppj.v16.secured")
    for _ in range(2):
        secure.unreachable(b.cp)
        assert profile(b) == 2
    secure.unreachable(b.cp)
    assert profile(b) == 0
    assert b.events().count("ReconfigurationOfSecurityParameters") == 3  # root, up, down
    for _ in range(5):
        secure.unreachable(b.cp)  # an outage of the network changes nothing
    assert profile(b) == 0


def test_a_power_cut_does_not_make_a_new_profile_final():
    """A05.FR.08."""
    b = secured(AuthorizationKey=KEY)
    b.install(root())
    b.change("SecurityProfile", "2")
    b = b.reboot().start()
    for _ in range(3):
        b.cp.lazy("ocppj.v16.secured").unreachable(b.cp)
    assert profile(b) == 0


def test_a_profile_that_connected_stays():
    """A05.FR.07, A05.FR.09."""
    b = secured(AuthorizationKey=KEY)
    b.install(root())
    b.change("SecurityProfile", "2")
    secure = b.cp.lazy("ocppj.v16.secured")
    secure.unreachable(b.cp)
    secure.connected(b.cp)
    for _ in range(9):
        secure.unreachable(b.cp)
    assert profile(b) == 2


def test_the_password_is_changed_logged_and_never_shown():
    """A01.FR.01, A01.FR.02, A01.FR.11, A01.FR.12, A00.FR.205, A00.FR.304."""
    b = secured(AuthorizationKey=KEY)
    new = "f0" * 20
    assert b.change("AuthorizationKey", new) == "Accepted"
    assert b.config.get("AuthorizationKey") == new
    assert b.log_lines()[-1].endswith("ReconfigurationOfSecurityParameters AuthorizationKey")
    answer = b.call("GetConfiguration", {"key": ["AuthorizationKey"]})
    assert answer == {"configurationKey": [], "unknownKey": ["AuthorizationKey"]}
    everything = str(b.log.lines) + str(b.log_lines()) + str(b.csms.calls) + str(b.csms.answers)
    assert new not in everything and KEY not in everything


@pytest.mark.parametrize(
    "value", ["", "00" * 15, "0" * 33, "00" * 21, "zz" * 16, "correct horse battery staple"]
)
def test_what_is_no_key_changes_nothing(value):
    """A01.FR.01, A00.FR.205."""
    b = secured(AuthorizationKey=KEY)
    assert b.change("AuthorizationKey", value) == "Rejected"
    assert b.config.get("AuthorizationKey") == KEY


def test_the_keys_of_the_whitepaper():
    """A00.FR.205."""
    b = secured()
    names = (
        "AdditionalRootCertificateCheck CertificateSignedMaxChainSize CertificateStoreMaxLength "
        "CpoName SecurityEvents SecurityProfile SupportedFileTransferProtocols"
    ).split()
    found = b.call("GetConfiguration", {"key": names})["configurationKey"]
    assert {row["key"]: row["readonly"] for row in found} == {
        name: name not in ("CpoName", "SecurityEvents", "SecurityProfile") for name in names
    }
    for name in names[:3]:
        assert b.change(name, "1") == "Rejected"
