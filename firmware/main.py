"""Galvani: builds every object and starts every task. The architecture on one page.

    CAN frame -> tasks/can_rx -> path (canproto) -> station.step every 100 ms -> path -> CAN frame
    station events -> bus -> charge point (OCPP) -> tasks/csms -> WebSocket -> central system

lib/ decides and never waits; firmware/ waits and never decides.
"""

import asyncio
import gc
import os
import sys

import board
from core import log
from core.bus import Bus
from core.clock import board_clock
from core.config import Config
from core.health import Health
from core.journal import FileStore
from core.supervisor import Supervisor
from ocppj.v16 import keys as ocpp_keys
from station import keys as station_keys
from station import topics

VERSION = "0.1.0"


class App:
    """Everything that runs, by name: what a task gets to work with. Attributes are set once."""

    VERSION = VERSION


def build():
    """Make every object, wire them, start nothing. Returns the App."""
    app = App()
    app.board = board
    app.log = log.get
    app.bus = bus = Bus()
    app.store = FileStore("journal")
    app.clock = log.clock = board_clock(app.store, bus.emit)
    app.config = Config("config.json", (station_keys.KEYS, ocpp_keys.KEYS), bus.emit)
    app.io = _inputs_outputs()
    app.cans = []
    app.paths = []
    app.station = _station(app)
    app.supervisor = Supervisor(app)
    app.health = Health(app)
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
        station.add(
            Connector(cid, path, app.io, app.config, board.RATINGS, station.push, app.clock)
        )
    return station


def _path(app, cid):
    from canproto.rivot import Rivot
    from drivers import can
    from station.path_rivot import RivotPath

    kind, params = board.CAN[cid - 1]
    driver = can.open(kind, params, board.CAN_BITRATE)
    app.cans.append(driver)
    io = app.io
    return RivotPath(
        Rivot(app.config),
        lambda can_id, buf: driver.send(can_id, buf, can.FLAG_EXT_ID),
        lambda on: io.contactor(cid, on),
        app.config,
    )


def _charge_point(app):
    """The OCPP 1.6 charge point, or None for a station without a central system."""
    if app.config.get("CsmsMode") == "none":
        return None
    from ocppj.v16.chargepoint import ChargePoint

    return ChargePoint(
        app.station, app.config, app.clock, app.store, app.bus, os.urandom, app.log("OCPP"), board
    )


def tasks(app):
    """Register every task with its deadline in seconds. Order matters: control comes first."""
    from tasks import can_rx, console, control, session, upkeep

    add = app.supervisor.add
    add("control", lambda: control.run(app), 2, True)
    for can, path in zip(app.cans, app.paths):
        add("can_rx", lambda can=can, path=path: can_rx.run(app, can, path), 10, True)
    if hasattr(app.io, "run"):
        add("io", lambda: app.io.run(app), 10, True)
    add("session", lambda: session.run(app), 10)
    if app.cp is not None:
        from tasks import csms

        add("csms", lambda: csms.run(app), 120)
    add("console", lambda: console.run(app), 0)
    add("upkeep", lambda: upkeep.run(app), 30)


def _end(app, ending):
    app.reset_kind = ending[0]
    app.ending.set()


async def main(app):
    """Run until a reset is ordered; what is in flight gets ten seconds to arrive (S 5.14)."""
    tasks(app)
    runner = asyncio.create_task(app.supervisor.run())
    await app.ending.wait()
    for _ in range(100):
        if app.cp is None or app.cp.drained(app.clock.uptime_s()):
            break
        await asyncio.sleep_ms(100)
    runner.cancel()
    app.station.safe()
    app.supervisor.stop()
    app.health.reboot(app.reset_kind)


def run():
    """Start the station. Ctrl-C leaves to the REPL with the outputs off."""
    app = build()
    sys.modules["main"].app = app  # for the REPL: `import main; main.app`
    gc.collect()
    try:
        asyncio.run(main(app))
    except KeyboardInterrupt:
        print("stopped: outputs are off, the REPL is yours (import main; main.run())")
    finally:
        app.station.safe()


if __name__ == "__main__":
    run()
