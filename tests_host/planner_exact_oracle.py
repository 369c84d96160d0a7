"""What is the best plan of a small ring, in exact fractions? The second opinion.

Shares nothing with lib/planner nor with planner_oracle.py: unlike that one it reckons in
fractions, so that two plans are equal or not, tries every setting of the ties if wanted
(`every_tie`), and judges the whole answer: powers to the watt, sources, the fewest modules.
"""

import functools
from fractions import Fraction
from itertools import chain, combinations, product
from math import ceil, floor

import planner_extremes


def _number(value, default):
    return default if value is None else Fraction(str(value))


class Station:
    """A problem of tools/plan.py with its defaults filled in."""

    def __init__(self, asked):
        self.slots = asked["slots"]
        self.modules = [self._module(module) for module in asked.get("modules") or []]
        self.guns = [self._gun(i, gun) for i, gun in enumerate(asked.get("guns") or [])]
        self.guns.sort(key=lambda gun: (gun["rank"], gun["id"]))
        grid = _number(asked.get("grid_w"), None)
        self.grid = None if grid is None else floor(grid)
        self.welded = frozenset(asked.get("tie_closed") or [])
        self.stuck = frozenset(asked.get("tie_open") or [])
        self.blocked = frozenset(asked.get("blocked") or [])
        self.pins = {int(slot): gun for slot, gun in (asked.get("pins") or {}).items()}
        self.radius = asked.get("radius", self.slots)
        self.most = asked.get("max_modules", len(self.modules))
        self.previous = asked.get("previous") or [None] * self.slots
        self._room = {}

    @staticmethod
    def _module(module):
        return {
            "id": module["id"],
            "slot": module["slot"],
            "power": _number(module["power_w"], None),
            "amps": _number(module.get("max_current_a"), None),
            "from": _number(module.get("v_min"), 0),
            "to": _number(module.get("v_max"), 1000),
            "part": _number(module.get("derate"), 1) if module.get("healthy", True) else 0,
            "on": module.get("on", False),
        }

    @staticmethod
    def _gun(i, gun):
        return {
            "id": gun["id"],
            "home": gun["home"],
            "demand": floor(_number(gun["demand_w"], None)),
            "floor": ceil(_number(gun.get("min_w"), 0)),
            "volts": _number(gun.get("voltage_v"), 400),
            "weight": Fraction(_number(gun.get("weight"), 1)),
            "rank": _number(gun.get("rank"), i),
        }

    def gives(self, module, gun):
        """What a module gives a gun."""
        if not module["from"] <= gun["volts"] <= module["to"]:
            return Fraction(0)
        power = module["power"]
        if module["amps"] is not None:
            power = min(power, module["amps"] * gun["volts"])
        return Fraction(power * module["part"])

    def room(self, gun, slots):
        """What the best modules of `slots` give a gun."""
        key = gun["id"], slots
        if key not in self._room:
            powers = sorted(self.gives(m, gun) for m in self.modules if m["slot"] in slots)
            self._room[key] = sum(powers[::-1][: self.most])
        return self._room[key]


def _buses(count, closed):
    """For each slot a name of the bus that it is on while the ties `closed` are."""
    bus = list(range(count))
    for tie in closed:
        one, other = bus[tie], bus[(tie + 1) % count]
        bus = [one if name == other else name for name in bus]
    return bus


def _ties_allow(station, owner, guns, set_closed):
    """Are all islands whole, and is nothing else joined to them, with these ties set closed?"""
    count = station.slots
    bus = _buses(count, set_closed | station.welded)
    if any(bus[a] == bus[b] and owner[a] != owner[b] for a in range(count) for b in range(a)):
        return False
    sure = set_closed - station.stuck
    for gun in guns:
        away = {gun["home"]: 0}
        reached = [gun["home"]]
        for slot in reached:
            for tie, there in ((slot, (slot + 1) % count), ((slot - 1) % count,) * 2):
                if tie in sure and owner[there] == gun["id"] and there not in away:
                    away[there] = away[slot] + 1
                    reached.append(there)
        if len(away) != owner.count(gun["id"]) or max(away.values()) > station.radius:
            return False
    return True


def legal(station, owner, guns, every_tie=False):
    """May this be the owner map with exactly `guns` admitted?"""
    ids = {gun["id"] for gun in guns}
    if any(gun is not None and gun not in ids for gun in owner):
        return False
    if any(owner[slot] is not None for slot in station.blocked):
        return False
    if any(owner[gun["home"]] != gun["id"] for gun in guns):
        return False
    if any(gun in ids and owner[slot] != gun for slot, gun in station.pins.items()):
        return False
    ties = range(station.slots)
    settings = [
        [k for k in ties if owner[k] is not None and owner[k] == owner[(k + 1) % len(ties)]]
    ]
    if every_tie:
        settings = chain.from_iterable(combinations(ties, n) for n in range(len(ties) + 1))
    return any(_ties_allow(station, owner, guns, frozenset(closed)) for closed in settings)


