"""What must hold on every cycle of a ring? The invariants of planner.md and of the contracts page,
each a function of its own name (docs/planner.md lists them).

Judged on what the orders, the reports and the plan say; what can be seen in the plant alone is
cried by it: opened under load (I4, B9), closed over a difference (I5), bridged (I3, B4).
`Invariants(world).step(dt_ms)` after each cycle of a dispatch_world.RingWorld. Plans are judged by
ring_plans.py when they are made.
"""

from planner import sequence
from planner.bank import IS_CLOSED
from ring_plans import Plans

OWN_MS = 2500  # I1: what the grid gives less is taken away within
HARD_MS = 1200  # a report takes 300 ms, an emergency as long, an order 100
PLAN_CYCLES = 30  # by then a plan has gone round what was found faulty
NOBODY = 255


class Invariants(Plans):
    """Of one world; `world.cry` takes each breach."""

    def __init__(self, world):
        self.w = world
        self.d = world.d
        self.seq = world.d.seq
        self.guns = range(len(self.seq.home))
        self.cycles = 0
        self.plans = 0
        self.rows = (
            ("tie", self.seq.ties, self.seq.tie_hold_ms),
            ("gc", self.seq.guns, self.seq.gun_hold_ms),
            ("mn", self.seq.mns, self.seq.mn_hold_ms),
        )
        self.was = [bytes(bank.cmd) for _, bank, _ in self.rows]
        self.owner = bytes(self.seq.owner)  # as it was when the orders of a cycle were given
        self.moved = {}
        self.bridged_ms = 0
        self.moves = {}
        self.over_ms = 0
        self.gave = {}
        self.ill = {}
        self.planning = False
        self.orders = []  # (kind, index, on) of this cycle

    def step(self, dt_ms):
        """Every rule that holds on every cycle."""
        self.cycles += 1
        self._orders()
        self.i1_b6_grid(dt_ms)
        self.i3_b4_one_gun_a_bus()
        self.i3_bridge_ends(dt_ms)
        if self.orders:
            self.i6_one_step_a_segment()
            self.i7_b11_holds()
            self.b8_gun_closes_when_ready()
            self.b10_tie_closes_on_telemetry()
            self.b13_borrowed_go_first()
        self.i13_b1_b2_b5_modules()
        self.i14_b7_carried()
        self.i15_sources()
        self.b12_hard_off_first()
        self.b13_pre_charge()
        if self.planning and not self.d.planning:
            self.plans += 1
            self.i2_b3_legal()
            self.i13_denied_has_reason()
            if self._planned():
                self.i8_fair()
                self.i14_fewest_modules()
        self.planning = self.d.planning
        self.owner = bytes(self.seq.owner)
        if self.orders:
            self._count()

    def cry(self, name, text):
        """A breach of rule `name`."""
        self.w.cry(f"{name}: {text}")

    def _orders(self):
        self.orders = []
        for i, (kind, bank, _) in enumerate(self.rows):
            if bank.cmd != self.was[i]:
                for k in range(len(bank.cmd)):
                    if bank.cmd[k] != self.was[i][k]:
                        self.orders.append((kind, k, bank.cmd[k], bank))
                self.was[i] = bytes(bank.cmd)

    def _count(self):
        for kind, bank, _ in self.rows:
            for i in range(len(bank.cmd)):
                self.moves[kind, i] = bank.moves[i]

    def _asked(self, kind, k):
        """Was it ordered now? Else it lost its order: it never closed, or was not heard."""
        bank = next(bank for name, bank, _ in self.rows if name == kind)
        return bank.moves[k] != self.moves.get((kind, k), 0)

    def _live(self, g):
        return self.seq.guns.cmd[g] or self.seq.guns.fb[g] == IS_CLOSED

    # -- on every cycle

    def i1_b6_grid(self, dt_ms):
        """Commanded and measured power stay within the grid; what falls takes its ramp."""
        d = self.d
        total = sum(max(d.granted_w[g], d.measured_w[g]) for g in self.guns)
        self.over_ms = self.over_ms + dt_ms if total > d.grid_w * 1.01 + 300 else 0
        if self.over_ms >= OWN_MS:
            self.over_ms = -1_000_000
            self.cry("I1", f"{total} W of {d.grid_w} W")

    def i3_b4_one_gun_a_bus(self):
        """What may be closed joins at most one gun that is closed by order or report."""
        seq = self.seq
        seen = {}
        for g in self.guns:
            if seq.home[g] == NOBODY or not self._live(g) or seq.cut[g]:
                continue
            p = seq.part[seq.home[g]]
            if p in seen:
                self.cry("I3", f"guns {g + 1} and {seen[p] + 1} may be joined")
            seen[p] = g

    def i3_bridge_ends(self, dt_ms):
        """Two vehicles that a weld has joined: nothing flows any more after HARD_MS."""
        bridged = len(self.w.ring.bridged) and any(
            self.w.ring.current_a[g] > 1 for guns in self.w.ring.bridged for g in guns
        )
        self.bridged_ms = self.bridged_ms + dt_ms if bridged else 0
        if self.bridged_ms >= HARD_MS:
            self.bridged_ms = -1_000_000
            self.cry("I3", "energy flows between two vehicles that are joined")

    def i13_b1_b2_b5_modules(self):
        """A module gives to the gun that it is joined to, or falls; one that is ill gives nothing;
        a slot that feeds a gun is joined to no other."""
        d, seq = self.d, self.seq
        for m in range(len(d.on)):
            s = d.ring.slot_of[m]
            g, amps = seq.feeds[s], d.set_da[m]
            before, self.gave[m] = self.gave.get(m, 0), amps
            if amps and g == NOBODY and not seq.match_dv[s] and amps >= before:
                self.cry("I13", f"module {m + 1} gives to nobody")
            if d.on[m] and d.health_pm[m] <= 0:
                self.cry("B5", f"module {m + 1} is on and not well")
            if g != NOBODY and seq.holder[seq.part[s]] not in (g, NOBODY):
                if seq.holder[seq.part[s]] < len(self.guns) and not seq.cut[g]:
                    self.cry("B2", f"slot {s + 1} feeds gun {g + 1} beside another")
            self.ill[m] = self.ill.get(m, 0) + 1 if seq.mns.faulty(s) else 0
            if g != NOBODY and self.ill[m] > PLAN_CYCLES and amps > max(before, 20):
                self.cry("I13", f"module {m + 1} rises behind a faulty contactor")

    def i14_b7_carried(self):
        """No gun is granted more than its modules that are on can carry, nor told more."""
        d, seq = self.d, self.seq
        carried = [0] * len(self.guns)
        told = [0] * len(self.guns)
        for m in range(len(d.on)):
            g = seq.feeds[d.ring.slot_of[m]]
            if d.on[m] and g != NOBODY:
                carried[g] += d.carries(m, d.bus_dv[g])
                told[g] += d.set_da[m]
        for g in self.guns:
            if d.granted_da[g] > carried[g]:
                self.cry("I14", f"gun {g + 1} is granted more than its modules carry")
            if seq.guns.proven(g) and told[g] > max(d.granted_da[g], 20) + self._falling(g):
                self.cry("B7", f"gun {g + 1}: modules are told {told[g]} of {d.granted_da[g]}")
            if d.granted_da[g] > max(d.ask_da[g], self.w.asked.get(g, 0)):
                self.cry("B7", f"gun {g + 1} is granted more than it asks for")
            before = self.w.asked.get(g, 0)  # what falls takes its ramp
            self.w.asked[g] = max(d.ask_da[g], min(before, d.granted_da[g]))

    def _falling(self, g):
        """What modules of a gun give that are on their way to 0."""
        d = self.d
        return sum(
            d.set_da[m]
            for m in range(len(d.on))
            if self.seq.feeds[d.ring.slot_of[m]] == g and d.carrier[m] != g
        )

    def i15_sources(self):
        """Every limit of a gun that charges names its source."""
        d, seq = self.d, self.seq
        for g in self.guns:
            charges = seq.guns.cmd[g] and seq.want[g] == sequence.READY and not seq.cut[g]
            charges = charges and seq.guns.proven(g) and self.plans and not d.denied[g]
            if charges and not d.source[g]:
                self.cry("I15", f"gun {g + 1} charges without a source of its limit")

    def b12_hard_off_first(self):
        """Hard off beats no energy beats energy."""
        d, seq = self.d, self.seq
        for g in self.guns:
            if seq.cut[g] and d.granted_da[g]:
                self.cry("B12", f"gun {g + 1} is cut and granted {d.granted_da[g]}")
            if seq.want[g] < sequence.READY and seq.guns.cmd[g] and d.granted_da[g]:
                if d.granted_da[g] >= self.gave.get(("gun", g), 0) > 0:
                    self.cry("B12", f"gun {g + 1} is no longer wanted and does not fall")
            self.gave["gun", g] = d.granted_da[g]
            if seq.cut[g] == sequence.EMERGENCY and seq.home[g] != NOBODY:
                s = seq.home[g]
                for m in range(d.ring.first[s], d.ring.first[s + 1]):
                    if d.on[m] and seq.holder[seq.part[s]] == g:
                        self.cry("B12", f"module {m + 1} is on in an emergency")

    def b13_pre_charge(self):
        """Until its contactor is closed a gun has one module, at 2 A, and borrows nothing."""
        d, seq = self.d, self.seq
        for g in self.guns:
            h = seq.home[g]
            if h == NOBODY or self._live(g) or seq.want[g] < sequence.PRECHARGE or seq.cut[g]:
                continue
            on = [
                m
                for m in range(len(d.on))
                if d.on[m] and seq.feeds[d.ring.slot_of[m]] == g and d.set_da[m]
            ]
            if len(on) > 1 or on and d.set_da[on[0]] > 20:
                self.cry("B13", f"gun {g + 1}: modules {[m + 1 for m in on]} before it is closed")

    # -- when something was ordered

    def i6_one_step_a_segment(self):
        """One contactor at a time on each slot: the next only when the last has reported."""
        seq, n = self.seq, self.d.ring.slots
        for kind, k, on, _ in self.orders:
            if kind == "gc" and not on or not on and not self._asked(kind, k):
                continue
            slots = {k, (k + 1) % n} if kind == "tie" else {seq.home[k] if kind == "gc" else k}
            for other, bank, _ in self.rows:
                for i in range(len(bank.cmd)):
                    if (other, i) == (kind, k) or not bank.flying(i):
                        continue
                    its = {i, (i + 1) % n} if other == "tie" else {i}
                    if other == "gc":
                        if not bank.cmd[i]:
                            continue
                        its = {seq.home[i]}
                    if its & slots:
                        self.cry("I6", f"{kind} {k + 1} moves while {other} {i + 1} is on its way")

    def i7_b11_holds(self):
        """No contactor moves twice within its hold, but for an emergency or a fault."""
        seq = self.seq
        holds = {kind: hold for kind, _, hold in self.rows}
        for kind, i, _, bank in self.orders:
            at = self.moved.get((kind, i), -(10**9))
            self.moved[kind, i] = self.w.now_ms
            if kind == "gc" and bank.theirs and bank.cmd[i] and bank.fb[i] == IS_CLOSED:
                continue  # its PLC keeps it closed: adopted, nothing moves
            urgent = kind == "gc" and (seq.cut[i] or seq.forced[i])
            urgent = urgent or bank.fault[i] or bank.lost_ms[i] or not self._asked(kind, i)
            if self.w.now_ms - at < holds[kind] and not urgent:
                self.cry("I7", f"{kind} {i + 1} moves again after {self.w.now_ms - at} ms")
        for kind, bank, hold in self.rows:
            for i in range(len(bank.cmd)):
                if bank.moves[i] > 6 + self.w.now_ms / hold:
                    self.cry("I7", f"{kind} {i + 1} has moved {bank.moves[i]} times")

    def b8_gun_closes_when_ready(self):
        """Only onto a vehicle that is ready, of a gun that owns its home, and not in a fault."""
        seq = self.seq
        for kind, g, on, _ in self.orders:
            if kind == "gc" and on:
                if seq.want[g] != sequence.READY or seq.cut[g] or self.owner[seq.home[g]] != g:
                    self.cry("B8", f"gun {g + 1} closes and is not ready")
                if seq.ev_dv[g] <= 0:
                    self.cry("B8", f"gun {g + 1} closes onto an unknown voltage")

    def b10_tie_closes_on_telemetry(self):
        """A tie closes where both sides belong to one gun, with readings, and below 1 A beyond."""
        seq, n = self.seq, self.d.ring.slots
        for kind, k, on, _ in self.orders:
            if kind != "tie" or not on:
                continue
            sides = (k, (k + 1) % n)
            g = self.owner[k]
            if g == NOBODY or any(self.owner[s] != g for s in sides):
                self.cry("B10", f"tie {k + 1} closes between two owners")
                continue
            for p in {seq.part[s] for s in sides}:
                if p == seq.part[seq.home[g]] and self._live(g):
                    continue
                if seq.part_da[p] >= seq.open_da:
                    self.cry("B10", f"tie {k + 1} closes, {seq.part_da[p]} beyond it")

    def b13_borrowed_go_first(self):
        """Borrowed slots are given back before the contactor opens, for 2 s at least."""
        seq, n = self.seq, self.d.ring.slots
        for kind, g, on, _ in self.orders:
            if kind != "gc" or on or seq.cut[g] or seq.forced[g] or not self._asked(kind, g):
                continue
            h = seq.home[g]
            held = [k + 1 for k in (h, (h - 1) % n) if seq.ties.cmd[k] and not seq.ties.fault[k]]
            if held and seq._stop_ms[g] <= 2000:
                self.cry("B13", f"gun {g + 1} opens before ties {held}")
