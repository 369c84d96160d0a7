"""How do subsystems hear of each other's events without knowing each other?

A synchronous emit: listeners run in the order of their registration, before emit returns.
A listener's exception is logged and does not stop the others. Topics and their payloads:
station/topics.py.
"""

from core import log


class Bus:
    """Listeners by topic (small int)."""

    def __init__(self):
        self._fns = {}

    def on(self, topic: int, fn):
        """Call fn(value) for every emit of topic."""
        # A new tuple each time: an emit that is under way keeps walking the old one.
        self._fns[topic] = self._fns.get(topic, ()) + (fn,)

    def off(self, topic: int, fn):
        """Forget a listener; one that is not registered is ignored."""
        # == and not `is`: a bound method is a new object at every access
        self._fns[topic] = tuple([f for f in self._fns.get(topic, ()) if f != fn])

    def emit(self, topic: int, value=None):
        """Tell every listener of topic."""
        for fn in self._fns.get(topic, ()):
            try:
                fn(value)
            except Exception as e:
                log.get("SYS").exc(e, "listener of topic %d", topic)
