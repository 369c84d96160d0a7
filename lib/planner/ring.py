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
        # Can `max_modules` bind? Then an arc may carry less than the sum of its slots.
        self.limited = False
        self.bare = False  # survey() and walk() count no capacity for guns that have no floor
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

    def reaches(self, k, r, l, power):  # noqa: E741
        """Can the arc `r`, `l` of place `k` carry `power`?"""
        row = k * self.slots
        if self.base[k] + self.cc[row + r] + self.cw[row + l] < power:
            return False
        return not self.limited or self.carries(k, r, l, power) >= power

    def carries(self, k, r, l, most=-1):  # noqa: E741
        """What the arc can carry: its best `max_modules` modules; `most`: or only that it is more.

        The best of some modules carry at least their part of the sum: that often is enough.
        """
        power = self.base[k] + self.cc[k * self.slots + r] + self.cw[k * self.slots + l]
        if not self.limited:
            return power
        if self.alike[k] >= 0:
            return min(power, self.alike[k] * self.max_modules)
        g = self.gun[k]
        first = self.first
        s = self.home[g] - r
        e = self.home[g] + l + 1
        n = first[e] - first[s] if s >= 0 and e <= self.slots else len(self.slot_of)
        if n <= self.max_modules:
            return power
        if most >= 0 and power // n * self.max_modules >= most:
            return most
        sums = self._sums
        n = 0
        for i in range(s, e):
            i %= self.slots
            for m in range(first[i], first[i + 1]):
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
        """Begin the tables of place `k` (after `admit`) with its home; `walk` goes on."""
        row = k * self.slots
        self.cw[row] = self.cc[row] = 0
        self.reach_cw[k] = self.reach_cc[k] = self.ends_cw[k] = self.ends_cc[k] = 0
        self._one = 0
        g = self.gun[k]
        if not self.bare or self.floor_w[g]:
            self.base[k] = self.capacity(g, self.home[g])

    def walk(self, k, way):
        """Go up to two slots further, as far as an arc may; True if there is more to walk.

        Clockwise to its end (way 1), then counter-clockwise (-1): cw[row + j], cc[row + j] become
        the capacity of the first j slots, ends the bits of the j where an arc may end.
        """
        g = self.gun[k]
        if way > 0:
            sums, reach, ends = self.cw, self.reach_cw, self.ends_cw
            most = self.gap[k]
        else:
            sums, reach, ends = self.cc, self.reach_cc, self.ends_cc
            most = self.gap[k - 1 if k else self.count - 1]
        if most > self.radius:
            most = self.radius
        j = reach[k]
        stop = j + 2
        counts = not self.bare or self.floor_w[g]
        s = (self.home[g] + way * j) % self.slots
        row = k * self.slots
        while j < stop:
            fault = self.tie[s if way > 0 else s - 1]
            if not fault & CLOSED:
                ends[k] |= 1 << j
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
            if counts:
                sums[row + j] = sums[row + j - 1] + self.capacity(g, s)
        reach[k] = j
        self.alike[k] = self._one
        return j == stop

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
