"""How is a checked problem put into lib/planner? Runs on CPython and on MicroPython.

A problem is a dict of whole numbers (tools/plans/problem.py says how they are made), an answer
the lists of the plan, by index.
"""

from planner.planner import Planner
from planner.ring import Ring


class Tabled(Ring):
    """A ring that is told what each module gives each gun: no rounding of its own."""

    def usable(self, g, m):
        """The entry of the table."""
        return self.table[g][m]


class WholeWatts(Planner):
    """Plans in finer units, but modules run for the whole watts that are answered."""

    def __init__(self, ring, scale):
        super().__init__(ring)
        self.scale = scale

    def _publish(self):
        yield from super()._publish()
        for k in range(self.ring.count):
            self.need[k] -= self.need[k] % self.scale


def ring_of(problem):
    """The Ring that states the facts of `problem`."""
    guns = problem["guns"]
    modules = problem["modules"]
    ring = Tabled(problem["slots"], len(guns), len(modules))
    ring.table = problem["table"]
    ring.radius = problem["radius"]
    ring.max_modules = problem["max_modules"]
    ring.grid_w = problem["grid"]
    for s in range(ring.slots):
        ring.tie[s] = problem["tie"][s]
        ring.blocked[s] = problem["blocked"][s]
        ring.pin[s] = problem["pin"][s]
        ring.previous[s] = problem["previous"][s]
    for g in range(len(guns)):
        (
            ring.home[g],
            ring.demand_w[g],
            ring.floor_w[g],
            ring.weight[g],
            ring.rank[g],
        ) = guns[g]
    for m in range(len(modules)):
        ring.slot_of[m], ring.on[m], ring.hours[m] = modules[m]
    ring.arrange()
    return ring


def solve(problem):
    """The plan as a dict of lists; raises whatever goes wrong."""
    planner = WholeWatts(ring_of(problem), problem["scale"])
    for _ in planner.replan(problem["exact"]):
        pass
    return {
        "admitted": list(planner.wanted),
        "denied": list(planner.denied),
        "owner": planner.owner,
        "power": planner.power_w,
        "source": list(planner.source),
        "carrier": planner.carrier,
    }
