"""Does a planner that lives on, as in the firmware, plan like a new one? And does a refill fit?

A station has one Ring and one Planner; facts change between plans. Stations are those of the bench
(tools/bench/device/planner_spread.py), in whole watts as on a board.
"""

import pytest

from planner.planner import BY_DEMAND, BY_FLOOR, BY_GRID, BY_MODULE, Planner
from planner.ring import NO_LIMIT, NOBODY, Ring
from test_planner_steps import spread  # noqa: F401


def planned(planner, exact=None):
    """The planner, after a plan."""
    for _ in planner.replan(exact):
        pass
    return planner


def result(planner):
    """All that a plan says, as lists."""
    return {
        "owner": list(planner.owner),
        "wanted": list(planner.wanted),
        "denied": list(planner.denied),
        "power_w": list(planner.power_w),
        "source": list(planner.source),
        "carrier": list(planner.carrier),
    }


def small(guns, slots=4, per_slot=1, **facts):
    """A ring of 30 kW modules; a gun is (home, demand_w, floor_w)."""
    ring = Ring(slots, len(guns), slots * per_slot)
    for m in range(slots * per_slot):
        ring.slot_of[m] = m // per_slot
        ring.rated_w[m] = 30000
    ring.arrange()
    for g, (home, demand, floor) in enumerate(guns):
        ring.home[g], ring.demand_w[g], ring.floor_w[g], ring.rank[g] = home, demand, floor, g
    for name, value in facts.items():
        setattr(ring, name, value)
    return Planner(ring)


def test_a_planner_that_has_planned_before_plans_like_a_new_one(spread):  # noqa: F811
    for seed in range(150):
        planner = spread.station(seed)
        for exact in (False, True):
            fresh = result(planned(Planner(planner.ring), exact))
            assert result(planned(planner, exact)) == fresh, (seed, exact)


def test_it_does_so_through_a_life_of_events(spread):  # noqa: F811
    for seed in range(40):
        planner = spread.station(seed)
        ring = planner.ring
        for event in range(8):
            exact = event % 2 == 0
            fresh = result(planned(Planner(ring), exact))
            assert result(planned(planner, exact)) == fresh, (seed, event)
            ring.previous[:] = planner.owner
            if event == 3:  # nearly everybody leaves
                ring.home[1:] = [NOBODY] * (len(ring.home) - 1)
            spread.happens(ring, seed % 2, seed % 3 == 0)


def test_a_gun_that_leaves_takes_all_of_its_plan_along():
    planner = planned(small([(0, 60000, 0), (2, 50000, 0)]))
    assert planner.power_w == [60000, 50000]
    planner.ring.home[1] = NOBODY
    planned(planner)
    assert (planner.power_w, list(planner.source)) == ([60000, 0], [BY_DEMAND, 0])
    assert (list(planner.wanted), list(planner.denied)) == ([1, 0], [0, 0])
    assert 1 not in planner.owner and 1 not in planner.carrier


def test_a_plan_that_is_given_up_halfway_does_no_harm(spread):  # noqa: F811
    for seed in (58, 75, 93, 169, 329, 395):  # stations that refuse guns
        wanted = result(planned(Planner(spread.station(seed).ring)))
        planner = spread.station(seed)
        for steps in (5, 30, 60, 90):
            for _, _ in zip(range(steps), planner.replan(), strict=False):
                pass
            assert result(planned(planner)) == wanted, (seed, steps)


@pytest.mark.parametrize("grid, admitted", [(9999, [1, 0]), (10000, [1, 1]), (10001, [1, 1])])
def test_floors_fit_the_grid_to_the_watt(grid, admitted):
    planner = planned(small([(0, 9000, 5000), (2, 9000, 5000)], grid_w=grid))
    assert list(planner.wanted) == admitted
    assert sum(planner.power_w) <= grid


@pytest.mark.parametrize("floor, admitted", [(59999, 1), (60000, 1), (60001, 0)])
def test_floors_fit_the_modules_to_the_watt(floor, admitted):
    planner = planned(small([(0, 90000, floor)], radius=0, per_slot=2))
    assert list(planner.wanted) == [admitted]


