"""What needs doing every few seconds and belongs to nobody? Clock, memory, log, restart count."""

import asyncio

from micropython import const

from core import log
from station.topics import CONFIG

_EVERY_S = const(5)


async def run(app):
    """Beats `upkeep`. Follows the keys of the log."""

    def follow(key):
        if key in ("LogProfile", "LogLevel"):
            log_setup(app)

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
    config = app.config
    try:
        log.setup(config.get("LogProfile"), config.get("LogLevel"), config.get("LogBuffer"))
    except ValueError:  # a tag or level nobody knows; the key's guard prevents it later on
        log.setup("production", "INFO")
