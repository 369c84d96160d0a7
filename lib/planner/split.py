"""How are the slots between the guns split so that the power is fairest? The label DP.

Between two neighbouring guns lies a gap; a cut gives its first `l` slots to the one and its last
`r` to the other. Giving everything away never hurts, so only maximal cuts count. The guns are
walked once around the ring for each cut of the gap with the fewest; a state is the cut that was
taken last, its label the power over weight of the guns so far, and only the best label of a state
can become the best plan: leximin is separable, a common element added to two sorted vectors
keeps their order. A tie goes to the better rank. Exact unless the weights differ while the grid
binds; front.py is exact there too.
"""

from micropython import const

NOTHING = const(255)  # no such state: a ring has fewer slots


class _Whole:
    def __getitem__(self, index):
        return index


ALL = _Whole()[:]  # a ready-made slice: `row[ALL] = other` copies without allocating


def cuts(ring, k):
    """The maximal cuts of the gap after place `k` as bytes l, r, l, r ... with r rising."""
    following = k + 1 if k + 1 < ring.count else 0
    gap = ring.gap[k]
    far = _enough(ring, k, ring.cw, ring.ends_cw[k], min(ring.reach_cw[k], gap))
    most = _enough(ring, following, ring.cc, ring.ends_cc[following], ring.reach_cc[following])
    found = bytearray()
    last = -1
    for l in range(far, -1, -1):  # noqa: E741
        if not ring.ends_cw[k] >> l & 1:
            continue
        r = min(gap - l, most)
        while r > last and not ring.ends_cc[following] >> r & 1:
            r -= 1
        if r > last:
            found.append(l)
            found.append(r)
            last = r
    return found


def _enough(ring, k, sums, ends, far):
    """The first end within `far` that satisfies the gun from this side alone, else `far`."""
    if not ring.limited:
        row = k * ring.slots
        missing = ring.demand_w[ring.gun[k]] - ring.base[k]
        for j in range(far):
            if sums[row + j] >= missing and ends >> j & 1:
                return j
    return far


class Labels:
    """One walk: leaves the highest powers of the best split in planner.fill.high."""

    def __init__(self, planner, gaps):
        self.planner = planner
        self.gaps = gaps
        self.limited = planner.ring.limited
        n = planner.ring.count
        most = max(len(pairs) for pairs in gaps) // 2
        # Of each state: slots received (or NOTHING), what the guns have, by rank, and sorted.
        self.came = bytearray(most)
        self.coming = bytearray(most)
        self.now = [[0] * n for _ in range(most)]
        self.then = [[0] * n for _ in range(most)]
        self.label = [[0] * n for _ in range(most)]
        self.trial = [0] * n
        self.trial_label = [0] * n
        self.best = [-1] * n
        self.best_label = [-1] * n

    def walk(self):
        """Generator of small steps."""
        gaps = self.gaps
        n = len(gaps)
        fill = self.planner.fill
        close = 0
        # Above what any gun can get: stands for the guns still to come.
        unknown = 1
        yield
        for k in range(n):
            if fill.high[k] * fill.grow[k] >= unknown:
                unknown = fill.high[k] * fill.grow[k] + 1
            if len(gaps[k]) < len(gaps[close]):
                close = k
        pairs = gaps[close]
        for q in range(0, len(pairs), 2):
            self.came[0] = pairs[q + 1]
            for i in range(n):
                self.now[0][i] = unknown
            width = 1
            k = close
            for _ in range(n - 1):
                k = k + 1 if k + 1 < n else 0
                yield from self._step(k, width)
                width = len(gaps[k]) // 2
            for i in range(width):
                if self._beats(close, i, pairs[q], self.best_label, self.best):
                    self.best[ALL] = self.trial
                    self.best_label[ALL] = self.trial_label
                if i & 3 == 3 or self.limited:
                    yield
            yield
        for k in range(n):
            fill.high[k] = self.best[self.planner.place[k]] // fill.grow[k]

    def _step(self, k, width):
        """Gun at place `k`: for each cut after it, the best of the states before it."""
        pairs = self.gaps[k]
        coming = self.coming
        for j in range(len(pairs) // 2):
            label = self.label[j]
            then = self.then[j]
            label[0] = -1
            coming[j] = NOTHING
            for i in range(width):
                if self._beats(k, i, pairs[2 * j], label, then):
                    then[ALL] = self.trial
                    label[ALL] = self.trial_label
                    coming[j] = pairs[2 * j + 1]
                if i & 3 == 3 or self.limited:
                    yield
            yield
        self.now, self.then = self.then, self.now
        self.came, self.coming = coming, self.came

    def _beats(self, k, i, l, label, row):  # noqa: E741
        """Extend state `i` by gun `k` with `l` slots clockwise: is that better than `label`?

        Nor does it count when even endless power for the guns to come would not beat the best.
        """
        planner = self.planner
        ring = planner.ring
        r = self.came[i]
        if r == NOTHING:
            return False
        g = ring.gun[k]
        power = ring.demand_w[g]
        if self.limited:
            room = ring.carries(k, r, l, power)
        else:
            k_row = k * ring.slots
            room = ring.base[k] + ring.cc[k_row + r] + ring.cw[k_row + l]
        if room < power:
            power = room
            if room < ring.floor_w[g]:
                return False
        trial = self.trial
        trial[ALL] = self.now[i]
        trial[planner.place[k]] = power * planner.fill.grow[k]
        sorted_trial = self.trial_label
        sorted_trial[ALL] = trial
        sorted_trial.sort()
        if sorted_trial > label:
            return not sorted_trial < self.best_label
        return sorted_trial == label and trial > row
