"""Is a contactor that does not open noticed? (contract a.4: weld check; a.9 #16: it is enabled)"""

from world import World


def stopped(**changes):
    w = World().charge()
    for name, value in changes.items():
        setattr(w.wire, name, value)
    w.tag()
    return w


def test_a_welded_contactor_is_a_latched_fault():
    w = stopped(welded=True)
    w.pass_time(14)
    assert w.status == "Finishing"
    w.pass_time(5)
    assert (w.status, w.connector.error_code) == ("Faulted", "PowerSwitchFailure")
    assert w.connector.vendor_error == "ContactorWelded"
    w.unplug()
    w.pass_time(60)
    assert w.status == "Faulted" and "ContactorWelded" in w.tag()
    w.station.clear_faults()
    w.pass_time(2)
    assert w.status == "Available"


def test_a_contactor_that_opens_is_fine():
    w = stopped()
    w.pass_time(60)
    assert w.status == "Finishing" and not w.connector.faults.mask


def test_a_new_charge_within_the_time_starts_the_check_anew():
    w = stopped(welded=True)
    w.pass_time(8)
    w.tag()
    w.pass_time(20)
    assert w.status == "Charging"


def test_a_silent_module_says_nothing_about_the_contactor():
    w = stopped(welded=True)
    w.pass_time(5)
    w.wire.module_on = False
    w.pass_time(30)
    assert w.connector.vendor_error == "ModuleLost"


def test_a_voltage_that_was_not_known_is_compared_with_nothing():
    w = World().charge()
    w.wire.module_on = False  # lost in the charge: unknown when the contactor opens
    w.until(lambda: not w.io.contactors[1], 10)
    w.pass_time(5)
    w.wire.module_on = True
    w.wire.force_volts = 73.0
    w.pass_time(30)
    assert not w.connector.faults.mask and w.connector.vendor_error != "ContactorWelded"


def test_a_stall_of_the_loop_is_no_weld():
    w = stopped()
    w.until(lambda: not w.io.contactors[1], 5)
    w.wire.path._age = lambda dt_ms: None  # the module is still fresh after the stall
    w.station.step(16_000)
    w.station.step(100)
    assert w.connector.vendor_error != "ContactorWelded"
