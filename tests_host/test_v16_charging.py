"""Smart charging by SetChargingProfile, ClearChargingProfile, RemoteStart (S 3.13, 5.5, 5.16)."""

import sys

import pytest

from charging_bench import Charging, profile
from v16_bench import Bench, PowerCut, Store

MAX = "ChargePointMaxProfile"
DEFAULT = "TxDefaultProfile"
TX = "TxProfile"


def charging(**more):
    b = Charging(**more)
    b.charge("A1")
    return b


# -- purposes (S 3.13.1) ----------------------------------------------------------------------


def test_a_default_profile_limits_the_charges_that_come():
    b = Charging()
    assert b.set(0, profile(periods=[(0, 16)])) == "Accepted"
    assert b.limit() == 16  # before the charge: its first step knows
    b.charge("A1")
    assert b.limit() == 16


def test_a_default_of_a_connector_replaces_that_for_all_only_there():
    """S 3.13.1: in whatever order they came."""
    for first, second in ((0, 1), (1, 0)):
        b = Charging(connectors=2)
        for cid in (first, second):
            assert b.set(cid, profile(10 + cid, periods=[(0, 20 - 10 * cid)])) == "Accepted"
        assert (b.limit(1), b.limit(2)) == (10, 20)


def test_a_replaced_default_does_not_come_back_when_the_other_says_nothing():
    b = Charging(connectors=2)
    b.set(0, profile(1, level=1, periods=[(0, 20)]))
    b.set(0, profile(2, level=0, periods=[(0, 15)]))
    b.set(1, profile(3, level=1, periods=[(0, 10)], start=b.wall, duration=60))
    assert (b.limit(1), b.limit(2)) == (10, 20)
    b.run(60)
    assert (b.limit(1), b.limit(2)) == (15, 20)


def test_a_station_profile_stands_at_connector_0_only():
    b = Charging()
    assert b.set(1, profile(purpose=MAX)) == "Rejected"
    assert b.set(0, profile(purpose=MAX)) == "Accepted"
    assert b.claim("grid") == (16, None)
    assert b.limit() is None


def test_a_tx_profile_needs_a_transaction_at_its_connector():
    """S 3.13.1, 5.16.4."""
    b = Charging(connectors=2)
    assert b.set(1, profile(purpose=TX)) == "Rejected"
    b.charge("A1", 1)
    assert b.set(0, profile(purpose=TX)) == "Rejected"
    assert b.set(2, profile(purpose=TX)) == "Rejected"
    assert b.set(1, profile(purpose=TX)) == "Accepted"
    assert (b.limit(1), b.limit(2)) == (16, None)


def test_a_tx_profile_of_another_transaction_is_refused():
    """S 5.16: transactionId prevents a mismatch."""
    b = charging()
    assert b.set(1, profile(purpose=TX, transactionId=2)) == "Rejected"
    assert b.set(1, profile(purpose=TX, transactionId=1)) == "Accepted"


def test_a_tx_profile_overrules_the_default_even_where_it_permits_more():
    b = charging()
    b.set(0, profile(1, periods=[(0, 10)], level=5))
    b.set(1, profile(2, TX, periods=[(0, 20)], level=0))
    assert b.limit() == 20


def test_a_tx_profile_overrules_the_default_even_when_its_duration_is_over():
    b = charging()
    b.set(0, profile(1, periods=[(0, 10)]))
    b.set(1, profile(2, TX, periods=[(0, 20)], duration=60))
    b.run(30)
    assert b.limit() == 20
    b.run(60)
    assert b.limit() is None


def test_a_tx_profile_that_is_no_longer_valid_leaves_the_default():
    """E 3.65, 3.66: validFrom and validTo are for TxProfile too."""
    b = charging()
    b.set(0, profile(1, periods=[(0, 10)]))
    b.set(1, profile(2, TX, periods=[(0, 20)], valid=(b.wall + 5, b.wall + 10)))
    seen = []
    for _ in range(15):
        seen.append(b.limit())
        b.run(1)
    assert seen == [10] * 5 + [20] * 5 + [10] * 5


