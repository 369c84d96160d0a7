"""A ring in virtual time: the product's Dispatch, the plant's electrical model, nothing between.

    w = RingWorld(slots=4)
    w.want(0, 400, 150); w.pass_time(10)
    assert w.amps(0) > 100 and not w.violations

What a station must never do is asked of the physics and, each cycle, of reports and orders
(ring_invariants.py): `violations`. Reports, measurements and orders pass once a cycle; with `lag`
they take the time that they have on the bus of a large station: readings in turn, up to 1.2 s old
where nothing looks at them, reports of contactors each 300 ms, orders half a cycle late.
"""

from planner import sequence
from planner.bank import IS_CLOSED, IS_OPEN, UNKNOWN
from planner.dispatch import Dispatch
from ring_invariants import Invariants
from tools.sim.dc_module import COMM_S, DcModule
from tools.sim.dc_ring import DcRing
from tools.sim.dc_vehicle import DcVehicle

STEP_MS = 100
TICK_MS = 20  # a coarser physics than the bench's: these worlds live long
STALE_MS = 2000
PER_STEP = 6  # modules that are asked in 100 ms, each for one of three things
METER_STEPS = 10
TELLS_MS = 300  # a PLC of contract v3


class RingWorld:
    """`slots` slots, a gun at each (or at `homes`), `each` modules a slot."""

    def __init__(
        self, slots=4, homes=None, each=1, rated_w=30_000, grid_w=None, tie_hold=1000, lag=False
    ):
        homes = list(range(slots)) if homes is None else homes
        slot_of = [s for s in range(slots) for _ in range(each)]
        self.d = d = Dispatch(slots, len(homes), slot_of)
        self.modules = [DcModule(i + 1, s, rated_w) for i, s in enumerate(slot_of)]
        self.cars = [DcVehicle() for _ in homes]
        self.violations = []
        self.now_ms = 0
        self.ring = DcRing(slots, self.modules, self.cars, homes, self.cry, TICK_MS)
        self.ring.excused = self._excused
        self.ring.dropped = self._gone
        for m in range(len(slot_of)):
            d.ring.rated_w[m] = rated_w
            d.ring.current_da[m] = 1000
            d.health_pm[m] = 1000
        for g, home in enumerate(homes):
            d.seq.home[g] = home
        d.live_hold_ms = d.seq.tie_hold_ms = tie_hold
        self.lag = lag
        aux = 1000 if lag else 250
        d.seq.ties.aux_ms = d.seq.guns.aux_ms = d.seq.mns.aux_ms = aux
        if grid_w is not None:
            d.grid_w = self.ring.grid_w = grid_w
        self.lost = set()  # ("tie" | "gc" | "mn", index) whose report is missing
        self.silent = set()  # modules that say nothing
        self.wishes = {}  # gun: (volts, amperes)
        self.dropped = set()  # slots whose PLC has taken its relays off by itself
        self.asked = {}
        self.no_meter = set() if lag else set(range(len(homes)))
        self.by_hand = False  # has a contactor been closed by hand?
        self._read_ms = [-100 * (m // PER_STEP) for m in range(len(slot_of))]
        self._turn = [m % 3 for m in range(len(slot_of))]
        self._amps_ms = [3 * STALE_MS] * len(slot_of)
        self.rules = Invariants(self)
        self.pass_time(3 if lag else 0.3)

    def _excused(self, gun):
        home = self.d.seq.home[gun]
        return self.d.seq.forced[gun] or home in self.dropped or self._unheard("gc", gun)

    def _gone(self, slot):
        return slot in self.dropped or self._unheard("tie", slot) or self._unheard("mn", slot)

    def _unheard(self, kind, index):
        # Who has not been heard for gone_ms is opened, though a module may not hear us either.
        return (kind, index) in self.lost and bool(self.silent)

    def cry(self, text):
        if self.by_hand and "bridged" in text:
            return  # a weld has joined them; that it ends is a rule of its own
        if self.silent and "the grid gives" in text and not any(self.d.granted_da):
            return  # modules that obey nobody; all others have gone down
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
        ticks = STEP_MS // TICK_MS
        for i in range(ticks):
            if self.lag and i == ticks // 2:
                self._obey()
            self.ring.tick()
        self.now_ms += STEP_MS
        self.d.clock[0] = self.now_ms
        for i, m in enumerate(self.modules):
            m.deaf_s = m.deaf_s + STEP_MS / 1000 if i in self.silent else 0.0
            if m.deaf_s > COMM_S:
                m.on = False
            m.down_s = m.down_s + STEP_MS / 1000 if m.failed else 0.0
        if self.lag:
            self._read()
        self._report()
        self.d.step(STEP_MS)
        self._modules()
        if not self.lag:
            self._obey()
        self.rules.step(STEP_MS)

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
                if self.lag and (self.now_ms // STEP_MS + i) % (TELLS_MS // STEP_MS):
                    continue
                known = IS_CLOSED if switch.on else IS_OPEN
                bank.fb[i] = UNKNOWN if (kind, i) in self.lost else known
        if not self.lag:
            for m, module in enumerate(self.modules):
                gone = module.off_line or m in self.silent
                d.health_pm[m] = 0 if gone or not module.temp_c < 85 else 1000
                d.volts_dv[m] = -1 if gone else round(module.voltage_v * 10)
                d.flows(m, -1 if gone else round(module.current_a * 10))
                d.volts_at[m] = self.now_ms
                if module.off_line:
                    d.amps_da[m] = 0
        for g, car in enumerate(self.cars):
            d.seq.ev_dv[g] = round(car.emf_v * 10) if car.inlet else -1
            if self.now_ms // STEP_MS % METER_STEPS == g % METER_STEPS:
                d.seq.gun_da[g] = -1 if g in self.no_meter else round(self.ring.current_a[g] * 10)
            volts, amps = self.wishes.get(g, (0, 0))
            d.ask_dv[g] = round(volts * 10)
            d.ask_da[g] = round(amps * 10)

    def _read(self):
        """Each module in turn, those that are looked at in every cycle; ages grow meanwhile."""
        d = self.d
        every = STEP_MS * max(1, -(-len(self.modules) // PER_STEP))
        for m, module in enumerate(self.modules):
            heard = not module.off_line and m not in self.silent
            self._read_ms[m] += STEP_MS
            self._amps_ms[m] += STEP_MS
            volts = bool(d.brisk[m])
            if self._read_ms[m] >= every:
                self._read_ms[m] = 0
                self._turn[m] = (self._turn[m] + 1) % 3
                volts = volts or self._turn[m] == 0
                if heard and self._turn[m] == 1:
                    d.flows(m, round(module.current_a * 10))
                    self._amps_ms[m] = 0
            if heard and volts:
                d.volts_dv[m] = round(module.voltage_v * 10)
                d.volts_at[m] = self.now_ms
            d.health_pm[m] = 1000 if module.temp_c < 85 else 0
            if self.now_ms - d.volts_at[m] > STALE_MS:
                d.volts_dv[m] = -1
            if self._amps_ms[m] > STALE_MS or d.volts_dv[m] < 0:
                if d.amps_da[m] >= 0:
                    d.amps_da[m] = -1 - max(d.amps_da[m], d.peak_da[m])
                d.health_pm[m] = 0

    def _banks(self):
        seq, ring = self.d.seq, self.ring
        return (
            ("tie", seq.ties, ring.ties),
            ("gc", seq.guns, ring.gcs),
            ("mn", seq.mns, ring.mns),
        )

    def _obey(self):
        for kind, bank, switches in self._banks():
            for i, switch in enumerate(switches):
                slot = self.d.seq.home[i] if kind == "gc" else i
                switch.set(bool(bank.cmd[i]) and slot not in self.dropped)

    def _modules(self):
        d = self.d
        for m, module in enumerate(self.modules):
            if m in self.silent:
                continue
            module.on = bool(d.on[m])
            module.set_v = d.set_dv[m] / 10
            module.set_a = d.set_da[m] / 10

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
