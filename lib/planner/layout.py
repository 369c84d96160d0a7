"""Which layout carries the powers with the least switching?

A slot that keeps its owner costs nothing, one that turns idle or gets its first owner 8, one that
goes from a gun to another 24 (drain, bleed, match), and each owned slot 1: short arcs. Against
the slot being idle that is a difference which adds up along an arc, so a walk around the ring
finds the cheapest arcs that carry what is needed. Ties go to the slots counter-clockwise of a gun.
"""

from array import array

from micropython import const

DEAR = const(0x3FFFFFF)
NEVER = const(255)  # a ring has fewer slots


def price(ring, g, s):
    """What gun `g` owning slot `s` costs above leaving it idle."""
    owner = ring.previous[s]
    if owner == g:
        return -7
    return 9 if owner < 0 else 17


def keep(planner):
    """Set the arcs to what is left of the previous layout; False if that is not legal.

    Where it is legal and carries the powers nothing is cheaper: every slot has its lowest cost.
    """
    ring = planner.ring
    n = ring.count
    slots = ring.slots
    owned = 0
    for k in range(n):
        g = ring.gun[k]
        home = ring.home[g]
        if ring.previous[home] != g:
            return False
        l = r = 0  # noqa: E741
        while l < ring.reach_cw[k] and ring.previous[(home + l + 1) % slots] == g:
            l += 1  # noqa: E741
        while r < ring.reach_cc[k] and ring.previous[home - r - 1] == g:
            r += 1
        if n == 1:
            r = min(r, slots - 1 - l)  # all around the ring the two sides meet
            if not ring.legal_alone(r, l):
                return False
        elif not (ring.ends_cw[k] >> l & 1 and ring.ends_cc[k] >> r & 1):
            return False
        planner.arc_cw[k] = l
        planner.arc_cc[k] = r
        owned += r + l + 1
    for s in range(slots):
        g = ring.previous[s]
        if 0 <= g < len(planner.wanted) and planner.wanted[g]:
            owned -= 1
    return owned == 0


def alone(planner):
    """Generator: power and arc of the only gun: the most power, then the cheapest arc."""
    ring = planner.ring
    best = -1
    g = ring.gun[0]
    demand = min(ring.demand_w[g], ring.grid_w)
    lowest = most = 0
    reach = ring.reach_cc[0]
    # All that it can reach carries this; nothing carries more.
    demand = min(
        demand, ring.carries(0, reach, min(ring.reach_cw[0], ring.gap[0] - reach), demand)
    )
    yield
    arc_r = arc_l = 0
    if planner.kept:
        arc_r, arc_l = planner.arc_cc[0], planner.arc_cw[0]
        most = min(demand, ring.carries(0, arc_r, arc_l, demand))
        if most == demand:
            reach = -1  # nothing carries more, nothing is cheaper
        lowest = _priced(ring, g, arc_r, -1) + _priced(ring, g, arc_l, 1)
        best = most
    for r in range(reach, -1, -1):
        behind = _priced(ring, g, r, -1)
        beyond = 0
        for l in range(min(ring.reach_cw[0], ring.gap[0] - r) + 1):  # noqa: E741
            if l:
                beyond += price(ring, g, (ring.home[g] + l) % ring.slots)
            if l & 3 == 3 or ring.limited:
                yield
            cost = behind + beyond
            if cost >= lowest and best == demand:
                continue
            if not ring.reaches(0, r, l, best if cost < lowest else best + 1):
                continue
            if ring.legal_alone(r, l):
                best = min(demand, ring.carries(0, r, l, demand))
                lowest = cost
                arc_r, arc_l = r, l
        yield
    planner.arc_cc[0] = arc_r
    planner.arc_cw[0] = arc_l
    planner.fill.high[0] = best
    planner.level = None
    planner.kept = True


def _priced(ring, g, far, way):
    total = 0
    for j in range(1, far + 1):
        total += price(ring, g, (ring.home[g] + way * j) % ring.slots)
    return total


