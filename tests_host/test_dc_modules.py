"""Are the shared power modules found, told, watched, spared and counted as E.3 asks?"""

import pytest

from dc_world import DcWorld
from tools.sim import dc_wire

OFF = bytes((0x30, 0, 1, 0, 0))
TO_US = dc_wire.BASE | dc_wire.CONTROLLER << 11 | 1 << 3


@pytest.fixture
def w():
    """Two guns with two modules each, v3."""
    world = DcWorld(guns=2)
    yield world
    assert not world.violations


def healthy(world):
    return [m + 1 for m, pm in enumerate(world.hall.d.health_pm) if pm]


def module(world, number):
    return world.plant.ring.modules[number - 1]


def test_modules_are_found_by_their_answers():
    """Nobody lists them: who answers voltage, current and temperature is there."""
    w = DcWorld(guns=2, boot=False)
    assert healthy(w) == []
    module(w, 3).off_line = True
    w.pass_time(7)
    assert healthy(w) == [1, 2, 4]
    module(w, 3).off_line = False
    w.pass_time(7)
    assert healthy(w) == [1, 2, 3, 4] and not w.violations


@pytest.mark.parametrize("by, register", [("amps", 0x1B), ("part", 0x22)])
def test_set_points_in_both_ways(by, register):
    """An absolute current (0x1B) or a part of the rated one (0x22), before the module goes on."""
    w = DcWorld(guns=2, ModuleCurrentBy=by)
    heard = []
    send = w.hall.modules._send
    w.hall.modules._send = lambda i, b: (heard.append((i, bytes(b))), send(i, b))
    w.charge(1, amperes=60)
    w.until(lambda: w.amps(1) > 59)
    told = [b[3] for i, b in heard if i >> 11 & 63 == 1 and b[0] == dc_wire.SET and b[3:] != OFF]
    assert register in told and (0x22 if by == "amps" else 0x1B) not in told
    assert told.index(0x21) < told.index(0x30) and not w.violations


@pytest.mark.parametrize("up, down", [(25, 100), (50, 200), (10, 40)])
def test_ramps_are_settings(up, down):
    """RampUp and RampDown, 0.1 A in 100 ms: 25 A/s up and 100 A/s down unless set."""
    w = DcWorld(guns=2, RampUp=up, RampDown=down)
    d = w.hall.d
    w.plug(1, amperes=70)
    w.pass_time(3)
    w.tag()
    before, rises, falls = 0, [], []

    def watch(condition):
        nonlocal before
        while not condition():
            w.pass_time(0.1)
            rises.append(d.granted_da[0] - before)
            falls.append(before - d.granted_da[0])
            before = d.granted_da[0]

    watch(lambda: w.amps(1) > 69)
    w.plant.outlet(1).vehicle.demand(20, 403.2)
    watch(lambda: w.amps(1) < 21)
    assert max(rises) == up and max(falls) == down and not w.violations


@pytest.mark.parametrize("seconds, there", [(1.4, True), (2.6, False)])
def test_a_module_is_lost_after_two_seconds(w, seconds, there):
    module(w, 2).off_line = True
    w.pass_time(seconds)
    assert (2 in healthy(w)) is there


def test_the_time_after_which_a_module_is_lost_is_a_setting():
    w = DcWorld(guns=2, ModuleTimeout=4000)
    module(w, 2).off_line = True
    w.pass_time(3)
    assert 2 in healthy(w)
    w.pass_time(2)
    assert 2 not in healthy(w)


@pytest.mark.parametrize("bit", range(32))
def test_which_alarms_are_severe(bit):
    """b.7: bits 0,1,3,4,5,7,8,9,14,16,17,22,27,28,30,31."""
    severe = bit in (0, 1, 3, 4, 5, 7, 8, 9, 14, 16, 17, 22, 27, 28, 30, 31)
    frame = bytes((0x42, 0xF0, 0, 0x40)) + (1 << bit).to_bytes(4, "big")
    w = _still()
    w.hall.modules.receive(TO_US, frame, 8)
    w.hall.modules.assess()
    assert (w.hall.d.health_pm[0] == 0) is severe
    calm = bytes((0x42, 0xF0, 0, 0x40)) + bytes(4)
    w.hall.modules.receive(TO_US, calm, 8)
    w.hall.modules.assess()
    assert w.hall.d.health_pm[0] == 1000, "it comes back with its alarm"


_worlds = []


def _still():
    if not _worlds:
        _worlds.append(DcWorld(guns=1))
    return _worlds[0]


@pytest.mark.parametrize(
    "degrees, health", [(70, 1000), (75, 1000), (76, 900), (80, 500), (84, 100), (85, 0)]
)
def test_temperature_derates_and_then_leaves_out(w, degrees, health):
    """75 to 85 degC linear: half at 80."""
    module(w, 1).forced_temp_c = degrees
    w.pass_time(8)
    assert w.hall.d.health_pm[0] == health


def test_a_derated_module_gives_its_part_and_the_limit_is_named(w):
    module(w, 1).forced_temp_c = module(w, 2).forced_temp_c = 80
    module(w, 3).forced_temp_c = module(w, 4).forced_temp_c = 80
    w.pass_time(8)
    w.charge(1, amperes=300)
    w.pass_time(25)
    assert w.c(1).meter.power_w == pytest.approx(60_000, rel=0.06), "four modules at half"
    assert w.c(1).limits.source == "module"


def test_a_module_lost_in_a_charge_is_replaced(w):
    """Its share is taken over; the charge goes on without a fault."""
    w.charge(1, amperes=60)
    w.until(lambda: w.amps(1) > 59)
    first = next(m for m in w.plant.ring.modules if m.current_a > 5)
    first.off_line = True
    first.cut()
    w.until(lambda: w.amps(1) > 58, 20)
    assert w.c(1).status == "Charging" and not w.stopped
    assert all(m.current_a < 1 for m in w.plant.ring.modules if m is first)


def test_hours_decide_who_runs_and_outlive_a_restart(w):
    """Wear levelling: the module with fewer hours carries a charge that one can carry."""
    w.hall.d.ring.hours[0] = 5
    w.charge(1, amperes=60)
    w.pass_time(6)
    assert [m.number for m in w.plant.ring.modules if m.on] == [2]
    w.pass_time(68)
    assert w.hall.modules._run_ms[1] >= 60_000
    w.station.second(1800 + w.clock.uptime_s())
    again = DcWorld(guns=2, store=w.store)
    assert list(again.hall.d.ring.hours) == [5, 0, 0, 0]
    assert again.hall.modules._run_ms[1] >= 60_000 > again.hall.modules._run_ms[0]


def test_hours_that_cannot_be_read_begin_anew(w):
    w.store.write("wear", b"\x01[1,2]damaged")
    again = DcWorld(guns=2, store=w.store)
    assert list(again.hall.d.ring.hours) == [0, 0, 0, 0]


def test_hours_are_not_written_while_nothing_runs(w):
    w.station.second(1800 + w.clock.uptime_s())
    assert w.store.read("wear") is None


def test_holds_are_settings():
    w = DcWorld(
        guns=2, ModuleHold=4000, GunHold=900, EmergencyTime=150, OpenTime=300, CloseTime=700
    )
    d, seq = w.hall.d, w.hall.d.seq
    assert (d.module_hold_ms, seq.mn_hold_ms, seq.gun_hold_ms) == (4000, 4000, 900)
    assert (seq.emergency_ms, seq.stable_open_ms, seq.stable_close_ms) == (150, 300, 700)
    w.config.set("SafeVoltage", 300)
    w.station.reload()
    assert seq.safe_dv == 300
