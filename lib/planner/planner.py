"""Which guns get how much power, over which slots and modules, and what limits each?

    planner = Planner(ring)         # a Ring with its facts stated
    for _ in planner.replan():      # small steps: give others their turn in between
        ...
    planner.owner, planner.power_w, planner.source, planner.denied, planner.carrier

Admission by rank; then the leximin of power over weight; then least switching; then fewest
modules; the same facts always give the same plan. `refill` shares the power out again within the
present layout and is meant for every control cycle.
"""

from micropython import const

from planner import admit, carry, layout, split
from planner.fill import Fill
from planner.ring import NOBODY
from planner.split import ALL

# Beyond so many slots the label DP is used; up to them every split is tried.
EXACT_SLOTS = const(8)
# What limits a gun: planner.source.
NONE = const(0)
BY_DEMAND = const(1)
BY_MODULE = const(2)
BY_FLOOR = const(3)
BY_GRID = const(4)
SOURCES = ("", "demand", "module", "floor", "grid")  # their names


class Planner:
    """The plan of a Ring; every list is by index of gun, slot or module, and kept between plans.

    owner: gun of each slot or NOBODY. wanted: 1 for an admitted gun; denied: a reason of admit.py
    for a refused one. power_w, source: of each gun. carrier: the gun that a module has to feed.
    """

    def __init__(self, ring):
        guns = len(ring.home)
        places = len(ring.gun)
        self.ring = ring
        self.fill = Fill(places)
        self.turn = list(range(guns))  # guns by rank
        self.place = bytearray(places)  # position by rank of the gun at a place
        self.place_of = bytearray(guns)
        self.wanted = bytearray(guns)
        self.denied = bytearray(guns)
        self.fits = self.kept = False
        self.level = None
        self.arc_cc = bytearray(places)
        self.arc_cw = bytearray(places)
        self.need = [0] * places  # what the arc of a place has to carry; in a plan: its power
        self.room = [0] * places  # what the arc of a place carries
        self.owner = [NOBODY] * ring.slots
        self.power_w = [0] * guns
        self.source = bytearray(guns)
        self.carrier = [NOBODY] * len(ring.slot_of)

    def replan(self, exact=None):
        """Generator: a new plan in small steps. exact: True or False chooses the solver."""
        ring = self.ring
        if exact is None:
            exact = ring.slots <= EXACT_SLOTS
        self._rank()
        yield
        yield from admit.admit(self)
        yield
        yield from self._weigh()
        yield
        n = ring.count
        if n:
            self.kept = layout.keep(self)
            yield
        if n == 1:
            yield from layout.alone(self)
        elif n:
            yield from self._solve(exact)
        yield from self._publish()
        yield
        yield from carry.choose(self)

    def refill(self):
        """Share the power out again within the layout that the last plan has found.

        For new demands, floors and grid limits: floors that no longer fit give way, the worst
        rank's first. Modules stay; a change of what they can give is an event for `replan`.
        """
        ring = self.ring
        fill = self.fill
        left = ring.grid_w
        for g in self.turn:
            if self.wanted[g]:
                k = self.place_of[g]
                power = ring.demand_w[g]
                fill.high[k] = power if power < self.room[k] else self.room[k]
                if ring.floor_w[g] or fill.low[k]:
                    power = fill.low[k] = min(ring.floor_w[g], fill.high[k], left)
                    left -= power
        level = self.level = fill.level(ring.grid_w)
        for k in range(fill.count):
            self.need[k] = fill.share(k, level)
            self._grant(k)

    def _rank(self):
        """Sort the guns by rank; the lower index wins a tie."""
        ring = self.ring
        turn = self.turn
        for i in range(1, len(turn)):
            g = turn[i]
            rank = ring.rank[g]
            j = i
            while j and (
                ring.rank[turn[j - 1]] > rank or ring.rank[turn[j - 1]] == rank and turn[j - 1] > g
            ):
                turn[j] = turn[j - 1]
                j -= 1
            turn[j] = g

    def _weigh(self):
        """Generator: tell the water-fill who is there, and note everyone's position by rank."""
        ring = self.ring
        fill = self.fill
        n = fill.count = ring.count
        fill.common = 1
        for k in range(n):
            g = ring.gun[k]
            self.place_of[g] = k
            fill.weigh(k, ring.weight[g])
            fill.low[k] = ring.floor_w[g]
        yield
        fill.settle()
        position = 0
        for g in self.turn:
            if self.wanted[g]:
                k = self.place_of[g]
                self.place[k] = position
                position += 1

    def _high(self, k, r, l):  # noqa: E741
        """The most that gun at place `k` can get from an arc."""
        ring = self.ring
        power = ring.demand_w[ring.gun[k]]
        self.fill.high[k] = min(power, ring.carries(k, r, l, power))

    def _level(self):
        """Fill up to the grid's limit: sets `level`, and `need`, what each arc has to carry."""
        self.level = self.fill.level(self.ring.grid_w)
        self._needs()

    def _needs(self):
        for k in range(self.fill.count):
            self.need[k] = self.fill.asks(k, self.level)

    def _carried(self):
        """Generator: sets `fits` if the arcs of the previous layout carry what is needed."""
        self.fits = False
        for k in range(self.ring.count):
            if not self.ring.reaches(k, self.arc_cc[k], self.arc_cw[k], self.need[k]):
                return
            if k & 3 == 3 or self.ring.limited:
                yield
        self.fits = True
        yield

    def _solve(self, exact):
        """Two guns or more: need, level and arcs."""
        ring = self.ring
        n = ring.count
        for k in range(n):
            self._high(k, ring.reach_cc[k], ring.reach_cw[k])
            if k & 3 == 3 or ring.limited:
                yield
        # No layout can give more than this; if the kept one does, it is the best.
        self.level = self.fill.level(ring.grid_w)
        yield
        self._needs()
        yield
        if self.kept:
            yield from self._carried()
            if self.fits:
                return
        gaps = []
        splits = 1
        for k in range(n):
            gaps.append(split.cuts(ring, k))
            splits *= len(gaps[k]) // 2
            if ring.gap[k] or k & 3 == 3:
                yield
        if splits == 1:  # nothing to choose
            for k in range(n):
                self._high(k, gaps[k - 1][1], gaps[k][0])
                if k & 3 == 3 or ring.limited:
                    yield
            yield
            self._level()
        elif exact:
            from planner import exact as solver

            yield from solver.solve(self, gaps)
            return
        elif self.level is not None and max(self.fill.weight[:n]) != min(self.fill.weight[:n]):
            from planner import front as solver

            yield from solver.solve(self, gaps)
        else:
            yield
            yield from split.Labels(self, gaps).walk()
            self._level()
        yield
        if self.kept:
            yield from self._carried()
            if not self.fits:
                yield from self._as_good()
            if self.fits:
                return
        yield from layout.Chain(self).walk()

    def _as_good(self):
        """Generator: sets `fits` if the kept layout is as fair as the best: nothing moves then."""
        fill = self.fill
        n = fill.count
        best = sorted(fill.stands(k, self.level) for k in range(n))
        high = fill.high[:]
        need = self.need[:]
        level = self.level
        yield
        for k in range(n):
            self._high(k, self.arc_cc[k], self.arc_cw[k])
            if fill.high[k] < fill.low[k]:
                break
            if k & 3 == 3 or self.ring.limited:
                yield
        else:
            self._level()
            yield
            self.fits = sorted(fill.stands(k, self.level) for k in range(n)) == best
        if not self.fits:
            fill.high[ALL] = high
            self.need[ALL] = need
            self.level = level
        yield

    def _publish(self):
        """Generator: the arcs become the owner map; powers get their sources."""
        ring = self.ring
        for s in range(ring.slots):
            self.owner[s] = NOBODY
        for g in range(len(self.power_w)):
            self.power_w[g] = self.source[g] = 0
        yield
        for k in range(ring.count):
            g = ring.gun[k]
            s = ring.home[g] - self.arc_cc[k]
            for _ in range(self.arc_cc[k] + 1 + self.arc_cw[k]):
                self.owner[s] = g
                s = s + 1 if s + 1 < ring.slots else 0
            self.need[k] = self.fill.share(k, self.level)
            self.room[k] = ring.carries(k, self.arc_cc[k], self.arc_cw[k])
            self._grant(k)
            if k & 3 == 3 or ring.limited:
                yield

    def _grant(self, k):
        ring = self.ring
        g = ring.gun[k]
        power = self.power_w[g] = self.need[k]
        if power == ring.demand_w[g]:
            source = BY_DEMAND
        elif power >= self.room[k]:
            source = BY_MODULE
        elif power == self.fill.low[k] and power:
            source = BY_FLOOR
        else:
            source = BY_GRID
        self.source[g] = source
