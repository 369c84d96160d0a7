"""What happens to a ring when people, vehicles and faults play with it at random?"""

import random

from dispatch_world import RingWorld


class Chaos:
    """A world that people, vehicles and faults play with; the same seed plays the same.

    faults: 0 none, 1 modules and reports, 2 also welded and stuck contactors, 3 also contactors
    that weld shut where they were open, PLCs that drop theirs, modules that are silent and go on.
    lag: see RingWorld.
    """

    def __init__(self, seed, faults=2, slots=None, lag=False):
        self.dice = dice = random.Random(seed)
        slots = slots or dice.choice((3, 4, 4, 6, 12))
        homes = sorted(dice.sample(range(slots), dice.randint(1, slots)))
        grid = dice.choice((None, 60_000, 90_000, 150_000))
        self.world = RingWorld(slots, homes, dice.choice((1, 1, 2)), 30_000, grid, lag=lag)
        if dice.random() < 0.5:
            self.world.d.gain_ms = 500
        self.faults = faults
        self.trace = []

    def run(self, seconds):
        """Play for so long; returns the violations."""
        w = self.world
        for _ in range(int(seconds * 10)):
            if self.dice.random() < 0.06:
                self._happen()
            for g in range(len(w.cars)):
                if g not in w.wishes and w.cars[g].plugged and self.dice.random() < 0.05:
                    w.unplug(g)
            w.step()
            if w.violations:
                break
        return w.violations

    def _happen(self):
        dice, w = self.dice, self.world
        g = dice.randrange(len(w.cars))
        kind = dice.random()
        if kind < 0.35:
            self._vehicle(g)
        elif kind < 0.45:
            if w.ring.grid_w is not None:
                w.ring.grid_w = w.d.grid_w = dice.choice((20_000, 60_000, 90_000, 150_000))
                self._say("grid", w.d.grid_w)
        elif kind < 0.65 and self.faults:
            self._module()
        elif kind < 0.75 and self.faults:
            self._report()
        elif kind < 0.85 and self.faults > 1:
            self._contactor()
        elif kind < 0.90:
            for bank in (w.d.seq.ties, w.d.seq.guns, w.d.seq.mns):
                bank.clear()
            self._say("clear")
        elif kind < 0.95 and self.faults > 2:
            self._hard()

    def _say(self, *what):
        self.trace.append((self.world.now_ms, *what))

    def _vehicle(self, g):
        dice, w = self.dice, self.world
        if g in w.wishes:
            if dice.random() < 0.5:
                amps = dice.choice((20, 60, 100, 200))
                w.wishes[g] = (w.wishes[g][0], amps)
                self._say("ask", g, amps)
            else:
                mode = dice.choice((0, 0, 1, 2))
                w.stop(g, mode)
                self._say("stop", g, mode)
        elif not w.ring.gcs[g].on:
            volts, amps = dice.choice((400.0, 800.0)), dice.choice((50, 100, 200))
            w.want(g, volts, amps, dice.randint(10, 90))
            self._say("want", g, volts, amps)

    def _module(self):
        m = self.dice.randrange(len(self.world.modules))
        module = self.world.modules[m]
        if module.off_line or m in self.world.silent or module.forced_temp_c:
            module.off_line = False
            module.forced_temp_c = None
            self.world.silent.discard(m)
            self._say("module well", m)
        elif self.dice.random() < 0.5:
            module.off_line = True
            module.cut()
            self._say("module off", m)
        else:
            module.forced_temp_c = 88.0
            module.warm(0)
            self._say("module hot", m)

    def _report(self):
        w = self.world
        if w.lost:
            self._say("report", *w.lost.pop())
            return
        kind = self.dice.choice(("tie", "gc", "mn"))
        count = len(w.cars) if kind == "gc" else w.d.ring.slots
        w.lost.add((kind, self.dice.randrange(count)))
        self._say("no report", *w.lost)

    def _hard(self):
        dice, w = self.dice, self.world
        kind = dice.random()
        if w.dropped:
            self._say("back", w.dropped.pop())
        elif kind < 0.4:
            w.dropped.add(dice.randrange(w.d.ring.slots))
            self._say("dropped", *w.dropped)
        elif kind < 0.7:
            w.silent.add(dice.randrange(len(w.modules)))
            self._say("silent", *w.silent)
        else:
            kind = dice.choice(("ties", "ties", "gcs", "mns"))
            i = dice.randrange(len(getattr(w.ring, kind)))
            getattr(w.ring, kind)[i].welded = w.by_hand = True
            self._say(kind, i, "shut by hand")

    def _loaded(self, kind, i):
        ring = self.world.ring
        if kind == "gcs":
            return ring.current_a[i] > 0.5
        return (ring.far_current(i) if kind == "ties" else ring._gives(i)) > 0.5

    def _contactor(self):
        w = self.world
        kind = self.dice.choice(("ties", "gcs", "mns"))
        i = self.dice.randrange(len(getattr(w.ring, kind)))
        switch = getattr(w.ring, kind)[i]
        if switch.welded and self._loaded(kind, i) or switch.stuck and switch.wanted:
            return  # nobody breaks it open under load, or pushes it shut
        if switch.welded or switch.stuck:
            switch.welded = switch.stuck = False
        elif switch.on:
            switch.welded = True
        else:
            switch.stuck = True
        self._say(kind, i, "welded" if switch.welded else "stuck" if switch.stuck else "well")
