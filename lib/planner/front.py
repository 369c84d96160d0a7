"""Which split is the fairest when weights differ while the grid's limit binds?

Then a label alone does not decide: of two states whose lowest guns stand equally high, the one
where the lighter gun stands there spends less of the grid, and the level of the others depends on
that. The walk is that of split.py, but a state keeps every label that may still win. Labels are
sorted pairs (height, weight): where the first difference is one of height, the higher one wins
whatever follows, because up to there both have spent the same; where it is one of weight, both
stay. Rare, so it is loaded on demand and allocates.
"""


def solve(planner, gaps):
    """Generator: sets fill.high, need and level of the fairest split."""
    ring = planner.ring
    n = ring.count
    fill = planner.fill
    close = 0
    for k in range(n):
        if len(gaps[k]) < len(gaps[close]):
            close = k
    ends = []
    for q in range(0, len(gaps[close]), 2):
        states = [(gaps[close][q + 1], [([], ())])]
        k = close
        for _ in range(n - 1):
            k = k + 1 if k + 1 < n else 0
            following = []
            pairs = gaps[k]
            for j in range(0, len(pairs), 2):
                front = []
                yield from _extend(planner, k, states, pairs[j], front)
                following.append((pairs[j + 1], front))
            states = following
        yield from _extend(planner, close, states, gaps[close][q], ends)
    best = None
    for _, powers in ends:
        for i in range(n):
            fill.high[(close + 1 + i) % n] = powers[i]
        level = fill.level(ring.grid_w)
        by_rank = [0] * n
        for k in range(n):
            by_rank[planner.place[k]] = fill.stands(k, level)
        key = (sorted(by_rank), by_rank)
        if best is None or key > best:
            best = key
            highs = fill.high[:n]
        yield
    for k in range(n):
        fill.high[k] = highs[k]
    planner._level()


def _extend(planner, k, states, l, front):  # noqa: E741
    """Generator: give gun `k` its part in every state's labels and add them to `front`."""
    ring = planner.ring
    g = ring.gun[k]
    fill = planner.fill
    for r, labels in states:
        power = ring.demand_w[g]
        power = min(power, ring.carries(k, r, l, power))
        if power < ring.floor_w[g]:
            continue
        pair = (power * fill.grow[k], fill.weight[k])
        for label, powers in labels:
            label = sorted(label + [pair])
            _keep(front, label, powers + (power,))
            yield


def _keep(front, label, powers):
    """Add a label unless one that is there is better or equal; drop those that it beats."""
    i = 0
    while i < len(front):
        worse = _beats(front[i][0], label)
        if worse is None:
            i += 1
        elif worse:
            return
        else:
            front.pop(i)
    front.append((label, powers))


def _beats(label, other):
    """True if `label` wins or is equal, False if `other` wins, None if that is open."""
    for a, b in zip(label, other):
        if a != b:
            return None if a[0] == b[0] else a[0] > b[0]
    return True
