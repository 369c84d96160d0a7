"""What is done with an answer that came after its time? (E 3.18)

A retry keeps its message id, so a late answer settles the message whether it waits for its next
attempt, is under way again, or was given up. Imported on demand.
"""

from ocppj.schema import validate
from ocppj.v16.heard import BLOB


def answered(cp, number, payload):
    """A CALLRESULT for message `number` of the journal that nobody waits for any more."""
    box = cp.box
    if box.tx(number):
        action = "StartTransaction"
    elif number in box.ends:
        action = "StopTransaction"
    else:
        action = "MeterValues"
    if validate(BLOB, action, True, payload) is not None:
        cp.log.warn("late answer to %s is not valid", action)
        return
    box.drop("a", number)
    cp.log.info("late answer to %s", action)
    if action == "MeterValues":
        box.settled(number)
    else:
        cp.lazy("ocppj.v16.charge").answered(cp, number, payload, action)
