"""Who brings cards and buttons to the station, and keeps its books once a second?"""

import asyncio


async def run(app):
    """Take what the inputs delivered five times a second; the bookkeeping once a second."""
    station = app.station
    io = app.io
    log = app.log("UI")
    second = -1
    while True:
        shown = io.next_tag()
        while shown:
            log.info("tag %s at connector %d: %s", shown[1], shown[0], station.tag(*shown))
            shown = io.next_tag()
        pressed = io.next_button()
        while pressed:
            # A button ends a running charge; it can't start one, it has no token.
            log.info("button at connector %d", pressed)
            station.stop(pressed, "Local")
            pressed = io.next_button()
        now = app.clock.uptime_s()
        if now != second:
            second = now
            station.second(now)
        app.supervisor.beat("session")
        await asyncio.sleep_ms(200)
