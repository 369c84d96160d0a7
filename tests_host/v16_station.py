"""The parts of a plain station for tests of the charge point: store, clock, bus, settings.

A charge runs from tag or remote start on; nothing of lib/station but Session is used, so that a
day passes in a second. The World of tests_host/world has the real station.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "firmware"))

from core import config as core_config  # noqa: E402
from core import journal, log  # noqa: E402, F401  (for power_disk, which needs the same path)
from core import settings as core_settings  # noqa: E402
from ocppj.v16 import keys as ocpp_keys  # noqa: E402
from station import (  # noqa: E402
    connector,
    limits,
    topics,  # noqa: E402
)
from station import keys as station_keys  # noqa: E402
from station.session import Session, restored  # noqa: E402


class PowerCut(Exception):
    """The store stopped: nothing after this moment reached the flash."""


class Store:
    """Records in memory; after `left` more changes the power goes (None: never)."""

    def __init__(self, files=None):
        self.files = dict(files or {})
        self.left = None
        self.changes = 0
        self.written = 0
        self.free_bytes = None
        self.refuse = False

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files.get(name)

    def _change(self):
        if self.refuse:
            raise OSError(28)
        if self.left is not None:
            if self.left == 0:
                raise PowerCut()
            self.left -= 1
        self.changes += 1

    def write(self, name, data):
        self._change()
        self.files[name] = bytes(data)
        self.written += len(data)

    def delete(self, name):
        if name in self.files:
            self._change()
            del self.files[name]

    def free(self):
        return self.free_bytes


class Clock:
    """Uptime of one boot; `wall` is None until somebody sets it."""

    def __init__(self, wall=None):
        self.now = 0
        self.zero = wall
        self.emit = None

    def uptime_s(self):
        return self.now

    def wall(self):
        return None if self.zero is None else self.zero + self.now

    def wall_at(self, uptime_s):
        return None if self.zero is None else self.zero + uptime_s

    def set_wall(self, epoch_s, source):
        jump = None if self.zero is None else epoch_s - self.wall()
        if jump is None or not -2 < jump < 2:
            self.zero = epoch_s - self.now
            self.emit(topics.TIME, jump)
        return True


class Bus:
    """As core.bus, but an exception of a listener is the test's."""

    def __init__(self):
        self.fns = {}

    def on(self, topic, fn):
        self.fns.setdefault(topic, []).append(fn)

    def off(self, topic, fn):
        self.fns[topic].remove(fn)

    def emit(self, topic, value=None):
        for fn in list(self.fns.get(topic, ())):
            if callable(fn):
                fn(value)
            else:
                fn.event(topic, value)


def whole(message):
    """What cp.poll() gave as one text: long messages come in pieces."""
    return b"".join(message).decode() if isinstance(message, list) else message


class Config(core_config.Config):
    """The product's configuration without a file; `saved` survives a power cut."""

    def __init__(self, emit, saved):
        self._tables = (station_keys.KEYS, ocpp_keys.KEYS)
        self.emit = emit
        self.values = dict(saved)
        self.unknown = {}
        self.saved = saved
        self.guards = []

    def set(self, key, text, origin="console"):
        """As in the product; stored in `saved`."""
        return core_settings.change(self, key, text, origin)

    def save(self):
        self.saved.clear()
        self.saved.update(self.values)


file_save = core_settings._save  # the product's, for a Config that has a file
core_settings._save = lambda config: config.save()


class Log:
    """Lines as text."""

    def __init__(self):
        self.lines = []

    def _line(self, text, *args):
        self.lines.append(text % args if args else text)

    trace = debug = info = warn = error = critical = _line

    def exc(self, e, text, *args):
        raise e


class Board:
    NAME = "BENCH"
    VENDOR = "Galvani"
    MODEL = "RIVOT_100A"
    VERSION = "0.1.0"


class Meter:
    def __init__(self):
        self.energy_wh = 1000
        self.voltage_dv = 780
        self.current_da = 300
        self.power_w = 2340
        self.offered_da = 320
        self.offered_w = 2500
        self.soc_pm = 455
        self.temp_dc = -5

    def register(self, energy_wh):
        self.energy_wh = max(self.energy_wh, energy_wh)


def _limits():
    claims = limits.Limits(connector.CLAIMS)
    for name in connector.CLAIMS:
        claims.clear(name)
    claims.claim("board", 1000)
    claims.claim("vehicle", 305)
    return claims