def test_a_tx_profile_goes_with_its_transaction():
    b = charging()
    b.set(1, profile(2, TX))
    b.stop()
    assert b.limit() is None
    assert not [n for n in b.store.names() if n[0] == "p"]
    b.charge("A1")
    assert b.limit() is None


def test_a_new_default_applies_to_a_running_transaction():
    """E 3.8: with or without a profile before; its removal lets the charge go on without."""
    b = charging()
    b.set(0, profile(1, periods=[(0, 16)]))
    assert b.limit() == 16
    b.set(0, profile(1, periods=[(0, 8)]))
    assert b.limit() == 8
    b.clear(id=1)
    assert b.limit() is None
    assert b.station.connector(1).session is not None


# -- stacking (S 3.13.2) ----------------------------------------------------------------------


def test_the_highest_level_valid_now_rules():
    b = Charging()
    b.set(0, profile(1, level=0, periods=[(0, 10)]))
    b.set(0, profile(2, level=3, periods=[(0, 20)]))
    b.set(0, profile(3, level=7, periods=[(0, 30)], valid=(b.wall + 10, b.wall + 20)))
    seen = []
    for _ in range(25):
        seen.append(b.limit())
        b.run(1)
    assert seen == [20] * 10 + [30] * 10 + [20] * 5


def test_after_its_duration_a_lower_level_rules():
    """E 3.43."""
    b = Charging()
    now = b.wall
    b.set(0, profile(1, level=0, periods=[(0, 10)]))
    b.set(0, profile(2, level=1, periods=[(0, 20)], start=now, duration=5, daily=True))
    b.run(4)
    assert b.limit() == 20
    b.run(1)
    assert b.limit() == 10
    b.run(86394)
    assert b.limit() == 10
    b.run(1)
    assert b.limit() == 20


def test_without_a_duration_a_lower_level_never_rules():
    """E 3.7."""
    b = Charging()
    b.set(0, profile(1, level=0, periods=[(0, 10)]))
    b.set(0, profile(2, level=1, periods=[(0, 20), (5, 30)], start=b.wall))
    b.run(100_000)
    assert b.limit() == 30


def test_an_update_with_a_later_validity_reverts_to_the_default_behaviour_until_then():
    """S 3.13.2, first note."""
    b = Charging()
    b.set(0, profile(1, periods=[(0, 10)]))
    b.set(0, profile(1, periods=[(0, 20)], valid=(b.wall + 10, None)))
    assert b.limit() is None
    b.run(10)
    assert b.limit() == 20


# -- replacing (S 5.16.3, 5.16.4) -------------------------------------------------------------


def test_the_same_id_replaces_whatever_else_differs():
    b = charging()
    b.set(0, profile(1, level=0, periods=[(0, 10)]))
    b.set(0, profile(1, MAX, level=4, periods=[(0, 12)]))
    assert b.limit() is None
    assert b.claim("grid") == (12, None)


def test_the_same_purpose_and_level_replace_whatever_the_id():
    b = Charging()
    b.set(0, profile(1, level=2, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 12)]))
    assert b.limit() == 12
    assert b.clear(id=1) == "Unknown"


def test_one_may_replace_two():
    b = Charging()
    b.set(0, profile(1, level=1, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 11)]))
    b.set(0, profile(1, level=2, periods=[(0, 12)]))
    assert b.limit() == 12
    assert [n for n in b.store.names() if n[0] == "p"] == ["p00"]


def test_a_power_cut_between_the_two_leaves_the_new_one_alone():
    b = Charging()
    b.set(0, profile(1, level=1, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 11)]))
    b.store.delete = lambda name: None
    b.set(0, profile(1, level=2, periods=[(0, 12)]))
    again = Charging(store=Store(b.store.files))
    assert again.limit() == 12
    assert again.clear(id=2) == "Unknown"


