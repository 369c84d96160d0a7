"""How long do plans of random stations take? Runs on MicroPython, prints JSON.

12 slots with two 30 kW modules each and up to 12 guns; a layout is there, then something happens.
Arguments: how many stations, seed of the first. The same seed is the same station.
"""

import gc
import json
import sys
import time

from planner.planner import Planner
from planner.ring import CLOSED, NO_LIMIT, NOBODY, Ring

SLOTS = 12


state = [1]


def drawn(low, above):
    """A number from `low` to below `above`; every Python draws the same ones."""
    state[0] = (state[0] * 1103515245 + 12345) & 0x7FFFFFFF
    return low + (state[0] >> 8) % (above - low)


def chance(percent):
    """True in so many of a hundred cases."""
    return drawn(0, 100) < percent


def modules(ring):
    """What 24 modules give: some are derated or lost, some stations have unlike ones."""
    unlike = chance(20)
    for m in range(2 * SLOTS):
        ring.slot_of[m] = m // 2
        ring.rated_w[m] = drawn(2, 4) * 10000 if unlike else 30000
        ring.current_da[m] = 1000
        ring.v_min_dv[m] = 1500
        if chance(5):
            ring.derate_pm[m] = drawn(500, 1000)
        elif chance(3):
            ring.derate_pm[m] = 0
        ring.on[m] = chance(50)
        ring.hours[m] = drawn(0, 9000)
    ring.arrange()


def gun(ring, g, floors, weights):
    """A vehicle at gun `g`: what it asks for at its voltage."""
    ring.home[g] = g
    volts = drawn(3300, 4500) if chance(65) else drawn(6200, 8500)
    ring.voltage_dv[g] = volts
    amps = drawn(5, 500 if chance(40) else 200)
    ring.demand_w[g] = 0 if chance(5) else amps * volts // 10
    if floors and chance(50):
        ring.floor_w[g] = min(ring.demand_w[g], 5 * volts // 10)
    if weights:
        ring.weight[g] = drawn(1, 4)


def station(seed):
    """A Ring with a plan as its layout, and something new in it; its Planner."""
    state[0] = seed * 7919 + 1
    drawn(0, 2)
    ring = Ring(SLOTS, SLOTS, 2 * SLOTS)
    modules(ring)
    floors, weights = chance(33), chance(30)
    share = drawn(2, 10) * chance(70)
    ring.grid_w = SLOTS * 6000 * share if share else NO_LIMIT
    if chance(20):
        ring.radius = drawn(1, 5)
    if chance(15):
        ring.max_modules = drawn(4, 9)
    wanted = drawn(1, SLOTS + 1)
    for g in range(SLOTS):
        ring.rank[g] = drawn(0, 100)
        if drawn(0, SLOTS) < wanted:
            gun(ring, g, floors, weights)
    planner = Planner(ring)
    for _ in planner.replan():
        pass
    for s in range(SLOTS):
        ring.previous[s] = planner.owner[s]
        if planner.owner[s] != NOBODY and chance(4):
            ring.pin[s] = planner.owner[s]
    happens(ring, floors, weights)
    return planner


def happens(ring, floors, weights):
    """An event that asks for a plan: vehicles come, go and change, things fail, limits move."""
    what = drawn(0, 6)
    g = drawn(0, SLOTS)
    if what < 2:
        gun(ring, g, floors, weights)
    elif what == 2:
        ring.home[g] = NOBODY
    elif what == 3:
        ring.grid_w = SLOTS * 6000 * drawn(2, 10)
    elif what == 4:
        ring.derate_pm[drawn(0, 2 * SLOTS)] = 500 * drawn(0, 2)
    else:
        s = drawn(0, SLOTS)
        if chance(30):
            ring.blocked[s] = 1
        else:
            ring.tie[s] = drawn(CLOSED, 4)


def measured(planner, rounds):
    """(microseconds of a plan, of its longest step): for each step the best of `rounds` plans."""
    steps = []
    for _ in range(rounds):
        gc.collect()
        plan = planner.replan(False)
        i = 0
        goes_on = True
        while goes_on:
            began = time.ticks_us()
            goes_on = next(plan, 1) is None
            took = time.ticks_us() - began
            if i == len(steps):
                steps.append(took)
            elif took < steps[i]:
                steps[i] = took
            i += 1
    return sum(steps), max(steps)


def main(count, first):
    """Prints how the plans of `count` stations spread, and the seeds of the slowest."""
    plans = []
    steps = []
    for seed in range(first, first + count):
        plan, step = measured(station(seed), 6)
        plans.append((plan, seed))
        steps.append((step, seed))
    plans.sort()
    steps.sort()
    spread = {"plan_p50": plans[count // 2][0], "plan_p95": plans[count * 95 // 100][0]}
    spread.update({"plan_max": plans[-1][0], "step_max": steps[-1][0]})
    spread["seeds"] = [plans[-1][1], steps[-1][1]]
    print(json.dumps(spread))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
