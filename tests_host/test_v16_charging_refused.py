"""Which charging profiles are refused, and which come with a remote start (S 5.11, 5.16)."""

import pytest

from charging_bench import Charging, profile
from v16_bench import Store

MAX = "ChargePointMaxProfile"
DEFAULT = "TxDefaultProfile"
TX = "TxProfile"


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        profile(level=-1),
        profile(level=21),
        profile(periods=[(1, 16)]),  # E 3.45, 3.70: the first one starts at 0
        profile(periods=[(0, 16), (60, 8), (60, 6)]),
        profile(periods=[(0, 16), (60, 8), (30, 6)]),
        profile(periods=[(0, -0.1)]),
        profile(periods=[(0, 16, 0)]),
        profile(periods=[]),
        profile(periods=[(n, 16) for n in range(51)]),
        profile(duration=0),
        profile(duration=-1),
        profile(valid=(100, 100)),
        profile(chargingProfileKind="Absolute"),  # without startSchedule
        profile(chargingProfileKind="Recurring", recurrencyKind="Daily"),
        profile(start=1, chargingProfileKind="Recurring"),  # without recurrencyKind
        profile(number=1 << 70),
    ],
)
def test_what_no_schedule_can_be_is_rejected(body):
    """S 5.16/2, S 7.8, E 3.45, E 3.70, S 7.13."""
    b = Charging()
    assert b.set(0, body) == "Rejected"
    assert b.limit() is None
    assert any("refused" in line for line in b.log.lines)


@pytest.mark.parametrize(
    "body",
    [
        profile(level=20),
        profile(periods=[(n, 16) for n in range(50)]),
        profile(periods=[(0, 0)]),
        profile(periods=[(0, 16, 1)]),
        profile(recurrencyKind="Daily"),  # of no meaning here (E 3.56)
        profile(number=-5),
        profile(valid=(0, 1)),  # long over
    ],
)
def test_what_is_just_legal_is_accepted(body):
    """S 5.16/2."""
    assert Charging().set(0, body) == "Accepted"


def test_an_unknown_connector_is_a_callerror():
    """E 3.39."""
    for cid in (2, -1):
        answer = Charging().set(cid, profile())
        assert answer[0] == "PropertyConstraintViolation"


def test_an_unknown_unit_is_a_callerror():
    """E 3.38."""
    b = Charging()
    assert b.set(0, profile(unit="VA"))[0] == "PropertyConstraintViolation"
    body = profile(chargingProfilePurpose="Other")
    assert b.set(0, body)[0] == "PropertyConstraintViolation"


def test_a_limit_has_one_decimal():
    """S 7.14."""
    b = Charging()
    assert b.set(0, profile(periods=[(0, 8.1)])) == "Accepted"
    assert b.limit() == 8.1
    assert b.set(0, profile(periods=[(0, 8.15)]))[0] == "PropertyConstraintViolation"


def test_no_more_than_max_charging_profiles_installed():
    """S 9.4.5: the next one is rejected, unless it replaces one or one is over for good."""
    b = Charging(MaxChargingProfilesInstalled=3)
    for n in range(3):
        assert b.set(0, profile(n, level=n)) == "Accepted"
    assert b.set(0, profile(9, level=9)) == "Rejected"
    assert b.set(0, profile(9, level=2)) == "Accepted"
    assert b.set(0, profile(1, level=1, valid=(None, b.wall + 5))) == "Accepted"
    b.run(5)
    assert b.set(0, profile(7, level=7)) == "Accepted"


def test_a_full_flash_keeps_no_profile():
    """S 5.16/2."""
    b = Charging()
    b.cp.journal_full = True
    assert b.set(0, profile()) == "Rejected"


