"""Does the loop still turn? Twice a second: measure its lag, let the supervisor feed the dog."""

import asyncio

from micropython import const

_EVERY_MS = const(500)


async def run(app):
    """Beats `watchdog`."""
    clock = app.clock
    while True:
        before = clock.ticks_ms()
        await asyncio.sleep_ms(_EVERY_MS)
        app.health.late(clock.diff(clock.ticks_ms(), before) - _EVERY_MS)
        app.supervisor.beat("watchdog")
        app.supervisor.check()
