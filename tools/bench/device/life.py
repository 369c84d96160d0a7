"""How does a station live for days? In virtual time, on MicroPython, with every write counted.

    life.py days DAYS CHARGES    DAYS days of CHARGES in all, reconnecting each day; JSON of the
                                 heap and files of every midnight, errors, transactions
    life.py wear                 idle, charging and per charge: what reaches the flash, as JSON

The product's own station, charge point, configuration, records and upkeep; battery, module and
inputs are the models of tests_host/world, the central system answers at once. Computing costs no
time: it passes in steps of 100 ms where a charge begins or ends, of half a second in it, and of
2 s while nobody charges.
"""

import array
import gc
import json
import os
import sys

from canproto.rivot import Rivot
from core import log, restart
from core.bus import Bus
from core.clock import Clock
from core.config import Config
from core.health import Health
from core.journal import FileStore
from core.supervisor import Supervisor
from ocppj.v16 import keys as ocpp_keys
from ocppj.v16.chargepoint import ChargePoint
from station import keys as station_keys
from station.connector import Connector
from station.path_rivot import RivotPath
from station.station import Station
from tasks import upkeep
from world.hardware import Inputs, Wire
from world.station_world import RATINGS

WALL = 1800000000
FINE_MS = 100
CHARGE_MS = 500
COARSE_MS = 2000  # a module that is silent for 3 s is lost
TICKS = 1 << 30


class Counted(FileStore):
    """The product's records; what each kind costs is noted by the first letters of its name."""

    def __init__(self, path):
        super().__init__(path)
        self.costs = {}  # kind: [writes, bytes of records, deletions]
        self.sizes = {}  # kind: {size: count}

    def _row(self, name):
        return self.costs.setdefault(name.rstrip("0123456789abcdef~") or name, [0, 0, 0])

    def write(self, name, data):
        """As the product does, counted."""
        super().write(name, data)
        row = self._row(name)
        row[0] += 1
        row[1] += len(data)
        key = "small" if len(data) <= 128 else "large"
        self.sizes[key] = self.sizes.get(key, 0) + 1

    def delete(self, name):
        """As the product does, counted where there was something."""
        if name in self.names():
            self._row(name)[2] += 1
            self.sizes["gone"] = self.sizes.get("gone", 0) + 1
            super().delete(name)


class Deaf:
    """A list that keeps nothing."""

    def append(self, item):
        """Forgets it."""


class Board:
    """What the charge point asks of board data."""

    NAME = "LIFE"
    VERSION = "0"
    INPUTS = {}


class Csms:
    """Accepts everything at once."""

    def __init__(self, life):
        self.life = life
        self.transactions = 0
        self.stops = 0
        self.calls = 0

    def answer(self, text):
        """The answer to a message of the station, None where it wants none."""
        message = json.loads(b"".join(text) if isinstance(text, list) else text)
        if message[0] != 2:
            return None
        self.calls += 1
        action = message[2]
        payload = {}
        if action == "BootNotification":
            payload = {"status": "Accepted", "interval": 300, "currentTime": self.life.iso()}
        elif action == "Heartbeat":
            payload = {"currentTime": self.life.iso()}
        elif action == "StartTransaction":
            self.transactions += 1
            payload = {"transactionId": self.transactions, "idTagInfo": {"status": "Accepted"}}
        elif action == "Authorize":
            payload = {"idTagInfo": {"status": "Accepted"}}
        elif action == "StopTransaction":
            self.stops += 1
        return json.dumps([3, message[1], payload])


