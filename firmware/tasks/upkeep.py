"""What needs doing every few seconds and belongs to nobody? Clock, memory, log, restart count."""

import asyncio

from micropython import const

from core import lazy, log
from station.topics import CONFIG

_EVERY_S = const(5)


async def run(app):
    """Beats `upkeep`. Follows the keys of the log."""

    def follow(key):
        if key in ("LogProfile", "LogLevel"):
            _setup(app.config.get("LogProfile"), app.config.get("LogLevel"), len(log.ring))

    app.bus.on(CONFIG, follow)
    try:
        while True:
            app.clock.tick()
            log.flush(app.clock.uptime_s())
            app.health.weigh()
            app.restart.tick(app.clock.uptime_s())
            app.supervisor.beat("upkeep")
            await asyncio.sleep(_EVERY_S)
    finally:
        app.bus.off(CONFIG, follow)


def log_setup(app):
    """Apply LogProfile, LogLevel and LogBuffer; main calls it once at boot."""
    get = app.config.get
    try:
        _setup(get("LogProfile"), get("LogLevel"), get("LogBuffer"))
    except ValueError:  # a tag or level nobody knows; the guard prevents it later on
        _setup("production", "INFO")
    app.config.guards.append(_guard)


def _setup(*args):
    lazy.call("core.logview", "setup", *args)


def _guard(key, value):
    if key == "LogLevel":
        return lazy.call("core.logview", "expected", value)
