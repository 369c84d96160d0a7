"""Which split is the fairest? Every one is tried: for small rings, and to judge the DP by.

3 ** (slots / 3) splits at most: 81 for 12 slots. Here the least switching is sought over every
way to distribute the fairest powers, not over one; then a tie goes to the better rank.
"""

from planner import layout


def solve(planner, gaps):
    """Generator: sets need, level and the arcs of the best plan of all."""
    ring = planner.ring
    n = ring.count
    choice = [0] * n
    best = []
    found = []  # (by rank what they get, highs, level, rest), all equally fair
    while True:
        if _caps(planner, gaps, choice):
            yield
            _compare(planner, best, found)
        yield
        k = 0
        while k < n:
            choice[k] += 2
            if choice[k] < len(gaps[k]):
                break
            choice[k] = 0
            k += 1
        if k == n:
            break
    found.sort()
    found.reverse()
    lowest = layout.DEAR
    arcs = None
    for _, high, level, rest in found:
        _restore(planner, high, level, rest)
        chain = layout.Chain(planner)
        yield from chain.walk()
        if chain.lowest < lowest:
            lowest = chain.lowest
            arcs = bytes(planner.arc_cc), bytes(planner.arc_cw), high, level, rest
    planner.arc_cc[:], planner.arc_cw[:], high, level, rest = arcs
    _restore(planner, high, level, rest)


def _restore(planner, high, level, rest):
    fill = planner.fill
    fill.rest = rest
    planner.level = level
    for k in range(fill.count):
        fill.high[k] = high[k]
        planner.need[k] = fill.asks(k, level)


def _caps(planner, gaps, choice):
    """Set fill.high for the chosen cuts; False if a floor is not carried."""
    n = planner.ring.count
    for k in range(n):
        planner._high(k, gaps[k - 1][choice[k - 1] + 1], gaps[k][choice[k]])
        if planner.fill.high[k] < planner.fill.low[k]:
            return False
    return True


def _compare(planner, best, found):
    """Keep this split if it is the fairest so far, or beside those that are as fair."""
    fill = planner.fill
    n = fill.count
    key = sorted(fill.stands(k, None) for k in range(n))
    if key < best:
        return  # what the grid allows of it can only be less
    level = fill.level(planner.ring.grid_w)
    stands = [fill.stands(k, level) for k in range(n)]
    key = sorted(stands)
    if key < best:
        return
    if key > best:
        best[:] = key
        found.clear()
    by_rank = [0] * n
    for k in range(n):
        by_rank[planner.place[k]] = stands[k]
    for other in found:
        if other[0] == by_rank:
            return
    found.append((by_rank, fill.high[:n], level, fill.rest))
