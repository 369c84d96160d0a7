"""How is the station itself: time up, memory, delays, beats, errors, restarts?

Numbers are collected by tasks/upkeep.py every few seconds; the dict is made only when somebody
asks.
"""

import gc

import lazy


class Health:
    """snapshot() for `status --json`, `health` and diagnostics."""

    def __init__(self, clock, supervisor, restart):
        self.clock = clock
        self.supervisor = supervisor
        self.restart = restart
        restart.health = self
        self.heap_used = 0  # live bytes after the last collection, and their maximum
        self.heap_free = 0
        self.heap_used_max = 0
        self.heap_free_min = 1 << 29

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
        return lazy.call("core.evidence", "snapshot", self)