def test_hours_beyond_the_scale_do_not_outweigh_that_a_module_runs():
    planner = small([(0, 30000, 0)], slots=1, per_slot=2)
    planner.ring.on[1] = 1
    planner.ring.hours[1] = 1 << 21
    assert planned(planner).carrier == [NOBODY, 0]
    planner.ring.on[1] = 0
    assert planned(planner).carrier == [0, NOBODY]
    planner.ring.hours[0] = (1 << 20) - 2
    planner.ring.hours[1] = (1 << 20) - 3
    assert planned(planner).carrier == [NOBODY, 0]


@pytest.mark.parametrize("exact", [True, False])
def test_an_island_carries_the_exact_share_in_whole_watts_as_well(exact):
    planner = small([(2, 90000, 0), (0, 90000, 0)], slots=5, per_slot=2, grid_w=90001)
    planner.ring.weight[0] = 2
    planned(planner, exact)
    assert planner.power_w == [60000, 30000]
    assert planner.owner.count(0) == 2 and list(planner.source) == [BY_GRID, BY_GRID]


def test_a_running_module_that_is_a_watt_too_weak_is_not_chosen():
    planner = small([(0, 50000, 0)], slots=1, per_slot=3)
    planner.ring.rated_w[:] = [30000, 25000, 20000]
    planner.ring.on[2] = 1
    assert planned(planner).carrier == [0, NOBODY, 0]
    planner.ring.demand_w[0] = 50001
    assert planned(planner).carrier == [0, 0, NOBODY]


def test_a_refill_with_the_same_facts_changes_nothing(spread):  # noqa: F811
    for seed in range(150):
        planner = planned(spread.station(seed))
        before = result(planner)
        planner.refill()
        assert result(planner) == before, seed


def test_a_refill_shares_new_demands_and_a_new_limit_within_the_layout():
    planner = planned(small([(0, 60000, 0), (2, 60000, 0)]))
    assert planner.owner == [0, 1, 1, 0]
    planner.ring.demand_w[0] = 70000
    planner.ring.demand_w[1] = 1000
    planner.refill()
    assert planner.power_w == [60000, 1000]
    assert list(planner.source) == [BY_MODULE, BY_DEMAND]
    planner.ring.grid_w = 50001
    planner.ring.demand_w[1] = 40000
    planner.refill()
    assert planner.power_w == [25000, 25000]
    assert list(planner.source) == [BY_GRID, BY_GRID]


def test_floors_that_no_longer_fit_give_way_the_worst_rank_first():
    planner = planned(small([(0, 60000, 6000), (2, 60000, 6000)]))
    planner.ring.rank[0] = 2
    planner = planned(planner)
    planner.ring.grid_w = 8000
    planner.refill()
    assert planner.power_w == [2000, 6000]
    assert list(planner.source) == [BY_FLOOR, BY_FLOOR]
    planner.ring.grid_w = 5000
    planner.refill()
    assert planner.power_w == [0, 5000]
    planner.ring.floor_w[0] = planner.ring.floor_w[1] = 0
    planner.refill()
    assert planner.power_w == [2500, 2500]
    planner.ring.grid_w = NO_LIMIT
    planner.refill()
    assert planner.power_w == [60000, 60000]


def test_what_a_ring_takes_for_granted():
    ring = Ring(2, 1, 2)
    ring.slot_of[:] = [0, 1]
    ring.rated_w[:] = [30000, 30000]
    ring.arrange()
    ring.home[0] = 0
    idle = planned(Planner(ring))  # no demand
    assert (list(idle.wanted), idle.power_w) == ([1], [0])
    ring.demand_w[0] = 60000
    for volts_dv, power in ((0, 60000), (4000, 60000), (10000, 60000), (10001, 0)):
        ring.voltage_dv[0] = volts_dv
        assert planned(Planner(ring)).power_w == [power]


def test_modules_have_to_stand_in_the_order_of_their_slots():
    planner = small([(0, 1000, 0)])
    planner.ring.slot_of[0] = 2
    with pytest.raises(ValueError):
        planner.ring.arrange()
