"""Who ends a run that hangs?

machine.WDT on the chip (wdt_chip.py); on the Unix port a thread of the same effect (wdt_unix.py).
Where a file `nowdt` lies (a developer at the REPL, a board in repair) there is none (wdt_none.py).
A file each: the station holds the one that it has.
"""

import os

import machine


def open(timeout_ms: int, mark: str):
    """The watchdog of this machine: an object with feed() and stop().

    mark: path of a file that the Unix port's dog leaves, so that the next start knows it bit.
    """
    try:
        os.stat("nowdt")
    except OSError:
        pass
    else:
        from drivers import wdt_none

        return wdt_none.NoDog()
    if hasattr(machine, "WDT"):
        from drivers import wdt_chip

        return wdt_chip.ChipDog(timeout_ms)
    from drivers import wdt_unix

    return wdt_unix.ThreadDog(timeout_ms, mark)
