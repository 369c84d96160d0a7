"""What do the readings of the modules add up to: for each slot, and for each gun?

Twelve guns are much for a small chip, and little changes from step to step: what nothing has
changed for is not added up again. What has changed is found by comparing whole arrays.
"""

from array import array

from micropython import const

from planner import sequence
from planner.ring import Ring

LONG_MS = const(1 << 24)
_FRESH_MS = const(250)  # a module that is asked in each step answers by then


class Tally:
    """Facts of Dispatch; see there.

    every: everything is to be found anew in this step; late: it was so in the last one; stir:
    slots whose modules say something else; stale: guns whose bus has another voltage.
    """

    def __init__(self, slots, guns, slot_of):
        modules = len(slot_of)
        self.ring = ring = Ring(slots, guns, modules)
        for m in range(modules):
            ring.slot_of[m] = slot_of[m]
        ring.arrange()
        self.seq = seq = sequence.Sequence(slots, guns)
        self.ask_dv = array("h", bytes(2 * guns))
        self.ask_da = array("h", bytes(2 * guns))
        self.bus_dv = array("h", bytes(2 * guns))
        self.measured_w = array("i", bytes(4 * guns))
        self.doubt_w = array("i", bytes(4 * guns))  # what silent modules may give beside it
        self.health_pm = array("h", bytes(2 * modules))
        self.volts_dv = array("h", [-1] * modules)
        self.amps_da = array("h", [-1] * modules)
        self.volts_at = array("i", bytes(4 * modules))  # when its voltage was read, by clock[0]
        self.clock = array("i", [0])
        self.on = bytearray(modules)
        self.set_da = array("h", bytes(2 * modules))
        self.peak_da = array("h", bytes(2 * modules))  # the most that was ordered since amps_da
        self.now = LONG_MS
        self.on_at = array("i", bytes(4 * modules))  # when it was switched
        self.every = self.late = True
        self.stir = bytearray(slots)
        self.stale = bytearray(guns)
        self._watts = array("i", bytes(4 * slots))
        # What is stated, and as it was looked at last; want, cut and home are looked at by seq.
        rows = self.ask_dv, self.ask_da, self.health_pm, seq.ev_dv, self.volts_dv, self.amps_da
        self._stated = [(row, array("h", bytes(2 * len(row)))) for row in rows]

    def compare(self):
        """Has anything changed that was stated, but for readings?"""
        changed = False
        for k in range(3):
            row, was = self._stated[k]
            if row != was:
                changed = True
                for i in range(len(row)):
                    was[i] = row[i]
        volts, was = self._stated[3]
        if volts != was:
            for g in range(len(volts)):
                if volts[g] != was[g]:
                    was[g] = volts[g]
                    if self.seq.guns.proven(g):
                        self.stale[g] = 1  # behind a closed contactor it is the bus's, and moves
                    else:
                        changed = True
        return changed

    def survey(self, dt_ms):
        """Modules add up to slots, and to guns."""
        self.now += dt_ms
        if self.now > 2 * LONG_MS:  # small integers for ever
            self.now -= LONG_MS
            for m in range(len(self.on_at)):
                self.on_at[m] = max(self.on_at[m] - LONG_MS, 0)
        seq, ring, stir = self.seq, self.ring, self.stir
        volts, volts_before = self._stated[4]
        amps, amps_before = self._stated[5]
        if volts != volts_before or amps != amps_before:
            self._hear(volts, amps)
        # Where a contactor waits for a voltage it counts how new that is.
        every = self.every or self.late or b"\x01" in seq.look
        if every or b"\x01" in stir:
            old = self.clock[0] - max(_FRESH_MS, dt_ms)
            for s in range(ring.slots):
                if every or stir[s]:
                    stir[s] = 0
                    self._slot(seq, s, old)
            self._measure()

    def flows(self, m, amps_da):
        """A new reading of the current of module `m`."""
        self.amps_da[m] = amps_da
        if self.peak_da[m] != self.set_da[m]:
            self.peak_da[m] = self.set_da[m]
            self.stir[self.ring.slot_of[m]] = 1

    def _hear(self, volts, amps):
        """Which slots have modules that say something else than before?"""
        volts_before, amps_before = self._stated[4][1], self._stated[5][1]
        slot_of = self.ring.slot_of
        for m in range(len(volts)):
            if volts[m] != volts_before[m] or amps[m] != amps_before[m]:
                if amps[m] < 0 or amps_before[m] < 0:
                    self.every = True
                volts_before[m] = volts[m]
                amps_before[m] = amps[m]
                self.stir[slot_of[m]] = 1

    def _slot(self, seq, s, old):
        """The facts of slot `s`; readings from before `old` are not new."""
        volts = -1
        amps = able = hot = watts = 0
        match = seq.match_dv[s]
        fresh = 1
        for m in range(self.ring.first[s], self.ring.first[s + 1]):
            here = self.volts_dv[m]
            well = self.health_pm[m] > 0
            if well:
                able += 1
            # Behind an open contactor each is for itself: what counts is who is farthest off.
            # The diode of one that cannot run holds a higher voltage off.
            if well or here >= match:
                if self.volts_at[m] < old:
                    fresh = 0
                if volts < 0 or abs(here - match) > abs(volts - match):
                    volts = here
            flows = self.amps_da[m]
            if here > 0 and flows > 0:
                watts += here * flows // 100
            if flows < 0:
                amps = -1
            elif amps >= 0:
                # A reading is a moment old: what flows may be what was ordered since.
                told = self.peak_da[m]
                amps += told if told > 20 and told > flows else flows
            if self.on[m]:
                hot = 1
        if volts != seq.volts_dv[s]:
            seq.volts_dv[s] = volts
            self._moved(s)
        seq.able[s] = able
        seq.hot[s] = hot
        if not fresh:
            seq.still_ms[s] = 0
        seq.amps_da[s] = amps if amps < 32_000 else 32_000
        self._watts[s] = watts

    def _moved(self, s):
        home = self.seq.home
        for g in range(len(home)):
            if home[g] == s:
                self.stale[g] = 1

    def _measure(self):
        """What flows to each gun."""
        seq = self.seq
        measured = self.measured_w
        guns = len(measured)
        for g in range(guns):
            measured[g] = 0
        holder, part, watts = seq.holder, seq.part, self._watts
        for s in range(len(watts)):
            g = holder[part[s]]
            if g < guns:
                measured[g] += watts[s]
        if min(self.amps_da) < -1 or max(self.doubt_w):
            self.every = True  # it moves with time
            self._doubt(seq, guns)

    def _doubt(self, seq, guns):
        """What silent modules may give beside it."""
        doubt = self.doubt_w
        for g in range(guns):
            doubt[g] = 0
        for m in range(len(self.on)):
            s = self.ring.slot_of[m]
            g = seq.holder[seq.part[s]]
            if g < guns and self.amps_da[m] < -1 and seq.mns.may(s) and seq.guns.may(g):
                doubt[g] -= self.bus_dv[g] * (self.amps_da[m] + 1) // 100
        for g in range(guns):
            if doubt[g] and seq.gun_da[g] >= 0:
                # Its meter bounds it, unless that is older than what the others say.
                more = seq.gun_da[g] * self.bus_dv[g] // 100 - self.measured_w[g]
                if more > -500 - self.measured_w[g] // 10:
                    doubt[g] = min(doubt[g], max(more, 0))
