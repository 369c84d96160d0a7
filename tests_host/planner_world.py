"""How do the tests of the planner ask for a plan, and what must every plan be?"""

import json

import planner_oracle as oracle
from tools.plans import answer, engine, problem

_HERE = engine.Here()


def plan(asked: dict, exact: bool | None = None) -> dict:
    """The plan of a JSON problem, as tools/plan.py answers it."""
    numbers, names = problem.check(problem.read(json.dumps(asked)), exact)
    return answer.plan(_HERE.solve(numbers), names)


def guns_of(asked: dict, found: dict) -> list[dict]:
    """The admitted guns, in the order of the problem."""
    return [gun for gun in asked["guns"] if gun["id"] in found["admitted"]]


def heights(asked: dict, found: dict) -> list[float]:
    """Power over weight, sorted: what leximin compares, to the watt."""
    return sorted(
        found["power_w"][str(gun["id"])] / gun.get("weight", 1) for gun in guns_of(asked, found)
    )


def fault_of(asked: dict, found: dict, truth) -> str | None:
    """What is wrong with a plan, judged by the oracle's answer to the same problem."""
    admitted, key, _ = truth
    if set(found["admitted"]) != admitted:
        return f"admits {found['admitted']} instead of {sorted(admitted)}"
    guns = guns_of(asked, found)
    real = oracle.powers(asked, guns, found["owner"])
    if not oracle.legal(asked, found["owner"], admitted) or real is None:
        return f"has an illegal layout {found['owner']}"
    if oracle.compare(oracle.key(guns, real), key):
        return f"is not the fairest: {oracle.key(guns, real)} instead of {key}"
    for gun, power in zip(guns, real, strict=True):
        watts = found["power_w"][str(gun["id"])]
        if not power - 1 - oracle.CLOSE < watts <= power + oracle.CLOSE:
            return f"gives gun {gun['id']} {watts} W instead of {power} W rounded down"
    return breach(asked, found)


def breach(asked: dict, found: dict) -> str | None:
    """Which invariant a plan breaks that can be seen without the best plan."""
    count = asked["slots"]
    owner = found["owner"]
    usable = {gun["id"]: gun for gun in asked["guns"]}
    if sum(found["power_w"].values()) > asked.get("grid_w", 10**12):
        return "I1: the sum is above the grid's limit"
    if len(owner) != count or not oracle.legal(asked, owner, set(found["admitted"])):
        return "I2: the layout is not legal"
    if set(found["admitted"]) & {int(gun) for gun in found["denied"]}:
        return "I13: admitted and denied"
    if len(found["admitted"]) + len(found["denied"]) != len(asked["guns"]):
        return "I13: a gun is neither admitted nor denied"
    if not all(found["denied"].values()):
        return "I13: no reason"
    seen = set()
    for text, chosen in found["modules"].items():
        gun = usable[int(text)]
        if seen & set(chosen):
            return "B1: a module feeds two guns"
        seen |= set(chosen)
        wrong = _modules(asked, found, gun, chosen)
        if wrong:
            return wrong
        wrong = _source(asked, found, gun)
        if wrong:
            return wrong
    return None


def _modules(asked, found, gun, chosen):
    """I14: what runs is enough, all of it is of use, and no fewer would do."""
    power = found["power_w"][str(gun["id"])]
    island = {s for s, who in enumerate(found["owner"]) if who == gun["id"]}
    all_of_it = [m for m in asked["modules"] if m["slot"] in island]
    strong = sorted((oracle.usable(m, gun) for m in all_of_it), reverse=True)
    given = [oracle.usable(m, gun) for m in all_of_it if m["id"] in chosen]
    if len(given) != len(chosen):
        return "I14: a module of another island"
    if sum(given) < power - oracle.CLOSE:
        return f"I14: {given} do not carry {power} W"
    if chosen and (min(given) <= 0 or sum(strong[: len(chosen) - 1]) >= power + 1):
        return f"I14: {len(chosen)} modules for {power} W out of {strong}"
    if len(chosen) > asked.get("max_modules", len(chosen)):
        return "H4: more modules than a gun may have"
    return None


def _source(asked, found, gun):
    """I15: the source that is named is the one that binds."""
    power, source = found["limit"][str(gun["id"])]
    island = {s for s, who in enumerate(found["owner"]) if who == gun["id"]}
    room = oracle.capacity(asked, gun, island)
    binds = {
        "demand": power == gun["demand_w"],
        "module": power >= room - 1 - oracle.CLOSE,
        "floor": power == gun.get("min_w", 0),
        "grid": power < min(gun["demand_w"], room),
    }
    if power != found["power_w"][str(gun["id"])] or not binds[source]:
        return f"I15: gun {gun['id']} has {power} W, which {source} does not explain"
    if (
        source in ("grid", "floor")
        and sum(found["power_w"].values()) + len(asked["guns"]) < asked["grid_w"]
    ):
        return "I15: the grid is named but has power left"
    return None
