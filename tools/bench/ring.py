"""What does a station of twelve guns on one ring of modules cost: bytes, microseconds, bus?"""

from tools.bench import port
from tools.bench.figures import Figure, measures

SCRIPT = "ring_cost.py"


@measures(
    "ring.bytes",
    *(f"ring.step_{what}.{kind}" for kind in ("idle", "charging") for what in ("time", "alloc")),
    "ring.frame_time",
    "ring.bus_frames",
    "ring.bus_load",
    alone=True,
    seconds=8,
)
def costs():
    """On the 32-bit port."""
    found = port.run(SCRIPT)
    yield Figure("ring.bytes", found["bytes"], "B", "Hall, 12 connectors, paths: their objects")
    for kind in ("idle", "charging"):
        time_us, used = found[kind]
        what = f"station.step(100), 12 guns {kind}, mean of a whole turn"
        yield Figure(f"ring.step_time.{kind}", round(time_us, 1), "us", what)
        yield Figure(f"ring.step_alloc.{kind}", used, "B", what)
    yield Figure("ring.frame_time", round(found["frame"], 2), "us", "a PLC's telemetry")
    frames, room, load = found["bus"]
    what = f"contract v3, 12 guns, 24 modules, of {room} at 250 kbit/s"
    yield Figure("ring.bus_frames", frames, "1/s", what)
    yield Figure("ring.bus_load", load, "%", "every stuff bit that can be")
