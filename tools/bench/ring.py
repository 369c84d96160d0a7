"""What does a station of twelve guns on one ring of modules cost: bytes, microseconds, bus?"""

from tools.bench import port
from tools.bench.figures import Figure, measures

SCRIPT = "ring_cost.py"


KINDS = ("idle", "charging")
STEP = "station.step(100), 12 guns {}, {}"


@measures("ring.bytes", *(f"ring.step_alloc.{kind}" for kind in KINDS))
def allocations():
    """Bytes, on the 32-bit port."""
    found = port.run(SCRIPT, 2)
    yield Figure("ring.bytes", found["bytes"], "B", "Hall, 12 connectors, paths: their objects")
    for kind in KINDS:
        what = STEP.format(kind, "the most of two rounds")
        yield Figure(f"ring.step_alloc.{kind}", found[kind][2], "B", what)


@measures(
    *(f"ring.step_time.{kind}" for kind in KINDS),
    *(f"ring.step_longest.{kind}" for kind in (*KINDS, "replan")),
    "ring.frame_time",
    "ring.bus_frames",
    "ring.bus_load",
    alone=True,
    seconds=8,
)
def times():
    """Microseconds, on the 32-bit port."""
    found = port.run(SCRIPT, 20)
    for kind in KINDS:
        what = STEP.format(kind, "mean of a whole round")
        yield Figure(f"ring.step_time.{kind}", round(found[kind][0], 1), "us", what)
    for kind in (*KINDS, "replan"):
        what = STEP.format(
            "charging, a plan is made" if kind == "replan" else kind, "the longest of a round"
        )
        yield Figure(f"ring.step_longest.{kind}", found[kind][1], "us", what)
    yield Figure("ring.frame_time", round(found["frame"], 2), "us", "a PLC's telemetry")
    frames, room, load = found["bus"]
    what = f"contract v3, 12 guns, 24 modules, of {room} at 250 kbit/s"
    yield Figure("ring.bus_frames", frames, "1/s", what)
    yield Figure("ring.bus_load", load, "%", "every stuff bit that can be")