class Connector:
    def __init__(self, cid):
        self.id = cid
        self.status = "Available"
        self.error_code = "NoError"
        self.vendor_error = self.info = None
        self.plugged = self.paused = False
        self.session = None
        self.external = None
        self.meter = Meter()
        self.limits = _limits()


class Station:
    """What the charge point knows of a station; a charge runs from tag or remote start on."""

    def __init__(self, bench, connectors):
        self.bench = bench
        self.connectors = [Connector(n) for n in range(1, connectors + 1)]
        self.status = "Available"
        self.error_code = "NoError"
        self.vendor_error = self.info = None
        self.refusal = None
        self.settle_ms = 0
        self.resets = []
        self.reservations = []
        self.availability = []
        self.verdicts = []
        self.registers = {}  # in flash

    def save_register(self, connector):
        self.registers[connector.id] = connector.meter.energy_wh

    def connector(self, cid):
        if cid == 0:
            return self
        return self.connectors[cid - 1] if 0 < cid <= len(self.connectors) else None

    def show(self, cid, status, error="NoError", vendor=None):
        c = self.connector(cid)
        c.status, c.error_code, c.vendor_error = status, error, vendor
        self.bench.bus.emit(topics.STATUS, cid)

    def tag(self, cid, id_tag, source="tag"):
        c = self.connector(cid)
        if c.session is not None:
            self.bench.bus.emit(topics.AUTHORIZE, Session(cid, id_tag, "stop"))
            return
        c.session = session = Session(cid, id_tag, source)
        self.show(cid, "Preparing")
        self.bench.bus.emit(topics.AUTHORIZE, session)

    def authorised(self, cid, id_tag, verdict, parent=None):
        self.verdicts.append((cid, id_tag, verdict, parent))
        c = self.connector(cid)
        session = c.session
        if session is None:
            return
        if session.state == "auth":
            if verdict == "Accepted":
                session.parent = parent
                self.begin(c)
            else:
                c.session = None
                self.show(cid, "Available")
        elif verdict == "Accepted" and session.kin(parent):
            self.stop(cid, "Local", id_tag)

    def begin(self, c):
        session = c.session
        session.state = "active"
        session.meter_start_wh = c.meter.energy_wh
        session.started = self.bench.clock.uptime_s()
        session.started_wall = self.bench.clock.wall()
        self.bench.bus.emit(topics.TX_STARTED, session)
        if c.session is session:
            self.show(c.id, "Charging")

    def remote_start(self, cid, id_tag):
        if self.refusal:
            return self.refusal
        c = self.connector(cid or 1)
        if c is None or c.session:
            return "occupied"
        c.session = session = Session(c.id, id_tag, "remote")
        if self.bench.config.get("AuthorizeRemoteTxRequests"):
            self.bench.bus.emit(topics.AUTHORIZE, session)
        else:
            self.bench.later(lambda: self.begin(c))
        return None

    def remote_stop(self, transaction_id):
        for c in self.connectors:
            if c.session and c.session.transaction_id == transaction_id:
                self.bench.later(lambda cid=c.id: self.stop(cid, "Remote"))
                return True
        return False

    def stop(self, cid, reason, id_tag=None):
        c = self.connector(cid)
        session = c.session
        if session is None:
            return False
        c.session = None
        session.state = "ended"
        session.stop_reason, session.stop_tag = reason, id_tag
        session.meter_stop_wh = c.meter.energy_wh
        session.stopped = self.bench.clock.uptime_s()
        self.bench.bus.emit(topics.TX_STOPPED, session)
        self.show(cid, "Finishing")
        return True

    def unlock(self, cid, again=False):
        return "Unlocked" if self.connector(cid) and cid else "NotSupported"

    def set_availability(self, cid, operative):
        if self.connector(cid) is None:
            return "Rejected"
        self.availability.append((cid, operative))
        return "Accepted"

    def reset(self, kind, reason=None):
        self.resets.append(kind)
        for c in self.connectors:
            self.stop(c.id, kind + "Reset")

    def restore(self, fields):
        c = self.connector(fields["cid"])
        if self.refusal or c.session:
            return None
        c.session = session = restored(fields)
        session.started = fields["started"]
        c.meter.energy_wh = max(c.meter.energy_wh, fields["energy_wh"])
        c.status = "SuspendedEVSE"
        return session
