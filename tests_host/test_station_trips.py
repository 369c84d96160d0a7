"""The trips of part A, 6: over- and under-voltage, over-current. Inside, on, outside."""

from station import faults
from world import World


def charging():
    return World().charge()


def faulted(w, error):
    assert (w.connector.status, w.connector.error_code) == ("Faulted", error)
    assert not w.wire.told_on()


def test_over_voltage_trips_at_once():
    w = charging()
    w.wire.force_volts = 85.6
    w.pass_time(0.3)
    faulted(w, "OverVoltage")
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "Other"


def test_at_the_voltage_limit_nothing_trips():
    w = charging()
    w.wire.vmax = 85.0
    w.wire.force_volts = 85.5
    w.pass_time(10)
    assert w.connector.faults.mask == 0


def test_above_the_batterys_own_maximum_trips_after_two_seconds():
    w = charging()
    w.wire.vmax = 75.0
    w.wire.force_volts = 76.5
    w.pass_time(1.5)
    assert w.connector.faults.mask == 0
    w.pass_time(2)
    faulted(w, "OverVoltage")


def test_over_current():
    w = charging()
    w.wire.force_amps = 100.2
    w.pass_time(0.3)
    faulted(w, "OverCurrentFailure")
    w.wire.force_amps = None
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "Other"


def test_more_current_than_was_asked_for():
    w = charging()
    w.wire.force_amps = 40.0
    w.pass_time(5)
    faulted(w, "OverCurrentFailure")


def test_under_voltage():
    w = charging()
    w.wire.force_volts = 55.0
    w.pass_time(4)
    faulted(w, "UnderVoltage")
    w.pass_time(4)
    assert w.stopped[0].stop_reason == "Other"


def test_one_reading_before_a_stall_trips_nothing():
    """It was of an instant; how long the loop stood still says nothing about it."""
    w = charging()
    w.wire.force_volts = 55.0
    w.pass_time(0.5)
    w.wire.force_volts = None
    w.clock.ms += 2500
    w.station.step(2500)
    w.pass_time(10)
    assert w.status == "Charging" and w.connector.faults.mask == 0


def test_what_lasts_still_trips_after_a_stall():
    w = charging()
    w.wire.force_volts = 55.0
    w.pass_time(0.5)
    w.clock.ms += 2500
    w.station.step(2500)
    w.pass_time(4)
    faulted(w, "UnderVoltage")


def test_nobody_can_start_while_a_reset_is_under_way():
    """S 5.14/1."""
    w = World()
    w.plug()
    w.pass_time(2)
    w.station.reset("Soft")
    assert "restart" in w.station.can_start(1)


def test_second_stop_changes_nothing():
    """S 4.10/1."""
    w = charging()
    w.tag()
    w.station.stop(1, "Remote")
    w.pass_time(5)
    assert [s.stop_reason for s in w.stopped] == ["Local"]


def test_inputs_lost_is_a_fault():
    """S 4.10/7."""
    w = charging()
    w.io.alive = False
    w.pass_time(4)
    assert w.connector.faults.mask & faults.INPUTS_LOST and w.status == "Faulted"
