"""The table "events and what they mean on the wire" (part A, 6): one scenario or more a row."""

import pytest

from station import path_rivot
from world import World


def charging(**settings):
    return World(**settings).charge()


def faulted(w, error, vendor=None):
    assert (w.connector.status, w.connector.error_code, w.connector.vendor_error) == (
        "Faulted",
        error,
        vendor,
    )
    assert not w.wire.told_on()


# -- BMS stop, battery full, taper below the end current


def test_bms_stop_suspends_and_the_transaction_stays():
    """E 3.55."""
    w = charging()
    w.wire.permit = False
    w.pass_time(2)
    assert (w.status, w.connector.error_code) == ("SuspendedEV", "NoError")
    assert not w.wire.told_on()
    w.pass_time(3600)
    assert w.session.state == "active" and not w.stopped


def test_bms_that_permits_again_is_charged_again():
    w = charging()
    w.wire.permit = False
    w.pass_time(5)
    w.wire.permit = True
    w.pass_time(5)
    assert w.status == "Charging" and w.wire.amps > 5


def test_taper_below_the_end_current_is_a_full_battery():
    """E 3.55."""
    w = charging()
    w.wire.taper_at = 0  # takes 0.5 A from now on
    w.pass_time(55)
    assert w.status == "Charging"
    w.pass_time(20)
    assert (w.status, w.connector.error_code) == ("SuspendedEV", "NoError")
    assert w.io.contactors[1] is False and not w.stopped


def test_a_low_limit_of_ours_is_not_a_full_battery():
    """E 3.55."""
    w = charging()
    w.connector.limits.claim("profile", 10)  # 1 A, below the end current
    w.pass_time(200)
    assert w.status == "Charging"


def test_suspended_ev_may_end_the_transaction_by_a_setting():
    w = charging(SuspendedEVStopAfter=120)
    w.wire.permit = False
    w.pass_time(119)
    assert not w.stopped
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "Other"


# -- BMS silent


def test_bms_silent_takes_the_output_off_within_its_time_to_live():
    w = charging()
    w.wire.bms_on = False
    w.pass_time(4)
    assert w.wire.told_on()
    took = w.until(lambda: not w.wire.told_on(), 5)
    assert took <= 1.6  # 5 s and a step, counted from the last frame heard
    w.pass_time(0.2)
    assert (w.status, w.connector.error_code) == ("SuspendedEVSE", "EVCommunicationError")


def test_bms_silent_is_never_shown_as_the_wish_of_the_vehicle():
    """S 4.9/3."""
    w = charging()
    w.wire.bms_on = False
    w.pass_time(10)
    assert w.statuses[-1] == (1, "SuspendedEVSE", "EVCommunicationError", None)
    assert "SuspendedEV" not in w.seen()


def test_bms_silent_for_30_s_ends_the_transaction_with_other():
    """S 4.10/7."""
    w = charging()
    w.wire.bms_on = False
    w.pass_time(29)
    assert not w.stopped
    w.pass_time(10)
    assert w.stopped[0].stop_reason == "Other"


def test_bms_back_in_time_goes_on_charging():
    w = charging()
    w.wire.bms_on = False
    w.pass_time(20)
    w.wire.bms_on = True
    w.pass_time(5)
    assert w.status == "Charging" and not w.stopped


def test_bms_silent_because_the_plug_is_out_is_ev_disconnected():
    """S 4.10/5."""
    w = charging()
    w.unplug()
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "EVDisconnected"


def test_unplugged_while_the_bms_is_silent_goes_straight_to_finishing():
    w = charging()
    w.wire.bms_on = False
    w.pass_time(10)
    w.unplug()
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "EVDisconnected"
    assert (1, "SuspendedEVSE", "NoError", None) not in w.statuses


# -- module lost, output does not follow


def test_module_lost_is_a_power_switch_failure_and_stop_is_repeated():
    """S 4.10/7."""
    w = charging()
    w.wire.module_on = False
    w.pass_time(5)
    faulted(w, "PowerSwitchFailure", "ModuleLost")
    before = len(w.wire.sent)
    w.pass_time(3)
    again = [d for i, d in w.wire.sent[before:] if i == 0x068181FE and d[1] == 0x32]
    assert len(again) >= 9 and all(d[3] == 1 for d in again)
    assert w.stopped[0].stop_reason == "Other"


def test_a_module_that_comes_back_gets_time_to_follow():
    w = charging()
    w.wire.module_on = False
    w.pass_time(8)
    w.wire.module_on, w.wire.on = True, False  # it has forgotten everything
    w.pass_time(12)
    assert {s[3] for s in w.statuses if s[1] == "Faulted"} == {"ModuleLost"}
    assert w.status == "Finishing"


def test_full_voltage_without_current_into_a_hungry_battery_does_not_follow():
    w = charging()
    w.wire.force_volts, w.wire.force_amps = 84.0, 0.0  # the contactor has fallen open
    w.pass_time(9)
    assert w.status == "Charging"
    w.pass_time(6)
    faulted(w, "PowerSwitchFailure", "OutputNotFollowing")
    assert w.stopped[0].stop_reason == "Other"


