"""How do subsystems hear of each other's events without knowing each other?

A synchronous emit: listeners run in the order of their registration, before emit returns.
A listener's exception is logged and does not stop the others; one that finds no memory is called
once more. Topics and their payloads: station/topics.py.
"""

from gc import collect

import lazy
from core import log


class Bus:
    """Listeners of topics (small ints)."""

    def __init__(self):
        self._fns = []  # topic, listener, topic, listener ..

    def on(self, topic: int, fn):
        """Call fn(value) for every emit of topic, or fn.event(topic, value) of an object."""
        # A new list each time: an emit that is under way keeps walking the old one.
        self._fns = self._fns + [topic, fn]

    def off(self, topic: int, fn):
        """Forget a listener; one that is not registered is ignored."""
        fns = self._fns
        left = []
        for i in range(0, len(fns), 2):
            # == and not `is`: a bound method is a new object at every access
            if fns[i] != topic or fns[i + 1] != fn:
                left += fns[i : i + 2]
        self._fns = left

    def emit(self, topic: int, value=None):
        """Tell every listener of topic."""
        fns = self._fns
        for i in range(0, len(fns), 2):
            if fns[i] == topic:
                try:
                    try:
                        _tell(fns[i + 1], topic, value)
                    except MemoryError:  # once more with all that there is; listeners bear it
                        lazy.forget(0)
                        collect()
                        _tell(fns[i + 1], topic, value)
                except Exception as e:
                    _complain(e, topic)


def _tell(fn, topic, value):
    if callable(fn):
        fn(value)
    else:
        fn.event(topic, value)


def _complain(e, topic):
    try:
        log.get("SYS").exc(e, "listener of topic %d", topic)
    except MemoryError:
        pass  # the control loop is among those who emit
