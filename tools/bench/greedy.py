"""How much more do the planner's plans deliver than the seed planner's greedy?

`greedy` is the seed's allocator in its later and better form, written from its description: shares
of the site's power, modules by ceil(share / 30 kW), the surplus taken from whoever has most, then
islands grown from each home slot in the order of the guns' ids, counter-clockwise first, through
empty slots. Its share loop, which breaks the grid's limit, is replaced by a right one, and what an
island leaves unused is shared out again: what differs is the layout alone.
"""

import json
import random
from math import ceil

from tools.bench.figures import Figure, measures

RINGS = 1000
SLOTS = 12
MODULE_W = 30000


def ring(seed: int) -> dict:
    """A problem of tools/plan.py whose guns ask for more than the ring or the grid gives."""
    rng = random.Random(seed)
    modules = [
        {"id": i + 1, "slot": i // 2, "power_w": MODULE_W, "derate": rng.choice((1, 1, 1, 1, 0.7))}
        for i in range(2 * SLOTS)
        if rng.random() > 0.05
    ]
    carried = sum(module["power_w"] * module["derate"] for module in modules)
    homes = rng.sample(range(SLOTS), rng.randrange(2, SLOTS + 1))
    while True:
        guns = [
            {"id": i + 1, "home": home, "demand_w": rng.randrange(20, 351) * 1000}
            for i, home in enumerate(sorted(homes))
        ]
        grid = round(carried * rng.choice((0.4, 0.6, 0.8, 1)))
        if sum(gun["demand_w"] for gun in guns) > grid:
            return {"slots": SLOTS, "modules": modules, "guns": guns, "grid_w": grid}


def shared(power: float, wishes: list[float]) -> list[float]:
    """`power` shared out: everybody the same, but nobody more than wished."""
    shares = [0.0] * len(wishes)
    order = sorted(range(len(wishes)), key=lambda i: wishes[i])
    for done, i in enumerate(order):
        shares[i] = min(wishes[i], power / (len(wishes) - done))
        power -= shares[i]
    return shares


def greedy(problem: dict) -> list[float]:
    """Watts of each gun."""
    guns, modules = problem["guns"], problem["modules"]
    site = min(problem["grid_w"], sum(m["power_w"] * m["derate"] for m in modules))
    shares = shared(site, [gun["demand_w"] for gun in guns])
    counts = [max(1, ceil(share / MODULE_W)) for share in shares]
    while sum(counts) > len(modules):
        most = max(range(len(guns)), key=lambda i: (counts[i], i, -shares[i]))
        counts[most] -= 1
    at = [[m for m in modules if m["slot"] == slot] for slot in range(SLOTS)]
    taken = {gun["home"] for gun in guns}
    room = []
    for gun, count in zip(guns, counts, strict=True):
        found = at[gun["home"]][:count]
        for way in (-1, 1):
            slot = (gun["home"] + way) % SLOTS
            while len(found) < count and slot not in taken:
                taken.add(slot)
                found += at[slot][: count - len(found)]
                slot = (slot + way) % SLOTS
        room.append(sum(m["power_w"] * m["derate"] for m in found))
    wishes = [min(gun["demand_w"], most) for gun, most in zip(guns, room, strict=True)]
    return shared(problem["grid_w"], wishes)


def compared(count: int) -> dict:
    """The greedy's part of the planner's power and what else differs, over `count` rings."""
    from tools.plans import answer, engine
    from tools.plans import problem as problems

    here = engine.Here()
    ratios, worst = [], []
    for seed in range(count):
        problem = ring(seed)
        numbers, names = problems.check(problems.read(json.dumps(problem)), None)
        planned = answer.plan(here.solve(numbers), names)["power_w"]
        theirs = greedy(problem)
        ratios.append(sum(theirs) / sum(planned.values()))
        least = min(planned.values())
        worst.append(min(theirs) / least if least else 1)
    return {
        "mean": sum(ratios) / count,
        "min": min(ratios),
        "more": sum(ratio < 0.999 for ratio in ratios) / count,
        "less": sum(ratio > 1.001 for ratio in ratios) / count,
        "worst_mean": sum(worst) / count,
        "worst_min": min(worst),
        "worst_more": sum(part < 0.999 for part in worst) / count,
    }


WHAT = {
    "mean": "the greedy's part of the planner's power, mean",
    "min": "the greedy's part of the planner's power, in the worst ring",
    "more": "rings in which the planner delivers more",
    "less": "rings in which the greedy delivers more, at the cost of fairness",
    "worst_mean": "what the gun with the least gets from the greedy, part of the planner's, mean",
    "worst_min": "what the gun with the least gets from the greedy, in the worst ring",
    "worst_more": "rings in which the planner gives the gun with the least more",
}


@measures(*(f"planner.greedy_{kind}" for kind in WHAT), seconds=3)
def beside():
    """Oversubscribed rings of 12 slots."""
    for kind, value in compared(RINGS).items():
        text = f"{WHAT[kind]}; {RINGS} random oversubscribed rings of {SLOTS} slots"
        yield Figure(f"planner.greedy_{kind}", round(100 * value, 1), "%", text)
