"""A charger whose power goes: the real station on files that are cut, and books that are compared.

`Play` runs a scenario once and keeps, for each step of its flash and each message, what was true
then (`Truth`). `Play.after(..)` boots the same charger on what a cut left, `collect` lets a CSMS
have what it is owed; test_v16_power_points.py says what must hold. The vehicle stays plugged in.
"""

import json

from ocppj import authlist, authorise, composite, profiles
from ocppj.datetime import iso, parse
from ocppj.v16.chargepoint import ChargePoint
from power_disk import Disk, journal
from station import topics
from station.station import Station
from v16_bench import WALL, Csms, _random
from v16_station import Board, Bus, Config, core_settings, file_save
from v16_world import V16World, WorldClock
from world.hardware import Inputs
from world.settings import Log

TAGS = ("A1", "B1", "L1", "L2", "L3")


class Settings(Config):
    """The product's configuration with its file."""

    def __init__(self, emit):
        super().__init__(emit, {})
        self.path = "config.json"
        self.unknown = {}
        self.faults = []
        core_settings.load(self)

    def save(self):
        file_save(self)


class LoudLog(Log):
    """An exception is the test's."""

    def exc(self, e, text, *args):
        raise e


class Books:
    """What the CSMS has taken, over all boots: first payload and number of each message id."""

    def __init__(self, rows=()):
        self.rows = []  # (action, message id, payload), every time it came
        self.first = {}
        self.ids = {}  # message id of a start -> transactionId
        for row in rows:
            self.take(*row)

    def take(self, action, message_id, payload):
        self.rows.append((action, message_id, payload))
        old = self.first.setdefault(message_id, (action, payload))
        same = dict(old[1], transactionId=0) == dict(payload, transactionId=0)
        assert same and old[0] == action, "a repeated message was changed: %s" % ((old, payload),)
        if action == "StartTransaction":
            self.ids.setdefault(message_id, 100 + len(self.ids))

    def of(self, action):
        """[(message id, payload)], each id once, in the order of their first coming."""
        return [(i, p) for i, (a, p) in self.first.items() if a == action]


class BooksCsms(Csms):
    """Takes what it answers with a CALLRESULT; the same id for the same start (JE 3.7)."""

    def take(self, text):
        self.bench.play.note("message")
        self.bench.play.mark()
        return super().take(text)

    def answer(self, message):
        play = self.bench.play
        text = super().answer(message)
        if text[1] == "3" and message[2][:5] in ("Start", "StopT", "Meter"):
            play.books.take(message[2], message[1], message[3])
            if message[2] == "StartTransaction":
                reply = json.loads(text)
                reply[2]["transactionId"] = play.books.ids[message[1]]
                text = json.dumps(reply)
        play.note("answer")
        return text


class PowerWorld(V16World):
    """A V16World on the disk of a Play."""

    def __init__(self, play, real, connectors, cause, plugs=None):
        self.play = play
        self.bus = Bus()
        self.config = Settings(self.bus.emit)
        self.clock = WorldClock(None, self.bus.emit)
        self.real = real
        self.store = journal.FileStore("journal")
        self.log = LoudLog()
        self.io = Inputs(connectors)
        self.io.plugs.update(plugs or {})
        self.events, self.statuses, self.started, self.stopped = [], [], [], []
        self.wires, self.resets = [], []
        self.asked = {}
        self.count = 0
        self.linked = False
        self.station = Station(
            [], self.io, self.config, self.clock, self.emit, self.log, self.store
        )
        for cid in range(1, connectors + 1):
            self._connector(cid)
        self.bus.on(topics.RESET, self.resets.append)
        self.csms = BooksCsms(self)
        play.world = self
        self.cp = ChargePoint(
            self.station,
            self.config,
            self.clock,
            self.store,
            self.bus,
            _random,
            self.log,
            Board,
            cause,
        )
        self.station.cp = self.cp
        self.pass_time(0.5)

    def emit(self, topic, value):
        super().emit(topic, value)
        if topic == topics.TX_STARTED and value.record is not None:
            self.play.began(value)
        elif topic == topics.TX_STOPPED and value not in self.cp.unsaved:
            self.play.ended(value)

    def pass_time(self, seconds):
        super().pass_time(seconds)
        self.play.mark()


class Truth:
    """One moment. charges: number -> row of Play.charges, with the register of now in running
    ones. state: what is kept besides. books: how many messages the CSMS had taken."""

    def __init__(self, play):
        world = play.world
        meters = {c.id: c.meter.energy_wh for c in world.station.connectors}
        self.meters = meters
        self.charges = {
            n: row if row[4] else row[:3] + (meters[row[0]],) + row[4:]
            for n, row in play.charges.items()
        }
        self.books = len(play.books.rows)
        self.now = world.real + world.clock.now
        self.plugs = dict(world.io.plugs)
        self.mark = len(play.marks)

    def cut(self):
        """The charges as a power cut leaves them: `*` ended those that ran, when they did."""
        return {
            n: row if row[4] else row[:4] + (("*", None, self.now),) + row[5:]
            for n, row in self.charges.items()
        }


