"""How long does a test wait for what must come from another process?

Long: a machine may be slow or stand still for a while, and who waits for a condition loses nothing
by a generous bound. Rules about time are held in virtual time, not here.
"""

import inspect
import time

PATIENCE_S = 60.0


def eventually(check, told=lambda: "", seconds=PATIENCE_S):
    """Wait until `check()` is true and return that. In vain: an AssertionError with `told()`."""
    end = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() >= end:
            raise AssertionError(f"not within {seconds:g} s: {source(check)}\n{told()}")
        time.sleep(0.02)
    return found


def source(check):
    """The lines of a condition, for a message."""
    try:
        return inspect.getsource(check).strip()
    except (OSError, TypeError):
        return repr(check)