def test_the_same_level_of_another_connector_or_purpose_stays():
    b = charging(connectors=2)
    b.set(1, profile(1, level=1, periods=[(0, 10)]))
    b.set(2, profile(2, level=1, periods=[(0, 11)]))
    b.set(1, profile(3, TX, level=1, periods=[(0, 12)]))
    b.set(0, profile(4, MAX, level=1, periods=[(0, 13)]))
    assert (b.limit(1), b.limit(2), b.claim("grid")[0]) == (12, 11, 12)


# -- kinds (7.8, 7.9, 7.13, E 3.79) -----------------------------------------------------------


def test_a_relative_schedule_counts_from_the_start_of_the_transaction():
    b = Charging()
    b.set(0, profile(periods=[(0, 16), (60, 8)]))
    b.run(500)
    assert b.limit() == 16
    b.charge("A1")
    b.run(59)
    assert b.limit() == 16
    b.run(1)
    assert b.limit() == 8
    b.stop()
    assert b.limit() == 16  # the next one begins anew


def test_a_relative_tx_profile_counts_from_the_start_of_the_transaction_however_late_it_comes():
    b = charging()
    b.run(50)
    b.set(1, profile(1, TX, periods=[(0, 16), (60, 8)]))
    b.run(9)
    assert b.limit() == 16
    b.run(1)
    assert b.limit() == 8


def test_a_relative_station_profile_counts_from_its_reception():
    b = Charging()
    b.set(0, profile(1, MAX, periods=[(0, 16), (60, 8)]))
    b.run(59)
    assert b.claim("grid") == (16, None)
    b.charge("A1")
    b.run(1)
    assert b.claim("grid") == (8, None)


def test_a_schedule_that_starts_later_limits_nothing_before():
    b = Charging()
    b.set(0, profile(start=b.wall + 100))
    b.run(99)
    assert b.limit() is None
    b.run(1)
    assert b.limit() == 16


def test_a_weekly_schedule_comes_again_after_seven_days():
    b = Charging()
    b.set(0, profile(start=b.wall - 6 * 86400, duration=60, weekly=True))
    assert b.limit() is None
    b.run(86400)
    assert b.limit() == 16
    b.run(60)
    assert b.limit() is None


def test_the_clock_is_moved():
    """A change of the clock is a change of the limit; a relative schedule runs on."""
    b = charging()
    b.set(0, profile(1, level=1, start=b.wall + 3600, periods=[(0, 5)]))
    b.set(0, profile(2, level=0, periods=[(0, 16), (100, 10)]))
    b.run(50)
    assert b.limit() == 16
    b.clock.set_wall(b.wall + 3600, "csms")
    assert b.limit() == 5
    b.clock.set_wall(b.wall - 3600, "csms")
    assert b.limit() == 16
    b.run(50)
    assert b.limit() == 10


def test_a_clock_that_goes_back_makes_the_next_change_wait():
    b = Charging()
    b.set(0, profile(start=b.wall + 60))
    b.run(50)
    b.clock.zero -= 30  # no event: drift
    b.run(39)
    assert b.limit() is None
    b.run(1)
    assert b.limit() == 16


# -- what is refused --------------------------------------------------------------------------


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
    """7.14."""
    b = Charging()
    assert b.set(0, profile(periods=[(0, 8.1)])) == "Accepted"
    assert b.limit() == 8.1
    assert b.set(0, profile(periods=[(0, 8.15)]))[0] == "PropertyConstraintViolation"


def test_no_more_than_max_charging_profiles_installed():
    """9.4.5: the next one is rejected, unless it replaces one or one is over for good."""
    b = Charging(MaxChargingProfilesInstalled=3)
    for n in range(3):
        assert b.set(0, profile(n, level=n)) == "Accepted"
    assert b.set(0, profile(9, level=9)) == "Rejected"
    assert b.set(0, profile(9, level=2)) == "Accepted"
    assert b.set(0, profile(1, level=1, valid=(None, b.wall + 5))) == "Accepted"
    b.run(5)
    assert b.set(0, profile(7, level=7)) == "Accepted"


