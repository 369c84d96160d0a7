"""How does a person work on the station without harm to anybody? The maintenance mode.

No new charge begins (status Unavailable, vendorErrorCode Maintenance), a running one goes on. It
is never left on by accident: it ends by itself, by `maintenance off` and with every restart.
app.maintenance is the uptime at which it ends, 0 while there is none; upkeep looks at it.
"""

NAME = "Maintenance"
LONGEST = 120  # minutes


def begin(app, minutes: int, who: str):
    """Begin, or go on for `minutes` from now; a longer stretch that stands is not shortened."""
    end = app.clock.uptime_s() + minutes * 60
    if not app.maintenance:
        app.log("SYS").warn("maintenance mode for %d minutes by %s", minutes, who)
    app.maintenance = max(end, app.maintenance)
    for c in app.station.connectors:
        if not c.paused:
            c.paused = NAME
            if c.session is not None and not c.active():
                c.drop()


def end(app):
    """New charges may begin again."""
    if app.maintenance:
        app.log("SYS").info("maintenance mode is over")
    app.maintenance = 0
    for c in app.station.connectors:
        if c.paused == NAME:
            c.paused = False
