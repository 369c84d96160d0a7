"""What needs doing every few seconds and belongs to nobody? Clock, memory, log, restart count."""

import asyncio

from micropython import const

import lazy
from core import log
from station.topics import CONFIG, STATUS, TX_STARTED, TX_STOPPED

_EVERY_S = const(5)


async def run(app):
    """Beats `upkeep`."""
    while True:
        now = app.clock.uptime_s()
        app.clock.tick()
        log.flush(now)
        app.health.weigh()
        app.restart.tick(now)
        if app.maintenance and now >= app.maintenance:
            lazy.call("core.maintenance", "end", app)
        if app.restart.minimal:
            app.station.second(now)  # an ordered reset must end even where the session task is out
        app.supervisor.beat("upkeep")
        await asyncio.sleep(_EVERY_S)


def log_setup(app):
    """Log by LogProfile, LogLevel and LogBuffer, now and when they change; and what a charge does.

    main calls it once, at boot; app.station may come later.
    """
    get = app.config.get
    say = log.get("CHG").info

    def apply(key):
        if key in ("LogProfile", "LogLevel"):
            # LogBuffer counts from the next start on: a new ring would be an empty one
            _view("setup", get("LogProfile"), get("LogLevel"), len(log.ring))

    def status(cid):
        c = app.station.connector(cid)
        say("connector %d is %s, %s", cid, c.status, c.vendor_error or c.error_code)

    def started(s):
        say("connector %d: charge begins at %d Wh", s.cid, s.meter_start_wh)

    def stopped(s):
        say("connector %d: charge ends at %d Wh, %s", s.cid, s.meter_stop_wh, s.stop_reason)

    try:
        _view("setup", get("LogProfile"), get("LogLevel"), get("LogBuffer"))
    except ValueError:  # a tag or level nobody knows; the guard prevents it later on
        _view("setup", "production", "INFO")
    app.config.guards.append(_guard)
    app.bus.on(CONFIG, apply)
    app.bus.on(STATUS, status)
    app.bus.on(TX_STARTED, started)
    app.bus.on(TX_STOPPED, stopped)


def _view(*args):
    return lazy.call("core.logview", *args)


def _guard(key, value):
    if key == "LogLevel":
        return _view("expected", value)
