"""How are the powers of a plan dealt out to the modules, step by step, without a moment too much?

The grid's limit holds in transit (planner.md A.7): what falls comes first, what rises takes what
is measured to be free. A gun gets no more than the modules that are proven connected and on can
carry; a slot that leaves is drained; one that joins waits at the island's voltage without load.
"""

from array import array

from micropython import const

from planner import bank, parts, sequence
from planner import planner as plans
from planner.ring import Ring

NOBODY = const(255)  # no gun, in bytearrays
_PRECHARGE_DA = const(20)
LONG_MS = const(1 << 24)
_FRESH_MS = const(250)  # a module that is asked in each step answers by then


class Deal:
    """Facts and orders of Dispatch, and the set-points. See there."""

    def __init__(self, slots, guns, slot_of):
        modules = len(slot_of)
        self.ring = ring = Ring(slots, guns, modules)
        for m in range(modules):
            ring.slot_of[m] = slot_of[m]
        ring.arrange()
        self.planner = plans.Planner(ring)
        self.seq = sequence.Sequence(slots, guns)
        self.planning = False
        self.grid_w = ring.grid_w
        self.present = bytearray(guns)
        self.source = bytearray(guns)
        # The last plan; the planner's own lists mean nothing while it plans.
        self.power_w = array("i", bytes(4 * guns))
        self.denied = bytearray(guns)
        self.limit = bytearray(guns)
        self.carrier = bytearray(b"\xff" * modules)
        self.ask_dv = array("h", bytes(2 * guns))
        self.ask_da = array("h", bytes(2 * guns))
        self.bus_dv = array("h", bytes(2 * guns))
        self.granted_da = array("h", bytes(2 * guns))
        self.granted_w = array("i", bytes(4 * guns))
        self.measured_w = array("i", bytes(4 * guns))
        self.doubt_w = array("i", bytes(4 * guns))  # what silent modules may give beside it
        self.health_pm = array("h", bytes(2 * modules))
        self.volts_dv = array("h", [-1] * modules)
        self.amps_da = array("h", [-1] * modules)
        self.volts_at = array("i", bytes(4 * modules))  # when its voltage was read, by clock[0]
        self.clock = array("i", [0])
        self.on = bytearray(modules)
        self.set_dv = array("h", bytes(2 * modules))
        self.set_da = array("h", bytes(2 * modules))
        self.on_ms = array("i", [LONG_MS] * modules)
        self.brisk = bytearray(modules)  # 1: something waits for its voltage, which has to be new
        self.module_hold_ms = 1000
        self.up_da = 25  # of a gun, in 100 ms
        self.down_da = 100
        self._left = array("h", bytes(2 * guns))  # to be dealt out in this step
        self._aim = array("h", bytes(2 * guns))  # where its current shall go
        self._count = bytearray(guns)  # among so many modules

    def survey(self, dt_ms):
        """Modules add up to slots, and to guns."""
        seq, ring = self.seq, self.ring
        for s in range(ring.slots):
            volts = -1
            amps = able = hot = 0
            match = seq.match_dv[s]
            fresh, old = 1, self.clock[0] - max(_FRESH_MS, dt_ms)
            for m in range(ring.first[s], ring.first[s + 1]):
                here = self.volts_dv[m]
                if self.health_pm[m] > 0:
                    able += 1
                # Behind an open contactor each is for itself: what counts is who is farthest off.
                # The diode of one that cannot run holds a higher voltage off.
                if self.health_pm[m] > 0 or here >= match:
                    if self.volts_at[m] < old:
                        fresh = 0
                    if volts < 0 or abs(here - match) > abs(volts - match):
                        volts = here
                if amps >= 0:
                    # A reading is a moment old: what flows is not yet less than what was ordered.
                    here = max(self.amps_da[m], self.set_da[m] if self.set_da[m] > 20 else 0)
                    amps = amps + here if self.amps_da[m] >= 0 else -1
                hot = hot or self.on[m]
            seq.able[s] = able
            seq.hot[s] = 1 if hot else 0
            seq.volts_dv[s] = volts
            seq.fresh[s] = fresh
            seq.amps_da[s] = min(amps, 32_000)
        for g in range(len(self.measured_w)):
            self.measured_w[g] = self.doubt_w[g] = 0
        for m in range(len(self.on)):
            self.on_ms[m] = min(self.on_ms[m] + dt_ms, LONG_MS)
            g = seq.holder[seq.part[ring.slot_of[m]]]
            if g >= len(self.measured_w):
                continue
            if self.volts_dv[m] > 0 and self.amps_da[m] > 0:
                self.measured_w[g] += self.volts_dv[m] * self.amps_da[m] // 100
            elif self.amps_da[m] < -1 and seq.mns.may(ring.slot_of[m]) and seq.guns.may(g):
                self.doubt_w[g] -= self.bus_dv[g] * (self.amps_da[m] + 1) // 100
        for g in range(len(self.measured_w)):
            if self.doubt_w[g] and seq.gun_da[g] >= 0:
                # Its meter bounds it, unless that is older than what the others say.
                more = seq.gun_da[g] * self.bus_dv[g] // 100 - self.measured_w[g]
                if more > -500 - self.measured_w[g] // 10:
                    self.doubt_w[g] = min(self.doubt_w[g], max(more, 0))

    def demand(self, g):
        """What gun `g` asks for, in watts."""
        return self.ask_dv[g] * self.ask_da[g] // 100

    def carries(self, m, volts_dv):
        """The current that module `m` can give at this voltage now, in 0.1 A."""
        ring = self.ring
        if volts_dv <= 0 or not ring.v_min_dv[m] <= volts_dv <= ring.v_max_dv[m]:
            return 0
        amps = min(ring.rated_w[m] * 100 // volts_dv, ring.current_da[m])
        return amps * self.health_pm[m] // 1000

    def grant(self, dt_ms):
        """How much each gun may draw now: granted_da, granted_w, source."""
        ring, planner, seq = self.ring, self.planner, self.seq
        if not self.planning:
            ring.grid_w = max(self.grid_w - sum(self.doubt_w), 0)
            for g in range(len(self.ask_da)):
                ring.demand_w[g] = self.demand(g)
            planner.refill()
            for g in range(len(self.ask_da)):
                self.power_w[g] = planner.power_w[g]
                self.limit[g] = planner.source[g]
        for g in range(len(self.ask_da)):
            self._left[g] = self._count[g] = 0
            if seq.home[g] != NOBODY:
                h = seq.home[g]
                # Of a module of the bus; one behind an open contactor tells of itself only.
                volts = seq.volts_dv[h] if seq.mns.proven(h) else seq.voltage(seq.part[h])
                if volts <= seq.safe_dv:  # an island without a module that lives
                    volts = seq.ev_dv[g]
                self.bus_dv[g] = volts if volts > seq.safe_dv else self.ask_dv[g]
        for m in range(len(self.on)):
            g = seq.feeds[ring.slot_of[m]]
            if g != NOBODY and self._carrying(m, g):
                self._left[g] = min(self._left[g] + self.carries(m, self.bus_dv[g]), 30_000)
                self._count[g] += 1
        up, down = self.up_da * dt_ms // 100, self.down_da * dt_ms // 100
        free = self.grid_w
        for g in range(len(self.ask_da)):  # what falls comes first
            target = self._aim[g] = self._target(g)
            now = self.granted_da[g]
            if target < now:
                # By the ramp; but never more than what is proven connected can carry.
                now = min(max(target, now - down), self._left[g])
                self.granted_da[g] = now if seq.guns.proven(g) and not seq.cut[g] else 0
            commanded = self.granted_da[g] * self.bus_dv[g] // 100
            free -= max(self.measured_w[g], commanded) + self.doubt_w[g]
        for g in planner.turn:  # what rises takes what is free
            rise = min(self._aim[g] - self.granted_da[g], up)
            volts = self.bus_dv[g]
            if rise > 0 and free > 0 and volts > 0:
                commanded = self.granted_da[g] * volts // 100
                room = free + max(self.measured_w[g] - commanded, 0)
                rise = min(rise, room * 100 // volts)
                self.granted_da[g] += rise
                free -= max(
                    commanded + rise * volts // 100 - max(self.measured_w[g], commanded), 0
                )
            self.granted_w[g] = self.granted_da[g] * volts // 100

    def _carrying(self, m, g):
        """Is module `m` on, heard, and meant to stay on for gun `g`?"""
        if not self.on[m] or self.amps_da[m] < 0 or self.health_pm[m] <= 0:
            return False
        return self.carrier[m] == g or self.on_ms[m] < self.module_hold_ms

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

    def deal(self, dt_ms):
        """Set-points of every module: on, set_dv, set_da."""
        ring, seq = self.ring, self.seq
        for g in range(len(self.ask_da)):
            self._left[g] = self.granted_da[g]
        charged = 0  # by bits: guns whose pre-charge has its module
        for m in range(len(self.on)):
            s = ring.slot_of[m]
            g = seq.feeds[s]
            on = volts = amps = 0
            self.brisk[m] = seq.look[s]
            if self.health_pm[m] <= 0:
                pass
            elif g != NOBODY and seq.guns.proven(g):
                volts = self.ask_dv[g]
                if self._carrying(m, g):
                    # The even share of what is left; those who carry less come out short, which
                    # the next in turn take over.
                    on = 1
                    count = self._count[g]
                    amps = (self._left[g] + count - 1) // count if count else 0
                    amps = min(amps, self.carries(m, self.bus_dv[g]))
                    self._left[g] -= amps
                    self._count[g] = max(count - 1, 0)
                elif self.carrier[m] == g:
                    on = 1  # it takes a share when it has answered
                elif self.on[m]:
                    on, amps = self._drained(m, dt_ms)
            elif g != NOBODY and self._precharges(g):
                # Pre-charge: exactly one module, of the home slot if that has one.
                home = seq.home[g]
                if s != home and seq.able[home] or charged >> g & 1 or not self._first(m, s):
                    pass
                elif self._rests(m, s):
                    charged |= 1 << g
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
        if on != self.on[m]:
            self.on[m] = on
            self.on_ms[m] = 0
        self.set_dv[m] = volts if on else 0
        self.set_da[m] = amps if on else 0