def shares(station, guns, rooms):
    """The exact powers of `guns` in islands that carry `rooms`, or None if a floor is not met."""
    most = [min(gun["demand"], room) for gun, room in zip(guns, rooms, strict=True)]
    least = [gun["floor"] for gun in guns]
    if any(low > high for low, high in zip(least, most, strict=True)):
        return None
    if station.grid is None or sum(most) <= station.grid:
        return most
    if sum(least) > station.grid:
        return None

    def at(level):
        return [
            max(low, min(high, level * gun["weight"]))
            for gun, low, high in zip(guns, least, most, strict=True)
        ]

    points = {
        p / gun["weight"] for gun, *both in zip(guns, least, most, strict=True) for p in both
    }
    below = Fraction(0)
    for point in sorted(points):
        spent, more = sum(at(below)), sum(at(point))
        if more >= station.grid:
            if more > spent:
                below += (point - below) * (station.grid - spent) / (more - spent)
            return at(below)
        below = Fraction(point)
    raise AssertionError("everybody's most is below the limit")


def price(station, owner):
    """The switching cost of an owner map."""
    total = 0
    for before, after in zip(station.previous, owner, strict=True):
        total += after is not None
        if before != after:
            total += 8 if before is None or after is None else 24
    return total


def islands(station, owner, guns):
    """(slots, room) of each gun."""
    found = []
    for gun in guns:
        slots = frozenset(slot for slot in range(station.slots) if owner[slot] == gun["id"])
        found.append((slots, station.room(gun, slots)))
    return found


def heights(guns, powers):
    """What leximin compares."""
    return sorted(power / gun["weight"] for power, gun in zip(powers, guns, strict=True))


def _best(station, guns, every_tie):
    homes = {gun["home"]: gun["id"] for gun in guns}
    owners = [None, *homes.values()]
    choices = [[homes[s]] if s in homes else owners for s in range(station.slots)]
    best = None
    for owner in product(*choices):
        if not legal(station, owner, guns, every_tie):
            continue
        powers = shares(station, guns, [room for _, room in islands(station, owner, guns)])
        if powers is None:
            continue
        found = heights(guns, powers), -price(station, owner)
        if best is None or found > best:
            best = found
    return best


def solve(station, every_tie=False):
    """(admitted guns, fairest heights, lowest price of a layout that gives them)."""
    for flags in product((True, False), repeat=len(station.guns)):
        guns = [gun for gun, flag in zip(station.guns, flags, strict=True) if flag]
        best = _best(station, guns, every_tie)
        if best is not None:
            return guns, best[0], -best[1]
    raise AssertionError("the empty plan is always legal")


@functools.cache
def edge(seed):
    """(problem, station, what solve finds) of a problem of planner_extremes."""
    asked = planner_extremes.make(seed)
    station = Station(asked)
    return asked, station, solve(station, every_tie=station.slots <= 4 and seed % 10 == 0)


def fault(station, found, truth):
    """What is wrong with an answer, or None; `truth` is what `solve` has found."""
    guns, fairest, _ = truth
    ids = {gun["id"] for gun in guns}
    if set(found["admitted"]) != ids:
        return f"admits {found['admitted']} instead of {ids}"
    if set(found["denied"]) != {str(g["id"]) for g in station.guns if g["id"] not in ids}:
        return "denies others than those that are not admitted"
    if len(found["owner"]) != station.slots or not legal(station, found["owner"], guns):
        return f"has an illegal layout {found['owner']}"
    places = islands(station, found["owner"], guns)
    powers = shares(station, guns, [room for _, room in places])
    if powers is None or heights(guns, powers) != fairest:
        return f"is not the fairest: {powers} instead of heights {fairest}"
    if station.grid is not None and sum(found["power_w"].values()) > station.grid:
        return "exceeds the grid's limit"
    modules = list(chain.from_iterable(found["modules"].values()))
    if len(modules) != len(set(modules)):
        return "runs a module for two guns"
    for gun, power, (slots, room) in zip(guns, powers, places, strict=True):
        wrong = _gun_fault(station, found, gun, power, slots, room)
        if wrong:
            return f"gun {gun['id']}: {wrong}"
    return None


def _gun_fault(station, found, gun, power, slots, room):
    key = str(gun["id"])
    watts = found["power_w"][key]
    sources = {"demand"} if power == gun["demand"] else {"module"} if power == room else {"grid"}
    if sources == {"grid"} and power == gun["floor"]:
        sources.add("floor")
    if type(watts) is not int or watts != floor(power):
        return f"{watts} W instead of {power} W rounded down"
    if found["limit"][key][0] != watts or found["limit"][key][1] not in sources:
        return f"limit {found['limit'][key]} instead of {sources}"
    able = [(station.gives(m, gun), m) for m in station.modules if m["slot"] in slots]
    able = [entry for entry in able if entry[0]]
    run = [entry for entry in able if entry[1]["id"] in found["modules"][key]]
    if len(run) != len(found["modules"][key]) or sum(p for p, _ in run) < watts:
        return f"modules {found['modules'][key]} of others, useless, or too weak for {watts} W"
    strongest = sorted((p for p, _ in able), reverse=True)
    count = next(n for n in range(len(able) + 1) if sum(strongest[:n]) >= watts)
    if len(run) != count or count > station.most:
        return f"{len(run)} modules instead of {count}"
    enough = [c for c in combinations(able, count) if sum(p for p, _ in c) >= watts]
    if sum(m["on"] for _, m in run) < max(sum(m["on"] for _, m in c) for c in enough):
        return "more of the modules that run already could stay"
    return None
