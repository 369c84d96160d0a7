"""A charging profile reaches the charger module: real station, real charge point (issue C.5)."""

import pytest

from charging_bench import profile
from charging_world import ChargingWorld
from station import topics

MAX = "ChargePointMaxProfile"
TX = "TxProfile"


def amps(w, cid=1):
    """The set-point that the module of a connector has received."""
    return round(w.wires[cid - 1].set_amps, 1)


def test_a_limit_reaches_the_module_within_200_ms():
    w = ChargingWorld()
    w.charge()
    assert amps(w) == 30  # what the battery asks for
    assert w.set(1, profile(1, TX, periods=[(0, 12.5)])) == "Accepted"
    w.pass_time(0.2)
    assert amps(w) == 12.5
    w.pass_time(2)
    assert w.wire.amps == pytest.approx(12.5, abs=0.1)
    assert w.connector.limits.source == "profile"
    w.clear(id=1)
    w.pass_time(0.2)
    assert amps(w) == 30


def test_a_breakpoint_reaches_the_module_within_200_ms():
    w = ChargingWorld()
    w.charge()
    w.set(1, profile(1, TX, start=w.wall, periods=[(0, 20), (10, 8), (20, 16)]))
    w.pass_time(0.2)
    begun = w.clock.ms // 1000 * 1000  # the second in which the schedule begins
    for at, before, after in ((10, 20, 8), (20, 8, 16)):
        w.pass_time((begun + at * 1000 - 100 - w.clock.ms) / 1000)
        assert amps(w) == before
        w.pass_time(0.3)
        assert amps(w) == after


def test_a_power_limit_follows_the_voltage():
    w = ChargingWorld()
    w.charge()
    w.set(1, profile(1, TX, unit="W", periods=[(0, 1000)]))
    w.pass_time(5)
    assert w.connector.meter.power_w <= 1000
    assert w.wire.amps == pytest.approx(1000 / w.wire.volts, abs=0.2)


def test_a_limit_of_zero_suspends_the_charge_and_a_higher_one_resumes_it():
    """S 4.9/1, E 3.64: SuspendedEVSE; the transaction goes on."""
    w = ChargingWorld()
    w.charge()
    w.set(1, profile(1, TX, start=w.wall, periods=[(0, 0), (30, 10)]))
    w.pass_time(6)
    assert (w.status, w.wire.amps, w.wire.on) == ("SuspendedEVSE", 0, False)
    w.pass_time(30)
    assert w.status == "Charging"
    assert w.wire.amps == pytest.approx(10, abs=0.1)
    assert not w.sent("StopTransaction")
    assert [s["status"] for s in w.sent("StatusNotification") if s["connectorId"] == 1][-2:] == [
        "SuspendedEVSE",
        "Charging",
    ]


def test_a_default_holds_from_the_first_ampere():
    """S 3.13.1/2."""
    w = ChargingWorld()
    w.set(0, profile(periods=[(0, 6)]))
    w.plug()
    w.pass_time(2)
    w.tag("A1")
    for _ in range(100):
        w.pass_time(0.1)
        assert w.wire.set_amps <= 6.05
    assert w.wire.amps == pytest.approx(6, abs=0.1)
    assert "SuspendedEVSE" not in w.seen()


def test_a_default_of_zero_never_closes_the_contactor():
    """S 3.13.1/2."""
    w = ChargingWorld()
    w.set(0, profile(periods=[(0, 0)]))
    w.plug()
    w.pass_time(2)
    w.tag("A1")
    w.pass_time(10)
    assert w.status == "SuspendedEVSE"
    assert not any(on for _, on, _ in w.io.moves)