class Chain:
    """The walk for two guns or more. After `walk`, planner.arc_cc and arc_cw hold the arcs."""

    def __init__(self, planner):
        self.planner = planner
        ring = planner.ring
        slots = ring.slots
        self.cost = [0] * slots  # of the arcs so far, by slots that the next gun has received
        self.low = [0] * (slots + 1)  # the same, or the cheapest of as many and more
        self.low_at = bytearray(slots + 1)
        self.from_r = bytearray(ring.count * slots)  # by slots given: how many had been received
        self.from_l = bytearray(ring.count * slots)  # by slots received: how many were given
        self.least = bytearray(ring.count * slots)
        # What an arc costs by its slots clockwise and counter-clockwise.
        self.price_cw = array("h", bytes(2 * ring.count * slots))
        self.price_cc = array("h", bytes(2 * ring.count * slots))
        self.lowest = DEAR

    def walk(self):
        """Generator of small steps; the cheapest layout that carries planner.need."""
        ring = self.planner.ring
        n = ring.count
        work = 0
        yield
        for k in range(n):
            self._prices(k, self.price_cw, ring.reach_cw[k], 1)
            self._prices(k, self.price_cc, ring.reach_cc[k], -1)
            work += 2 + ring.reach_cw[k] + ring.reach_cc[k]
            if work > 6:
                yield
                work = 0
            if ring.limited:
                yield from self._least_limited(k)
            else:
                self._least(k)
        first = 0
        free = False
        for k in range(n):
            if ring.reaches(k, 0, 0, self.planner.need[k]):
                first = k  # its home is enough: its two sides do not depend on each other
                free = True
                break
            if ring.reach_cc[k] < ring.reach_cc[first]:
                first = k
        reach = ring.reach_cc[first]
        for r in range(reach, -1, -1):
            if not free:
                if not ring.ends_cc[first] >> r & 1:
                    continue
                for j in range(reach + 1):
                    self.cost[j] = DEAR
                self.cost[r] = 0
            k = first
            for i in range(n):
                self._receive(k, free and not i)
                following = k + 1 if k + 1 < n else 0
                if ring.gap[k] > 3:
                    yield
                self._give(k, following)
                work += 2 + ring.gap[k]
                if work > 4:
                    yield
                    work = 0
                k = following
            if free:
                for j in range(reach, -1, -1):
                    self._take(first, j)
                return
            self._take(first, r)

    def _receive(self, k, free):
        """low[r] = the cheapest way to have received at least `r` slots; `free`: nothing."""
        low = self.low
        lowest = 0 if free else DEAR
        at = 0
        for r in range(self.planner.ring.reach_cc[k], -1, -1):
            if not free and self.cost[r] < lowest:
                lowest = self.cost[r]
                at = r
            low[r] = lowest
            self.low_at[r] = at

    def _prices(self, k, prices, far, way):
        ring = self.planner.ring
        g = ring.gun[k]
        row = k * ring.slots
        total = 0
        for j in range(1, far + 1):
            total += price(ring, g, (ring.home[g] + way * j) % ring.slots)
            prices[row + j] = total

    def _least(self, k):
        """least[l] = the fewest slots that gun `k` must have received when it is given `l`."""
        ring = self.planner.ring
        row = k * ring.slots
        need = self.planner.need[k] - ring.base[k]
        reach = r = ring.reach_cc[k]
        for l in range(ring.reach_cw[k] + 1):  # noqa: E741
            missing = need - ring.cw[row + l]
            while r >= 0 and ring.cc[row + r] >= missing:
                r -= 1
            self.least[row + l] = r + 1 if r < reach and ring.ends_cw[k] >> l & 1 else NEVER

    def _least_limited(self, k):
        """The same as a generator, where `max_modules` makes every look expensive."""
        ring = self.planner.ring
        row = k * ring.slots
        need = self.planner.need[k]
        reach = r = ring.reach_cc[k]
        for l in range(ring.reach_cw[k] + 1):  # noqa: E741
            while r >= 0 and ring.reaches(k, r, l, need):
                r -= 1
                yield
            self.least[row + l] = r + 1 if r < reach and ring.ends_cw[k] >> l & 1 else NEVER
            yield

    def _give(self, k, following):
        """From `low` of gun `k` to `cost` of the following one, over every cut between them."""
        ring = self.planner.ring
        row = k * ring.slots
        there = following * ring.slots
        low = self.low
        least = self.least
        far = ring.reach_cw[k]
        gap = ring.gap[k]
        l = at = 0  # noqa: E741
        lowest = DEAR
        # As the following gun gets fewer slots, gun k may get more.
        for j in range(ring.reach_cc[following], -1, -1):
            while l <= far and l + j <= gap:
                r = least[row + l]
                if r != NEVER and low[r] + self.price_cw[row + l] < lowest:
                    lowest = low[r] + self.price_cw[row + l]
                    at = l
                    self.from_r[row + l] = self.low_at[r]
                l += 1  # noqa: E741
            if lowest < DEAR // 2 and ring.ends_cc[following] >> j & 1:
                self.cost[j] = lowest + self.price_cc[there + j]
                self.from_l[there + j] = at
            else:
                self.cost[j] = DEAR

    def _take(self, first, r):
        """If the walk that ends with gun `first` receiving `r` slots is the cheapest, note it."""
        if self.cost[r] >= self.lowest:
            return
        self.lowest = self.cost[r]
        planner = self.planner
        ring = planner.ring
        k = first
        for _ in range(ring.count):
            planner.arc_cc[k] = r
            before = k - 1 if k else ring.count - 1
            l = self.from_l[k * ring.slots + r]  # noqa: E741
            planner.arc_cw[before] = l
            r = self.from_r[before * ring.slots + l]
            k = before
