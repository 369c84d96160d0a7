"""What is the best plan of a small ring, found by trying everything?

Shares no code and no idea with lib/planner: it takes the JSON problem, tries every owner map for
every set of guns, judges each on the electrical graph (what is joined to what, with every tie that
may be closed), and fills power by bisection. Only for rings up to about 6 slots.
"""

import itertools

CLOSE = 1e-3  # watts: what two ways to compute the same power may differ by


def usable(module, gun):
    """What a module gives at the voltage of a gun, in real watts."""
    volts = gun.get("voltage_v", 400)
    if not module.get("healthy", True):
        return 0.0
    if not module.get("v_min", 0) <= volts <= module.get("v_max", 1000):
        return 0.0
    amps = module.get("max_current_a")
    power = module["power_w"] if amps is None else min(module["power_w"], amps * volts)
    return power * module.get("derate", 1)


def capacity(problem, gun, slots):
    """What the modules of `slots` can give a gun: its best `max_modules` of them."""
    powers = [usable(m, gun) for m in problem["modules"] if m["slot"] in slots]
    powers.sort(reverse=True)
    return sum(powers[: problem.get("max_modules", len(powers))])


def _joined(start, slots, ties, count):
    """Slots that `start` is joined to within `slots` by `ties`: {slot: how many ties away}."""
    seen = {start: 0}
    front = [start]
    while front:
        here = front.pop(0)
        for tie, there in ((here, (here + 1) % count), ((here - 1) % count, (here - 1) % count)):
            if tie in ties and there in slots and there not in seen:
                seen[there] = seen[here] + 1
                front.append(there)
    return seen


def legal(problem, owner, admitted):
    """May the contactors be set for this owner map? admitted: the guns by id."""
    count = problem["slots"]
    everything = set(range(count))
    welded, stuck = set(problem.get("tie_closed", [])), set(problem.get("tie_open", []))
    guns = {gun["id"]: gun for gun in problem["guns"]}
    if any(gun is not None and gun not in admitted for gun in owner):
        return False
    if any(owner[s] is not None for s in problem.get("blocked", [])):
        return False
    for key, gun in problem.get("pins", {}).items():
        if gun in admitted and owner[int(key)] != gun:
            return False
    wanted = {
        k for k in range(count) if owner[k] is not None and owner[k] == owner[(k + 1) % count]
    }
    closed = wanted - stuck
    for gun in admitted:
        own = {s for s in range(count) if owner[s] == gun}
        if guns[gun]["home"] not in own:
            return False
        reached = _joined(guns[gun]["home"], own, closed, count)
        if set(reached) != own or max(reached.values()) > problem.get("radius", count):
            return False
    for s in range(count):  # every bus, with all that is or may be closed, has one owner
        bus = _joined(s, everything, closed | welded, count)
        if len({owner[t] for t in bus}) > 1:
            return False
    return True


def fill(problem, guns, highs):
    """Real powers: everybody at one level but for floors and highest powers; None if short."""
    lows = [gun.get("min_w", 0) for gun in guns]
    weights = [gun.get("weight", 1) for gun in guns]
    grid = problem.get("grid_w", float("inf"))
    if sum(lows) > grid or any(low > high + 1e-9 for low, high in zip(lows, highs, strict=True)):
        return None
    if sum(highs) <= grid:
        return list(highs)

    def at(level):
        return [
            max(low, min(high, level * w))
            for low, high, w in zip(lows, highs, weights, strict=True)
        ]

    below, above = 0.0, max(high / w for high, w in zip(highs, weights, strict=True))
    for _ in range(70):
        middle = (below + above) / 2
        if sum(at(middle)) <= grid:
            below = middle
        else:
            above = middle
    return at(below)


def key(guns, powers):
    """What leximin compares."""
    return sorted(p / gun.get("weight", 1) for p, gun in zip(powers, guns, strict=True))


def compare(one, other):
    """-1, 0 or 1: which key is fairer, within CLOSE."""
    for a, b in zip(one, other, strict=True):
        if abs(a - b) > CLOSE:
            return 1 if a > b else -1
    return 0


def cost(problem, owner):
    """The switching cost of an owner map."""
    total = 0
    for before, after in zip(
        problem.get("previous") or [None] * problem["slots"], owner, strict=True
    ):
        total += after is not None
        if before != after:
            total += 8 * (1 if before is None or after is None else 3)
    return total


def maps(problem, guns):
    """Every owner map in which each gun has its home."""
    homes = {gun["home"]: gun["id"] for gun in guns}
    choices = [
        [homes[s]] if s in homes else [None, *(gun["id"] for gun in guns)]
        for s in range(problem["slots"])
    ]
    return itertools.product(*choices)


def powers(problem, guns, owner):
    """The fair powers of one owner map, or None."""
    highs = [
        min(
            gun["demand_w"],
            capacity(problem, gun, {s for s, g in enumerate(owner) if g == gun["id"]}),
        )
        for gun in guns
    ]
    return fill(problem, guns, highs)


def best(problem, guns):
    """(key, lowest cost) of the best plan for exactly these guns, or None."""
    admitted = {gun["id"] for gun in guns}
    found, lowest = None, 0
    for owner in maps(problem, guns):
        if not legal(problem, owner, admitted):
            continue
        given = powers(problem, guns, owner)
        if given is None:
            continue
        fairness = key(guns, given)
        better = 1 if found is None else compare(fairness, found)
        if better > 0:
            found, lowest = fairness, cost(problem, owner)
        elif better == 0:
            lowest = min(lowest, cost(problem, owner))
    return None if found is None else (found, lowest)


def solve(problem):
    """(ids of the admitted guns, key, lowest cost): sets of guns in the order of their rank."""
    ranked = sorted(
        enumerate(problem["guns"]),
        key=lambda entry: (entry[1].get("rank", entry[0]), entry[1]["id"]),
    )
    ranked = [gun for _, gun in ranked]
    for flags in itertools.product((True, False), repeat=len(ranked)):
        guns = [gun for gun, flag in zip(ranked, flags, strict=True) if flag]
        answer = best(problem, guns)
        if answer is not None:
            return {gun["id"] for gun in guns}, *answer
    raise AssertionError("the empty plan is always legal")
