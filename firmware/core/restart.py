"""Why did we start, how often lately, and how do we end?

One small record ("boot") survives every restart: the count, what the last run noted before it
ended, the traceback that ended it, and how many runs in a row ended badly. The chip cannot tell a
panic from machine.reset(), so whoever resets on purpose notes the reason first; a note that is
missing means power loss, and where the machine knows better (watchdog) that counts.
"""

import json

from micropython import const

from core import log

_STABLE_S = const(600)  # a run of that length was a good one
_CAP = const(5)  # bad runs in a row until the minimal mode
TB_MAX = const(400)  # bytes kept of a traceback


class Restart:
    """count (starts ever), cause ('power' 'watchdog' 'crash: ..' 'Soft: ..'), bad, trace, minimal.

    minimal: five runs in a row ended badly; main then starts outputs-safe with the console only.
    """

    def __init__(self, store):
        self._store = store
        rec = {}
        try:
            rec = json.loads(store.read("boot") or b"{}")
        except ValueError:
            pass  # a torn record: count anew
        if not isinstance(rec, dict):
            rec = {}
        self.count = rec.get("n", 0) + 1
        self.bad = rec.get("bad", 0)
        self.trace = rec.get("tb", "")
        self.cause = rec.get("why", "power")
        if self.cause == "power" and (store.read("dog") or _machine_bit()):
            self.cause = "watchdog"
            self.bad += 1
        store.delete("dog")
        self.minimal = self.bad >= _CAP
        self._write(None)

    def note(self, why: str, trace: str = ""):
        """Before an ending of our own: the reason; with 'crash: ..' the run counts as bad."""
        if why.startswith("crash"):
            self.bad += 1
        self.trace = trace[-TB_MAX:] or self.trace
        self._write(why)

    def stable(self):
        """The run has lasted: forget the bad ones."""
        if self.bad:
            self.bad = 0
            self._write(None)

    def tick(self, uptime_s: int):
        """Called by upkeep."""
        if uptime_s >= _STABLE_S:
            self.stable()

    def _write(self, why):
        rec = {"n": self.count, "bad": self.bad, "tb": self.trace}
        if why:
            rec["why"] = why
        try:
            self._store.write("boot", json.dumps(rec).encode())
        except OSError as e:
            log.get("SYS").error("boot record: %s", e)


def _machine_bit():
    """Did the hardware watchdog end the last run? The Unix port's dog leaves a file instead."""
    import machine

    try:
        return machine.reset_cause() == machine.WDT_RESET
    except AttributeError:
        return False


def reboot(kind: str = "Soft"):
    """End this run: the chip resets, a process exits (3 after 'Soft', 4 after 'Hard')."""
    import machine

    if hasattr(machine, "reset"):
        machine.reset()
    raise SystemExit(4 if kind == "Hard" else 3)
