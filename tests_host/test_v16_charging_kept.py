"""Which charging profiles are kept, replaced, cleared, and survive (S 5.5, 5.16, E 3.37)."""

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


# -- replacing (S 5.16.3, 5.16.4) ----------------------------------------------------------------


def test_the_same_id_replaces_whatever_else_differs():
    """S 5.16.3."""
    b = charging()
    b.set(0, profile(1, level=0, periods=[(0, 10)]))
    b.set(0, profile(1, MAX, level=4, periods=[(0, 12)]))
    assert b.limit() is None
    assert b.claim("grid") == (12, None)


def test_the_same_purpose_and_level_replace_whatever_the_id():
    """S 3.13.2/2."""
    b = Charging()
    b.set(0, profile(1, level=2, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 12)]))
    assert b.limit() == 12
    assert b.clear(id=1) == "Unknown"


def test_one_may_replace_two():
    """S 5.16.3."""
    b = Charging()
    b.set(0, profile(1, level=1, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 11)]))
    b.set(0, profile(1, level=2, periods=[(0, 12)]))
    assert b.limit() == 12
    assert [n for n in b.store.names() if n[0] == "p"] == ["p00"]


def test_a_power_cut_between_the_two_leaves_the_new_one_alone():
    """S 5.16.3."""
    b = Charging()
    b.set(0, profile(1, level=1, periods=[(0, 10)]))
    b.set(0, profile(2, level=2, periods=[(0, 11)]))
    b.store.delete = lambda name: None
    b.set(0, profile(1, level=2, periods=[(0, 12)]))
    again = Charging(store=Store(b.store.files))
    assert again.limit() == 12
    assert again.clear(id=2) == "Unknown"


def test_the_same_level_of_another_connector_or_purpose_stays():
    """S 3.13.2/2."""
    b = charging(connectors=2)
    b.set(1, profile(1, level=1, periods=[(0, 10)]))
    b.set(2, profile(2, level=1, periods=[(0, 11)]))
    b.set(1, profile(3, TX, level=1, periods=[(0, 12)]))
    b.set(0, profile(4, MAX, level=1, periods=[(0, 13)]))
    assert (b.limit(1), b.limit(2), b.claim("grid")[0]) == (12, 11, 12)


# -- clearing (S 5.5, E 3.25, 3.26) --------------------------------------------------------------


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
    """E 3.25, E 3.26."""
    b = stocked()
    assert b.clear(**fields) == "Accepted"
    assert left(b) == {1, 2, 3, 4, 5} - gone


@pytest.mark.parametrize(
    "fields", [{"id": 9}, {"connectorId": 2, "stackLevel": 0}, {"connectorId": 5}]
)
def test_nothing_matched(fields):
    """S 5.5."""
    b = stocked()
    assert b.clear(**fields) == "Unknown"
    assert left(b) == {1, 2, 3, 4, 5}


def test_a_cleared_limit_is_gone_at_once():
    """S 5.5."""
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


# -- persistence (E 3.37) ------------------------------------------------------------------------


def test_profiles_persist_over_a_power_cut():
    """E 3.37."""
    b = Charging()
    b.set(0, profile(1, periods=[(0, 16.4)], start=b.wall))
    b.set(0, profile(2, MAX, periods=[(0, 5000)], unit="W"))
    again = Charging(store=Store(b.store.files), wall=b.wall + 10)
    assert again.limit() == 16.4
    assert again.claim("grid") == (None, 5000)
    assert again.clear(id=1) == "Accepted"


def test_a_tx_profile_does_not_outlive_its_transaction_in_a_power_cut():
    """S 3.13.1/5."""
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
    """E 3.37."""
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


@pytest.mark.parametrize("cut", range(4))
def test_a_power_cut_at_any_write_leaves_the_old_or_the_new(cut):
    """E 3.37: the new one replaces two, by its id and by its level."""
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
