"""What do a plan and a water-fill cost? Runs on MicroPython or CPython, prints JSON.

    planner_cost.py [alloc]      bytes and microseconds; bytes alone

Two 30 kW modules a slot, guns evenly around the ring that all want more than there is (but for
one in three), a grid that gives four fifths, no layout before: the label DP has to walk.
"""

import gc
import json
import sys
import time

from planner.planner import Planner
from planner.ring import Ring

CASES = ((2, 12), (4, 12), (12, 12), (12, 24))
try:
    ticks = time.ticks_us
    allocated = gc.mem_alloc
except AttributeError:  # CPython

    def ticks():
        """Microseconds."""
        return time.perf_counter() * 1e6

    def allocated():
        """CPython does not tell."""
        return 0


def station(guns, slots):
    """A planner whose guns stand evenly around the ring."""
    ring = Ring(slots, guns, 2 * slots)
    for m in range(2 * slots):
        ring.slot_of[m] = m // 2
        ring.rated_w[m] = 30000
        ring.current_da[m] = 1000
    ring.arrange()
    for g in range(guns):
        ring.home[g] = g * slots // guns
        ring.demand_w[g] = 40000 if g % 3 == 2 else 200000 + 1000 * g
        ring.voltage_dv[g] = 4000 + 10 * g
        ring.rank[g] = g
    ring.grid_w = slots * 48000
    return Planner(ring)


def best_us(go, rounds, batches=10):
    """Microseconds of one round: the best batch."""
    best = 1 << 29
    for _ in range(batches):
        gc.collect()
        began = ticks()
        for _ in range(rounds):
            go()
        best = min(best, ticks() - began)
    return best / rounds


def bytes_of(go):
    """Bytes that one round allocates."""
    go()
    gc.collect()
    gc.disable()
    before = allocated()
    go()
    found = allocated() - before
    gc.enable()
    return found


def longest_us(planner):
    """Microseconds of the longest step: for each step the best of many plans."""
    steps = []
    for _ in range(20):
        gc.collect()
        i = 0
        began = ticks()
        for _ in planner.replan():
            ended = ticks()
            if i == len(steps):
                steps.append(ended - began)
            elif ended - began < steps[i]:
                steps[i] = ended - began
            i += 1
            began = ticks()
    return max(steps)


def costs(guns, slots):
    """Bytes and microseconds of one case."""
    planner = station(guns, slots)

    def replan():
        for _ in planner.replan():
            pass

    found = {"replan_alloc": bytes_of(replan), "fill_alloc": bytes_of(planner.refill)}
    if "alloc" in sys.argv:
        return found
    found["replan_time"] = best_us(replan, 1, 60)
    found["step_time"] = longest_us(planner)
    found["fill_time"] = best_us(planner.refill, 20)
    fill = planner.fill

    def level():
        fill.level(planner.ring.grid_w)

    found["level_time"] = best_us(level, 20)
    # The same with the layout that is there, as after most events.
    for s in range(slots):
        planner.ring.previous[s] = planner.owner[s]
    found["again_time"] = best_us(replan, 1, 60)
    return found


print(json.dumps({"%d_of_%d" % case: costs(*case) for case in CASES}))
