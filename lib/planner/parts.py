"""Which slots of the ring may be joined right now, and what stands on each such part?

The electrical graph of ties, gun contactors and module contactors, from what is ordered and what
is reported. What may be closed joins: closed, moving, welded or unknown.
"""

from array import array

from micropython import const

from planner import bank

NONE = const(255)  # no gun, in bytearrays of guns
SEVERAL = const(254)
EMERGENCY = const(2)
UNKNOWN_DA = const(100_000)  # a current that is not known
_STILL_DV = const(20)  # a voltage that moves by less stands still
STILL_MS = const(500)
_LONG_MS = const(30_000)
_DRAINED_MS = const(2500)  # the ramp has begun, and a meter's reading is younger than 2 s


class Parts:
    """Facts of a ring of `slots` slots, each with a tie and a module contactor, and `guns` guns.

    By index: home owner (NONE: nobody) able (modules of a slot that can run) hot (1: one is told
    to run) volts_dv amps_da (of a slot's modules; -1 unknown) ev_dv (behind the gun contactor; -1
    unknown) gun_da (of its own meter; -1 unknown) want cut (constants of sequence.py); still_ms
    (set to 0 for a slot whose volts_dv is not new); ties, guns, mns: Banks, whose `fb` are the
    reports. `survey` finds: part, the part of the ring a slot may be joined to; holder, the gun
    that lives in a part (NONE, SEVERAL); part_da, the current of all its modules. look: 1 for a
    slot whose voltage a contactor waits for: it has to be read anew all the time. bridged: 1 for
    a gun that is joined to another; it is cut.
    """

    def __init__(self, slots, guns):
        self.slots = slots
        self.home = bytearray(b"\xff" * guns)
        self.owner = bytearray(b"\xff" * slots)
        self.able = bytearray(slots)
        self.hot = bytearray(slots)
        self.volts_dv = array("h", bytes(2 * slots))
        self.amps_da = array("h", bytes(2 * slots))
        self.ev_dv = array("h", [-1] * guns)
        self.gun_da = array("h", [-1] * guns)
        self.look = bytearray(slots)
        self.still_dv = array("h", bytes(2 * slots))
        self.still_ms = array("h", bytes(2 * slots))
        self.dry_ms = array("h", bytes(2 * guns))
        self.want = bytearray(guns)
        self.cut = bytearray(guns)
        self.bridged = bytearray(guns)
        self.ties = bank.Bank(slots)
        self.guns = bank.Bank(guns)
        self.mns = bank.Bank(slots)
        self.part = bytearray(slots)  # which part of the ring a slot may be joined to
        self.sure = bytearray(slots)  # which part it is proven to be joined to
        self.holder = bytearray(slots)  # gun that lives in a part (NONE, SEVERAL)
        self.part_da = array("i", bytes(4 * slots))
        self.may = self.ties.may  # a bound method is an object: made once
        self.proven = self.ties.proven

    def label(self, labels, joined):
        """Number the parts of the ring; `joined(k)` says whether tie k joins its two slots."""
        n = self.slots
        s = 0
        for k in range(n):
            if not joined(k):
                s = k + 1 if k + 1 < n else 0
                break
        part = 0
        for _ in range(n):
            labels[s] = part
            if not joined(s):
                part += 1
            s = s + 1 if s + 1 < n else 0

    def survey(self):
        """Who lives in each part, and the current of all its modules."""
        holder = self.holder
        for s in range(self.slots):
            holder[s] = NONE
            self.part_da[s] = 0
        for s in range(self.slots):
            self.part_da[self.part[s]] += self.out_of(s)
        for p in range(self.slots):
            if self.part_da[p] >= UNKNOWN_DA:
                self.part_da[p] = self._through(p)
        for g in range(len(self.home)):
            self.bridged[g] = 0
            if self.home[g] != NONE and (self.guns.cmd[g] or self.guns.fb[g] == bank.IS_CLOSED):
                p = self.part[self.home[g]]
                if holder[p] == NONE:
                    holder[p] = g
                else:  # two vehicles are joined: both are taken away at once
                    if holder[p] != SEVERAL:
                        self._cut(holder[p])
                    holder[p] = SEVERAL
                    self._cut(g)
        for g in range(len(self.home)):
            h = self.home[g]
            if h != NONE and holder[self.part[h]] == NONE:
                # One that is not known may be closed; and the part in which a contactor is about
                # to close is that gun's already.
                if self.guns.may(g) or self.want[g] and self.owner[h] == g:
                    holder[self.part[h]] = g

    def _through(self, p):
        """What part `p` can give when one of its modules does not say what it gives: nothing where
        no vehicle takes it, and no more than the meter of the only gun shows that has been going
        down for longer than a reading is old."""
        found = 0
        for g in range(len(self.home)):
            if self.home[g] != NONE and self.part[self.home[g]] == p and self.guns.may(g):
                if found or self.gun_da[g] < 0 or self.dry_ms[g] < _DRAINED_MS:
                    return UNKNOWN_DA
                found = max(self.gun_da[g], 1)
        return found

    def _cut(self, g):
        self.bridged[g] = 1
        self.cut[g] = EMERGENCY

    def alone(self, p, g):
        """Is gun `g` the only one that part `p` may be joined to?"""
        for other in range(len(self.home)):
            if other != g and self.home[other] != NONE and self.part[self.home[other]] == p:
                if self.guns.may(other):
                    return False
        return True

    def out_of(self, s):
        """What slot `s` gives to its bus: nothing where its contactor is proven open."""
        if not self.mns.may(s):
            return 0
        return self.amps_da[s] if self.amps_da[s] >= 0 else UNKNOWN_DA

    def pure(self, p, g):
        """Do all slots of part `p` belong to gun `g`, and are they proven to be joined?"""
        sure = NONE
        for s in range(self.slots):
            if self.part[s] == p:
                if self.owner[s] != g or sure != NONE and sure != self.sure[s]:
                    return False
                sure = self.sure[s]
        return True

    def voltage(self, p):
        """Voltage of part `p`: of a proven contact to a module, or to a vehicle; 0 if it is dead
        for want of any, -1 unknown."""
        found = 0
        for s in range(self.slots):
            if self.part[s] == p and self.mns.may(s):
                volts = self.volts_dv[s]
                if not self.mns.proven(s) or volts < 0:
                    found = -1
                else:
                    return volts
        g = self.holder[p]
        if g < SEVERAL and self.guns.may(g):
            return self.ev_dv[g]
        return found

    def stands(self, p):
        """Has the voltage of part `p` stood still while it was looked at all the time? One that
        bleeds or rises passes every voltage, and a usual reading is more than a second old."""
        g = self.holder[p]
        stands = g >= SEVERAL or self.guns.proven(g) or not self.guns.may(g)
        for s in range(self.slots):
            if self.part[s] == p:
                self.look[s] = 1
                if self.mns.may(s) and 0 <= self.volts_dv[s] and self.still_ms[s] < STILL_MS:
                    stands = False
        return stands

    def watch_volts(self, dt_ms):
        """How long has the voltage of each slot stood still?"""
        for s in range(self.slots):
            volts, was = self.volts_dv[s], self.still_dv[s]
            # Below V_safe it may fall: there it can only die.
            still = abs(volts - was) <= _STILL_DV or 0 <= volts < was and volts <= self.safe_dv
            if volts < 0 or not still or not self.look[s]:
                self.still_dv[s] = volts
                self.still_ms[s] = 0
            else:
                self.still_ms[s] = min(self.still_ms[s] + dt_ms, _LONG_MS)

    def sources(self, p):
        """Does part `p` have a module that can bring it to a voltage?"""
        for s in range(self.slots):
            if self.part[s] == p and self.able[s] and self.mns.proven(s):
                return True
        return False

    def moving(self, p):
        """Is a contactor of part `p`, or a tie at its border, on its way?"""
        for k in range(self.slots):
            if self.ties.flying(k):
                if self.part[k] == p or self.part[k + 1 if k + 1 < self.slots else 0] == p:
                    return True
            if self.part[k] == p and self.mns.flying(k):
                return True
        return False

    def is_hot(self, p):
        """Has a module of part `p` been told to run?"""
        for s in range(self.slots):
            if self.part[s] == p and self.hot[s]:
                return True
        return False

    def beyond(self, k):
        """The current through tie `k`: that of all modules on the side away from the vehicle."""
        p = self.part[k]
        g = self.holder[p]
        whole = self.part_da[p]
        if g >= SEVERAL or not whole:
            return whole
        for way in (1, -1):
            amps = 0
            s = k + 1 if way > 0 else k
            for _ in range(self.slots):
                if s >= self.slots:
                    s = 0
                if s == self.home[g]:
                    break
                amps += self.out_of(s)
                if not self.ties.may(s if way > 0 else s - 1):
                    return min(amps, whole)
                s += way
                if s < 0:
                    s = self.slots - 1
        return whole  # closed all around: it may go either way
