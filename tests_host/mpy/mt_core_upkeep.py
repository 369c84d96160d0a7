"""Are clock, memory, log and restart count looked after, and is a charge told in the log?"""
# heapsize: 2m

import mt
import vtime
from console_world import App, fresh_log

from core import log, logview
from core.config import ConfigError
from station import topics
from tasks import upkeep


def setup():
    fresh_log()


def lines():
    return list(logview.lines())


def test_log_settings_count_at_once():
    app = App()
    upkeep.log_setup(app)
    log.get("CAN").debug("hidden")
    app.config.set("LogLevel", "WARN,CAN:DEBUG")
    log.get("CAN").debug("shown")
    log.get("BMS").info("hidden")
    app.config.set("LogProfile", "debug")
    log.get("BMS").debug("shown too")
    shown = "\n".join(lines())
    assert "shown" in shown and "shown too" in shown
    assert "hidden" not in shown
    kept = len(log.ring)
    assert app.config.set("LogBuffer", "2048") == "reboot"
    assert len(log.ring) == kept


def test_a_wrong_level_is_refused_and_one_from_the_file_does_no_harm():
    app = App()
    app.config.values["LogLevel"] = "LOUD"
    upkeep.log_setup(app)
    log.get("CAN").info("kept")
    assert lines()[-1].endswith("kept")
    assert "tags CAN BMS" in mt.raises(ConfigError, app.config.set, "LogLevel", "X:INFO").expected


def test_a_charge_is_told():
    app = App()
    upkeep.log_setup(app)
    w = app.world
    emit = w.emit

    def both(topic, value):
        emit(topic, value)
        app.bus.emit(topic, value)

    w.station.emit = both
    w.charge()
    w.station.stop(1, "Local")
    w.pass_time(5)
    shown = "\n".join(lines())
    for part in (
        "connector 1 is Charging, NoError",
        "connector 1: charge begins at 0 Wh",
        "Wh, Local",
        "connector 1 is Finishing, NoError",
    ):
        assert part in shown, shown
    assert topics.STATUS in [t for t, _ in w.events]


def virtual(app):
    from core.clock import Clock

    vtime.start = vtime._now = 0
    app.clock = Clock(vtime.ticks, vtime.diff, lambda: 0)
    app.supervisor._clock = app.health.clock = log.clock = app.clock
    app.supervisor._wdt = app
    app.fed = 0

    def feed():
        app.fed += 1

    app.feed = feed
    app.supervisor.app = app
    return app


def test_upkeep_reports_what_was_suppressed_and_forgives_bad_runs():
    import asyncio

    app = virtual(App())
    logview.setup("production", "INFO")
    app.restart.bad = 3
    app.supervisor.add("upkeep", upkeep.run, 30)

    async def scenario():
        asyncio.create_task(app.supervisor.run())
        await asyncio.sleep(1)
        for _ in range(50):
            log.get("NET").warn("again")
        await asyncio.sleep(12)
        assert "38 more in 10 s: again" in lines()[-1]
        await asyncio.sleep(580)
        assert app.restart.bad == 3
        await asyncio.sleep(10)

    vtime.run(scenario())
    assert app.restart.bad == 0
    assert app.health.heap_used_max > 0


def test_the_supervisor_measures_how_late_the_loop_is():
    import asyncio

    app = virtual(App())

    async def scenario():
        asyncio.create_task(app.supervisor.run())
        await asyncio.sleep(10)
        assert app.supervisor.lag_max_ms == 0
        vtime.jump(2000)  # somebody computes for two seconds
        await asyncio.sleep(5)

    vtime.run(scenario())
    assert 1500 <= app.supervisor.lag_max_ms <= 2000
    assert app.supervisor.lag_ms == 0
    assert 25 <= app.fed <= 34
