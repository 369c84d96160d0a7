"""What do a received CAN frame and a control tick cost: bytes, microseconds, instructions?"""

from tools.bench import port
from tools.bench.figures import Figure, measures

SCRIPT = "control_cost.py"
# How many rounds callgrind counts: enough that a collection more or less does not matter.
KINDS = {"frame": 640, "frame_slcan": 320, "tick_idle": 100, "tick_charging": 100}
WHAT = {
    "frame": "driver ring, tasks/can_rx, codec, path; mix of the six kinds",
    "frame_slcan": "the same out of slcan text",
    "tick_idle": "station.step(100) and pump, nothing plugged in",
    "tick_charging": "station.step(100) and pump, current changes each tick",
}


@measures(*(f"control.{kind}_alloc" for kind in KINDS))
def allocations():
    """Bytes of each."""
    for kind, alloc in port.run(SCRIPT, "alloc").items():
        yield Figure(f"control.{kind}_alloc", round(alloc, 3), "B", WHAT[kind])


@measures(*(f"control.{kind}_time" for kind in KINDS), alone=True, seconds=5)
def times():
    """Microseconds of each."""
    for kind, time_us in port.run(SCRIPT, "time").items():
        yield Figure(f"control.{kind}_time", round(time_us, 2), "us", WHAT[kind])


@measures(*(f"control.{kind}_instructions" for kind in KINDS), seconds=20)
def instructions():
    """Instructions of each under callgrind; nothing without valgrind."""
    for kind, count in KINDS.items():
        each = port.instructions_each(SCRIPT, kind, count=count)
        if each is None:
            return
        yield Figure(
            f"control.{kind}_instructions", round(each), "instructions", f"callgrind; {WHAT[kind]}"
        )
