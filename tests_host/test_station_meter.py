"""Where does the energy come from: the module's volts and amperes, or an external meter?"""

from world import World


class ExternalMeter:
    """What a driver of an energy meter offers to its connector."""

    def __init__(self, energy_wh):
        self.energy_wh = energy_wh
        self.voltage_dv = 760
        self.current_da = 290
        self.age_ms = 0


def with_meter(energy_wh=5000):
    w = World(EnergySource="meter", boot=False)
    w.connector.external = ExternalMeter(energy_wh)
    w.pass_time(2)
    return w


def test_the_register_is_that_of_the_external_meter():
    """E 3.9."""
    w = with_meter(5000).charge()
    w.connector.external.energy_wh = 5321
    w.pass_time(60)
    w.tag()
    w.pass_time(5)
    assert (w.stopped[0].meter_start_wh, w.stopped[0].meter_stop_wh) == (5000, 5321)


def test_power_is_that_of_the_external_meter():
    w = with_meter().charge()
    assert w.connector.meter.power_w == 2204


def test_a_meter_that_jumps_back_does_not_take_the_register_along():
    """S 7.31/1."""
    w = with_meter(5000).charge()
    w.connector.external.energy_wh = 10
    w.pass_time(5)
    assert w.connector.meter.energy_wh == 5000


def test_a_silent_meter_is_a_fault_inside_and_outside_its_time():
    w = with_meter().charge()
    w.connector.external.age_ms = 10_000
    w.pass_time(1)
    assert w.status == "Charging"
    w.connector.external.age_ms = 10_001
    w.pass_time(5)
    assert (w.status, w.connector.error_code) == ("Faulted", "PowerMeterFailure")
    assert w.stopped[0].stop_reason == "Other"


def test_a_meter_that_does_not_exist_starts_nothing():
    w = World(EnergySource="meter")
    w.plug()
    w.pass_time(2)
    assert "MeterLost" in w.tag()
