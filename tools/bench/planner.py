"""What do a plan and a water-fill for many guns cost: microseconds, bytes?"""

import json
import subprocess
import sys

from tools.bench import port
from tools.bench.figures import Figure, measures

SCRIPT = "planner_cost.py"
CASES = ("2_of_12", "4_of_12", "12_of_12", "12_of_24")
WHAT = {
    "replan_time": "a whole plan by the label DP, no layout before",
    "again_time": "a whole plan, the layout before is the best",
    "step_time": "the longest step of a plan",
    "fill_time": "water-fill in the present layout, sources named",
    "replan_alloc": "a whole plan",
    "fill_alloc": "water-fill",
}


def _names(*kinds):
    return [f"planner.{kind}.{case}" for case in CASES for kind in kinds]


def _figures(found, kinds, prefix, machine):
    for case in CASES:
        guns, slots = case.split("_of_")
        for kind in kinds:
            unit = "us" if kind.endswith("time") else "B"
            yield Figure(
                f"{prefix}{kind}.{case}",
                round(found[case][kind], 1),
                unit,
                f"{WHAT[kind]}; {guns} guns on {slots} slots{machine}",
            )


ALLOC = [kind for kind in WHAT if kind.endswith("alloc")]
TIME = [kind for kind in WHAT if kind.endswith("time")]


@measures(*_names(*ALLOC))
def allocations():
    """Bytes, on the 32-bit port."""
    yield from _figures(port.run(SCRIPT, "alloc"), ALLOC, "planner.", "")


@measures(*_names(*TIME), alone=True, seconds=4)
def times():
    """Microseconds, on the 32-bit port."""
    yield from _figures(port.run(SCRIPT), TIME, "planner.", "")


STATIONS = 500
SPREAD = {
    "plan_p50": "half of the plans take at most",
    "plan_p95": "19 of 20 plans take at most",
    "plan_max": "the longest plan",
    "step_max": "the longest step of all",
}


@measures(*(f"planner.spread_{kind}" for kind in SPREAD), alone=True, seconds=5)
def spread():
    """Plans of random stations, as events ask for them."""
    found = port.run("planner_spread.py", STATIONS, 0)
    for kind, what in SPREAD.items():
        text = f"{what}; {STATIONS} random stations of 12 slots and up to 12 guns, with faults"
        yield Figure(f"planner.spread_{kind}", found[kind], "us", text)


CPYTHON = ("replan_time", "fill_time")


@measures(
    *(name.replace("er.", "er.cpython_") for name in _names(*CPYTHON)), alone=True, seconds=2
)
def beside():
    """The same on CPython, for comparison."""
    done = subprocess.run(
        [sys.executable, str(port.DEVICE / SCRIPT)],
        env={"PYTHONPATH": f"{port.ROOT / 'lib'}:{port.ROOT / 'tests_host' / 'shim'}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=port.TIMEOUT_S,
    )
    found = json.loads(done.stdout)
    yield from _figures(found, CPYTHON, "planner.cpython_", ", on CPython")
