"""What does the bench of a ring hold against a station, and what does it not?"""

import asyncio
from types import SimpleNamespace

import pytest

from dc_world import DcWorld
from tools.sim.dc_words import DcWords
from tools.sim.words import WordError, Words, is_reserved


@pytest.fixture
def w():
    world = DcWorld(guns=3)
    world.charge(1, amperes=100)
    world.until(lambda: world.amps(1) > 98)
    world.pass_time(2)
    return world


def words(w, kind=DcWords):
    return kind(SimpleNamespace(plant=w.plant, cable=None, machine=None, hubs=[]))


def do(w, line):
    return asyncio.run(words(w).do(line))


def test_more_than_the_mains_give_is_a_violation_after_two_seconds(w):
    assert is_reserved("grid 5000")
    drawn = w.plant.ring.power_w
    do(w, f"grid {drawn + 100:.0f}")
    w.pass_time(5)
    assert not w.plant.violations and w.plant.state()["grid_w"] == round(drawn + 100)
    do(w, "grid 5000")
    w.pass_time(1.9)
    assert not w.plant.violations
    w.pass_time(0.3)
    assert "the grid gives 5.0 kW" in w.plant.violations[0]
    do(w, "grid off")
    assert w.plant.state()["grid_w"] is None


def test_a_station_that_is_told_its_limit_in_time_holds_it(w):
    w.config.set("GridLimit", 20_000)
    w.hall.reload(w.config)
    w.pass_time(2)
    do(w, "grid 20000")
    w.pass_time(10)
    assert not w.plant.violations and 15_000 < w.plant.ring.power_w <= 20_400


def test_wrong_words_are_refused(w):
    for line in ("grid much", "grid -1", "grid", "grid 1 2"):
        with pytest.raises(WordError):
            do(w, line)
    with pytest.raises(WordError, match="rivot"):
        asyncio.run(words(w, Words).do("grid 5000"))


def test_what_a_hand_has_welded_is_not_the_stations_deed(w):
    """Free slot 2 stands at 0 V, slot 1 under charge: nobody ordered the tie between them."""
    do(w, "weld tie 1 on")
    w.pass_time(3)
    assert w.plant.ring.ties[0].on and not w.plant.violations


@pytest.mark.parametrize("dead", [True, False])
def test_a_station_that_died_is_excused_when_the_next_opens_all(w, dead):
    if dead:
        w.plant.outputs_dead()
    w.plant.advance(2000)
    w.plant.outlet(1).contactor.set(False)
    w.plant.advance(100)
    assert dead is not any("opened under load" in text for text in w.plant.violations)


def test_contactors_are_counted_when_they_move(w):
    before = dict(w.plant.state()["switchings"])
    assert before["guns"] == 1 and before["modules"] >= 1
    w.tag("A1", 1)
    w.until(lambda: not w.plant.outlet(1).contactor.on)
    assert w.plant.state()["switchings"]["guns"] == 2
    assert w.plant.state()["bridges"] == 0


def test_two_vehicles_on_one_bus_are_one_bridge(w):
    w.charge(2, amperes=100)
    w.until(lambda: w.amps(2) > 50)
    do(w, "weld tie 1 on")
    w.pass_time(1)
    assert w.plant.state()["bridges"] == 1
    assert any("bridged" in text for text in w.plant.violations)
