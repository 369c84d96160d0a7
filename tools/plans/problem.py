"""Is this line of JSON a problem, and which whole numbers does it mean?

Numbers are read exactly as they are written (0.57 is 57/100). What a module can give a gun is
worked out here as an exact fraction and scaled to whole milliwatts or finer, so that lib/planner
compares without rounding; demands and the grid's limit count in whole watts, rounded down, floors
rounded up.
"""

import json
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, lcm

MOST_SLOTS = 64
MOST_EXACT = 24  # 6561 splits
MOST_MODULES = 255
MOST_NUMBER = 10**18
MOST_ID = 10**9
FINE = 1000  # milliwatts: which of two plans is fairer is not decided by rounding
MOST_SCALE = 10**6
CLOSED, OPEN = 1, 2  # lib/planner/ring.py
NOBODY = -1
MISSING = object()


class ProblemError(Exception):
    """The text names the key and what it has to be."""


def read(line: str) -> dict:
    """The JSON object of a line. ProblemError if it is none."""
    if not line.strip():
        raise ProblemError("the line is empty")
    try:
        found = json.loads(line, parse_float=_exactly, parse_constant=_refuse)
    except RecursionError:
        raise ProblemError("the line is nested too deep") from None
    except ValueError as error:
        raise ProblemError(f"the line is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ProblemError("the line has to be a JSON object")
    return found


def _exactly(text):
    number = Decimal(text)
    if not -30 <= number.adjusted() <= 30 or len(text) > 60:
        if number == 0:
            return 0
        raise ValueError(f"the number {text[:20]} is out of range")
    number = Fraction(number)
    return number.numerator if number.denominator == 1 else number


def _refuse(text):
    raise ValueError(f"{text} is not a number")


def _number(holder, key, where, default=MISSING, low=0, above=None):
    """A number of at least `low` (or above `above`) from an object."""
    value = holder.get(key, default)
    name = f"{where}{key}"
    if value is MISSING:
        raise ProblemError(f"{name}: it is missing")
    if value is default or value is None and default is not MISSING:
        return default
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise ProblemError(f"{name}: it has to be a number")
    if above is not None and value <= above:
        raise ProblemError(f"{name}: it has to be above {above}")
    if above is None and value < low:
        raise ProblemError(f"{name}: it has to be at least {low}")
    if value > MOST_NUMBER:
        raise ProblemError(f"{name}: it may be at most {MOST_NUMBER}")
    return value


def _whole(holder, key, where, default=MISSING, low=0, high=MOST_ID):
    value = holder.get(key, default)
    name = f"{where}{key}"
    if value is MISSING:
        raise ProblemError(f"{name}: it is missing")
    if value is default or value is None and default is not MISSING:
        return default
    return _index(value, name, low, high)


def _index(value, name, low, high):
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ProblemError(f"{name}: it has to be a whole number from {low} to {high}")
    return value


def _flag(holder, key, where, default):
    value = holder.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ProblemError(f"{where}{key}: it has to be true or false")
    return value


def _objects(problem, key, numbered):
    """Yields (id, object, "key[i].") for each entry of a list; no list means an empty one.

    numbered: an entry without an id has its place in the list, counted from 1.
    """
    entries = problem.get(key)
    if entries is None:
        return
    if not isinstance(entries, list):
        raise ProblemError(f"{key}: it has to be a list")
    seen = set()
    for i, entry in enumerate(entries):
        where = f"{key}[{i}]."
        if not isinstance(entry, dict):
            raise ProblemError(f"{key}[{i}]: it has to be an object")
        number = _whole(entry, "id", where, i + 1 if numbered else MISSING)
        if number in seen:
            raise ProblemError(f"{where}id: {number} is there twice")
        seen.add(number)
        yield number, entry, where


def _slots(problem, key, slots):
    """A list of slot or tie numbers as a list of 0 and 1."""
    found = [0] * slots
    entries = problem.get(key)
    if entries is None:
        return found
    if not isinstance(entries, list):
        raise ProblemError(f"{key}: it has to be a list")
    for i, entry in enumerate(entries):
        found[_index(entry, f"{key}[{i}]", 0, slots - 1)] = 1
    return found


def _modules(problem, slots):
    modules = []
    for number, entry, where in _objects(problem, "modules", True):
        modules.append(
            {
                "id": number,
                "slot": _whole(entry, "slot", where, 0, high=slots - 1),
                "power": _number(entry, "power_w", where),
                "current": _number(entry, "max_current_a", where, None),
                "v_min": _number(entry, "v_min", where, 0),
                "v_max": _number(entry, "v_max", where, 1000),
                "derate": _number(entry, "derate", where, 1),
                "healthy": _flag(entry, "healthy", where, True),
                "on": _flag(entry, "on", where, False),
                "hours": _whole(entry, "hours", where, 0),
            }
        )
        if modules[-1]["derate"] > 1:
            raise ProblemError(f"{where}derate: it may be at most 1")
    if len(modules) > MOST_MODULES:
        raise ProblemError(f"modules: at most {MOST_MODULES}")
    return sorted(modules, key=lambda m: (m["slot"], m["id"]))


def _guns(problem, slots):
    guns = []
    homes = {}
    for number, entry, where in _objects(problem, "guns", False):
        home = _whole(entry, "home", where, high=slots - 1)
        if home in homes:
            raise ProblemError(f"{where}home: slot {home} is already that of gun {homes[home]}")
        homes[home] = number
        guns.append(
            {
                "id": number,
                "home": home,
                "demand": floor(_number(entry, "demand_w", where)),
                "floor": ceil(_number(entry, "min_w", where, 0)),
                "voltage": _number(entry, "voltage_v", where, 400),
                "weight": Fraction(_number(entry, "weight", where, 1, above=0)),
                "rank": _number(entry, "rank", where, len(guns), low=-MOST_NUMBER),
            }
        )
    return sorted(guns, key=lambda g: g["id"])


def _usable(module, gun) -> Fraction:
    """What a module gives at the voltage of a gun."""
    if not module["healthy"] or not module["v_min"] <= gun["voltage"] <= module["v_max"]:
        return Fraction(0)
    power = module["power"]
    if module["current"] is not None:
        power = min(power, module["current"] * gun["voltage"])
    return Fraction(power) * module["derate"]


def _owners(problem, slots, index):
    """`previous` by index: numbers behind the last gun for guns that are not there."""
    entries = problem.get("previous")
    if entries is None:
        return [NOBODY] * slots
    if not isinstance(entries, list) or len(entries) != slots:
        raise ProblemError(f"previous: it has to be a list of {slots} entries, one a slot")
    owners = []
    for i, entry in enumerate(entries):
        if entry is None:
            owners.append(NOBODY)
            continue
        _index(entry, f"previous[{i}]", 0, MOST_ID)
        owners.append(index.setdefault(entry, len(index)))
    return owners


def _pins(problem, slots, index):
    """`pins` by index of the gun; those of guns that are not there mean nothing."""
    pins = [NOBODY] * slots
    entries = problem.get("pins")
    if entries is None:
        return pins
    if not isinstance(entries, dict):
        raise ProblemError("pins: it has to be an object of slot: gun")
    for key, gun in entries.items():
        if not (key.isascii() and key.isdigit() and len(key) < 5 and int(key) < slots):
            raise ProblemError(f"pins.{key}: the key has to be a slot from 0 to {slots - 1}")
        if gun is None:
            continue
        _index(gun, f"pins.{key}", 0, MOST_ID)
        pins[int(key)] = index.get(gun, NOBODY)
    return pins


def check(problem: dict, exact: bool | None) -> tuple[dict, dict]:
    """(whole numbers for solve.py, what answer.py needs to write the plan).

    ProblemError names the first key that is wrong.
    """
    slots = _whole(problem, "slots", "", low=1, high=MOST_SLOTS)
    if exact and slots > MOST_EXACT:
        raise ProblemError(f"slots: --solver exact takes at most {MOST_EXACT}")
    modules = _modules(problem, slots)
    guns = _guns(problem, slots)
    table = [[_usable(module, gun) for module in modules] for gun in guns]
    scale = lcm(*(power.denominator for row in table for power in row))
    scale = min(scale * FINE, MOST_SCALE)
    unit = lcm(*(gun["weight"].denominator for gun in guns))
    index = {gun["id"]: i for i, gun in enumerate(guns)}
    ranks = sorted({gun["rank"] for gun in guns})
    demands = sum(gun["demand"] for gun in guns)
    grid = _number(problem, "grid_w", "", None)
    closed, opened = (_slots(problem, key, slots) for key in ("tie_closed", "tie_open"))
    numbers = {
        "slots": slots,
        "exact": exact,
        "scale": scale,
        "table": [[floor(power * scale) for power in row] for row in table],
        "modules": [[m["slot"], int(m["on"]), m["hours"]] for m in modules],
        "guns": [
            [
                gun["home"],
                gun["demand"] * scale,
                gun["floor"] * scale,
                int(gun["weight"] * unit),
                ranks.index(gun["rank"]),
            ]
            for gun in guns
        ],
        "grid": (max(demands, MOST_NUMBER) if grid is None else floor(grid)) * scale,
        "tie": [CLOSED * closed[s] + OPEN * opened[s] for s in range(slots)],
        "blocked": _slots(problem, "blocked", slots),
        "pin": _pins(problem, slots, index),
        "radius": min(_whole(problem, "radius", "", slots), slots),
        "max_modules": min(_whole(problem, "max_modules", "", len(modules)), len(modules)),
    }
    numbers["previous"] = _owners(problem, slots, index)
    return numbers, {
        "guns": [gun["id"] for gun in guns],
        "modules": [module["id"] for module in modules],
        "scale": scale,
    }