def test_the_keys_of_section_9_4():
    """E 3.88, S 3.13.5."""
    b = Charging()
    names = (
        "ChargeProfileMaxStackLevel ChargingScheduleAllowedChargingRateUnit "
        "ChargingScheduleMaxPeriods ConnectorSwitch3to1PhaseSupported MaxChargingProfilesInstalled"
    ).split()
    answer = b.call("GetConfiguration", {"key": names})
    rows = {row["key"]: row for row in answer["configurationKey"]}
    assert [rows[name]["value"] for name in names] == ["20", "Current,Power", "50", "false", "30"]
    assert all(row["readonly"] for row in rows.values())
    answer = b.call("GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
    assert "SmartCharging" in answer["configurationKey"][0]["value"].split(",")


# -- RemoteStartTransaction (S 5.11, 5.16.2, E 3.41, 3.42, 3.67) ---------------------------------


def remote(b, body, **more):
    payload = {"idTag": "R1", "chargingProfile": body, **more}
    status = b.call("RemoteStartTransaction", payload)["status"]
    b.run(2)
    return status


def test_a_remote_start_brings_its_profile():
    """S 5.11/5."""
    b = Charging(connectors=2)
    assert remote(b, profile(1, TX, periods=[(0, 12)]), connectorId=2) == "Accepted"
    assert (b.limit(1), b.limit(2)) == (None, 12)
    b.stop(2)
    assert b.limit(2) is None


def test_its_profile_is_replaced_or_stacked_by_those_that_follow():
    """S 5.16.2, E 3.42: note (E 3.42)."""
    b = Charging()
    remote(b, profile(1, TX, level=2, periods=[(0, 12)]), connectorId=1)
    assert b.set(1, profile(2, TX, level=2, periods=[(0, 10)], transactionId=1)) == "Accepted"
    assert b.limit() == 10
    assert b.set(1, profile(3, TX, level=3, periods=[(0, 8)], transactionId=1)) == "Accepted"
    assert b.limit() == 8
    b.clear(id=3)
    assert b.limit() == 10


def test_its_profile_outranks_the_default():
    """E 3.67, S 7.10."""
    b = Charging()
    b.set(0, profile(5, level=9, periods=[(0, 6)]))
    remote(b, profile(1, TX, periods=[(0, 12)]))
    assert b.limit() == 12


@pytest.mark.parametrize(
    "body",
    [
        profile(1, DEFAULT),
        profile(1, MAX),
        profile(1, TX, transactionId=7),  # E 3.41
        profile(1, TX, periods=[(5, 1)]),
        profile(1, TX, level=21),
    ],
)
def test_a_remote_start_with_a_profile_that_cannot_be_is_rejected(body):
    """S 5.11/5, E 3.41."""
    b = Charging()
    assert remote(b, body) == "Rejected"
    assert b.station.connector(1).session is None
    assert b.limit() is None


def test_a_refused_remote_start_leaves_no_profile():
    """S 5.11/5."""
    b = Charging()
    b.station.refusal = "no"
    assert remote(b, profile(1, TX)) == "Rejected"
    assert not [n for n in b.store.names() if n[0] == "p"]


def test_a_profile_of_a_start_that_came_to_nothing_is_not_the_next_charges():
    """S 3.13.1/5."""
    b = Charging(AuthorizeRemoteTxRequests=True)
    b.csms.idtag = {"status": "Blocked"}
    assert remote(b, profile(1, TX)) == "Accepted"
    assert b.station.connector(1).session is None
    b.csms.idtag = {"status": "Accepted"}
    b.charge("A1")
    assert b.limit() is None
    assert not [n for n in b.store.names() if n[0] == "p"]


def test_a_power_cut_forgets_the_profile_of_a_start_that_waits():
    b = Charging()
    b.call("RemoteStartTransaction", {"idTag": "R1", "chargingProfile": profile(1, TX)})
    assert "p00" in b.store.files
    again = Charging(store=Store(b.store.files))
    assert "p00" not in again.store.files


def test_a_power_cut_just_after_the_start_keeps_the_profile_of_the_remote_start():
    b = Charging()
    b.call("RemoteStartTransaction", {"idTag": "R1", "chargingProfile": profile(1, TX)})
    waiting = b.store.files["p00"]
    b.run(2)
    assert b.store.files["p00"] != waiting
    files = {**b.store.files, "p00": waiting}
    again = Charging(store=Store(files), wall=b.wall, ResumeTransactionAfterPowerLoss=True)
    assert again.limit() == 16
    again.stop()
    assert again.limit() is None
