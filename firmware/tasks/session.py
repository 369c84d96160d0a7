"""Who brings cards and buttons to the station, its next limit when it is time, and keeps its books
once a second?"""

import asyncio

import lazy


async def run(app):
    """Take what the inputs delivered ten times a second; the bookkeeping once a second.

    A change of a charging profile's limit reaches the control loop within 100 ms, and the output
    with its next step.
    """
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
            # A button ends a running charge; it can't start one, it has no token. Held for long
            # (below zero) it opens the set-up page instead, where there is one.
            log.info("button at connector %d", pressed)
            if pressed < 0 and "provision" in getattr(app.board, "PARTS", ()):
                lazy.load("tasks.provision").start(app)
            else:
                station.stop(abs(pressed), "Local")
            pressed = io.next_button()
        if app.cp is not None:
            app.cp.ripe()
        now = app.clock.uptime_s()
        if now != second:
            second = now
            station.second(now)
        app.supervisor.beat("session")
        await asyncio.sleep_ms(100)
