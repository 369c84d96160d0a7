"""Which files hold measurements? Importing this one registers them all.

A new group of figures is a new file with functions under @measures, and its name here.
"""

from tools.bench import (
    calls,
    charging,
    control,
    flash,
    greedy,
    heap,
    ocpp,
    packages,
    planner,
    ring,
    security,
    smallest,
    tls,
    update,
    websocket,
)

GROUPS = (
    control,
    websocket,
    ocpp,
    calls,
    charging,
    planner,
    greedy,
    ring,
    security,
    heap,
    packages,
    smallest,
    tls,
    update,
    flash,
)
