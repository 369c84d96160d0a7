"""Who ends a run that hangs?

machine.WDT on the chip; on the Unix port a thread of the same effect (drivers/wdt_unix.py). Where
a file `nowdt` lies (a developer at the REPL, a board in repair) there is none.
"""

import os

import machine


class ChipDog:
    """feed() or the chip resets after timeout_ms."""

    def __init__(self, timeout_ms: int):
        self._full = timeout_ms
        self.wait(0)

    def wait(self, timeout_ms: int):
        """The next feed may take that long; 0: the usual time again. The ESP32 allows it."""
        self.feed = machine.WDT(timeout=timeout_ms or self._full).feed

    def stop(self):
        """For the REPL: the dog cannot be stopped; an hour later the station comes back."""
        self.wait(3600000)


class NoDog:
    """A watchdog that is switched off (file `nowdt`)."""

    def feed(self):
        """Nothing to feed."""

    def wait(self, timeout_ms: int):
        """Nothing to wait for."""

    def stop(self):
        """Nothing to stop."""


def open(timeout_ms: int, mark: str):
    """The watchdog of this machine: an object with feed() and stop().

    mark: path of a file that the Unix port's dog leaves, so that the next start knows it bit.
    """
    try:
        os.stat("nowdt")
        return NoDog()
    except OSError:
        pass
    if hasattr(machine, "WDT"):
        return ChipDog(timeout_ms)
    from drivers import wdt_unix

    return wdt_unix.ThreadDog(timeout_ms, mark)