def test_a_full_flash_keeps_no_profile():
    b = Charging()
    b.cp.journal_full = True
    assert b.set(0, profile()) == "Rejected"


def test_the_keys_of_section_9_4():
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


# -- clearing (S 5.5, E 3.25, 3.26) -----------------------------------------------------------


def stocked():
    b = charging(connectors=2)
    b.set(0, profile(1, MAX, 0))
    b.set(0, profile(2, DEFAULT, 0))
    b.set(1, profile(3, DEFAULT, 0))
    b.set(1, profile(4, TX, 1))
    b.set(2, profile(5, DEFAULT, 1))
    return b


def left(b):
    return {n for n in range(1, 6) if b.clear(id=n) == "Accepted"}


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({}, {1, 2, 3, 4, 5}),
        ({"id": 4}, {4}),
        ({"id": 4, "connectorId": 2, "stackLevel": 7}, {4}),  # others are ignored
        ({"connectorId": 0}, {1, 2}),
        ({"connectorId": 1}, {3, 4}),
        ({"chargingProfilePurpose": DEFAULT}, {2, 3, 5}),
        ({"stackLevel": 0}, {1, 2, 3}),
        ({"chargingProfilePurpose": DEFAULT, "stackLevel": 0}, {2, 3}),
        ({"connectorId": 1, "chargingProfilePurpose": DEFAULT, "stackLevel": 0}, {3}),
    ],
)
def test_what_is_cleared(fields, gone):
    b = stocked()
    assert b.clear(**fields) == "Accepted"
    assert left(b) == {1, 2, 3, 4, 5} - gone


@pytest.mark.parametrize(
    "fields", [{"id": 9}, {"connectorId": 2, "stackLevel": 0}, {"connectorId": 5}]
)
def test_nothing_matched(fields):
    b = stocked()
    assert b.clear(**fields) == "Unknown"
    assert left(b) == {1, 2, 3, 4, 5}


def test_a_cleared_limit_is_gone_at_once():
    b = stocked()
    assert (b.claim("grid")[0], b.limit(2)) == (16, 16)
    b.clear()
    assert (b.claim("grid"), b.limit(1), b.limit(2)) == ((None, None), None, None)


def test_the_code_is_forgotten_when_it_is_not_needed():
    """Issue C.7: handlers, storage and evaluation; what stays is when to look again."""
    b = charging()
    b.set(0, profile(1))
    b.composite(1, 60)
    b.clear(id=5)
    b.run(20)
    mine = ("composite", "profiles", "profile", "allowance", "composite_schedule")
    assert not [name for name in sys.modules if name.startswith("ocppj") and name.endswith(mine)]
    assert b.limit() == 16


# -- persistence (E 3.37) ---------------------------------------------------------------------


def test_profiles_persist_over_a_power_cut():
    b = Charging()
    b.set(0, profile(1, periods=[(0, 16.4)], start=b.wall))
    b.set(0, profile(2, MAX, periods=[(0, 5000)], unit="W"))
    again = Charging(store=Store(b.store.files), wall=b.wall + 10)
    assert again.limit() == 16.4
    assert again.claim("grid") == (None, 5000)
    assert again.clear(id=1) == "Accepted"


def test_a_tx_profile_does_not_outlive_its_transaction_in_a_power_cut():
    b = charging()
    b.set(1, profile(1, TX))
    assert Charging(store=Store(b.store.files)).limit() is None


def test_a_tx_profile_lives_on_with_its_transaction():
    b = charging()
    b.set(1, profile(1, TX, periods=[(0, 16), (100, 8)]))
    b.run(50)
    again = Charging(
        store=Store(b.store.files), wall=b.wall + 10, ResumeTransactionAfterPowerLoss=True
    )
    assert again.station.connector(1).session is not None
    assert again.limit() == 16
    again.run(60)
    assert again.limit() == 8


def amps(b):
    claims = {name: current_da for name, current_da, _ in b.station.connector(1).limits.claims()}
    return claims["grid"], claims["profile"]


