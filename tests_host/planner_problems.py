"""Random problems for the planner, as tools/plan.py reads them; the same seed gives the same."""

import random


def _ring(rng, count, faults):
    """Slots, ties and faults."""
    problem = {"slots": count}
    if faults:
        for name, chance in (("tie_closed", 0.08), ("tie_open", 0.08), ("blocked", 0.06)):
            hit = [s for s in range(count) if rng.random() < chance]
            if hit:
                problem[name] = hit
        if rng.random() < 0.25:
            problem["radius"] = rng.randrange(0, count)
    return problem


def _modules(rng, count, uniform):
    modules = []
    for slot in range(count):
        for _ in range(2 if uniform else rng.choice((0, 1, 1, 2, 2))):
            module = {"id": len(modules) + 1, "slot": slot, "power_w": 30000}
            if not uniform:
                module["power_w"] = rng.choice((10000, 20000, 30000, rng.randrange(40000)))
                module["derate"] = rng.choice((1.0, 1.0, 0.5, 0.8, 0.0))
                if rng.random() < 0.1:
                    module["healthy"] = False
                if rng.random() < 0.3:
                    module["max_current_a"] = rng.choice((40, 60, 100, 125.5))
                if rng.random() < 0.1:
                    module["v_max"] = 500
            if rng.random() < 0.4:
                module["on"] = True
            modules.append(module)
    return modules


def _guns(rng, count, weighted, floors):
    guns = []
    for home in sorted(
        rng.sample(range(count), rng.randrange(1, count + 1)), key=lambda _: rng.random()
    ):
        gun = {"id": len(guns) + 1, "home": home}
        gun["demand_w"] = rng.choice((0, 20000, 60000, 60000, rng.randrange(200000), 150000))
        if floors and rng.random() < 0.5:
            gun["min_w"] = rng.choice((1000, 5000, rng.randrange(40000)))
        if weighted:
            gun["weight"] = rng.choice((1, 2, 3))
        if rng.random() < 0.5:
            gun["voltage_v"] = rng.choice((350, 400, 750, 920))
        if rng.random() < 0.5:
            gun["rank"] = rng.randrange(4)
        guns.append(gun)
    return guns


def _previous(rng, problem):
    """An owner map that may be one: arcs around homes, then a few slots changed."""
    count = problem["slots"]
    owner = [None] * count
    for gun in problem["guns"]:
        for j in range(rng.randrange(1, count + 1)):
            if owner[(gun["home"] + j) % count] is None:
                owner[(gun["home"] + j) % count] = gun["id"]
    for _ in range(rng.randrange(3)):
        owner[rng.randrange(count)] = rng.choice((None, rng.randrange(1, 9)))
    return owner


def make(seed, count=None, faults=True, weighted=None):
    """One problem."""
    rng = random.Random(seed)
    count = count or rng.choice((1, 2, 3, 3, 4, 4, 5, 5, 6, 6))
    problem = _ring(rng, count, faults and rng.random() < 0.7)
    problem["modules"] = _modules(rng, count, rng.random() < 0.3)
    weighted = rng.random() < 0.5 if weighted is None else weighted
    problem["guns"] = _guns(rng, count, weighted, faults and rng.random() < 0.4)
    total = sum(module["power_w"] for module in problem["modules"])
    if rng.random() < 0.7:
        share = rng.choice((0.1, 0.3, 0.5, 0.8))
        problem["grid_w"] = int(total * share) + rng.randrange(7)
    if faults and rng.random() < 0.2:
        ids = [gun["id"] for gun in problem["guns"]] + [99]
        problem["pins"] = {
            str(rng.randrange(count)): rng.choice(ids) for _ in range(rng.randrange(1, 3))
        }
    if rng.random() < 0.15:
        problem["max_modules"] = rng.randrange(1, 5)
    if rng.random() < 0.6:
        problem["previous"] = _previous(rng, problem)
    return problem
