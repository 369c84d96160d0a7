"""Why did we start, how often lately, and how do we end?

One small record ("boot") survives every restart: the count, what the last run noted before it
ended, the traceback that ended it, and how many runs in a row ended badly. The chip cannot tell a
panic from machine.reset(), so whoever resets on purpose notes the reason first; a note that is
missing means power loss, and where the machine knows better (watchdog) that counts.
"""

from micropython import const

from core import lazy

_STABLE_S = const(600)  # a run of that length was a good one


class Restart:
    """count (starts ever), cause ('power' 'watchdog' 'crash: ..' 'Soft: ..'), bad, trace, minimal.

    minimal: five runs in a row ended badly; main then starts outputs-safe with the console only.
    """

    def __init__(self, store):
        self._store = store
        self._call("begin")

    def _call(self, name, *args):
        lazy.call("core.evidence", name, self, self._store, *args)

    def note(self, why: str, trace: str = ""):
        """Before an ending of our own: the reason; with 'crash: ..' the run counts as bad."""
        self._call("note", why, trace)

    def stable(self):
        """The run has lasted: forget the bad ones."""
        if self.bad:
            self._call("stable")

    def tick(self, uptime_s: int):
        """Called by upkeep."""
        if uptime_s >= _STABLE_S:
            self.stable()


def reboot(kind: str = "Soft"):
    """End this run: the chip resets, a process exits (3 after 'Soft', 4 after 'Hard')."""
    import machine

    if hasattr(machine, "reset"):
        machine.reset()
    raise SystemExit(4 if kind == "Hard" else 3)
