"""Is what is found only when something has changed the same as what is found each time?

The control step of many guns looks at what is new, and repeats nothing (docs/plc.md). Twins play
the same history: one as it is, one that is told before each step that everything has changed.
"""

import random

import pytest

from canproto import plc
from canproto.crc8 import crc8
from dc_world import DcWorld
from dispatch_chaos import Chaos as RingChaos
from station.limits import NO_LIMIT, Limits
from test_dc_chaos import Chaos

LONG = pytest.mark.long


# --- one decoder, one set of claims ---


def test_a_telemetry_that_repeats_says_the_same_as_one_that_is_read_anew():
    dice = random.Random(1)
    kept = plc.Plc()
    body = bytearray(7)
    for _ in range(3000):
        if dice.random() < 0.5:
            body[dice.randrange(7)] = dice.randrange(256)
        before = [kept.at[plc.LIMITS], kept.at[plc.REJECTED]]
        fresh = plc.Plc()
        fresh.at[plc.LIMITS], fresh.at[plc.REJECTED] = before
        frame = bytes(body) + bytes([crc8(body, 7)])
        good = body[0] & 7 < 7
        assert kept.receive(0x460, frame, 8) == fresh.receive(0x460, frame, 8)
        if good:
            assert list(kept.at)[: plc.NEWS] == list(fresh.at)[: plc.NEWS]


def test_news_is_what_differs_but_the_count():
    p = plc.Plc()
    for body, news in (
        ((3, 0, 8, 1 << 3, 0, 0, 0), 1),
        ((3, 0, 8, 2 << 3, 0, 0, 0), 0),  # only the count
        ((3, 0, 0, 3 << 3, 0, 0, 0), 1),  # the safety loop
        ((3, 0, 0, 3 << 3, 8, 0, 0), 1),  # the wish
        ((3, 1 << 5, 0, 3 << 3, 8, 0, 0), 1),  # a contactor
    ):
        p.at[plc.NEWS] = 0
        assert p.receive(0x460, bytes(body) + bytes([crc8(bytes(body), 7)]), 8)
        assert p.at[plc.NEWS] == news


def lowest(claims, volts):
    """(0.1 A, name) of the lowest claim, the earlier one of two; written from the docstring."""
    found = []
    for place, (name, (amps, watts)) in enumerate(claims.items()):
        by_power = watts * 100 // volts if watts < 4_000_000 else NO_LIMIT
        found.append((min(amps, by_power), place, name))
    return min(found)[0], min(found)[2]


def test_limits_that_are_remembered_are_the_lowest_of_now():
    dice = random.Random(2)
    names = ("a", "b", "c", "d")
    limits = Limits(names, names)
    claims = {name: (NO_LIMIT, NO_LIMIT) for name in names}
    volts = 4000
    for _ in range(3000):
        if dice.random() < 0.5:
            name = dice.choice(names)
            claim = (dice.choice((NO_LIMIT, 0, 40, 100)), dice.choice((NO_LIMIT, 4000, 16_001)))
            limits.claim(name, *claim)
            claims[name] = claim
        if dice.random() < 0.5:
            volts = dice.choice((3999, 4000, 4001))
        limits.limit_da = limits.limit_w = 7  # as after a share that lowered them
        limits.resolve(100, volts)
        assert (limits.limit_da, limits.source) == lowest(claims, volts)


# --- a ring ---


def orders(d):
    rows = (d.seq.ties.cmd, d.seq.guns.cmd, d.seq.mns.cmd, d.on, d.set_dv, d.set_da)
    found = (d.granted_da, d.granted_w, d.measured_w, d.source, d.denied, d.brisk)
    return [list(row) for row in (*rows, *found)]


def ring_history(seed, seconds, everything):
    chaos = RingChaos(seed, 2)
    d = chaos.world.d
    step, seen = d.step, []

    def watched(dt_ms):
        if everything:
            d.late = d.moving = d.fill = d.asked = True
        step(dt_ms)
        seen.append(orders(d))

    d.step = watched
    chaos.run(seconds)
    return seen


def same(one, other):
    for at, (a, b) in enumerate(zip(one, other, strict=True)):
        assert a == b, at


