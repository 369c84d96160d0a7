"""Who owns the outputs? This task, every 100 ms, whatever network and flash do.

It measures how long a step really took and gives the station that many milliseconds, so ages
and timers stay true after a stall. Events of the step are handed out right after it.
"""

import asyncio

STEP_MS = 100
# After a longer stall the output has been unattended: the step counts it whole, and it is logged.
_LATE_MS = 500


async def run(app):
    """Step the station for ever; beats `control`, without which the watchdog bites."""
    clock = app.clock
    station = app.station
    log = app.log("CHG")
    last = clock.ticks_ms()
    due = last
    while True:
        now = clock.ticks_ms()
        dt = clock.diff(now, last)
        last = now
        if dt > _LATE_MS:
            log.warn("control step came after %d ms", dt)
        station.step(dt)
        app.supervisor.beat("control")
        station.pump()
        # A fixed raster: a slow step does not shift the ones after it.
        wait = STEP_MS - clock.diff(clock.ticks_ms(), due)
        due = (due + STEP_MS) if wait > 0 else clock.ticks_ms()
        await asyncio.sleep_ms(wait if wait > 0 else 0)
