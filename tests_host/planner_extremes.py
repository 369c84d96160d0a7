"""Random problems at the edges of what may be asked; the same seed gives the same.

Rings of one to six slots with everything together: ties welded, stuck or both, blocked homes,
pins of guns that are not there, floors above everything, weights from a thousandth to a million,
modules of one watt or none, numbers that only tie or are no whole ones.
"""

import random


def _modules(rng, slots, unit):
    many = rng.random() < 0.6
    modules = []
    for slot in range(slots):
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3)) if many else 1):
            module = {"slot": slot, "power_w": unit}
            if rng.random() < 0.6:
                module["power_w"] = rng.choice((unit, 2 * unit, 0, rng.randrange(5 * unit + 1)))
            for chance, key, values in (
                (0.25, "derate", (0, 0.5, 1, 0.333, 0.57, 1.0, 0.1)),
                (0.2, "max_current_a", (0, 1, 0.5, 10.25, 100, unit / 400)),
                (0.12, "v_min", (150, 400, 401, 399.5)),
                (0.12, "v_max", (150, 400, 399.9, 500)),
                (0.12, "healthy", (True, False)),
                (0.4, "on", (True,)),
            ):
                if rng.random() < chance:
                    module[key] = rng.choice(values)
            modules.append(module)
    for module, number in zip(modules, rng.sample(range(300), len(modules)), strict=True):
        module["id"] = number
    rng.shuffle(modules)
    return modules


def _guns(rng, slots, unit, total):
    homes = rng.sample(range(slots), rng.randrange(rng.random() > 0.05, slots + 1))
    weights = rng.choice(
        (None, None, (1, 2, 3), (0.1, 0.5, 1.5, 2.25, 1e-3, 3.333), (1, 1000, 10**6))
    )
    floors = rng.choice((0, 0, 0.3, 0.8))
    guns = []
    for home, number in zip(homes, rng.sample(range(1000), len(homes)), strict=True):
        gun = {"id": number, "home": home}
        gun["demand_w"] = rng.choice(
            (0, unit, 2 * unit, 3 * unit, 10 * unit, rng.randrange(6 * unit + 1), total)
        )
        if rng.random() < 0.1:
            gun["demand_w"] += 0.5
        if rng.random() < floors:
            gun["min_w"] = rng.choice((0, 1, unit, unit // 2, gun["demand_w"], 2 * unit, 0.5))
        if weights:
            gun["weight"] = rng.choice(weights)
        if rng.random() < 0.4:
            gun["voltage_v"] = rng.choice((150, 400, 399.9, 920, 0))
        if rng.random() < 0.5:
            gun["rank"] = rng.choice((0, 1, 2, -1, 0.5))
        guns.append(gun)
    return guns


def _previous(rng, slots, guns):
    owner = [None] * slots
    for gun in guns:
        for j in range(rng.randrange(slots)):
            slot = (gun["home"] + j) % slots
            owner[slot] = gun["id"] if owner[slot] is None else owner[slot]
    for _ in range(rng.randrange(3)):
        owner[rng.randrange(slots)] = rng.choice((None, 7777, *(gun["id"] for gun in guns)))
    return owner


def make(seed):
    """One problem."""
    rng = random.Random(f"extreme {seed}")
    slots = rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6))
    unit = rng.choice((1, 2, 7, 1000, 5000, 30000))  # small numbers make ties
    problem = {"slots": slots, "modules": _modules(rng, slots, unit)}
    faults = rng.choice((0, 0.1, 0.25, 0.5))
    for key, chance in (("tie_closed", faults), ("tie_open", faults), ("blocked", faults / 3)):
        problem[key] = [slot for slot in range(slots) if rng.random() < chance]
    total = sum(module["power_w"] for module in problem["modules"]) + 1
    guns = problem["guns"] = _guns(rng, slots, unit, total)
    if rng.random() < 0.75:
        problem["grid_w"] = rng.choice(
            (0, 1, 2, rng.randrange(total), total // 2, total // 3, total, unit, total / 7)
        )
    if guns and rng.random() < 0.35:
        numbers = [5000, *(gun["id"] for gun in guns)]
        pins = {str(rng.randrange(slots)): rng.choice(numbers) for _ in range(rng.randrange(1, 4))}
        problem["pins"] = pins
    if rng.random() < 0.35:
        problem["radius"] = rng.choice((0, 1, 2, 3, slots, 100))
    if rng.random() < 0.35:
        problem["max_modules"] = rng.choice((0, 1, 1, 2, 3, 4, 100))
    if rng.random() < 0.65:
        problem["previous"] = _previous(rng, slots, guns)
    return problem
