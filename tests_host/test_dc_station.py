"""What else does a station of guns with PLCs owe: versions, lock, modules, cuts, shared power?"""

import pytest

from dc_world import DcWorld
from station import topics

LONG = pytest.mark.long


@pytest.fixture
def w():
    """Three guns, v3, everyone may charge."""
    world = DcWorld(guns=3)
    yield world
    assert not world.violations


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_charge_with_every_version_of_the_contract(version):
    w = DcWorld(guns=2, version=version)
    assert w.c().status == "Available"
    w.charge(soc=40)
    w.until(lambda: w.amps() > 140)
    w.tag()
    w.until(lambda: w.stopped)
    w.until(lambda: not w.plant.outlet(1).contactor.on)
    w.until(lambda: not w.plant.outlet(1).lock.on)
    true = w.plant.outlet(1).plc.metered_ws / 3600
    assert w.stopped[0].energy_wh(0) == pytest.approx(true, abs=max(true * 0.03, 10))
    assert not w.violations and w.hall.rejected == 0


def test_another_version_is_refused():
    w = DcWorld(guns=1, version=1, boot=False)
    w.plant.outlet(1).plc.version = 2  # answers 2, and speaks so
    w.pass_time(8)
    assert w.c().error_code == "InternalError" and w.c().path.link.agreed == -1


def test_the_contracts_end_is_named(w):
    assert w.c().limits.limit_w <= 255_500 and w.c().limits.source == "contract"
    w1 = DcWorld(guns=1, version=1)
    assert w1.c().limits.source == "board"


def test_a_card_at_the_plcs_own_reader(w):
    w.plug(3)
    w.pass_time(3)
    w.plant.outlet(3).plc.card = bytes.fromhex("04A1B2C3D4E5F6")
    w.until(lambda: w.amps(3) > 20)
    assert w.started[0].id_tag == "04A1B2C3D4E5F6"


def test_the_lock_stays_while_current_flows(w):
    """b.10 #10: only this connector, only without current, the transaction stopped first."""
    w.charge(1)
    w.charge(2)
    w.station.unlock(1)
    w.until(lambda: w.amps(1) < 1)
    w.until(lambda: not w.plant.outlet(1).lock.on)
    assert w.stopped[0].stop_reason == "UnlockCommand"
    assert w.plant.outlet(2).lock.on and w.amps(2) > 20


@LONG
def test_a_vehicle_without_communication_gets_no_energy(w):
    """CP only: the pilot tells plug and unplug, nothing more happens."""
    w.plant.outlet(1).plc.no_hlc = True
    w.plug()
    w.pass_time(3)
    assert w.c().status == "Preparing"
    w.tag()
    w.pass_time(30)
    assert w.c().status == "Preparing" and not w.started and w.plant.ring.bus_v[0] == 0
    w.unplug()
    w.until(lambda: w.c().status == "Available", 70)


@LONG
def test_a_module_lost_mid_session(w):
    w.charge()
    w.until(lambda: w.amps() > 140)
    module = next(m for m in w.plant.ring.modules if m.current_a > 10)
    module.off_line = True
    module.cut()
    w.pass_time(3)
    assert w.amps() > 30 and w.c().status == "Charging"
    w.until(lambda: w.amps() > 140, 30)


@LONG
def test_a_hot_module_is_derated_then_left_out(w):
    """b.9: 70 degC: not forced off; 100 degC: 0 modules, and b.6: 75 to 85 linear."""
    w.charge(amperes=400)
    w.until(lambda: w.amps() > 300, 60)
    module = w.plant.ring.modules[0]
    for degrees, health in ((70, 1000), (80, 500), (100, 0)):
        module.forced_temp_c = degrees
        w.pass_time(8)
        assert w.hall.d.health_pm[0] == health
    w.pass_time(2)
    assert not w.hall.d.on[0] and w.c().status == "Charging"


def test_a_severe_alarm_takes_a_module_out(w):
    type(w.plant.ring.modules[2]).alarms = property(lambda m: 1 << 31 if m.number == 3 else 0)
    try:
        w.pass_time(12)
    finally:
        type(w.plant.ring.modules[2]).alarms = property(lambda m: 0)
    assert w.hall.d.health_pm[2] == 0 and w.hall.d.health_pm[1] == 1000


def test_the_bus_is_cut(w):
    w.charge(1)
    w.charge(2)
    w.port.is_cut = True
    w.plant.excuse(8000)
    w.hall.can_state(False)
    w.until(lambda: not any(gc.on for gc in w.plant.ring.gcs), 8)
    assert w.c().error_code == "InternalError" and w.c().vendor_error == "CanLost"
    w.port.is_cut = False
    w.hall.can_state(True)
    w.pass_time(20)
    assert w.c().error_code == "NoError"