def test_full_voltage_without_current_is_a_full_battery_when_it_asks_for_little():
    w = charging()
    w.wire.imax = 1.9
    w.wire.force_volts, w.wire.force_amps = 84.0, 0.0
    w.pass_time(30)
    assert "Faulted" not in w.seen() and not w.stopped


def test_output_that_does_not_follow_stop():
    w = charging()
    w.tag()
    w.wire.deaf = 10**6
    w.pass_time(10)
    faulted(w, "PowerSwitchFailure", "OutputNotFollowing")
    assert w.path_phase() == path_rivot.STOPPING


def test_output_that_does_not_follow_start():
    w = World()
    w.plug()
    w.pass_time(3)
    w.wire.deaf = 10**6
    w.tag()
    w.pass_time(8)
    faulted(w, "PowerSwitchFailure", "OutputNotFollowing")
    assert w.stopped[0].stop_reason == "Other"


# -- hot


@pytest.mark.parametrize("temp, share", [(64.9, 1.0), (65.0, 1.0), (72.5, 0.5), (79.0, 0.0667)])
def test_derating_is_linear(temp, share):
    w = World(CurrentMax=600)
    w.wire.imax = 60.0
    w.charge()
    w.wire.temp = temp
    w.pass_time(5)
    assert w.connector.limits.limit_da == pytest.approx(600 * share, abs=3)
    if share < 1:
        assert w.connector.limits.source == "temperature"
    assert w.status == "Charging"


def test_hot_is_suspended_evse_then_faulted():
    w = charging()
    w.wire.temp = 95.0
    w.until(lambda: w.status == "SuspendedEVSE", 3)
    assert w.connector.error_code == "NoError" and not w.wire.told_on()
    w.pass_time(8)
    faulted(w, "HighTemperature")
    assert w.stopped[0].stop_reason == "Other"


def test_hot_for_a_moment_goes_on():
    w = charging()
    w.wire.temp = 81.0
    w.until(lambda: w.status == "SuspendedEVSE", 3)
    w.wire.temp = 60.0
    w.pass_time(6)
    assert w.status == "Charging" and not w.stopped


# -- emergency stop


def test_emergency_stop_is_at_once_and_latched():
    """S 4.10/6."""
    w = charging()
    w.io.pressed = True
    w.pass_time(0.1)
    assert not w.wire.told_on() and w.io.contactors[1] is False
    w.pass_time(4)
    faulted(w, "OtherError", "EmergencyStop")
    assert w.stopped[0].stop_reason == "EmergencyStop"
    w.io.pressed = False
    w.pass_time(600)
    faulted(w, "OtherError", "EmergencyStop")
    assert w.station.status == "Faulted"


def test_emergency_stop_is_released_by_a_person_only_after_the_button():
    w = charging()
    w.io.pressed = True
    w.pass_time(5)
    assert w.station.clear_faults() == ["EmergencyStop"]
    w.io.pressed = False
    w.pass_time(1)
    assert w.station.clear_faults() == []
    w.pass_time(1)
    assert w.status == "Finishing" and w.station.status == "Available"


def test_emergency_stop_reaches_every_connector():
    """S 4.10/6."""
    w = World(connectors=3)
    w.io.pressed = True
    w.pass_time(0.2)
    assert [c.status for c in w.station.connectors] == ["Faulted"] * 3


# -- unplug under load


def test_unplug_under_load():
    """S 4.10/5, S 9.1.23."""
    w = charging()
    w.unplug()
    w.pass_time(0.1)
    assert not w.wire.told_on()
    w.pass_time(5)
    assert w.seen()[-2:] == ["Finishing", "Available"]
    assert w.stopped[0].stop_reason == "EVDisconnected"


def test_a_bouncing_plug_contact_takes_energy_but_not_the_session():
    w = charging()
    w.unplug()
    w.pass_time(0.1)
    w.plug()
    w.pass_time(5)
    assert not w.stopped and w.status == "Charging"


# -- CAN lost


def test_can_lost():
    w = charging()
    w.wire.path.can_state(False)
    w.wire.cut = True
    w.pass_time(4)
    assert (w.status, w.connector.error_code) == ("Faulted", "InternalError")
    assert w.connector.vendor_error == "CanLost"
    assert w.stopped[0].stop_reason == "Other"


def test_a_fault_is_held_ten_seconds_after_its_cause():
    """S 4.9/5."""
    w = World()
    w.wire.path.can_state(False)
    w.pass_time(1)
    w.wire.path.can_state(True)
    w.pass_time(9.5)
    assert w.status == "Faulted"
    w.pass_time(1)
    assert w.status == "Available"


# -- ordered stops


@pytest.mark.parametrize(
    "order, reason",
    [
        (lambda w: w.tag(), "Local"),
        (lambda w: w.station.remote_stop(7), "Remote"),
        (lambda w: w.station.reset("Soft"), "SoftReset"),
        (lambda w: w.station.reset("Hard"), "HardReset"),
    ],
)
def test_ordered_stop_opens_the_contactor_without_current(order, reason):
    """S 5.14/1."""
    w = charging()
    w.session.transaction_id = 7
    order(w)
    w.pass_time(5)
    assert w.stopped[0].stop_reason == reason
    assert w.status == "Finishing"
    assert w.io.moves[-1][1] is False and w.io.moves[-1][2] < 1.0
