"""Claims on a connector: the lowest wins and is named, a missing one is its safe default."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.limits import NO_LIMIT, Limits
from world import World


def limits():
    made = Limits(("board", "cable", "profile"), ("profile",))
    made.claim("board", 1000, 9000)
    made.claim("cable", 600)
    return made


def resolved(made, voltage_dv=800, dt_ms=100):
    made.resolve(dt_ms, voltage_dv)
    return made.limit_da, made.limit_w, made.source


def test_nothing_is_permitted_before_the_first_look():
    made = limits()
    assert (made.limit_da, made.limit_w) == (0, 0)


def test_the_lowest_claim_wins_and_says_who():
    assert resolved(limits()) == (600, 4800, "cable")


def test_a_person_reads_what_each_has_claimed():
    assert limits().claims() == [
        ("board", 1000, 9000),
        ("cable", 600, None),
        ("profile", None, None),
    ]


def test_a_new_claim_counts_without_a_voltage_as_well():
    made = limits()
    assert resolved(made, 0) == (600, 0, "cable")
    made.claim("cable", 500)
    assert resolved(made, 0) == (500, 0, "cable")
    made.claim("profile", 400, ttl_ms=0)
    assert resolved(made, 0) == (0, 0, "profile")


def test_watts_and_amperes_are_compared_at_the_present_voltage():
    made = limits()
    made.claim("profile", power_w=4000)
    assert resolved(made, 800) == (500, 4000, "profile")
    assert resolved(made, 600)[2] == "cable"


def test_a_claim_nobody_has_stated_permits_nothing():
    made = Limits(("board", "cable"))
    made.claim("board", 1000)
    assert resolved(made) == (0, 0, "cable")


def test_a_stale_claim_becomes_zero():
    made = limits()
    made.claim("profile", 100, ttl_ms=1000)
    assert resolved(made, dt_ms=900)[2] == "profile"
    assert resolved(made, dt_ms=100) == (0, 0, "profile")
    made.clear("profile")
    assert resolved(made)[2] == "cable"


def test_ties_go_to_the_earlier_name():
    made = limits()
    made.claim("profile", 600)
    assert resolved(made)[2] == "cable"


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError):
        limits().claim("weather", 10)


@given(
    st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 400_000)), min_size=1, max_size=6),
    st.integers(1, 10_000),
)
def test_no_claim_is_ever_exceeded(claims, voltage_dv):
    """S 3.13.3/1."""
    names = tuple("abcdef"[: len(claims)])
    made = Limits(names)
    for name, (da, w) in zip(names, claims, strict=True):
        made.claim(name, da, w)
    da, w, source = resolved(made, voltage_dv)
    assert source in names
    for claimed_da, claimed_w in claims:
        assert da <= claimed_da
        assert w <= claimed_w or claimed_w == NO_LIMIT


def test_a_profile_reaches_the_module_within_200_ms():
    w = World().charge()
    w.connector.limits.claim("profile", power_w=800)
    w.pass_time(0.2)
    assert w.wire.set_amps * w.wire.volts <= 800
    assert (w.connector.limits.limit_w, w.connector.limits.source) == (
        pytest.approx(800, abs=10),
        "profile",
    )


def test_a_profile_of_zero_is_suspended_evse():
    """S 4.9/1."""
    w = World().charge()
    w.connector.limits.claim("profile", 0)
    w.pass_time(3)
    assert w.status == "SuspendedEVSE" and not w.wire.told_on()
    w.connector.limits.clear("profile")
    w.pass_time(5)
    assert w.status == "Charging"


def test_the_vehicle_is_named_when_it_takes_less():
    w = World().charge()
    assert w.connector.limits.source == "vehicle"


def test_a_vehicle_that_asks_for_nothing_is_suspended_ev():
    """E 3.55."""
    w = World().charge()
    w.wire.imax = 0.0
    w.pass_time(3)
    assert w.status == "SuspendedEV"
