"""How does the Unix port get a watchdog that bites even when the interpreter hangs?

A thread counts down and ends the whole process with SIGKILL, as a power cut would: no cleaning up
that could hang as well. The file it leaves tells a bite from a power cut (core/restart.py).
"""

import _thread
import os
import select

from micropython import const

_STEP_MS = const(250)


class ThreadDog:
    """feed() or the process dies after timeout_ms of real time, whatever the clock shows."""

    def __init__(self, timeout_ms: int, mark: str):
        self._left = self._full = timeout_ms
        self._mark = mark
        _thread.start_new_thread(self._watch, ())

    def feed(self):
        """Start the countdown again."""
        self._left = self._full

    def wait(self, timeout_ms: int):
        """The next feed may take that long; 0: the usual time again."""
        self._left = timeout_ms or self._full

    def stop(self):
        """For the REPL and an orderly end: the thread goes to sleep for ever."""
        self._full = 0

    def _watch(self):
        # poll and not time.sleep: that one wakes a thousand times a second (7 % of a core).
        # Counts own sleeps instead of reading a clock: a suspended machine did not hang.
        wait = select.poll().poll
        while self._full:
            wait(_STEP_MS)
            self._left -= _STEP_MS
            if self._full and self._left <= 0:
                os.system("echo bite > '%s'; kill -9 $PPID" % self._mark)
