"""Is every plan the best one at the edges, too? The planner against exact fractions.

Whatever may be asked, all at once (planner_extremes.py), judged by an oracle of its own
(planner_exact_oracle.py): admission, fairness without any tolerance, powers to the watt, sources,
the fewest modules and those that run already; of `exact` also the cheapest layout.
"""

import pytest

import planner_exact_oracle as oracle
from planner_world import plan


def judge(seeds):
    """Compares both solvers with the oracle; returns how often the DP's layout is dearer."""
    dearer = 0
    for seed in seeds:
        asked, station, truth = oracle.edge(seed)
        for exact in (True, False):
            found = plan(asked, exact)
            fault = oracle.fault(station, found, truth)
            assert fault is None, f"seed {seed}: the plan of {'exact' if exact else 'dp'} {fault}"
            paid = oracle.price(station, found["owner"])
            assert paid >= truth[2], "the oracle missed a layout"
            assert not (exact and paid > truth[2]), f"seed {seed}: {paid} instead of {truth[2]}"
            dearer += paid > truth[2]
    return dearer


def test_plans_at_the_edges_are_the_best():
    assert judge(range(400)) <= 2


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_twenty_thousand_plans_at_the_edges_are_the_best(part):
    first = 1000 + part * 5000
    assert judge(range(first, first + 5000)) <= 10