@pytest.mark.parametrize("seed", [3, 11, 12])
def test_a_ring_that_looks_only_at_changes_orders_the_same(seed):
    same(ring_history(seed, 12, False), ring_history(seed, 12, True))


@LONG
@pytest.mark.parametrize("first", range(0, 200, 50))
def test_a_ring_that_looks_only_at_changes_orders_the_same_for_long(first):
    for seed in range(2000 + first, 2050 + first):
        same(ring_history(seed, 60, False), ring_history(seed, 60, True))


# --- a whole station: enough guns that they take turns ---


def station_history(seed, guns, seconds, everything):
    chaos = Chaos(seed, guns, 3)
    w = chaos.w
    hall, step, seen = w.hall, w.station.step, []

    def watched(dt_ms):
        if everything:
            d = hall.d
            d.late = d.moving = d.fill = d.asked = hall.modules.news = True
            hall._report_at = 0
            for link in hall.links:
                link.due = 0
            for connector in w.station.connectors:
                connector.limits._dv = -1
        step(dt_ms)
        statuses = [c.status for c in w.station.connectors]
        seen.append((w.tx, dict(w.frames), statuses, orders(hall.d)))

    w.station.step = watched
    assert not chaos.run(seconds)
    return seen


def test_a_station_that_looks_only_at_changes_says_the_same():
    same(station_history(5, 9, 25, False), station_history(5, 9, 25, True))


@LONG
@pytest.mark.parametrize("guns", [6, 12])
def test_a_station_that_looks_only_at_changes_says_the_same_for_long(guns):
    for seed in range(6):
        same(station_history(seed, guns, 150, False), station_history(seed, guns, 150, True))


# --- a gun that takes its turns more seldom misses nothing ---


@pytest.fixture
def calm():
    """Nine guns; gun 5 charges, and stands so that it has every second turn."""
    w = DcWorld(guns=9)
    w.charge(5, amperes=60.0)
    w.until(lambda: w.hall._calm[4])
    return w


@pytest.mark.parametrize("bits, fault", [(0x18, "EmergencyStop"), (0x20, None), (0, "SafetyLoop")])
def test_safety_of_a_calm_gun_is_seen_in_the_step_after_its_frame(calm, bits, fault):
    calm.plant.outlet(5).plc.safety = bits
    late = calm.until(lambda: calm.c(5).faults.mask, 2)
    assert late <= 0.4, "300 ms of telemetry and a step"
    if fault:
        calm.pass_time(0.1)
        assert calm.c(5).vendor_error == fault
    calm.until(lambda: calm.amps(5) < 1, 3)
    assert not calm.violations


def test_a_plc_that_falls_silent_in_a_charge_is_lost_in_time(calm):
    calm.plant.outlet(5).plc.silent = True
    late = calm.until(lambda: calm.c(5).vendor_error == "PlcLost", 4)
    assert late <= 1.05 + 0.4


def test_a_wish_for_less_does_not_wait_for_the_turn(calm):
    calm.plant.outlet(5).vehicle.demand(20.0, 403.2)
    assert calm.until(lambda: calm.hall.d.ask_da[4] <= 200, 2) <= 0.5


def test_the_station_s_emergency_stop_waits_for_nobody(calm):
    calm.plant.press_estop(True)
    calm.pass_time(0.1)
    assert calm.c(5).status == "Faulted" and not any(calm.hall.d.on)


def test_guns_take_turns_evenly(calm):
    """No step has the turns of all guns, whatever had them move at once."""
    calm.plant.press_estop(True)
    calm.pass_time(0.2)
    calm.plant.press_estop(False)
    calm.pass_time(15)
    calm.station.clear_faults()
    calm.pass_time(15)
    taken = []
    for connector in calm.station.connectors:
        step = connector.step
        connector.step = lambda dt_ms, step=step: (taken.append(dt_ms), step(dt_ms))
    steps = []
    for _ in range(18):
        taken.clear()
        calm.pass_time(0.1)
        steps.append(len(taken))
    assert max(steps) <= 3 and sum(steps) >= 9