def test_offered_follows_the_limit():
    """S 7.31/2: Current.Offered and Power.Offered (7.31)."""
    w = ChargingWorld(
        MeterValueSampleInterval=10, MeterValuesSampledData="Current.Offered,Power.Offered"
    )
    w.charge()
    w.set(1, profile(1, TX, periods=[(0, 12)]))
    w.pass_time(11)
    rows = w.sent("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    found = {row["measurand"]: float(row["value"]) for row in rows}
    assert found["Current.Offered"] == 12
    assert found["Power.Offered"] == pytest.approx(12 * w.wire.volts, rel=0.01)


def test_the_connectors_share_what_the_station_may_draw():
    """S 3.13.3/2: at every moment but the ramp of the change itself."""
    w = ChargingWorld(connectors=2)
    assert w.set(0, profile(1, MAX, periods=[(0, 24)])) == "Accepted"
    w.charge("A1", 1)
    w.pass_time(2)
    assert amps(w, 1) == 24
    w.plug(2)
    w.pass_time(2)
    w.tag("B2", 2)
    for _ in range(100):
        w.pass_time(0.1)
        assert w.wires[0].set_amps + w.wires[1].set_amps * w.wires[1].on <= 24.1
    assert (amps(w, 1), amps(w, 2)) == (12, 12)
    assert sum(wire.amps for wire in w.wires) <= 24.1
    w.station.stop(1, "Local")
    w.pass_time(8)
    assert amps(w, 2) == 24


def test_a_charge_that_is_still_ending_keeps_its_share():
    """S 3.13.3/2: its current has to be gone before another one gets it."""
    w = ChargingWorld(connectors=2)
    w.set(0, profile(1, MAX, periods=[(0, 24)]))
    w.charge("A1", 1)
    w.charge("B2", 2)

    def share():
        claims = w.station.connectors[1].limits.claims()
        return [current_da for name, current_da, _ in claims if name == "grid"][0]

    w.station.stop(1, "Local")
    w.cp.limit()
    assert share() == 120
    w.pass_time(8)
    assert share() == 240


def test_what_one_may_not_use_is_the_others():
    """S 3.13.3/2."""
    w = ChargingWorld(connectors=2)
    w.set(0, profile(1, MAX, periods=[(0, 24)]))
    w.charge("A1", 1)
    w.charge("B2", 2)
    w.set(1, profile(2, TX, periods=[(0, 5)]))
    w.pass_time(0.2)
    assert (amps(w, 1), amps(w, 2)) == (5, 19)


def test_the_profile_of_a_remote_start_holds_from_the_first_ampere():
    """S 5.11/5."""
    w = ChargingWorld()
    w.plug()
    w.pass_time(2)
    payload = {"idTag": "R1", "chargingProfile": profile(1, TX, periods=[(0, 7)])}
    assert w.call("RemoteStartTransaction", payload) == {"status": "Accepted"}
    for _ in range(80):
        w.pass_time(0.1)
        assert w.wire.set_amps <= 7.05
    assert w.wire.amps == pytest.approx(7, abs=0.1)
    w.station.stop(1, "Local")
    w.pass_time(8)
    assert w.limit() is None


def test_a_start_that_times_out_takes_its_profile_along():
    """S 3.13.1/5: Nobody plugs in within ConnectionTimeOut; the next charge is another's."""
    w = ChargingWorld(ConnectionTimeOut=10)
    payload = {"idTag": "R1", "chargingProfile": profile(1, TX, periods=[(0, 7)])}
    assert w.call("RemoteStartTransaction", payload) == {"status": "Accepted"}
    w.pass_time(15)
    w.charge("A1")
    assert w.limit() is None
    assert amps(w) == 30


def test_the_status_says_who_limits():
    """Design 3: `(7400, "grid")`."""
    w = ChargingWorld()
    w.charge()
    w.set(0, profile(1, MAX, unit="W", periods=[(0, 500)]))
    w.pass_time(1)
    assert w.connector.limits.source == "grid"
    assert w.connector.limits.limit_w <= 500


def test_a_day_of_a_calendar_in_seconds():
    """Weekdays, holidays, a charge's own profile and the fuse: what flows each hour is right."""
    w = ChargingWorld()
    midnight = w.wall - w.wall % 86400
    w.set(0, profile(1, level=0, start=midnight, daily=True, periods=[(0, 20), (28800, 6)]))
    w.set(0, profile(2, MAX, start=midnight, daily=True, periods=[(0, 15), (36000, 4)]))
    w.wire.emf = 60.0
    w.charge()
    for _ in range(24):
        hour = w.wall % 86400 // 3600
        w.wire.emf = 60.0
        w.pass_time(5)
        expected = min(20 if hour < 8 else 6, 15 if hour < 10 else 4)
        assert amps(w) == expected, hour
        w.clock.zero += 3595  # the clock goes on, the station sees it as an hour that passed
        w.cp.event(topics.TIME, 3595)
