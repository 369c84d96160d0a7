"""Does a bad control loop visibly harm the plant, and a good one not? (issue part 7)"""

import pytest

from plant_controller import Careful, Controller, IgnoresTaper, StopsOnce, World


def charging(controller, soc=60.0, **options):
    world = World(controller, soc, **options)
    world.plant.plug(1)
    world.run(1)
    controller.start()
    return world


def test_a_careful_controller_fills_the_battery_and_violates_nothing():
    world = charging(Careful(), soc=97)
    assert world.run(3600, until=lambda: world.outlet.bms.full)
    world.run(10)
    assert world.outlet.battery.soc > 99
    assert world.outlet.current_a == 0
    assert world.plant.violations == []
    assert world.outlet.battery.damage == 0


def test_a_careful_controller_survives_a_lossy_bus():
    world = charging(Careful(), soc=98)
    world.plant.buses[0].loss = 0.3
    assert world.run(3600, until=lambda: world.outlet.bms.full)
    world.run(5)
    assert world.plant.buses[0].lost > 100
    assert world.outlet.current_a == 0
    assert world.plant.violations == []


def test_ignoring_the_taper_harms_the_battery():
    world = charging(IgnoresTaper(), soc=75)
    world.run(900)
    assert world.violations("the BMS allows")
    assert world.outlet.battery.damage > 50


def test_set_points_above_the_battery_and_no_taper_overcharge_it():
    world = charging(IgnoresTaper(volts=90.0), soc=90)
    world.run(900)
    assert world.violations("over-voltage")
    assert world.violations("without the BMS's permit")
    assert world.outlet.battery.soc > 101
    assert world.outlet.battery.damage > 500


def test_stop_sent_once_is_enough_on_a_perfect_bus_only():
    world = charging(StopsOnce(), soc=95)
    world.run(60)
    world.outlet.bms.stop_forced = True
    world.run(10)
    assert world.outlet.current_a == 0
    assert world.plant.violations == []


def test_stop_sent_once_on_a_lossy_bus_goes_on_charging():
    controller = StopsOnce()
    world = charging(controller, soc=95)
    world.run(60)
    world.outlet.bms.stop_forced = True
    world.plant.buses[0].loss = 1.0
    assert world.run(2, until=lambda: controller.stopped)
    world.plant.buses[0].loss = 0.0
    world.run(600)
    assert world.outlet.module.on
    assert world.violations("without the BMS's permit")
    assert world.outlet.battery.damage > 5


def test_a_module_that_ignores_one_stop_obeys_the_next():
    controller = Careful()
    world = charging(controller, soc=60)
    world.run(20)
    world.outlet.module.ignore_stops = 1
    controller.stop()
    world.run(2)
    assert world.outlet.module.stops_seen >= 2
    assert not world.outlet.module.on
    assert world.plant.violations == []


# -- each rule, just inside and just outside


class Blind(Controller):
    """Charges with fixed set-points whatever anybody says."""

    def __init__(self, amperes=30.0):
        super().__init__()
        self.amperes = amperes

    def control(self):
        if self.charging:
            self.command(0x32, 0)
            self.command(0x00, value=84 * 1024)
            self.command(0x03, value=self.amperes * 30.5)


@pytest.mark.parametrize("seconds, cries", [(5.4, False), (7.0, True)])
def test_output_on_with_a_silent_bms(seconds, cries):
    world = charging(Blind())
    world.run(5)
    world.outlet.bms.silent = True
    world.run(seconds)
    assert bool(world.violations("silent")) is cries


@pytest.mark.parametrize("amperes, cries", [(63.0, False), (66.0, True)])
def test_more_current_than_announced(amperes, cries):
    world = charging(Blind(amperes), soc=40)
    world.run(10)
    assert bool(world.violations("the BMS allows 60.0 A")) is cries


@pytest.mark.parametrize("seconds, cries", [(1.0, False), (2.5, True)])
def test_current_without_permit(seconds, cries):
    world = charging(Blind())
    world.run(5)
    world.outlet.bms.stop_forced = True
    world.run(seconds)
    assert bool(world.violations("permit")) is cries


def test_charging_with_the_emergency_stop_pressed():
    world = charging(Blind())
    world.run(5)
    world.plant.press_estop(True)
    world.run(2)
    assert len(world.violations("emergency stop")) == 1  # once an episode


@pytest.mark.parametrize("excuse", [None, "estop", "module off", "unplug", "bus cut"])
def test_opening_the_contactor_under_load_needs_an_emergency(excuse):
    world = charging(Blind())
    world.run(5)
    if excuse == "estop":
        world.plant.press_estop(True)
    elif excuse == "module off":
        world.outlet.module.off_line = True
    elif excuse == "unplug":
        world.plant.unplug(1)
    elif excuse == "bus cut":
        world.hub.cut(True)
        world.run(4)
    world.plant.output_contactor(1, False)
    world.run(0.3)
    assert bool(world.violations("opened under load")) is (excuse is None)


def test_opening_below_one_ampere_is_right():
    world = charging(Blind(0.9))
    world.run(5)
    assert 0 < world.outlet.current_a < 1
    world.plant.output_contactor(1, False)
    world.run(0.3)
    assert world.plant.violations == []


@pytest.mark.parametrize("volts, cries", [(75.0, False), (98.0, True)])
def test_closing_over_a_voltage_difference(volts, cries):
    world = World(Controller(), soc=35)  # 72.9 V
    world.controller.control = lambda: None
    world.plant.plug(1)
    world.outlet.module.set_voltage(volts)
    world.outlet.module.start()
    world.run(2)
    world.plant.output_contactor(1, True)
    world.run(0.2)
    assert bool(world.violations("voltage difference")) is cries


def test_a_discharged_capacitor_takes_nothing_from_the_battery():
    world = charging(Careful(), soc=35)  # contactor closes with the module off: output diode
    world.run(1)
    assert world.plant.violations == []


def test_energised_while_unplugged():
    world = charging(Blind())
    world.run(5)
    world.plant.unplug(1)
    world.run(3)
    assert world.violations("energised while unplugged")
    assert any("under load" in note for note in world.plant.notes)
    assert any("under lock" in note for note in world.plant.notes)


def test_unlocking_under_load():
    world = charging(Blind())
    world.run(5)
    world.plant.output_lock(1, False)
    world.run(1)
    assert world.violations("unlocked under load")


def test_a_welded_contactor_stays_closed_and_a_stuck_one_open():
    world = charging(Blind(0.5))
    world.run(5)
    world.outlet.contactor.welded = True
    world.plant.output_contactor(1, False)
    world.run(1)
    assert world.outlet.contactor.on
    world.outlet.contactor.welded = False
    world.run(1)
    assert not world.outlet.contactor.on
    world.outlet.contactor.stuck = True
    world.plant.output_contactor(1, True)
    world.run(1)
    assert not world.outlet.contactor.on
