"""Does the station still run in the memory that the design gives it? Limits: tools/bench/limits.py

The figures of `make bench` that are no times, held to their limits and 2 percent; those not met
yet to what was measured last and 2 percent. Times depend on the machine: `make bench` judges them.
"""

import asyncio

import pytest

from tools.bench import charge, figures, limits, owners, rig
from tools.bench.groups import control, heap, planner, ring  # and so all measurements
from tools.bench.memory import MemoryReadError
from tools.bench.rig import RigError

# A collection comes when it comes and addresses differ from run to run, so there is no sharp edge:
# from a heap in which every run plays to one in which none does it is some 4 KB. At these values
# every single run has played (50 of 50 each, on a machine with six times its load), so five in a
# row fail for a reason; what needs some KB more than it may fails all of them.
RUNS = 5

PLAYED = {
    "heap.smallest.frozen": ("frozen", {}),
    "heap.smallest_calls.frozen": ("frozen", {"calls": True}),
    "heap.smallest_security.frozen": ("frozen", {"secure": True}),
    "heap.smallest.mpy": ("mpy", {}),
    "heap.smallest_12_guns.frozen": ("frozen", {"guns": 12, "profile": "dc", "speed": 5}),
}
COUNTED = {
    one.function: one.names
    for one in figures.REGISTRY
    if one.function in (control.allocations, planner.allocations, ring.allocations)
}
LOOKED_AT = ("heap.boot.frozen",)
PROBED = ("heap.largest_block.frozen", "heap.largest_block.mpy")


def held(name):
    """The value that a figure must not be above."""
    return limits.HELD.get(name, limits.limit_of(name)) * limits.SLACK


def test_every_limit_that_is_no_time_is_held_here():
    here = {*PLAYED, *LOOKED_AT, *PROBED}.union(*COUNTED.values())
    timed = {name for one in figures.REGISTRY if one.alone for name in one.names}
    assert set(limits.MOST) - timed <= here


@pytest.mark.parametrize("name", PLAYED)
def test_a_charge_plays_in_its_heap(name, monkeypatch):
    monkeypatch.setattr(rig, "WAIT_S", 120.0)  # a busy machine is no lack of memory
    monkeypatch.setattr(charge, "PLAY_S", 240)
    form, options = PLAYED[name]
    kb = int(held(name)) // 1024
    why = []
    for _ in range(RUNS):
        try:
            asyncio.run(charge.play(form, f"{kb}k", **options))
            return
        except (RigError, TimeoutError, OSError) as error:
            why.append(str(error) or type(error).__name__)
    raise AssertionError(f"{name}: not in {kb} KB:\n" + "\n".join(why))


@pytest.mark.parametrize("measure", COUNTED, ids=lambda measure: measure.__module__)
def test_no_step_allocates_more_than_it_may(measure):
    found = {figure.name: figure.value for figure in measure()}
    assert set(found) == set(COUNTED[measure])
    for name, value in found.items():
        assert limits.limit_of(name) is None or value <= held(name), name


@pytest.mark.parametrize("name", LOOKED_AT)
def test_what_lives_after_boot(name):
    for _ in range(RUNS):
        try:
            live = asyncio.run(owners.look(name.rpartition(".")[2])).total()
        except MemoryReadError as error:  # the process went on while it was looked at
            why = error
            continue
        assert live <= held(name)
        return
    raise why


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.long if "mpy" in n else ()) for n in PROBED]
)
def test_no_block_is_larger_than_it_may_be(name):
    probe = asyncio.run(heap.probed(name.rpartition(".")[2], 60))
    assert 0 < probe.largest <= held(name)
