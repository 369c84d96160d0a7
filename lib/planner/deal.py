"""How are the powers of a plan dealt out to the modules, step by step, without a moment too much?

The grid's limit holds in transit (planner.md A.7): what falls comes first, what rises takes what
is measured to be free. A gun gets no more than the modules that are proven connected and on can
carry; a slot that leaves is drained; one that joins waits at the island's voltage without load.
"""

from array import array

from micropython import const

from planner import bank, parts, sequence, tally
from planner import planner as plans

NOBODY = const(255)  # no gun, in bytearrays
_PRECHARGE_DA = const(20)
LONG_MS = const(1 << 24)


class Deal(tally.Tally):
    """Facts and orders of Dispatch, and the set-points. See there."""

    def __init__(self, slots, guns, slot_of):
        super().__init__(slots, guns, slot_of)
        self.planner = plans.Planner(self.ring)
        self.planning = False
        self.grid_w = self.ring.grid_w
        self.present = bytearray(guns)
        self.source = bytearray(guns)
        # The last plan; the planner's own lists mean nothing while it plans.
        self.power_w = array("i", bytes(4 * guns))
        self.denied = bytearray(guns)
        self.limit = bytearray(guns)
        self.carrier = bytearray(b"\xff" * len(slot_of))
        self.granted_da = array("h", bytes(2 * guns))
        self.granted_w = array("i", bytes(4 * guns))
        self.set_dv = array("h", bytes(2 * len(slot_of)))
        self.brisk = bytearray(len(slot_of))  # 1: its voltage is waited for
        self.module_hold_ms = 1000
        self.up_da = 25  # of a gun, in 100 ms
        self.down_da = 100
        self._left = array("h", bytes(2 * guns))  # to be dealt out in this step
        self.aim_da = array("h", bytes(2 * guns))  # where its current shall go
        self._count = bytearray(guns)  # among so many modules
        # Nothing is found anew that nothing has changed for. fill: the plan's powers are to be
        # shared out again; moving: time alone changes something, or somebody else has.
        self.fill = self.moving = True
        self._charged = 0

    def demand(self, g):
        """What gun `g` asks for, in watts."""
        return self.ask_dv[g] * self.ask_da[g] // 100

    def carries(self, m, volts_dv):
        """The current that module `m` can give at this voltage now, in 0.1 A."""
        ring = self.ring
        if volts_dv <= 0 or not ring.v_min_dv[m] <= volts_dv <= ring.v_max_dv[m]:
            return 0
        amps = ring.rated_w[m] * 100 // volts_dv
        if amps > ring.current_da[m]:
            amps = ring.current_da[m]
        return amps * self.health_pm[m] // 1000

    def grant(self, dt_ms):
        """How much each gun may draw now: granted_da, granted_w, source.

        True when everything is found anew.
        """
        if not self.planning:
            self._refill()
        stale = self.stale
        whole = self.every or self.moving
        if whole:
            for g in range(len(stale)):
                stale[g] = 1
        elif b"\x01" not in stale:
            return False
        self.moving = False
        self._buses(stale)
        seq, granted = self.seq, self.granted_da
        aim, bus = self.aim_da, self.bus_dv
        down = self.down_da * dt_ms // 100
        rises = False
        for g in range(len(stale)):  # what falls comes first
            if stale[g]:
                target = aim[g] = self._target(g)
                now = granted[g]
                if target < now:
                    # By the ramp; but never more than what is proven connected can carry.
                    now = min(max(target, now - down), self._left[g])
                    granted[g] = now = now if seq.guns.proven(g) and not seq.cut[g] else 0
                    self.moving = True
                elif target > now:
                    rises = True
                self.granted_w[g] = now * bus[g] // 100
        if rises:
            self.moving = True
            self._raise(self.up_da * dt_ms // 100)
        return whole

    def _refill(self):
        """The plan's powers, for the demands and the grid of now."""
        ring, planner = self.ring, self.planner
        grid_w = max(self.grid_w - sum(self.doubt_w), 0)
        if grid_w == ring.grid_w and not self.fill:
            return
        self.fill = False
        self.every = True
        ring.grid_w = grid_w
        for g in range(len(self.ask_da)):
            ring.demand_w[g] = self.demand(g)
        planner.refill()
        for g in range(len(self.ask_da)):
            self.power_w[g] = planner.power_w[g]
            self.limit[g] = planner.source[g]

    def _buses(self, stale):
        """Voltage of each gun's island, and what its modules can carry at it."""
        seq = self.seq
        left, count, bus = self._left, self._count, self.bus_dv
        for g in range(len(stale)):
            h = seq.home[g]
            if stale[g]:
                left[g] = count[g] = 0
                if h != NOBODY:
                    # Of a module of the bus; one behind an open contactor tells of itself only.
                    volts = seq.volts_dv[h] if seq.mns.proven(h) else seq.voltage(seq.part[h])
                    if volts <= seq.safe_dv:  # an island without a module that lives
                        volts = seq.ev_dv[g]
                    bus[g] = volts if volts > seq.safe_dv else self.ask_dv[g]
            if h != NOBODY and seq.want[g] and not seq.mns.proven(h):
                self.moving = True  # its voltage is that of any of its slots
        feeds, first = seq.feeds, self.ring.first
        for s in range(len(feeds)):
            g = feeds[s]
            if g != NOBODY and stale[g]:
                for m in range(first[s], first[s + 1]):
                    if self._carrying(m, g):
                        left[g] = min(left[g] + self.carries(m, bus[g]), 30_000)
                        count[g] += 1

    def _raise(self, up):
        """What rises takes what is free."""
        granted, bus, measured = self.granted_da, self.bus_dv, self.measured_w
        free = self.grid_w
        for g in range(len(granted)):
            free -= max(measured[g], granted[g] * bus[g] // 100) + self.doubt_w[g]
        for g in self.planner.turn:
            rise = min(self.aim_da[g] - granted[g], up)
            volts = bus[g]
            if rise > 0 and free > 0 and volts > 0:
                commanded = granted[g] * volts // 100
                room = free + max(measured[g] - commanded, 0)
                rise = min(rise, room * 100 // volts)
                granted[g] += rise
                free -= max(commanded + rise * volts // 100 - max(measured[g], commanded), 0)
                self.granted_w[g] = granted[g] * volts // 100

    def _carrying(self, m, g):
        """Is module `m` on, heard, and meant to stay on for gun `g`?"""
        if not self.on[m] or self.amps_da[m] < 0 or self.health_pm[m] <= 0:
            return False
        if self.carrier[m] == g:
            return True
        self.moving = True
        return self.now - self.on_at[m] < self.module_hold_ms

    def _target(self, g):
        """Where the current of gun `g` shall go; names what holds it there."""
        if not self.seq.guns.proven(g) or self.seq.want[g] != sequence.READY or self.seq.cut[g]:
            self.source[g] = plans.NONE
            return 0
        if self.seq.dry[g]:
            self.source[g] = plans.BY_MODULE
            return 0
        volts = self.bus_dv[g]
        share = self.power_w[g] * 100 // volts if volts > 0 else 0
        target = min(self.ask_da[g], share)
        self.source[g] = self.limit[g]
        if self._left[g] < target:
            self.source[g] = plans.BY_MODULE
            return self._left[g]
        return target

    def deal(self, dt_ms, whole):
        """Set-points of every module, or of stale guns only: on, set_dv, set_da."""
        stale, feeds = self.stale, self.seq.feeds
        if b"\x01" not in stale:
            return
        for g in range(len(stale)):
            self._left[g] = self.granted_da[g]
        self._charged = 0  # by bits: guns whose pre-charge has its module
        for s in range(len(feeds)):
            g = feeds[s]
            if whole or g != NOBODY and stale[g]:
                live = g != NOBODY and self.seq.guns.proven(g)
                for m in range(self.ring.first[s], self.ring.first[s + 1]):
                    self.brisk[m] = self.seq.look[s]
                    if self.health_pm[m] <= 0:
                        self._order(m, 0, 0, 0)
                    elif live:
                        self._share(m, g, dt_ms)
                    else:
                        self._prepare(m, s, g, dt_ms)
        for g in range(len(stale)):
            stale[g] = 0

    def _share(self, m, g, dt_ms):
        """What module `m` gives to gun `g`, whose contactor is closed."""
        on = amps = 0
        if self._carrying(m, g):
            # The even share of what is left; those who carry less come out short, which the next
            # in turn take over.
            on = 1
            count = self._count[g]
            if count:
                amps = (self._left[g] + count - 1) // count
                top = self.carries(m, self.bus_dv[g])
                if amps > top:
                    amps = top
                self._left[g] -= amps
                self._count[g] = count - 1
        elif self.carrier[m] == g:
            on = 1  # it takes a share when it has answered
        elif self.on[m]:
            on, amps = self._drained(m, dt_ms)
        self._order(m, 1 if on else 0, self.ask_dv[g], amps)

    def _prepare(self, m, s, g, dt_ms):
        """What module `m` of slot `s` does where no contactor of a gun is closed."""
        seq = self.seq
        on = volts = amps = 0
        if g != NOBODY and self._precharges(g):
            # Pre-charge: exactly one module, of the home slot if that has one.
            home = seq.home[g]
            if s != home and seq.able[home] or self._charged >> g & 1 or not self._first(m, s):
                pass
            elif self._rests(m, s):
                self._charged |= 1 << g
                volts, amps = seq.ev_dv[g], _PRECHARGE_DA
                on = self.brisk[m] = 1 if volts > 0 else 0
        elif seq.match_dv[s]:
            if self._rests(m, s) and (self._first(m, s) or not seq.mns.may(s)):
                on, volts, amps = 1, seq.match_dv[s], _PRECHARGE_DA
                self.brisk[m] = 1
        elif self.on[m] and not self._cut(s):
            volts = self.set_dv[m]
            on, amps = self._drained(m, dt_ms)
        self._order(m, 1 if on else 0, volts, amps)

    def _cut(self, s):
        g = self.seq.holder[self.seq.part[s]]
        return g < len(self.ask_da) and self.seq.cut[g] or g == parts.SEVERAL

    def _precharges(self, g):
        """Is the island of gun `g` to be brought to its vehicle's voltage?"""
        seq = self.seq
        if seq.want[g] < sequence.PRECHARGE:
            return False
        return seq.guns.fb[g] == bank.IS_OPEN or seq.guns.flying(g)

    def _drained(self, m, dt_ms):
        """(on, amps): down by the ramp, off when nothing flows any more."""
        self.moving = True
        amps = max(self.set_da[m] - self.down_da * dt_ms // 100, 0)
        return amps > 0 or self.amps_da[m] >= self.seq.open_da, amps

    def _rests(self, m, s):
        """May `m` bring slot `s` to a voltage? Not while a contactor of its part is on its way."""
        return self.on[m] or not self.seq.moving(self.seq.part[s])

    def _first(self, m, s):
        """Is `m` the one with the fewest hours of those of slot `s` that can run?"""
        hours = self.ring.hours
        for other in range(self.ring.first[s], self.ring.first[s + 1]):
            more = hours[m] - hours[other]
            if self.health_pm[other] > 0 and (more > 0 or not more and other < m):
                return False
        return True

    def _order(self, m, on, volts, amps):
        if not on:
            volts = amps = 0
        if amps > self.peak_da[m]:
            self.peak_da[m] = amps
            self.stir[self.ring.slot_of[m]] = 1
        if on != self.on[m]:
            self.on[m] = on
            self.on_at[m] = self.now
            self.moving = True
            self.stir[self.ring.slot_of[m]] = 1
        self.set_dv[m] = volts
        if amps != self.set_da[m]:
            self.set_da[m] = amps
            self.stir[self.ring.slot_of[m]] = 1
