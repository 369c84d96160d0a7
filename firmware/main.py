"""Galvani: builds every object and starts every task. The architecture on one page.

    CAN frame -> tasks/can_rx -> path (canproto) -> station.step every 100 ms -> path -> CAN frame
    station events -> bus -> charge point (OCPP) -> tasks/csms -> WebSocket -> central system

lib/ decides and never waits; firmware/ waits and never decides.
"""

import asyncio
import gc
import os

import board

from core import log, restart
from core.bus import Bus
from core.clock import board_clock
from core.config import Config
from core.health import Health
from core.journal import FileStore
from core.supervisor import Supervisor
from drivers import wdt
from ocppj.v16 import keys as ocpp_keys
from station import keys as station_keys
from station import topics
from tasks import upkeep

VERSION = "0.1.0"
PAUSE_S = 5  # before the next attempt of a start that failed


class App:
    """Everything that runs, by name: what a task gets to work with. Attributes are set once."""

    VERSION = VERSION
    maintenance = 0  # uptime at which the maintenance mode ends (core/maintenance.py)
    login_fails = 0  # wrong passwords at a locked console, in a row


def build():
    """Make every object, wire them, start nothing. Returns the App."""
    app = App()
    app.board = board
    board.VERSION = VERSION  # what BootNotification tells
    app.log = log.get
    app.bus = bus = Bus()
    app.store = FileStore("journal")
    app.restart = restart.Restart(app.store)
    app.clock = log.clock = board_clock(app.store, bus.emit)
    app.config = Config("config.json", (station_keys.KEYS, ocpp_keys.KEYS), bus.emit)
    upkeep.log_setup(app)
    app.io = _inputs_outputs()
    app.cans = []
    app.paths = []
    app.station = _station(app)
    app.safe = app.station.safe
    app.dog = wdt.open(app.config.get("WatchdogTimeout") * 1000, app.store.path + "/dog")
    app.supervisor = Supervisor(app.clock, app.dog, app.log("SYS"), _crashed(app))
    app.supervisor.app = app
    app.health = Health(app.clock, app.supervisor, app.restart)
    app.cp = app.station.cp = _charge_point(app)
    app.ending = asyncio.Event()
    bus.on(topics.CONFIG, lambda key: app.station.reload())
    bus.on(topics.RESET, lambda ending: _end(app, ending))
    return app


def _inputs_outputs():
    name, params = board.IO or ("io_none", {})
    return __import__("drivers." + name, None, None, ("open",)).open(params, board.CONNECTORS)


def _station(app):
    """The power path of every connector, each on a bus of its own, and the station above them."""
    from station.connector import Connector
    from station.station import Station

    connectors = []
    station = Station(
        connectors, app.io, app.config, app.clock, app.bus.emit, app.log("CHG"), app.store
    )
    for cid in range(1, board.CONNECTORS + 1):
        path = _path(app, cid)
        app.paths.append(path)
        connector = Connector(
            cid, path, app.io, app.config, board.RATINGS, station.push, app.clock
        )
        if app.restart.minimal:
            connector.barred = "minimal mode after repeated crashes"
        station.add(connector)
    return station


def _path(app, cid):
    from canproto.rivot import Rivot
    from drivers import can
    from station.path_rivot import RivotPath

    kind, params = board.CAN[cid - 1]
    driver = can.open(kind, params, board.CAN_BITRATE)
    app.cans.append(driver)
    io = app.io
    get = app.config.get
    return RivotPath(
        Rivot(
            get("RivotProfile"),
            get("ModuleCurrentScale"),
            get("ModuleTempScale"),
            get("BmsByte5"),
            get("ModuleSetCurrentScale"),
        ),
        lambda can_id, buf: driver.send(can_id, buf, can.FLAG_EXT_ID),
        lambda on: io.contactor(cid, on),
        app.config,
    )


def _charge_point(app):
    """The OCPP 1.6 charge point, or None for a station without a central system."""
    if app.config.get("CsmsMode") == "none":
        from ocppj import authorise

        authorise.serve(app.station, app.config, app.bus)
        return None
    from ocppj.v16.chargepoint import ChargePoint

    cause = "PowerLoss" if app.restart.cause == "power" else "Reboot"
    return ChargePoint(
        app.station,
        app.config,
        app.clock,
        app.store,
        app.bus,
        os.urandom,
        app.log("OCPP"),
        board,
        cause,
    )


def tasks(app):
    """Register every task with its deadline in seconds. Control runs whatever else does."""
    from tasks import can_rx, console, control, session, watchdog

    def add(name, *how):
        # In the minimal mode what crashed stays out; no connector begins a charge (`barred`).
        if not minimal or not bare and name not in app.restart.blamed.split():
            app.supervisor.add(name, *how)

    minimal = app.restart.minimal
    bare = False
    add("console", console.run, 30)
    add("upkeep", upkeep.run, 30)
    add("watchdog", watchdog.run, 10)
    if minimal:
        app.log("SYS").critical("minimal mode after repeated crashes: %s", app.restart.cause)
        bare = app.restart.bare
        if bare:
            app.restart.stable()
    add("control", control.run, 2, True)
    for n in range(1, len(app.cans) + 1):
        add("can%d" % n, lambda app, n=n: can_rx.run(app, n), 10, True)
    if hasattr(app.io, "run"):
        add("io", app.io.run, 10, True)
    add("session", session.run, 10)
    if app.cp is not None:
        from tasks import csms

        add("csms", csms.run, 120)


def _crashed(app):
    """What the supervisor calls when restarts don't help: note why, outputs off, reset."""

    def reset(why, trace=""):
        app.station.safe()
        app.restart.note(why, trace)
        restart.reboot("Hard")

    return reset


def _stillborn(e):
    """The station could not even be built: note why and try again, at last leave the REPL alone.

    Outputs are off since boot.py. The pause keeps the loop slow, and a person's Ctrl-C possible.
    """
    import time

    log.get("SYS").exc(e, "start failed")
    again = restart.Restart(FileStore("journal"), False)
    again.note("crash: start " + repr(e), log.traceback(e))
    if not again.bare:
        time.sleep(PAUSE_S)
        restart.reboot("Hard")


def _end(app, ending):
    app.reset_kind, reason = ending
    app.restart.note("%s: %s" % ending)
    app.ending.set()


async def main(app):
    """Run until a reset is ordered; what is in flight gets ten seconds to arrive (S 5.14)."""
    tasks(app)
    asyncio.create_task(app.supervisor.run())
    await app.ending.wait()
    for _ in range(100):
        if app.cp is None or app.cp.drained(app.clock.uptime_s()):
            break
        await asyncio.sleep_ms(100)
    if app.cp is not None:
        app.cp.flush()
    app.station.safe()
    restart.reboot(app.reset_kind)


def run():
    """Start the station. Ctrl-C leaves to the REPL with the outputs off."""
    global app
    try:
        app = build()
    except Exception as e:
        _stillborn(e)
        raise
    gc.collect()
    after = None
    try:
        asyncio.run(main(app))
    except KeyboardInterrupt as e:
        app.dog.stop()
        if e.args:  # mpremote's soft reset: it goes on in the raw mode
            after = "console.rawrepl"
        else:
            print("stopped: outputs are off, the REPL is yours (import main; main.run())")
    except Exception as e:  # not a task's: the supervisor deals with those
        _crashed(app)("crash: main " + repr(e), log.traceback(e))
    finally:
        app.station.safe()
    if after:
        __import__(after, None, None, ("",)).alone(app)


if __name__ == "__main__":
    run()