def test_while_the_time_is_unknown_the_lowest_limit_of_a_schedule_holds():
    """An unknown limit is not taken for none; a relative schedule needs no clock."""
    b = Charging()
    b.set(0, profile(1, MAX, periods=[(0, 30), (3600, 7), (7200, 20)], start=b.wall))
    b.set(0, profile(2, periods=[(0, 16), (60, 8)]))
    dark = Bench(Store(b.store.files), AllowOfflineTxForUnknownId=True).start()
    dark.charge("A1")
    assert amps(dark) == (70, 160)
    dark.run(70)
    assert amps(dark) == (70, 80)
    dark.real = b.wall - 70  # the CSMS tells the time
    dark.online()
    assert amps(dark) == (80, 80)


def test_a_damaged_record_is_dropped_and_said():
    b = Charging()
    b.set(0, profile())
    data = bytearray(b.store.files["p00"])
    data[48] ^= 1
    again = Charging(store=Store({**b.store.files, "p00": bytes(data)}))
    assert again.limit() is None
    assert "p00" not in again.store.files
    assert any("damaged" in line for line in again.log.lines)


def test_profiles_work_offline():
    """S 3.13.6."""
    b = Charging(AllowOfflineTxForUnknownId=True)
    b.set(0, profile(1, periods=[(0, 16), (100, 8)]))
    b.offline()
    b.charge("A1")
    assert b.limit() == 16
    b.run(100)
    assert b.limit() == 8


# -- RemoteStartTransaction (S 5.11, 5.16.2, E 3.41, 3.42, 3.67) ------------------------------


def remote(b, body, **more):
    payload = {"idTag": "R1", "chargingProfile": body, **more}
    status = b.call("RemoteStartTransaction", payload)["status"]
    b.run(2)
    return status


def test_a_remote_start_brings_its_profile():
    b = Charging(connectors=2)
    assert remote(b, profile(1, TX, periods=[(0, 12)]), connectorId=2) == "Accepted"
    assert (b.limit(1), b.limit(2)) == (None, 12)
    b.stop(2)
    assert b.limit(2) is None


def test_its_profile_is_replaced_or_stacked_by_those_that_follow():
    """S 5.16.2, note (E 3.42)."""
    b = Charging()
    remote(b, profile(1, TX, level=2, periods=[(0, 12)]), connectorId=1)
    assert b.set(1, profile(2, TX, level=2, periods=[(0, 10)], transactionId=1)) == "Accepted"
    assert b.limit() == 10
    assert b.set(1, profile(3, TX, level=3, periods=[(0, 8)], transactionId=1)) == "Accepted"
    assert b.limit() == 8
    b.clear(id=3)
    assert b.limit() == 10


def test_its_profile_outranks_the_default():
    """E 3.67."""
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
    b = Charging()
    assert remote(b, body) == "Rejected"
    assert b.station.connector(1).session is None
    assert b.limit() is None


def test_a_refused_remote_start_leaves_no_profile():
    b = Charging()
    b.station.refusal = "no"
    assert remote(b, profile(1, TX)) == "Rejected"
    assert not [n for n in b.store.names() if n[0] == "p"]


def test_a_profile_of_a_start_that_came_to_nothing_is_not_the_next_charges():
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


@pytest.mark.parametrize("cut", range(4))
def test_a_power_cut_at_any_write_leaves_the_old_or_the_new(cut):
    """E 3.37; the new one replaces two, by its id and by its level."""
    b = Charging()
    b.set(0, profile(1, level=1, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 11)]))
    b.store.left = cut
    try:
        b.set(0, profile(1, level=2, periods=[(0, 12)]))
    except PowerCut:
        pass
    again = Charging(store=Store(b.store.files))
    assert again.limit() == (11 if cut == 0 else 12)
    left = [number for number in (1, 2) if again.clear(id=number) == "Accepted"]
    assert left == ([1, 2] if cut == 0 else [1])
