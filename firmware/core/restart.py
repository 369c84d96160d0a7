"""Why did we start, how often lately, and how do we end?

One small record ("boot") survives every restart: the count, what the last run noted before it
ended, the traceback that ended it, and how many runs in a row ended badly. The chip cannot tell a
panic from machine.reset(), so whoever resets on purpose notes the reason first; a note that is
missing means power loss, and where the machine knows better (watchdog) that counts.
"""

from micropython import const

import lazy
from core import log

_STABLE_S = const(600)  # a run of that length was a good one
# The last lines go to flash that often at most: while all is well, and after an error.
_FILE_S = const(3600)
_ERROR_S = const(60)


class Restart:
    """count (starts ever), cause ('power' 'watchdog' 'crash: ..' 'Soft: ..'), bad, trace, minimal.

    minimal: five runs in a row ended badly; main then starts without what crashed (`blamed`, names
    of tasks), and no charge can begin. bare: eight did; then nothing but the console.
    """

    health = None  # core.health.Health, which adds its figures to the last words

    def __init__(self, store, fresh=True):
        """fresh: this run begins now; else the record of a run that has begun is taken up."""
        self._store = store
        self._told = self._errors = 0
        self._told_at = self._rtc_at = -_ERROR_S  # of the last write to flash, to RTC memory
        self._call("begin", fresh)

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
        """Called by upkeep: a good run is noted, and what the log says outlives a hard death."""
        if uptime_s >= _STABLE_S:
            self.stable()
        if log.made == self._told:
            return
        errors = sum(log.counts)
        age = uptime_s - self._told_at
        worse = errors != self._errors
        to_file = age >= _FILE_S or worse and age >= _ERROR_S
        if to_file or self.survives and (worse or uptime_s - self._rtc_at >= _ERROR_S):
            lazy.call("core.blackbox", "save", self, self._store, to_file)
            self._told = log.made
            self._rtc_at = uptime_s
            self._errors = errors
        if to_file:
            self._told_at = uptime_s


def reboot(kind: str = "Soft"):
    """End this run: the chip resets, a process exits (3 after 'Soft', 4 after 'Hard')."""
    import machine

    if hasattr(machine, "reset"):
        machine.reset()
    raise SystemExit(4 if kind == "Hard" else 3)
