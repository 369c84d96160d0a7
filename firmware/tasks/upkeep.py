"""What needs doing every few seconds and belongs to nobody? Clock, memory, log, restart count."""

import asyncio

from micropython import const

import lazy
from core import log
from station import topics

_EVERY_S = const(5)
_ROOMY = const(65536)  # bytes free at the start for which the log gets all its ring


async def run(app):
    """Beats `upkeep`."""
    while True:
        now = app.clock.uptime_s()
        app.clock.tick()
        log.flush(now)
        app.health.weigh()
        app.restart.tick(now)
        if app.board.UPDATE:
            lazy.call("ota.trial", "tick", app, now)
        if app.maintenance and now >= app.maintenance:
            lazy.call("core.maintenance", "end", app)
        if app.restart.minimal:
            app.station.second(now)  # an ordered reset must end even where the session task is out
        app.supervisor.beat("upkeep")
        await asyncio.sleep(_EVERY_S)


def log_setup(app):
    """Log by LogProfile, LogLevel and LogBuffer, now and when they change; and what a charge does.

    main calls it once, at boot; app.station may come later. Where memory is short the ring stays
    as small as it begins.
    """
    get = app.config.get
    try:
        size = get("LogBuffer") if lazy.mem_free() > _ROOMY else len(log.ring)
        _view("setup", get("LogProfile"), get("LogLevel"), size)
    except ValueError:  # a tag or level nobody knows; the guard prevents it later on
        _view("setup", "production", "INFO")
    app.config.guards.append(_guard)
    heard = _Heard()
    heard.app = app
    for topic in (topics.CONFIG, topics.STATUS, topics.TX_STARTED, topics.TX_STOPPED):
        app.bus.on(topic, heard)


class _Heard:
    """What the bus tells: a setting of the log has changed, or there is news of a charge."""

    def event(self, topic, value):
        """Apply it, or log it."""
        if topic == topics.CONFIG:
            if value in ("LogProfile", "LogLevel"):
                # LogBuffer counts from the next start on: a new ring would be an empty one
                get = self.app.config.get
                _view("setup", get("LogProfile"), get("LogLevel"), len(log.ring))
            return
        say = log.get("CHG").info
        if topic == topics.STATUS:
            c = self.app.station.connector(value)
            say("connector %d is %s, %s", value, c.status, c.vendor_error or c.error_code)
        elif topic == topics.TX_STARTED:
            say("connector %d: charge begins at %d Wh", value.cid, value.meter_start_wh)
        else:
            reason = value.stop_reason
            say("connector %d: charge ends at %d Wh, %s", value.cid, value.meter_stop_wh, reason)


def _view(*args):
    return lazy.call("core.logview", *args)


def _guard(key, value):
    if key == "LogLevel":
        return _view("expected", value)
