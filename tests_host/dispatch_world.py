"""A ring in virtual time: the product's Dispatch, the plant's electrical model, nothing between.

    w = RingWorld(slots=4)
    w.want(0, 400, 150); w.pass_time(10)
    assert w.amps(0) > 100 and not w.violations

Reports of contactors, measurements and orders pass once a step of 100 ms. What a station must
never do is asked of the physics (violations) and, each step, of the orders (`breach`).
"""

import random

from planner import sequence
from planner.bank import IS_CLOSED, IS_OPEN, UNKNOWN
from planner.dispatch import Dispatch
from tools.sim.dc_module import DcModule
from tools.sim.dc_ring import TICK_MS, DcRing
from tools.sim.dc_vehicle import DcVehicle

STEP_MS = 100
TICK = 20  # a coarser physics than the bench's: these worlds live long


class RingWorld:
    """`slots` slots, a gun at each (or at `homes`), `each` modules a slot."""

    def __init__(self, slots=4, homes=None, each=1, rated_w=30_000, grid_w=None, tie_hold=1000):
        homes = list(range(slots)) if homes is None else homes
        slot_of = [s for s in range(slots) for _ in range(each)]
        self.d = d = Dispatch(slots, len(homes), slot_of)
        self.modules = [DcModule(i + 1, s, rated_w) for i, s in enumerate(slot_of)]
        self.cars = [DcVehicle() for _ in homes]
        self.violations = []
        self.now_ms = 0
        self.ring = DcRing(slots, self.modules, self.cars, homes, self.cry)
        self.ring.excused = lambda gun: d.seq.forced[gun]
        for m in range(len(slot_of)):
            d.ring.rated_w[m] = rated_w
            d.ring.current_da[m] = 1000
            d.health_pm[m] = 1000
        for g, home in enumerate(homes):
            d.seq.home[g] = home
        d.live_hold_ms = d.seq.tie_hold_ms = tie_hold
        d.seq.ties.aux_ms = d.seq.guns.aux_ms = d.seq.mns.aux_ms = 250
        if grid_w is not None:
            d.grid_w = self.ring.grid_w = grid_w
        self.lost = set()  # ("tie" | "gc" | "mn", index) whose report is missing
        self.silent = set()  # modules that say nothing
        self.wishes = {}  # gun: (volts, amperes)
        self._toggled = {}
        self._last = {}
        self._given = {}
        self._over_ms = 0
        self.pass_time(0.3)

    def cry(self, text):
        self.violations.append(f"{self.now_ms / 1000:.2f} s {text}")

    # -- wishes

    def want(self, gun, volts=400.0, amperes=150.0, soc=40.0):
        """A vehicle is plugged, asks for so much, and is ready for the contactor."""
        car = self.cars[gun]
        car.demand(amperes, volts)
        car.battery.set_soc(soc)
        car.plugged = car.inlet = True
        self.wishes[gun] = (volts, amperes)
        self.d.present[gun] = 1
        self.d.seq.cut[gun] = sequence.ORDERED
        self.d.seq.want[gun] = sequence.READY

    def stop(self, gun, mode=sequence.ORDERED):
        """Energy is no longer wanted."""
        self.d.seq.want[gun] = 0
        self.d.seq.cut[gun] = mode
        self.wishes.pop(gun, None)

    def unplug(self, gun):
        """After a stop: the vehicle drives away once its contactor is open."""
        if not self.ring.gcs[gun].on:
            self.cars[gun].plugged = self.cars[gun].inlet = False
            self.d.present[gun] = 0

    # -- time

    def pass_time(self, seconds):
        for _ in range(round(seconds * 1000 / STEP_MS)):
            self.step()

    def step(self):
        for _ in range(STEP_MS // TICK_MS):
            self.ring.tick()
        self.now_ms += STEP_MS
        self._report()
        self.d.step(STEP_MS)
        self._obey()
        self.breach()

    def until(self, condition, seconds=30):
        for tenths in range(int(seconds * 10)):
            if condition():
                return tenths / 10
            self.step()
        raise AssertionError(f"did not happen within {seconds} s")

    def _report(self):
        d = self.d
        for kind, bank, switches in self._banks():
            for i, switch in enumerate(switches):
                known = IS_CLOSED if switch.on else IS_OPEN
                bank.fb[i] = UNKNOWN if (kind, i) in self.lost else known
        for m, module in enumerate(self.modules):
            gone = module.off_line or m in self.silent
            d.health_pm[m] = 0 if gone or not module.temp_c < 85 else 1000
            d.volts_dv[m] = -1 if gone else round(module.voltage_v * 10)
            d.amps_da[m] = -1 if gone else round(module.current_a * 10)
            if module.off_line:
                d.amps_da[m] = 0
        for g, car in enumerate(self.cars):
            d.seq.ev_dv[g] = round(car.emf_v * 10) if car.inlet else -1
            volts, amps = self.wishes.get(g, (0, 0))
            d.ask_dv[g] = round(volts * 10)
            d.ask_da[g] = round(amps * 10)

    def _banks(self):
        seq, ring = self.d.seq, self.ring
        return (
            ("tie", seq.ties, ring.ties),
            ("gc", seq.guns, ring.gcs),
            ("mn", seq.mns, ring.mns),
        )

    def _obey(self):
        d = self.d
        for _, bank, switches in self._banks():
            for i, switch in enumerate(switches):
                switch.set(bool(bank.cmd[i]))
        for m, module in enumerate(self.modules):
            module.on = bool(d.on[m])
            module.set_v = d.set_dv[m] / 10
            module.set_a = d.set_da[m] / 10

    # -- invariants (planner.md)

    def breach(self):
        """Those that hold on every cycle; the physics watches I4, I5 and bridging."""
        d, seq = self.d, self.d.seq
        self._i1()
        self._i7()
        guns = range(len(seq.home))
        for g in guns:
            h = seq.home[g]
            # I3: what may be closed joins at most one gun that is closed by order or report.
            mates = [
                o
                for o in guns
                if o != g and seq.part[seq.home[o]] == seq.part[h] and self._live(o)
            ]
            if self._live(g) and mates and not seq.cut[g]:
                self.cry(f"I3: guns {g + 1} and {mates[0] + 1} may be joined")
            carried = sum(
                d.carries(m, d.bus_dv[g])
                for m in range(len(self.modules))
                if d.on[m] and seq.feeds[self.modules[m].slot] == g
            )
            if d.granted_da[g] > carried:
                self.cry(f"I14: gun {g + 1} is granted more than its modules carry")
        fed = [seq.feeds[m.slot] for m in self.modules]
        for m, module in enumerate(self.modules):
            # B1, I13: what a module gives goes to the gun it is joined to, else it is falling.
            match, before = seq.match_dv[module.slot], self._given.get(m, 0)
            if d.set_da[m] and fed[m] == 255 and not match and d.set_da[m] >= before:
                self.cry(f"I13: module {m + 1} gives to nobody")
            self._given[m] = d.set_da[m]

    def _live(self, g):
        return self.d.seq.guns.cmd[g] or self.d.seq.guns.fb[g] == IS_CLOSED

    def _i1(self):
        """Commanded and measured power stay within the grid; 2 s are given when it falls."""
        d = self.d
        commanded = sum(max(d.granted_w[g], d.measured_w[g]) for g in range(len(self.cars)))
        over = commanded > d.grid_w * 1.01 + 300
        self._over_ms = self._over_ms + STEP_MS if over else 0
        if self._over_ms == 2500:
            self.cry(f"I1: {commanded} W of {d.grid_w} W")

    def _i7(self):
        """No contactor moves twice within its hold, but for an emergency."""
        seq = self.d.seq
        holds = {"tie": seq.tie_hold_ms, "gc": seq.gun_hold_ms, "mn": seq.mn_hold_ms}
        for kind, bank, _ in self._banks():
            for i in range(len(bank.cmd)):
                key = (kind, i)
                if bank.cmd[i] == self._last.get(key, 0):
                    continue
                self._last[key] = bank.cmd[i]
                at = self._toggled.get(key, -100_000)
                self._toggled[key] = self.now_ms
                urgent = kind == "gc" and (seq.cut[i] or seq.forced[i]) or bank.fault[i]
                if self.now_ms - at < holds[kind] and not urgent:
                    self.cry(f"I7: {kind} {i + 1} moves again after {self.now_ms - at} ms")

    # -- what can be read

    def amps(self, gun):
        """True current of a gun."""
        return self.ring.current_a[gun]

    def kw(self, gun):
        """True power of a gun, kW."""
        return self.amps(gun) * self.ring.bus_v[self.d.seq.home[gun]] / 1000

    def island(self, gun):
        """Slots that are proven connected to a gun."""
        return [s for s in range(self.d.ring.slots) if self.d.seq.feeds[s] == gun]


class Chaos:
    """A world that people, vehicles and faults play with; the same seed plays the same.

    faults: 0 none, 1 modules and reports, 2 also welded and stuck contactors.
    """

    def __init__(self, seed, faults=2, slots=None):
        self.dice = dice = random.Random(seed)
        slots = slots or dice.choice((3, 4, 4, 6, 12))
        homes = sorted(dice.sample(range(slots), dice.randint(1, slots)))
        grid = dice.choice((None, 60_000, 90_000, 150_000))
        self.world = RingWorld(slots, homes, dice.choice((1, 1, 2)), 30_000, grid)
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

    def _contactor(self):
        w = self.world
        kind = self.dice.choice(("ties", "gcs", "mns"))
        i = self.dice.randrange(len(getattr(w.ring, kind)))
        switch = getattr(w.ring, kind)[i]
        if switch.welded or switch.stuck:
            switch.welded = switch.stuck = False
        elif switch.on:
            switch.welded = True
        else:
            switch.stuck = True
        self._say(kind, i, "welded" if switch.welded else "stuck" if switch.stuck else "well")