class Play:
    """One charger in one story. Rows of `charges`, by the number of the transaction:
    (connector, token, meterStart, register now or at the stop, None or (reason, token, time),
    time of the start)."""

    def __init__(self, files=None, origin=None, books=(), allowed=()):
        """After a cut: what was true then, what the CSMS had taken, the states that may be."""
        self.disk = Disk(files).mount()
        self.origin = origin
        self.allowed = allowed
        self.ends = {}  # rows of charges that ended in the story that was cut
        self.books = Books(books)
        self.charges = origin.cut() if origin else {}
        self.real = origin.now + 10 if origin else WALL
        self.world = None
        self.truths = []
        self.marks = []  # states, as `state` has them
        self.files = None
        self.connectors = 1

    def boot(self, connectors=1, cause="PowerLoss", plugs=None, **settings):
        """Power on. With settings: they are stored before the story begins."""
        if settings:
            config = Settings(lambda topic, key: None)
            for key, value in settings.items():
                text = str(value).lower() if isinstance(value, bool) else str(value)
                config.set(key, text, "station")
        if self.files is None:
            self.files = dict(self.disk.files)
            self.disk.tape = []
            self.disk.note = self.note
        self.connectors = connectors
        world = PowerWorld(self, self.real, connectors, cause, plugs)
        self.mark()
        return world

    def reboot(self, cause="PowerLoss"):
        """The power was away for ten seconds, within the story."""
        w = self.world
        self.real = w.real + w.clock.now + 10
        self.charges = Truth(self).cut()
        return self.boot(len(w.wires), cause, w.io.plugs)

    def after(self, index, files):
        """The same charger, booted on what a cut before step `index` of the tape left."""
        truth = self.truth(index)
        if truth is None:
            other = Play(files)
            other.boot(self.connectors)
        else:
            books = self.books.rows[: truth.books]
            other = Play(files, truth, books, self.states(truth))
            other.disk.free_blocks = self.disk.free_blocks
            other.boot(self.connectors, plugs=truth.plugs)
            ended = {n: row for n, row in self.charges.items() if row[4] and row[4][0] != "*"}
            other.ends = {**self.ends, **ended}
        return other

    def truth(self, index):
        """What was true before step `index`; None while the very first boot was not over."""
        while index > 0:
            index -= 1
            if self.truths[index]:
                return self.truths[index]
        return self.origin

    def states(self, truth):
        """What may be kept after a cut at that moment: as told last, or as told next."""
        if truth is self.origin:
            return self.allowed
        return self.marks[max(0, truth.mark - 1) : truth.mark + 1]

    def began(self, session):
        w = self.world
        if session.record not in self.charges:
            self.charges[session.record] = (
                session.cid,
                session.id_tag,
                session.meter_start_wh,
                session.meter_start_wh,
                None,
                w.real + session.started,
            )

    def ended(self, session):
        w = self.world
        if session.record in self.charges:
            row = self.charges[session.record]
            end = (session.stop_reason, session.stop_tag, w.real + session.stopped)
            self.charges[session.record] = row[:3] + (session.meter_stop_wh, end) + row[5:]

    def note(self, step=None):
        """A step of the flash (None), or a message on the line: the power may go here too."""
        if step:
            self.disk.tape.append((step, None, None))
        if self.world and self.world.station.connectors and hasattr(self.world, "cp"):
            self.truths.append(Truth(self))
        else:
            self.truths.append(None)

    def mark(self):
        """What is kept has been answered for by now: from here on it must be there."""
        w = self.world
        if not hasattr(w, "cp"):
            return
        new = state(w)
        if not self.marks or new != self.marks[-1]:
            self.marks.append(new)

    def collect(self, seconds=60):
        """Online until nothing is owed any more, then end what was resumed."""
        w = self.world
        for _ in range(seconds):
            w.pass_time(1)
            if w.cp.online and w.cp.box.peek() is None and not w.cp.rpc.pending:
                running = [c.id for c in w.station.connectors if c.session]
                if not running:
                    return
                for cid in running:
                    if w.clock.now > 4:
                        w.station.stop(cid, "Other")


def state(w):
    """What must be old or new after a cut: key -> value."""
    out = {("set", key): value for key, value in w.config.values.items()}
    out["operative", 0] = w.station.operative
    for c in w.station.connectors:
        out["operative", c.id] = c.operative
    for row in w.station.reservations:
        out["reservation", row[1]] = row
    if w.cp.slots:
        for head in profiles.heads(w.cp):
            if head[composite.PURPOSE] != composite.CHARGE:
                out["profile", head[composite.ID]] = head[1 : composite.TURN]
    wall = w.clock.wall()
    out["list"] = [authlist.version(w.store), authlist.size(w.store)]
    out["list"] += [authlist.find(w.store, tag, wall) for tag in TAGS]
    for tag in TAGS:
        out["card", tag] = authorise.cached(w.store, tag, wall)
    return out


__all__ = ["TAGS", "Books", "Play", "Truth", "iso", "parse", "state"]
