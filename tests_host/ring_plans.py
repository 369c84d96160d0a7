"""What must hold of every plan that a ring has been given? Invariants of planner.md by name.

The other half of ring_invariants.py, which calls it when a plan has been made.
"""

from planner_oracle import legal

NOBODY = 255


class Plans:
    """Needs d (the Dispatch), guns (their range) and cry(name, text)."""

    def _planned(self):
        """Are the powers still those of the plan: no demand and no grid has changed since?"""
        d = self.d
        same = all(d.ring.demand_w[g] == d._planned_w[g] for g in self.guns)
        return same and d.ring.grid_w == d._grid_w

    def i2_b3_legal(self):
        """Islands are contiguous, disjoint, contain their home; the independent oracle says so."""
        d, ring = self.d, self.d.ring
        guns = [
            {"id": g, "home": ring.home[g]} for g in self.guns if 0 <= ring.home[g] < ring.slots
        ]
        problem = {
            "slots": ring.slots,
            "guns": guns,
            "tie_closed": [k for k in range(ring.slots) if ring.tie[k] & 1],
            "tie_open": [k for k in range(ring.slots) if ring.tie[k] & 2],
            "blocked": [s for s in range(ring.slots) if ring.blocked[s]],
            "pins": {s: ring.pin[s] for s in range(ring.slots) if ring.pin[s] >= 0},
            "radius": ring.radius,
        }
        owner = [None if g == NOBODY else g for g in d.adopted]
        admitted = [g for g in self.guns if d.planner.wanted[g]]
        if not legal(problem, owner, admitted):
            self.cry("I2", f"{owner} of {problem}")

    def i8_fair(self):
        """Who has less than another, over its weight, has all it asks for or can be carried."""
        d, ring = self.d, self.d.ring
        admitted = [g for g in self.guns if d.planner.wanted[g]]
        for g in admitted:
            room = sum(ring.capacity(g, s) for s in range(ring.slots) if d.adopted[s] == g)
            if d.planner.power_w[g] >= min(ring.demand_w[g], room) - 1:
                continue
            for h in admitted:
                mine = d.planner.power_w[g] // ring.weight[g] + 1
                if mine < d.planner.power_w[h] // ring.weight[h]:
                    self.cry("I8", f"gun {g + 1} has less than gun {h + 1} for no reason")
        if sum(d.planner.power_w[g] for g in admitted) > ring.grid_w:
            self.cry("B6", "the plan is above the grid's limit")

    def i13_denied_has_reason(self):
        """Who is not served is told why."""
        d = self.d
        for g in self.guns:
            wants = d.ring.home[g] >= 0
            if wants and bool(d.denied[g]) == bool(d.planner.wanted[g]):
                self.cry("I13", f"gun {g + 1}: denied {d.denied[g]}")

    def i14_fewest_modules(self):
        """The modules of a plan are the fewest that carry its power."""
        d, ring = self.d, self.d.ring
        for g in self.guns:
            if not d.planner.wanted[g]:
                continue
            chosen = [m for m in range(len(d.on)) if d.planner.carrier[m] == g]
            able = [ring.usable(g, m) for m in range(len(d.on)) if d.adopted[ring.slot_of[m]] == g]
            power, count = d.planner.power_w[g], 0
            for usable in sorted(able, reverse=True):
                if power <= 0:
                    break
                power -= usable
                count += 1
            if len(chosen) != count:
                self.cry("I14", f"gun {g + 1} has {len(chosen)} modules where {count} carry it")
