"""Do the invariants of planner.md hold on every cycle, whatever people, vehicles and faults do?

I1 to I8, I13 to I15 and B1 to B14 are asked each 100 ms by ring_invariants.py and by the plant's
physics (opened under load, closed over a difference, bridged, grid). I10 to I12 compare two runs.
"""

import pytest

from dispatch_chaos import Chaos
from dispatch_world import RingWorld


def play(seeds, faults, lag, seconds=63):
    """So many worlds; returns the cycles that were judged."""
    cycles = 0
    for seed in seeds:
        chaos = Chaos(seed, faults, lag=lag)
        violations = chaos.run(seconds)
        assert not violations, (seed, violations, chaos.trace[-8:])
        cycles += chaos.world.rules.cycles
    return cycles


# 80 worlds of a minute: 50,000 cycles.
@pytest.mark.parametrize("faults, lag, first", [(0, 1, 0), (1, 0, 20), (2, 1, 40), (3, 1, 60)])
def test_nothing_forbidden_happens(faults, lag, first):
    assert play(range(first, first + 20), faults, lag) >= 12_500


@pytest.mark.long
@pytest.mark.parametrize("first", range(1000, 2600, 200))
def test_nothing_forbidden_happens_for_long(first):
    """A million cycles in all."""
    assert play(range(first, first + 200), 3, True) >= 125_000


def orders(world):
    d = world.d
    return [bytes(x) for x in (d.seq.ties.cmd, d.seq.guns.cmd, d.on)] + [list(d.set_da)]


def test_i12_the_same_facts_give_the_same_orders():
    runs = []
    for _ in range(2):
        chaos = Chaos(7)
        chaos.run(20)
        runs.append((chaos.trace, orders(chaos.world), bytes(chaos.world.d.adopted)))
    assert runs[0] == runs[1]


def busy(turn=0, mirror=False):
    """A ring of 6 with three vehicles, turned by `turn` slots or seen in a mirror."""
    way = -1 if mirror else 1
    homes = [(way * h + turn) % 6 for h in (0, 2, 3)]
    w = RingWorld(6, homes, grid_w=130_000)
    for g, amps in enumerate((200, 50, 120)):
        w.want(g, 400, amps)
    w.pass_time(14)
    assert not w.violations
    return w


def test_i10_a_turned_ring_gives_the_same_powers():
    powers = [round(busy().kw(g), 1) for g in range(3)]
    assert min(powers) > 15
    for w in (busy(turn=4), busy(mirror=True)):
        assert sorted(round(w.kw(g), 1) for g in range(3)) == pytest.approx(
            sorted(powers), abs=0.5
        )


def test_i11_where_nothing_changes_nothing_moves():
    w = busy()
    seq = w.d.seq
    before = [list(bank.moves) for bank in (seq.ties, seq.guns, seq.mns)]
    layout = bytes(w.d.adopted)
    w.d.forced = True  # planned again from its own result
    w.pass_time(8)
    assert [list(bank.moves) for bank in (seq.ties, seq.guns, seq.mns)] == before
    assert bytes(w.d.adopted) == layout and not w.violations
