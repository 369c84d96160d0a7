"""Is every step of a plan short, whatever happens to the station?

The bench measures microseconds (planner.spread_*); here the lines that a step executes are
counted, which no other load on the machine disturbs: the longest steps take 24 us on the 32-bit
port, 5 ms on the chip.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPREAD = ROOT / "tools" / "bench" / "device" / "planner_spread.py"
# Of 600 stations those with the longest steps, and how long the longest is (439).
LONGEST = (392, 321, 553, 384, 121, 575, 544, 358, 111, 510, 227, 142, 401, 327, 587, 197)
LINES = 460


@pytest.fixture(scope="module")
def spread():
    """The random stations of the bench."""
    spec = importlib.util.spec_from_file_location("planner_spread", SPREAD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lines_of_steps(plan):
    """How many lines of lib/planner each step of a generator executes."""
    counts = [0]

    def line(frame, event, argument):
        if event == "line":
            counts[-1] += 1
        return line

    def call(frame, event, argument):
        return line if "/planner/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        for _ in plan:
            counts.append(0)
    finally:
        sys.settrace(before)
    return counts


def test_no_step_of_a_plan_is_long(spread):
    for seed in (*range(60), *LONGEST):
        counts = lines_of_steps(spread.station(seed).replan(False))
        assert max(counts) <= LINES, (seed, counts.index(max(counts)))
