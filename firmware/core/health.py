"""How is the station itself: time up, memory, delays, beats, errors, restarts?

Numbers are collected by tasks/upkeep.py and tasks/watchdog.py every few seconds; the dict is made
only when somebody asks.
"""

import gc

from core import log


class Health:
    """snapshot() for `status --json`, `health` and diagnostics."""

    def __init__(self, clock, supervisor, restart):
        self._clock = clock
        self._supervisor = supervisor
        self._restart = restart
        self.lag_ms = 0  # how late the loop woke a sleeper: the last time..
        self.lag_max_ms = 0  # ..and the worst of this run
        self.heap_used = 0  # live bytes after the last collection, and their maximum
        self.heap_free = 0
        self.heap_used_max = 0
        self.heap_free_min = 1 << 29

    def late(self, ms: int):
        """The loop came so much later than asked for."""
        self.lag_ms = ms
        if ms > self.lag_max_ms:
            self.lag_max_ms = ms

    def weigh(self):
        """Collect, then note the live heap: without the collection garbage counts as used."""
        gc.collect()
        self.heap_used = gc.mem_alloc()
        self.heap_free = gc.mem_free()
        if self.heap_used > self.heap_used_max:
            self.heap_used_max = self.heap_used
        if self.heap_free < self.heap_free_min:
            self.heap_free_min = self.heap_free

    def snapshot(self) -> dict:
        """All figures: bytes, ms, seconds; beats {task: seconds}, errors {tag: count}."""
        self.weigh()
        beats = {}
        restarts = {}
        for name, age_ms, failed, _state in self._supervisor.ages():
            beats[name] = age_ms // 1000
            if failed:
                restarts[name] = failed
        tags = log.TAGS.split()
        return {
            "uptime_s": self._clock.uptime_s(),
            "time": self._clock.wall(),
            "heap_used": self.heap_used,
            "heap_used_max": self.heap_used_max,
            "heap_free": self.heap_free,
            "heap_free_min": self.heap_free_min,
            "lag_ms": self.lag_ms,
            "lag_max_ms": self.lag_max_ms,
            "beats": beats,
            "restarts": restarts,
            "errors": {tags[i]: n for i, n in enumerate(log.counts) if n},
            "reset_cause": self._restart.cause,
            "reboots": self._restart.count - 1,
            "minimal": self._restart.minimal,
        }
