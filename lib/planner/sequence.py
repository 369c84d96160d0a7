"""In which order do contactors move, so that nothing is ever switched under load or bridged?

The planner says who shall own which slot; here the ring gets there, one proven step after the
other: reduce, drain, open at zero current, match the voltage, close, raise (planner.md A.7).

- A tie opens when the current through it has stayed below I_open: what flows through it are the
  modules beyond it, so the gun need not stop for it.
- A tie closes between two parts of one gun's island: both dead, or the new part brought to the
  voltage of the living one by its own modules at 0 A. Until then it has no other neighbour: its
  other ties are proven open (break before make).
- A gun contactor closes alone on its island, onto the vehicle's voltage; it opens below I_open,
  after the borrowed slots have gone. An emergency waits 300 ms at most for the current to fall.
- What may be closed counts as closed for what is forbidden, what may be open as open for what
  carries current.

Pure: the caller states facts, calls `step` each 100 ms, and does what the orders say.
"""

from array import array

from micropython import const

from planner import bank, parts

# How a gun's power is taken away: `cut`.
ORDERED = const(0)
AT_ONCE = const(1)
EMERGENCY = const(2)

# Whether a gun wants energy: `want`.
CLAIM = const(1)  # its slot is its own from now on, and dead
PRECHARGE = const(2)  # its island may be brought to the vehicle's voltage
READY = const(3)  # and its contactor may close

_AT_ONCE_MS = const(1000)
_GIVE_BACK_MS = const(2000)
_LONG_MS = const(30_000)
_DRY_MS = const(10_000)  # a gun whose current is unknown for so long is opened
_FAR = const(30_000)  # a voltage difference that is not known