class Life:
    """One station and everything around it."""

    def __init__(self):
        self.ms = 0
        self.s = 0
        self.rtc = WALL
        log.sinks[:] = []
        self.store = Counted("journal")
        self.bus = Bus()
        self.restart = restart.Restart(self.store)
        self.clock = log.clock = Clock(
            lambda: self.ms & TICKS - 1,
            lambda a, b: (a - b + TICKS // 2 & TICKS - 1) - TICKS // 2,
            lambda: self.rtc,
            self.store,
            self.bus.emit,
        )
        self.config = Config("config.json", (station_keys.KEYS, ocpp_keys.KEYS), self.bus.emit)
        self.log = log.get
        upkeep.log_setup(self)
        self.io = Inputs(1)
        self.io.moves = Deaf()
        self.wire = Wire(self.io, 1)
        self.wire.sent = Deaf()
        self.station = Station(
            [], self.io, self.config, self.clock, self.bus.emit, log.get("CHG"), self.store
        )
        path = RivotPath(
            Rivot(self.config.get("RivotProfile")),
            self.wire.send,
            lambda on: self.io.contactor(1, on),
            self.config,
        )
        self.wire.path = path
        self.station.add(
            Connector(1, path, self.io, self.config, RATINGS, self.station.push, self.clock)
        )
        self.health = Health(
            self.clock, Supervisor(self.clock, None, log.get("SYS"), None), self.restart
        )
        self.csms = Csms(self)
        self.cp = self.station.cp = ChargePoint(
            self.station,
            self.config,
            self.clock,
            self.store,
            self.bus,
            os.urandom,
            log.get("OCPP"),
            Board,
            "PowerLoss",
        )
        self.kept = 0
        self.online(True)
        self.run(30, FINE_MS)

    def iso(self):
        """The time of day, true and in text."""
        from core.clock import iso

        return iso(self.rtc)

    def online(self, on):
        """The line to the central system comes or goes."""
        if on:
            self.cp.connected(self.clock.uptime_s())
        else:
            self.cp.disconnected(self.clock.uptime_s())

    def run(self, seconds, step_ms=COARSE_MS):
        """Let time pass."""
        wire, station = self.wire, self.station
        for _ in range(seconds * 1000 // step_ms):
            self.ms += step_ms
            self.s += step_ms
            if step_ms > FINE_MS:
                wire._turn = 4  # the battery speaks in each step
            wire.step()
            station.step(step_ms)
            station.pump()
            if self.s >= 1000:
                self.rtc += self.s // 1000
                self.s %= 1000
                now = self.clock.uptime_s()
                station.second(now)
                self.exchange(now)
                if now - self.kept >= 60:
                    self.kept = now
                    self.clock.tick()
                    log.flush(now)
                    self.restart.tick(now)

    def exchange(self, now):
        """What the station has to say, and the answers."""
        cp = self.cp
        text = cp.poll(now)
        while text:
            if not cp.linked:
                return
            cp.alive(now)
            answer = self.csms.answer(text)
            if answer:
                cp.receive(answer, now)
            text = cp.poll(now)

    def charge(self, seconds):
        """One charge of so many seconds; the energy flows, or ValueError."""
        self.wire.emf = 72.0
        self.io.plugs[1] = True
        self.run(2, FINE_MS)
        self.station.tag(1, "A1B2C3D4")
        self.run(16, FINE_MS)
        if self.wire.amps < 5:
            raise ValueError("no current: " + self.station.connectors[0].status)
        self.run(seconds, CHARGE_MS)
        if self.wire.amps < 5:
            raise ValueError("no current any more: " + self.station.connectors[0].status)
        self.station.tag(1, "A1B2C3D4")
        self.run(10, FINE_MS)
        self.io.plugs[1] = False
        self.run(4, FINE_MS)

    def midnight(self):
        """[live heap, files, their bytes, errors logged]."""
        gc.collect()
        gc.collect()
        names = [e[0] for e in os.ilistdir("journal")]
        size = sum([os.stat("journal/" + n)[6] for n in names])
        return [gc.mem_alloc(), len(names), size, sum(log.counts)]


def days(count, charges):
    """The long life: prints a line each midnight, then all as JSON."""
    life = Life()
    found = array.array("i", [0] * (4 * count))  # made first: it must not grow while it measures
    done = 0
    for day in range(count):
        begin = life.clock.uptime_s()
        life.online(False)
        life.run(90)
        life.online(True)
        todo = charges * (day + 1) // count - done
        for n in range(todo):
            life.charge(120)
            done += 1
            rest = 86400 - (life.clock.uptime_s() - begin)
            life.run(max(rest // (todo - n) - 152, 10))
        life.run(max(86400 - (life.clock.uptime_s() - begin), 0))
        row = life.midnight()
        for i in range(4):
            found[4 * day + i] = row[i]
        print("day", day + 1, row)
        row = None
    lines = []
    if sum(log.counts):
        from core import logview

        lines = list(logview.lines(20, 4))
    print(
        json.dumps(
            {
                "days": [list(found[i : i + 4]) for i in range(0, len(found), 4)],
                "transactions": life.csms.transactions,
                "stops": life.csms.stops,
                "calls": life.csms.calls,
                "energy_wh": life.station.connectors[0].meter.energy_wh,
                "uptime_s": life.clock.uptime_s(),
                "errors": lines,
            }
        )
    )


def wear():
    """What reaches the flash: idle, in a short charge, in a long one; printed as JSON."""
    life = Life()
    found = {}

    def part(name, action, *args):
        life.store.costs = {}
        life.store.sizes = {}
        action(*args)
        found[name] = {"kinds": life.store.costs, "sizes": life.store.sizes}

    life.run(3600)
    part("idle", life.run, 4 * 3600)
    part("short", life.charge, 60)
    part("long", life.charge, 60 + 7200)
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1] == "days":
        days(int(sys.argv[2]), int(sys.argv[3]))
    else:
        wear()
