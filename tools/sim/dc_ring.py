"""What flows in a ring of slots whose ties, gun contactors and module contactors open and close?

The electrical model: which buses are joined right now, by the true position of every contactor,
who feeds whom, and what physics forbids: two vehicles on one bus, a contactor that opens under
load or closes over a voltage difference, more power than the grid gives. It knows nothing of
plans and orders.
"""

from .dc_module import BLEED_TAU_S, RISE_V_PER_S
from .outlet import CABLE_OHM, CLOSE_MS, OPEN_MS, Switch

TICK_MS = 10
LIVE_A = 1.0
CLOSE_DIFF_V = 20.0
ALIVE_V = 60.0
REACT_S = 0.7  # from a failure to the last contactor that was ordered before it was seen


class DcRing:
    """`slots` slots; `modules`: list of DcModule; `guns`: list of DcVehicle-like, one a slot at
    most: home slot, `emf_v`, `ohm`, `inlet` (is its battery at the inlet?), `take(current, dt)`.

    cry(text) takes each violation. excused(gun): may its contactor open under load (emergency)?
    tick_ms: how much of its time one `tick` is.
    """

    def __init__(
        self, slots: int, modules: list, guns: list, homes: list, cry, tick_ms: int = TICK_MS
    ):
        self.tick_ms, self.tick_s = tick_ms, tick_ms / 1000
        self.slots = slots
        self.modules = modules
        self.guns = guns
        self.homes = homes
        self.cry = cry
        self.ties = [Switch(CLOSE_MS, OPEN_MS) for _ in range(slots)]
        self.gcs = [Switch(CLOSE_MS, OPEN_MS) for _ in guns]
        self.mns = [Switch(CLOSE_MS, OPEN_MS) for _ in range(slots)]
        self.bus_v = [0.0] * slots
        self.current_a = [0.0] * len(guns)  # of each gun
        self.excused = lambda gun: False
        self.dropped = lambda slot: False  # has its PLC taken its relays off by itself?
        self.theirs = lambda gun: False  # does its PLC answer for the contactor of the gun?
        self.grid_w = None
        self.power_w = 0.0
        self._over_s = self._by_itself_s = 0.0
        self.bridged = set()
        self.bridges = 0  # so often two vehicles came to stand on one bus
        self.moves = {"ties": 0, "guns": 0, "modules": 0}  # contactors that have moved
        self.in_slot = [[m for m in modules if m.slot == s] for s in range(slots)]
        self._buses = None  # (slots, modules, guns) of each bus, until a contactor moves

    # -- the graph

    def parts(self) -> list[list[int]]:
        """The slots of each bus, by closed ties."""
        count = self.slots
        start = next((k + 1 for k in range(count) if not self.ties[k].on), 0)
        found, part = [], []
        for i in range(count):
            s = (start + i) % count
            part.append(s)
            if not self.ties[s].on:
                found.append(part)
                part = []
        if part:
            found.append(part)
        return found

    def far_current(self, tie: int) -> float:
        """The current through a tie: of the modules on its side away from the vehicle."""
        homes = {h for g, h in enumerate(self.homes) if self.gcs[g].on}
        sides = []
        for way in (1, -1):
            s, total = (tie + 1 if way > 0 else tie) % self.slots, 0.0
            for _ in range(self.slots):
                if s in homes:
                    break
                total += self._gives(s)
                if not self.ties[s if way > 0 else (s - 1) % self.slots].on:
                    return total
                s = (s + way) % self.slots
            sides.append(total)
        return min(sides)

    def _gives(self, slot: int) -> float:
        return sum(m.current_a for m in self.in_slot[slot]) if self.mns[slot].on else 0.0

    # -- time

    def tick(self) -> None:
        """One step of tick_ms: contactors first, then what flows."""
        self._by_itself_s -= self.tick_s
        self._switch()
        total = 0.0
        if self._buses is None:
            self._find_buses()
        for bus in self._buses:
            total += self._part(*bus)
        for m in self._alone:
            if m.voltage_v > 0.01 or m.on:
                m.float(self.tick_s)
        self.power_w = total
        over = self.grid_w is not None and total > self.grid_w * 1.02 + 500
        before, self._over_s = self._over_s, self._over_s + self.tick_s if over else 0.0
        if before < 2.0 <= self._over_s:
            self.cry(f"{total / 1000:.1f} kW drawn, the grid gives {self.grid_w / 1000:.1f} kW")

    def _find_buses(self):
        self._buses = [
            (
                part,
                [m for s in part if self.mns[s].on for m in self.in_slot[s]],
                [g for g, home in enumerate(self.homes) if home in part],
            )
            for part in self.parts()
        ]
        self._alone = [m for m in self.modules if not self.mns[m.slot].on]

    def _switch(self) -> None:
        for k, tie in enumerate(self.ties):
            if tie.on == tie.target:
                continue
            through = self.far_current(k) if tie.on else 0.0
            if tie.tick(self.tick_ms):
                self._buses = None
                self._moved("ties", tie)
                self._tie_moved(k, tie.on, through)
        for s, mn in enumerate(self.mns):
            if mn.on == mn.target:
                continue
            gives = self._gives(s)
            if mn.tick(self.tick_ms):
                self._buses = None
                self._moved("modules", mn)
                self._mn_moved(s, mn.on, gives)
        for g, gc in enumerate(self.gcs):
            if gc.on != gc.target and gc.tick(self.tick_ms):
                self._moved("guns", gc)
                self._gc_moved(g, gc.on)

    def _moved(self, row, switch):
        self.moves[row] += 1
        if switch.on and not switch.wanted:
            self._by_itself_s = REACT_S

    def _tie_moved(self, k, on, through):
        after = (k + 1) % self.slots
        if not on:
            if through > LIVE_A and not self.dropped(k):
                self.cry(f"tie {k + 1} opened under load, {through:.1f} A")
            return
        # One that is welded by hand was not ordered. A bus with nothing on it takes the voltage
        # of the other.
        if self._ordered(self.ties[k], k) and self._attached(k) and self._attached(after):
            apart = abs(self.bus_v[k] - self.bus_v[after])
            if apart > CLOSE_DIFF_V:
                self.cry(f"tie {k + 1} closed over a voltage difference of {apart:.0f} V")

    def _ordered(self, switch, slot):
        """Was it closed by order, and has nothing failed on its bus while that was under way: no
        module gone off, no contactor closed by itself?"""
        if not switch.wanted or self._by_itself_s > 0:
            return False
        part = next(part for part in self.parts() if slot in part)
        return not any(m.failed and m.down_s < REACT_S for s in part for m in self.in_slot[s])

    def _attached(self, slot):
        for part in self.parts():
            if slot in part:
                return any(self.mns[s].on and self.in_slot[s] for s in part) or any(
                    gc.on and self.homes[g] in part for g, gc in enumerate(self.gcs)
                )
        return False

    def _mn_moved(self, s, on, gives):
        if not on:
            if gives > LIVE_A and not self.dropped(s):
                self.cry(f"module contactor {s + 1} opened under load, {gives:.1f} A")
            return
        if not self._ordered(self.mns[s], s):
            return
        # The diode of one that cannot run holds the bus off; but one at least has to match it.
        for m in [m for m in self.in_slot[s] if m.active] or self.in_slot[s]:
            apart = abs(m.voltage_v - self.bus_v[s])
            if apart > CLOSE_DIFF_V and self.bus_v[s] > ALIVE_V:
                self.cry(f"module contactor {s + 1} closed over a difference of {apart:.0f} V")

    def _gc_moved(self, g, on):
        gun = self.guns[g]
        if not on:
            if self.current_a[g] > LIVE_A and not self.excused(g) and not self.theirs(g):
                self.cry(f"connector {g + 1}: opened under load, {self.current_a[g]:.1f} A")
            self.current_a[g] = 0.0
        elif gun.inlet and self._ordered(self.gcs[g], self.homes[g]) and not self.theirs(g):
            apart = abs(self.bus_v[self.homes[g]] - gun.emf_v)
            if apart > CLOSE_DIFF_V:
                self.cry(f"connector {g + 1}: closed over a voltage difference of {apart:.0f} V")

    # -- what flows on one bus

    def _part(self, part, sources, guns) -> float:
        loads = [g for g in guns if self.gcs[g].on and self.guns[g].inlet]
        if len(loads) > 1:
            self._bridge(frozenset(loads))
        elif self.bridged:
            self.bridged = {b for b in self.bridged if not b & set(loads)}
        for g in guns:
            if g not in loads and self.guns[g].current_a:
                self.current_a[g] = 0.0
                self.guns[g].take(0.0, self.tick_s)
        if loads:
            return self._charging(part, sources, loads)
        if sources or self.bus_v[part[0]]:
            self._floating(part, sources)
        return 0.0

    def _bridge(self, guns):
        if guns not in self.bridged:
            names = " and ".join(str(g + 1) for g in sorted(guns))
            self.cry(f"connectors {names} are bridged")
            self.bridged.add(guns)
            self.bridges += 1

    def _floating(self, part, sources):
        volts = max((self.bus_v[s] for s in part), default=0.0) if sources else 0.0
        live = [m for m in sources if m.active and m.set_v >= m.v_min]
        top = max((m.set_v for m in live), default=0.0)
        if volts < top:
            volts = min(top, volts + RISE_V_PER_S * self.tick_s)
        elif not live or volts > top:
            volts -= (volts - top) * self.tick_s / BLEED_TAU_S
        for m in sources:
            m.current_a = 0.0
            m.voltage_v = volts
        for s in part:
            self.bus_v[s] = volts

    def _charging(self, part, sources, loads) -> float:
        gun = self.guns[loads[0]]
        ohm = gun.ohm + CABLE_OHM
        total = 0.0
        for m in sources:
            wanted = m.limit_a()
            # The diode, and the voltage it may not exceed.
            room = (m.set_v - gun.emf_v) / ohm if wanted else 0.0
            m.ramp(max(0.0, min(wanted, room)), self.tick_s)
            total += m.current_a
        volts = gun.emf_v + total * ohm
        top = max((m.set_v for m in sources if m.active), default=0.0)
        if total and volts > top > gun.emf_v:  # together they would push it higher
            part_of = (top - gun.emf_v) / (volts - gun.emf_v)
            for m in sources:
                m.current_a *= part_of
            total *= part_of
            volts = top
        for m in sources:
            m.voltage_v = volts
        for s in part:
            self.bus_v[s] = volts
        for g in loads:
            self.current_a[g] = total / len(loads)
            self.guns[g].take(total / len(loads), self.tick_s)
        return volts * total
