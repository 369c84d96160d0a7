"""What shall each power module do now, so that every gun gets its plan and nobody is hurt?

Above planner (who gets what) and sequence (how the ring gets there): states their facts, decides
when to plan anew and when a new layout is worth its wear, and turns powers into set-points with
ramps. The grid's limit holds in transit: what falls comes first, what rises takes what is
measured to be free (planner.md A.7).
"""

from array import array

from micropython import const

from planner import deal

_STEPS = const(8)  # of a plan in one control step
_DEMAND_W = const(1000)  # a demand that moved by less is no reason to plan
_PAUSE_MS = const(1000)  # between plans that no fault asks for
_RETRY_MS = const(5000)  # a gun was denied for what time alone may change
_WAITS = const(1 << 24)  # above every rank
_NONE = const(-1)  # no gun, in the lists of the planner


class Dispatch(deal.Deal):
    """A ring with `slots` slots, `guns` guns, modules in the slots `slot_of` (ascending).

    The caller states, by index: of a gun ask_dv ask_da (what it may get now) rank weight present
    (1: plugged or promised: its home is not lent out anew), and in `seq` want cut ev_dv; of a
    module health_pm (0 when faulty or silent, else the derating) volts_dv amps_da (-1 unknown);
    grid_w; reports in seq.ties.fb .. ; blocked (slots that must stay dead).
    Orders: seq's contactors; of a module on set_dv set_da; of a gun granted_da, granted_w and
    source (planner.BY_*), denied (reason of planner.admit, 0: none).
    """

    def __init__(self, slots, guns, slot_of):
        super().__init__(slots, guns, slot_of)
        self.blocked = bytearray(slots)
        self.gain_w = 5000
        self.gain_ms = 5000
        self.live_hold_ms = 30_000
        self.adopted = bytearray(b"\xff" * slots)
        self.forced = True  # plan as soon as possible, and take what comes
        self.asked = True  # what is asked for has changed since a plan was thought of
        self._plan = None
        self._since_ms = deal.LONG_MS  # the last plan
        self._gain_ms = 0  # how long another layout has been better
        self._wanted = bytearray(guns)
        self._planned_w = array("i", bytes(4 * guns))
        self._usable = bytearray(len(slot_of))
        self._grid_w = 0

    # -- the step ---------------------------------------------------------------------------

    def step(self, dt_ms):
        """One control step: contactors, plan, powers, set-points."""
        self.every = self.compare()
        if self.every:
            self.fill = self.asked = True
        self.survey(dt_ms)
        if self.seq.step(dt_ms):
            self.forced = True
        if not self.seq.resting:
            self.every = self.fill = self.asked = True
        self._since_ms = min(self._since_ms + dt_ms, deal.LONG_MS)
        if self._gain_ms:
            self._gain_ms = min(self._gain_ms + dt_ms, deal.LONG_MS)
        self._schedule()
        self.deal(dt_ms, self.grant(dt_ms))
        self.late = self.every

    # -- planning ---------------------------------------------------------------------------

    def _schedule(self):
        """Begin a plan when there is a reason, and let it take a few steps."""
        if self._plan is None and (self.forced or self._since_ms >= _PAUSE_MS and self._reason()):
            self._plan = self._planning()
            self.planning = True
        if self._plan is not None:
            for _ in range(_STEPS):
                if next(self._plan, None) is None:
                    self._plan = None
                    self.planning = False
                    self.fill = True
                    self._since_ms = 0
                    return

    def _reason(self):
        """Have the facts moved away from those of the last plan?"""
        if self._gain_ms or self.grid_w != self._grid_w:
            return True
        if not self.asked and (self._since_ms <= _RETRY_MS or not max(self.denied)):
            return False
        seq = self.seq
        for m in range(len(self.on)):
            if bool(self._usable[m]) != bool(self.health_pm[m]):
                return True
        for g in range(len(self.ask_da)):
            if bool(self._wanted[g]) != self._wants(g):
                self.forced = True
                return True
            if seq.want[g]:
                demand = self.demand(g)
                if abs(demand - self._planned_w[g]) > _DEMAND_W:
                    return True
                if self.denied[g] and self._since_ms > _RETRY_MS:
                    return True
        self.asked = False
        return False

    def _wants(self, g):
        return bool(self.seq.want[g] and not self.seq.cut[g] and self.seq.home[g] != deal.NOBODY)

    def _planning(self):
        """Generator: the best plan; then, if its layout is not worth the wear, the old one's."""
        forced, self.forced = self.forced, False
        self.asked = False
        self._state(False)
        yield True
        for _ in self.planner.replan():
            yield True
        if not forced and self._admits_alike() and self._moves() and not self._worth():
            self._state(True)
            yield True
            for _ in self.planner.replan():
                yield True
        else:
            self._gain_ms = 0
        planner = self.planner
        owner = planner.owner
        for s in range(self.ring.slots):
            self.adopted[s] = self.seq.owner[s] = deal.NOBODY if owner[s] == _NONE else owner[s]
        for m in range(len(self.carrier)):
            self.carrier[m] = planner.carrier[m] & 0xFF
        for g in range(len(self.ask_da)):
            self.denied[g] = planner.denied[g]

    def _state(self, keep):
        """Tell the planner's ring what is; with `keep` that no slot may change its owner."""
        ring, seq = self.ring, self.seq
        self._grid_w = ring.grid_w = self.grid_w
        for m in range(len(self.on)):
            ring.derate_pm[m] = self.health_pm[m]
            self._usable[m] = 1 if self.health_pm[m] else 0
            ring.on[m] = self.on[m]
        for g in range(len(self.ask_da)):
            wants = self._wanted[g] = 1 if self._wants(g) else 0
            ring.home[g] = seq.home[g] if wants else _NONE
            ring.demand_w[g] = self._planned_w[g] = self.demand(g)
            ring.voltage_dv[g] = self.ask_dv[g]
            # Who charges comes before who does not, whatever their ranks are (B14).
            ring.rank[g] = ring.rank[g] & (_WAITS - 1) | (0 if seq.guns.cmd[g] else _WAITS)
        for s in range(ring.slots):
            ring.tie[s] = seq.ties.faulty(s)
            g = self.adopted[s]
            ring.previous[s] = _NONE if g == deal.NOBODY else g
            ring.blocked[s] = self.blocked[s] or seq.mns.faulty(s) or keep and g == deal.NOBODY
            held = g != deal.NOBODY and self._wanted[g] and (keep or self._bound(s))
            ring.pin[s] = g if held else _NONE
        for g in range(len(self.ask_da)):
            h = seq.home[g]
            if h == deal.NOBODY:
                continue
            if seq.guns.faulty(g):
                ring.blocked[h] = 1
            elif not self._wanted[g] and (self.present[g] and self.adopted[h] in (deal.NOBODY, g)):
                ring.blocked[h] = 1

    def _bound(self, s):
        """Has slot `s` been joined to its island so lately that it must not leave yet?"""
        ties = self.seq.ties
        before = s - 1 if s else self.ring.slots - 1
        hold = self.live_hold_ms
        return ties.cmd[s] and ties.ms(s) < hold or ties.cmd[before] and ties.ms(before) < hold

    def _admits_alike(self):
        """Does the plan admit whom the layout serves?"""
        for g in range(len(self.ask_da)):
            h = self.seq.home[g]
            if self.planner.wanted[g] and self.adopted[h] != g:
                return False
        return True

    def _moves(self):
        for s in range(self.ring.slots):
            g = self.planner.owner[s]
            if self.adopted[s] != (deal.NOBODY if g == _NONE else g):
                return True
        return False

    def _worth(self):
        """Has a gain been there for long enough: 5 kW or 10 % at the first difference, or in all?

        In all: where several guns rise, the first place may be taken by one that has not.
        """
        guns = range(len(self.ask_da))
        weight = self.ring.weight
        admitted = [g for g in guns if self.planner.wanted[g]]
        new = sorted([self.planner.power_w[g] // weight[g] for g in admitted])
        # What the layout gives now, by the demands of now, as far as its modules carry it.
        old = sorted([min(self._kept(g), self.demand(g)) // weight[g] for g in admitted])
        for i in range(len(new)):
            if new[i] != old[i]:
                here = new[i] - old[i]
                if here < min(self.gain_w, max(old[i] // 10, 1)):
                    if here < 0 or sum(new) - sum(old) < self.gain_w:
                        break
                self._gain_ms = max(self._gain_ms, 1)
                return self._gain_ms > self.gain_ms
        self._gain_ms = 0
        return False

    def _kept(self, g):
        """What the adopted island of gun `g` carries, whoever else wants the grid."""
        power = 0
        for s in range(self.ring.slots):
            if self.adopted[s] == g:
                power += self.ring.capacity(g, s)
        return power
