"""Of which objects is the station made, and which tasks run? The architecture on one page.

    CAN frame -> tasks/can_rx -> path (canproto) -> station.step every 100 ms -> path -> CAN frame
    station events -> bus -> charge point (OCPP) -> tasks/csms -> WebSocket -> central system

lib/ decides and never waits; firmware/ waits and never decides. main.py calls this once and
forgets it. So nothing here is handed out to be called later: it would keep the module alive.
"""

import os

import board

import lazy
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


def build(app):
    """Make every object as an attribute of `app`, wire them, start nothing."""
    app.board = board
    board.VERSION = app.VERSION  # what BootNotification tells
    board.UPDATE = lazy.call("ota.slots", "state")
    app.log = log.get
    app.bus = bus = Bus()
    app.store = FileStore("journal")
    app.restart = restart.Restart(app.store)
    app.clock = log.clock = board_clock(app.store, bus.emit)
    tables = (station_keys.KEYS, ocpp_keys.KEYS)
    if board.PATH == "plc":
        from station import plc_keys

        tables += (plc_keys.KEYS,)
    app.config = Config("config.json", tables, bus.emit)
    upkeep.log_setup(app)
    app.io = _inputs_outputs()
    app.cans = []
    app.paths = []
    app.station = _station(app)
    app.safe = app.station.safe
    if getattr(board, "NET", None):
        from tasks import link

        link.make(app)
    app.dog = wdt.open(app.config.get("WatchdogTimeout") * 1000, app.store.path + "/dog")
    app.supervisor = Supervisor(app.clock, app.dog, app.log("SYS"), app.crash)
    app.supervisor.app = app
    app.health = Health(app.clock, app.supervisor, app.restart)
    app.cp = app.station.cp = _charge_point(app)
    if app.cp:
        app.cp.certs = FileStore("certs")
    app.config.recheck()
    lazy.call("core.witness", "boot", app)
    bus.on(topics.CONFIG, app.configured)
    bus.on(topics.RESET, app.end)


def _inputs_outputs():
    name, params = board.IO or ("io_none", {})
    return __import__("drivers." + name, None, None, ("open",)).open(params, board.CONNECTORS)


def _station(app):
    """The power path of every connector, each on a bus of its own, and the station above them."""
    from station.connector import Connector
    from station.station import Station

    connectors = []
    hall = _hall(app) if board.PATH == "plc" else None
    station = Station(
        connectors, app.io, app.config, app.clock, app.bus.emit, app.log("CHG"), app.store
    )
    station.hall = hall
    for cid in range(1, board.CONNECTORS + 1):
        path = _gun(hall, cid, app.config) if hall else _path(app, cid)
        connector = Connector(
            cid, path, app.io, app.config, board.RATINGS, station.push, app.clock
        )
        if app.restart.minimal:
            connector.barred = "minimal mode after repeated crashes"
        if hall:
            path.attach(connector)
            connector.barred = connector.barred or hall.barred
        station.add(connector)
    return station


def _path(app, cid):
    from canproto.rivot import Rivot
    from drivers import can
    from station.path_rivot import RivotPath

    kind, params = board.CAN[cid - 1]
    driver = can.open(kind, params, board.CAN_BITRATE)
    app.cans.append(driver)
    get = app.config.get
    path = RivotPath(
        Rivot(
            get("RivotProfile"),
            get("ModuleCurrentScale"),
            get("ModuleTempScale"),
            get("BmsByte5"),
            get("ModuleSetCurrentScale"),
        ),
        app.sender(driver),
        app.switch(cid),
        app.config,
    )
    app.paths.append(path)
    return path


def _hall(app):
    """Guns with PLCs on a ring of shared modules: one bus, or a second one for the modules."""
    from drivers import can
    from station.hall import Hall
    from station.plc_io import PlcIo

    for kind, params in board.CAN[:2]:
        app.cans.append(can.open(kind, params, board.CAN_BITRATE))
    each, power_w, current_da = board.MODULES
    config = app.config
    hall = Hall(
        board.CONNECTORS,
        each,
        (power_w, current_da),
        app.sender(app.cans[0]),
        app.sender(app.cans[-1]),
        config,
    )
    app.paths += [hall] * len(app.cans)
    app.io = PlcIo(hall, app.io)
    shared = each * board.CONNECTORS if len(app.cans) == 1 else 0
    load = board.CONNECTORS, config.get("PlcContract"), shared, board.CAN_BITRATE
    try:
        hall.budget = lazy.call("canproto.budget", "check", *load)
    except ValueError as e:
        hall.barred = "CAN is over its budget: %s" % e
        config.faults.append(hall.barred)
    return hall


def _gun(hall, cid, config):
    from station.path_plc import PlcPath

    return PlcPath(hall, cid - 1, config)


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
    from tasks import can_rx, console, control, session

    def add(name, *how):
        # In the minimal mode what crashed stays out; no connector begins a charge (`barred`).
        if not minimal or not bare and name not in app.restart.blamed.split():
            app.supervisor.add(name, *how)

    minimal = app.restart.minimal
    bare = False
    add("console", console.run, 30)
    add("upkeep", upkeep.run, 30)
    if minimal:
        app.log("SYS").critical("minimal mode after repeated crashes: %s", app.restart.cause)
        bare = app.restart.bare
        if bare:
            app.restart.stable()
    add("control", control.run, 2, True)
    for n in range(1, len(app.cans) + 1):
        add("can%d" % n, can_rx.runner(n), 10, True)
    if hasattr(app.io, "run"):
        add("io", app.io.run, 10, True)
    add("session", session.run, 10)
    if app.link:
        from tasks import link

        add("link", link.run, 60)
    _pages(app, add)
    if app.cp is not None:
        from tasks import csms

        add("csms", csms.run, 120)


def _pages(app, add):
    """The web pages that are parts of this board; board.HTTP None: there is no place for them."""
    parts = getattr(board, "PARTS", ())
    if not getattr(board, "HTTP", True):
        return
    if "provision" in parts:
        from tasks import provision

        if not provision.wanted(app) or not provision.start(app):
            lazy.drop("tasks.provision")
    if "statuspage" in parts:
        from tasks import statuspage

        add("statuspage", statuspage.run, 30)
