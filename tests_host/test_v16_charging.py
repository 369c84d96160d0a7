"""Smart charging by SetChargingProfile, ClearChargingProfile, RemoteStart (S 3.13, 5.5, 5.16)."""

from charging_bench import Charging, profile

MAX = "ChargePointMaxProfile"
DEFAULT = "TxDefaultProfile"
TX = "TxProfile"


def charging(**more):
    b = Charging(**more)
    b.charge("A1")
    return b


# -- purposes (S 3.13.1) -------------------------------------------------------------------------


def test_a_default_profile_limits_the_charges_that_come():
    """S 3.13.1/2."""
    b = Charging()
    assert b.set(0, profile(periods=[(0, 16)])) == "Accepted"
    assert b.limit() == 16  # before the charge: its first step knows
    b.charge("A1")
    assert b.limit() == 16


def test_a_default_of_a_connector_replaces_that_for_all_only_there():
    """S 3.13.1/3, E 3.53: in whatever order they came."""
    for first, second in ((0, 1), (1, 0)):
        b = Charging(connectors=2)
        for cid in (first, second):
            assert b.set(cid, profile(10 + cid, periods=[(0, 20 - 10 * cid)])) == "Accepted"
        assert (b.limit(1), b.limit(2)) == (10, 20)


def test_a_replaced_default_does_not_come_back_when_the_other_says_nothing():
    """S 3.13.1/3."""
    b = Charging(connectors=2)
    b.set(0, profile(1, level=1, periods=[(0, 20)]))
    b.set(0, profile(2, level=0, periods=[(0, 15)]))
    b.set(1, profile(3, level=1, periods=[(0, 10)], start=b.wall, duration=60))
    assert (b.limit(1), b.limit(2)) == (10, 20)
    b.run(60)
    assert (b.limit(1), b.limit(2)) == (15, 20)


def test_a_station_profile_stands_at_connector_0_only():
    """S 3.13.1/1."""
    b = Charging()
    assert b.set(1, profile(purpose=MAX)) == "Rejected"
    assert b.set(0, profile(purpose=MAX)) == "Accepted"
    assert b.claim("grid") == (16, None)
    assert b.limit() is None


def test_a_tx_profile_needs_a_transaction_at_its_connector():
    """S 3.13.1/6."""
    b = Charging(connectors=2)
    assert b.set(1, profile(purpose=TX)) == "Rejected"
    b.charge("A1", 1)
    assert b.set(0, profile(purpose=TX)) == "Rejected"
    assert b.set(2, profile(purpose=TX)) == "Rejected"
    assert b.set(1, profile(purpose=TX)) == "Accepted"
    assert (b.limit(1), b.limit(2)) == (16, None)


def test_a_tx_profile_of_another_transaction_is_refused():
    """S 5.16/1: transactionId prevents a mismatch."""
    b = charging()
    assert b.set(1, profile(purpose=TX, transactionId=2)) == "Rejected"
    assert b.set(1, profile(purpose=TX, transactionId=1)) == "Accepted"


def test_a_tx_profile_overrules_the_default_even_where_it_permits_more():
    """S 3.13.1/4."""
    b = charging()
    b.set(0, profile(1, periods=[(0, 10)], level=5))
    b.set(1, profile(2, TX, periods=[(0, 20)], level=0))
    assert b.limit() == 20


def test_a_tx_profile_overrules_the_default_even_when_its_duration_is_over():
    """S 3.13.1/4."""
    b = charging()
    b.set(0, profile(1, periods=[(0, 10)]))
    b.set(1, profile(2, TX, periods=[(0, 20)], duration=60))
    b.run(30)
    assert b.limit() == 20
    b.run(60)
    assert b.limit() is None


def test_a_tx_profile_that_is_no_longer_valid_leaves_the_default():
    """E 3.65, E 3.66: validFrom and validTo are for TxProfile too."""
    b = charging()
    b.set(0, profile(1, periods=[(0, 10)]))
    b.set(1, profile(2, TX, periods=[(0, 20)], valid=(b.wall + 5, b.wall + 10)))
    seen = []
    for _ in range(15):
        seen.append(b.limit())
        b.run(1)
    assert seen == [10] * 5 + [20] * 5 + [10] * 5


def test_a_tx_profile_goes_with_its_transaction():
    """S 3.13.1/5, S 7.10."""
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


# -- stacking (S 3.13.2) -------------------------------------------------------------------------


def test_the_highest_level_valid_now_rules():
    """S 3.13.2/1."""
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
    """S 5.16.4/2, E 3.43."""
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
    """S 3.13.2/3."""
    b = Charging()
    b.set(0, profile(1, periods=[(0, 10)]))
    b.set(0, profile(1, periods=[(0, 20)], valid=(b.wall + 10, None)))
    assert b.limit() is None
    b.run(10)
    assert b.limit() == 20


# -- kinds (7.8, 7.9, 7.13, E 3.79) --------------------------------------------------------------


def test_a_relative_schedule_counts_from_the_start_of_the_transaction():
    """S 7.9."""
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
    """S 7.9."""
    b = charging()
    b.run(50)
    b.set(1, profile(1, TX, periods=[(0, 16), (60, 8)]))
    b.run(9)
    assert b.limit() == 16
    b.run(1)
    assert b.limit() == 8


def test_a_relative_station_profile_counts_from_its_reception():
    """S 7.9."""
    b = Charging()
    b.set(0, profile(1, MAX, periods=[(0, 16), (60, 8)]))
    b.run(59)
    assert b.claim("grid") == (16, None)
    b.charge("A1")
    b.run(1)
    assert b.claim("grid") == (8, None)


def test_a_schedule_that_starts_later_limits_nothing_before():
    """S 5.16.4/2."""
    b = Charging()
    b.set(0, profile(start=b.wall + 100))
    b.run(99)
    assert b.limit() is None
    b.run(1)
    assert b.limit() == 16


def test_a_weekly_schedule_comes_again_after_seven_days():
    """E 3.79."""
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