def test_a_power_cut_goes_on_with_the_charge(w):
    w.charge()
    fields = {"cid": 1, "id_tag": "A1", "energy_wh": 5, "meter_start_wh": 0}
    w.plant.power(False)
    w.pass_time(0.1)
    w.plant.power(True)
    again = DcWorld(boot=False)
    again.plant.plug(1)
    assert again.station.restore(fields)
    again.until(lambda: again.amps() > 20)
    assert again.c().session.state == "active" and not again.violations


def test_boot_does_not_trip(w):
    """b.10 #6: nobody is Faulted because nothing was heard yet."""
    assert w.seen(1) == w.seen(3) == ["Available"]


def test_two_vehicles_share_the_grid(w):
    w.config.set("GridLimit", 60_000)
    w.station.reload()
    w.charge(1)
    w.until(lambda: w.amps(1) > 140)
    w.charge(2, tag="B2")
    w.pass_time(15)
    for cid in (1, 2):
        assert w.c(cid).meter.power_w == pytest.approx(30_000, rel=0.1)
        assert w.c(cid).limits.source == "grid"
    assert w.plant.ring.power_w < 61_000
    assert not any(t == topics.FAULT for t, _ in w.events)


@pytest.mark.parametrize("what, tells", [("V", 0.7), ("I", 0.5), ("I", 0.97)])
def test_a_meter_that_disagrees_with_the_modules(what, tells):
    """b.6, b.10 #17: independent sources are compared; five seconds of difference stop the gun."""
    w = DcWorld(guns=2)
    w.charge(amperes=100)
    w.until(lambda: w.amps() > 99)
    plc_sim = w.plant.outlet(1).plc
    say = plc_sim._say

    def lie(name, **signals):
        if name == "EnergyMeter" and what in signals:
            signals[what] *= tells
        say(name, **signals)

    plc_sim._say = lie
    w.pass_time(12)
    assert (w.c().error_code == "PowerMeterFailure") is (tells < 0.9)
    assert (w.amps() < 1) is (tells < 0.9)
    assert not w.violations


def test_a_pre_charge_that_leads_nowhere_ends():
    """b.9: V = 0 behind the contactor: it stays open, and somebody says so."""
    w = DcWorld(guns=2)
    for module in w.plant.ring.modules:
        module.v_max = 10.0  # they follow no set-point
    w.plug()
    w.pass_time(3)
    w.plant.outlet(1).plc.forced_stage = 8
    w.tag()
    w.until(lambda: w.c().error_code == "PowerSwitchFailure", 40)
    assert not w.plant.outlet(1).contactor.on and not w.started and not w.violations


@pytest.mark.parametrize("volts", [403.2, 300.0])
def test_a_vehicle_whose_slot_is_lent_to_another_at_800_v(volts):
    """Its slot is given back from the card on, and bleeds: a bus that only passes the vehicle's
    voltage on its way down is no reason to close; the first try of the pre-charge succeeds."""
    w = DcWorld(guns=3)
    w.charge(1, volts=800.0, amperes=300)
    w.until(lambda: w.plant.ring.ties[0].on or w.plant.ring.ties[2].on)
    lent = 2 if w.hall.d.seq.owner[1] == 0 else 3
    w.pass_time(3)
    w.plug(lent, volts=volts, amperes=100)
    w.pass_time(2)
    w.tag("B2", lent)
    w.until(lambda: w.amps(lent) > 60, 40)
    assert w.hall.d.seq.guns.moves[lent - 1] == 1, "closed once, at the first try"
    assert w.amps(1) > 50 and not w.violations


@pytest.mark.long
@pytest.mark.parametrize("k", range(10, 16))
def test_a_bus_that_bleeds_while_readings_are_old(k):
    """Twelve guns: a module of the rest is asked for its voltage each 1.2 s only."""
    w = DcWorld(guns=12, LayoutGainTime=5000, TieHold=30_000, GridLimit=400_000)
    w.charge(4, volts=800.0, amperes=300, soc=15)
    w.until(lambda: w.amps(4) > 200, 120)
    w.pass_time(5 + k * 0.77)
    w.plug(2, soc=35, volts=400.0, amperes=250)
    w.pass_time(3.5 + k * 0.1)
    w.tag("A2", 2)
    w.until(lambda: w.amps(2) > 50, 60)
    assert not w.violations
