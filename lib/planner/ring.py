"""What does the planner know of the station, and which arcs of the ring may a gun own?

Slot s and slot s + 1 (around the ring) are joined by tie s; a slot carries modules and at most one
gun. A gun owns an arc: `r` slots counter-clockwise of its home, the home, `l` slots clockwise. The
caller states facts in the public lists; `survey` turns them into tables for one set of admitted
guns, in ring order: how far each arc may go, at which slots it may end, what it can carry.

Powers are integers. They are watts on a device; any finer unit works as well.
"""

from micropython import const

NOBODY = const(-1)
# Faults of a tie. Unknown feedback is both: no arc may cross it, and none may end at it.
CLOSED = const(1)
OPEN = const(2)
NO_LIMIT = const(0x1FFFFFFF)


class Ring:
    """Facts about `slots` slots, up to `guns` guns and `modules` modules, known by index.

    A gun takes part while its `home` is a slot. Lower `rank` is more important, then the lower
    index. `weight`: whole numbers above 0. `previous`: the gun that owns a slot now, NOBODY, or
    any other number for a gun that has gone. `pin`: the gun that a slot must stay with.
    Modules stand in the order of their slots; after a change of `slot_of` call `arrange`.
    """

    def __init__(self, slots, guns, modules):
        self.slots = slots
        self.radius = slots
        self.max_modules = modules
        self.grid_w = NO_LIMIT
        self.tie = bytearray(slots)
        self.blocked = bytearray(slots)
        self.pin = [NOBODY] * slots
        self.previous = [NOBODY] * slots

        self.home = [NOBODY] * guns
        self.demand_w = [0] * guns
        self.floor_w = [0] * guns
        self.voltage_dv = [4000] * guns
        self.weight = [1] * guns
        self.rank = [0] * guns

        self.slot_of = [0] * modules
        self.rated_w = [0] * modules
        self.current_da = [NO_LIMIT] * modules
        self.v_min_dv = [0] * modules
        self.v_max_dv = [10000] * modules
        self.derate_pm = [1000] * modules  # 0 when it is not healthy
        self.on = bytearray(modules)
        self.hours = [0] * modules
        self.first = bytearray(slots + 1)  # the first module of each slot, from arrange()
        # Can `max_modules` bind? Then an arc carries less than the sum of its slots. From admit().
        self.limited = False
        self._one = 0
        self._at_home = bytearray(slots)
        self._sums = [0] * modules

        # survey(): one entry for each admitted gun, `slots` entries in each row.
        places = min(slots, guns)
        self.count = 0
        self.gun = [NOBODY] * places
        self.gap = [0] * places
        self.base = [0] * places
        self.cw = [0] * (places * slots)
        self.cc = [0] * (places * slots)
        self.ends_cw = [0] * places
        self.ends_cc = [0] * places
        self.reach_cw = [0] * places
        # The power of a module within reach where all that give any give the same, else -1.
        self.alike = [0] * places
        self.reach_cc = [0] * places

    def arrange(self):
        """Find the modules of each slot again. ValueError if they do not stand in slot order."""
        m = 0
        for s in range(self.slots):
            self.first[s] = m
            while m < len(self.slot_of) and self.slot_of[m] == s:
                m += 1
        self.first[self.slots] = m
        if m != len(self.slot_of):
            raise ValueError("modules")

    def usable(self, g, m):
        """The power of module `m` at the voltage of gun `g`, derated; 0 outside its range."""
        v = self.voltage_dv[g]
        if not self.v_min_dv[m] <= v <= self.v_max_dv[m]:
            return 0
        power = self.rated_w[m]
        current = self.current_da[m]
        if current != NO_LIMIT and current * v // 100 < power:  # 0.1 A * 0.1 V = 0.01 W
            power = current * v // 100
        return power * self.derate_pm[m] // 1000

    def capacity(self, g, s):
        """What all modules of slot `s` together can give gun `g`."""
        power = 0
        for m in range(self.first[s], self.first[s + 1]):
            one = self.usable(g, m)
            power += one
            if self.limited and one and one != self._one:
                self._one = -1 if self._one else one
        return power

    def carries(self, k, r, l):  # noqa: E741
        """What the arc `r`, `l` of place `k` can carry: its best `max_modules` modules."""
        power = self.base[k] + self.cc[k * self.slots + r] + self.cw[k * self.slots + l]
        if not self.limited:
            return power
        if self.alike[k] >= 0:
            return min(power, self.alike[k] * self.max_modules)
        g = self.gun[k]
        sums = self._sums
        n = 0
        for i in range(r + 1 + l):
            s = (self.home[g] - r + i) % self.slots
            for m in range(self.first[s], self.first[s + 1]):
                sums[n] = self.usable(g, m)
                n += 1
        for i in range(n, len(sums)):
            sums[i] = 0
        sums.sort()
        power = 0
        for i in range(self.max_modules):
            power += sums[-1 - i]
        return power

    def admit(self, wanted):
        """Take the guns with a 1 in `wanted` as admitted: put them in ring order, with gaps."""
        self.limited = self.max_modules < len(self.slot_of)
        at_home = self._at_home
        for g in range(len(wanted)):
            if wanted[g]:
                at_home[self.home[g]] = g + 1
        k = 0
        for s in range(self.slots):
            if at_home[s]:
                self.gun[k] = at_home[s] - 1
                at_home[s] = 0
                k += 1
        self.count = k
        for i in range(k):
            following = self.gun[i + 1 if i + 1 < k else 0]
            self.gap[i] = (self.home[following] - self.home[self.gun[i]] - 1) % self.slots

    def survey(self, k):
        """Fill the tables of place `k` (after `admit`): capacity by distance, ends, reach."""
        g = self.gun[k]
        home = self.home[g]
        self._one = 0
        self.base[k] = self.capacity(g, home)
        row = k * self.slots
        self._walk(g, home, 1, self.cw, row, self.gap[k])
        self.reach_cw[k], self.ends_cw[k] = self._far, self._ends
        self._walk(g, home, -1, self.cc, row, self.gap[k - 1 if k else self.count - 1])
        self.reach_cc[k], self.ends_cc[k] = self._far, self._ends
        self.alike[k] = self._one

    def _walk(self, g, s, way, sums, row, most):
        """Go from slot `s` as far as an arc may; sums[row + j] = capacity of the first j slots."""
        tie = self.tie
        ends = j = power = 0
        if most > self.radius:
            most = self.radius
        sums[row] = 0
        while True:
            fault = tie[s if way > 0 else s - 1]
            if not fault & CLOSED:
                ends |= 1 << j
            if j == most or fault & OPEN:
                break
            s += way
            if s == self.slots:
                s = 0
            elif s < 0:
                s = self.slots - 1
            if self.blocked[s]:
                break
            j += 1
            power += self.capacity(g, s)
            sums[row + j] = power
        self._far = j
        self._ends = ends

    def pins(self):
        """Let the pins of admitted guns narrow the ends; False if one cannot be kept.

        With one gun alone a slot can be reached from both sides: `pinned` looks at that.
        """
        for s in range(self.slots):
            if self.pin[s] == NOBODY or self.pin[s] not in self.gun[: self.count]:
                continue
            k = self.gun.index(self.pin[s])
            far = (s - self.home[self.gun[k]]) % self.slots
            if self.count == 1 or not far:
                continue
            if far <= self.gap[k]:
                self.ends_cw[k] &= -(1 << far)
            elif self.slots - far <= self.gap[k - 1 if k else self.count - 1]:
                self.ends_cc[k] &= -(1 << self.slots - far)
            else:
                return False
        return True

    def legal_alone(self, r, l):  # noqa: E741
        """May the only gun own this arc? All around the ring, a welded tie joins it to itself."""
        if r + l < self.slots - 1:
            if not (self.ends_cw[0] >> l & 1 and self.ends_cc[0] >> r & 1):
                return False
        g = self.gun[0]
        for s in range(self.slots):
            if self.pin[s] == g:
                far = (s - self.home[g]) % self.slots
                if far > l and self.slots - far > r:
                    return False
        return True
