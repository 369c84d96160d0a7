"""What do charging profiles cost, in time and on the heap?"""

from tools.bench import port
from tools.bench.figures import Figure, measures

_SOURCE = "20 profiles of 50 periods in files"


@measures(
    "charging.composite_time",
    "charging.composite_turn",
    "charging.evaluate_time",
    "charging.heap_held",
    "charging.flash",
    alone=True,
    seconds=3,
)
def profiles():
    """The composite schedule of a day, what one turn of it takes, and the limits of one moment."""
    found = port.run("charging_cost.py", heap="256k")
    day = f"{_SOURCE}, GetCompositeSchedule of 24 h: {found['periods']} periods"
    yield Figure("charging.composite_time", found["walk"], "us", day)
    turn = f"the longest of {found['turns']} turns: the control loop waits that long"
    yield Figure("charging.composite_turn", found["turn"], "us", turn)
    yield Figure("charging.evaluate_time", found["apply"], "us", f"{_SOURCE}: limits of now")
    yield Figure("charging.heap_held", found["held"], "B", f"{_SOURCE}: live heap for them")
    yield Figure("charging.flash", found["bytes"], "B", _SOURCE)