class Sequence(parts.Parts):
    """A ring of `slots` slots with a tie and a module contactor each, and `guns` guns.

    Facts: see Parts. Orders: `cmd` of the Banks ties, guns, mns; drain (1: the slot's modules at
    0 A), match_dv (and at this voltage; 0: nothing to match), feeds (the gun that a slot proven
    connected feeds). forced: 1 for a gun whose contactor was last opened without waiting
    for the current. dry: 1 for a gun that has to go down to 0 A: a slot can not leave it while one
    of the modules beyond does not say what it gives.
    """

    def __init__(self, slots, guns):
        super().__init__(slots, guns)
        self.forced = bytearray(guns)
        self.drain = bytearray(slots)
        self.match_dv = array("h", bytes(2 * slots))
        self.dry = bytearray(guns)
        self.feeds = bytearray(b"\xff" * slots)
        self.open_da = 10  # I_open
        self.close_dv = 200  # dV_close
        self.safe_dv = 600  # V_safe
        self.stable_open_ms = 100
        self.stable_close_ms = 200
        self.tie_hold_ms = 1000
        self.gun_hold_ms = 500
        self.emergency_ms = 300  # the longest wait for the current to fall
        self.mn_hold_ms = 1000
        self.borrow_ms = 1000  # so long after its contactor closed a gun may borrow
        # What a calm step compares, in pairs: now, and as it was last looked at.
        self._facts = []
        rows = [self.home, self.owner, self.able, self.want, self.cut]
        for row in (self.ties, self.guns, self.mns):
            rows += [row.cmd, row.fb, row.fault]
        for row in rows:
            self._facts.append((row, bytearray(len(row))))
        self._busy = True
        self.resting = False  # the last step found nothing to do
        self._steady = array("h", bytes(2 * slots))
        self._gun_steady = array("h", bytes(2 * guns))
        self._cut_ms = array("h", bytes(2 * guns))
        self._stop_ms = array("h", bytes(2 * guns))

    def step(self, dt_ms):
        """One step; True when a contactor was found faulty or its report came or went: replan."""
        found = self.ties.step(dt_ms)
        found = self.guns.step(dt_ms) or found
        found = self.mns.step(dt_ms) or found
        if self._calm(found):
            return False
        self.watch_volts(dt_ms)
        self.label(self.part, self.may)
        self.label(self.sure, self.proven)
        self.survey()
        for s in range(self.slots):
            self.match_dv[s] = self.look[s] = 0
            g = self.holder[self.part[s]]
            stays = g < parts.SEVERAL and self.owner[s] == g and self.want[g] and not self.cut[g]
            self.drain[s] = 0 if stays else 1
        for g in range(len(self.home)):
            self.dry_ms[g] = min(self.dry_ms[g] + dt_ms, _LONG_MS) if self.dry[g] else 0
            self.dry[g] = 0
            if self.home[g] != parts.NONE:
                self._gun(g, dt_ms)
        for k in range(self.slots):
            self._mn(k)
            self._tie(k, dt_ms)
        for s in range(self.slots):
            g = self.owner[s]
            joined = g != parts.NONE and self.mns.proven(s) and not self.drain[s]
            self.feeds[s] = g if joined and self.sure[s] == self.sure[self.home[g]] else parts.NONE
        return found

    def _calm(self, found):
        """Nothing is pending and no fact has changed: what was found last still holds."""
        calm = not self._busy and not found
        for now, before in self._facts:
            if now != before:
                before[:] = now
                calm = False
        self._busy = False
        self.resting = calm
        return calm

    # -- steps ------------------------------------------------------------------------------

    def _flying(self, k):
        """Is a contactor on the way at one of the two slots of tie `k`?"""
        after = k + 1 if k + 1 < self.slots else 0
        ties, mns = self.ties, self.mns
        if ties.flying(k - 1 if k else self.slots - 1) or ties.flying(after) or ties.flying(k):
            return True
        if mns.flying(k) or mns.flying(after):
            return True
        for g in range(len(self.home)):
            if self.guns.flying(g) and (self.home[g] == k or self.home[g] == after):
                return True
        return False

    def _seam(self, k, g):
        """One tie stays open where a gun owns the whole ring: one that is, else the opposite."""
        ties = self.ties
        seam = parts.NONE
        for t in range(self.slots):
            if self.owner[t] != g:
                return False
            if not ties.cmd[t] and not ties.fault[t] & 1:
                if seam != parts.NONE:
                    seam = self._opposite(g)
                    break
                seam = t
        if seam == parts.NONE:
            seam = self._opposite(g)
        for t in range(self.slots):
            if ties.fault[t] & 2:
                seam = t
        return k == seam

    def _opposite(self, g):
        return (self.home[g] + self.slots // 2) % self.slots

    def _wanted(self, k):
        """Shall tie `k` be closed?"""
        g = self.owner[k]
        if g == parts.NONE or g != self.owner[k + 1 if k + 1 < self.slots else 0]:
            return False
        return self.want[g] and not self.cut[g] and not self._seam(k, g)

    def _tie(self, k, dt_ms):
        ties = self.ties
        wanted = self._wanted(k) and not ties.lost_ms[k] > ties.aux_ms
        if bool(wanted) == bool(ties.cmd[k]) or wanted and not ties.open(k):
            self._steady[k] = 0
            return
        self._busy = True
        if wanted:
            ready = self._may_close(k)
            stable = self.stable_close_ms
        else:
            amps = self.beyond(k)
            ready = amps < self.open_da
            stable = self.stable_open_ms
            g = self.holder[self.part[k]]
            if g < parts.SEVERAL and (amps >= parts.UNKNOWN_DA or self.dry_ms[g]):
                self.dry[g] = 1
        # No voltage and no current is trusted before it has been seen for so long.
        self._steady[k] = min(self._steady[k] + dt_ms, _LONG_MS) if ready else 0
        if self._steady[k] > stable and ties.ms(k) >= self.tie_hold_ms and not self._flying(k):
            self._steady[k] = 0
            ties.order(k, 1 if wanted else 0)

    def _may_close(self, k):
        """Conditions for tie `k`, which joins two parts of the same gun's island."""
        one = self.part[k]
        other = self.part[k + 1 if k + 1 < self.slots else 0]
        g = self.owner[k]
        if one == other or not self.pure(one, g) or not self.pure(other, g):
            return False
        if not self.alone(one, g) or not self.alone(other, g):
            return False
        home = self.part[self.home[g]]
        if one == home or other == home:
            new = other if one == home else one
            if self.able[self.home[g]]:  # it borrows when it charges well by its own
                if not self.guns.proven(g) or self.guns.ms(g) < self.borrow_ms:
                    return False
            volts = self.voltage(home)
            if volts > self.safe_dv or volts < 0 or self.guns.may(g):
                return self.stands(home) and volts > 0 and self._match(new, volts)
        elif self.voltage(one) > self.safe_dv or self.voltage(other) > self.safe_dv:
            return False
        # Two dead parts; no module may be about to change that.
        if self.is_hot(one) or self.is_hot(other):
            return False
        if not self.stands(one) or not self.stands(other):
            return False
        return self._apart(one, other) <= self.close_dv and self._quiet(one) and self._quiet(other)

    def _apart(self, one, other):
        first, second = self.voltage(one), self.voltage(other)
        if first < 0 or second < 0:
            return _FAR
        return abs(first - second)

    def _quiet(self, p):
        return self.part_da[p] < self.open_da

    def _match(self, new, volts):
        """Bring part `new` to this voltage without a current; True when it is there."""
        if not self.sources(new) or not self._quiet(new):
            return False
        for s in range(self.slots):
            if self.part[s] == new and self.able[s]:
                self.match_dv[s] = volts
        here = self.voltage(new)
        return self._held(new) and here >= 0 and abs(here - volts) <= self.close_dv

    def _held(self, p):
        """Is part `p` held at its voltage by a module, and does it stand still?"""
        return self.is_hot(p) and self.stands(p)

    def _mn(self, s):
        """The module contactor of slot `s`."""
        mns = self.mns
        wanted = self.owner[s] != parts.NONE and self.able[s] and not mns.faulty(s)
        if bool(wanted) == bool(mns.cmd[s]):
            return
        self._busy = True
        if mns.ms(s) < self.mn_hold_ms or self._flying(s):
            return
        p = self.part[s]
        volts = self.volts_dv[s]
        if wanted:
            if not mns.open(s) or not self.pure(p, self.owner[s]):
                return
            bus = self.voltage(p)
            if bus > self.safe_dv:  # a module joins an island that charges
                if not self.guns.proven(self.owner[s]):
                    return
                self.match_dv[s] = bus
            elif volts > self.safe_dv or self.is_hot(p):
                return  # both are dead, and nobody is about to change that
            if not self.stands(p) or self.still_ms[s] < parts.STILL_MS:
                return
            if bus < 0 or volts < 0 or abs(bus - volts) > self.close_dv:
                return
        elif not 0 <= self.amps_da[s] < self.open_da and self.part_da[p] >= self.open_da:
            return
        elif self.able[s] and not 0 <= volts <= self.safe_dv:
            return  # it bleeds the slot
        mns.order(s, 1 if wanted else 0)

    # -- the gun ----------------------------------------------------------------------------

    def _gun(self, g, dt_ms):
        guns = self.guns
        h = self.home[g]
        p = self.part[h]
        cut = self.cut[g]
        # A gun that lost its slot in the plan has to go as well.
        dry = self.dry_ms[g] >= _DRY_MS
        stopping = cut or dry or self.want[g] != READY or self.owner[h] != g
        self._cut_ms[g] = min(self._cut_ms[g] + dt_ms, _LONG_MS) if cut else 0
        self._stop_ms[g] = min(self._stop_ms[g] + dt_ms, _LONG_MS) if stopping else 0
        if guns.fb[g] != guns.cmd[g]:
            self._busy = True
        if bool(guns.cmd[g]) != bool(stopping):
            self._gun_steady[g] = 0
            return
        self._busy = True
        if stopping:
            # The current of the part goes through this contactor, wherever it comes from.
            ready = self.part_da[p] < self.open_da
            if not cut:  # the borrowed slots go first; one that cannot is not waited for
                ready = ready and (self._given_back(h) or self._stop_ms[g] > _GIVE_BACK_MS)
            limit = self.emergency_ms if cut == EMERGENCY else _AT_ONCE_MS
            if cut and self._cut_ms[g] > limit or dry:
                guns.order(g, 0)  # whatever flows: the only exception to "not under load"
                self.forced[g] = 1
                return
        else:
            self.forced[g] = 0
            if guns.theirs:
                if guns.fb[g] == bank.IS_CLOSED:
                    guns.adopt(g)
                return
            ready = self._gun_may_close(g, p)
        self._gun_steady[g] = min(self._gun_steady[g] + dt_ms, _LONG_MS) if ready else 0
        if self._gun_steady[g] <= self.stable_open_ms or guns.ms(g) < self.gun_hold_ms:
            return
        if stopping or not (self._flying(h) or self._flying(h - 1 if h else self.slots - 1)):
            guns.order(g, 0 if stopping else 1)

    def _given_back(self, h):
        return not self.ties.may(h) and not self.ties.may(h - 1 if h else self.slots - 1)

    def _gun_may_close(self, g, p):
        if self.want[g] != READY or not self.guns.open(g) or self.owner[self.home[g]] != g:
            return False
        if not self.alone(p, g) or not self.pure(p, g) or not self._quiet(p):
            return False
        volts = self.voltage(p)
        ev = self.ev_dv[g]
        if not self._held(p):
            return False
        return volts > 0 and ev > 0 and abs(volts - ev) <= self.close_dv
