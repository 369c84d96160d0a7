"""What does a charge point of OCPP 1.6 say next, and what does it do with what it hears?

Sans-I/O: `receive` takes texts, `poll` gives texts, times are uptimes in whole seconds; the task
that owns the socket is firmware/tasks/csms.py. One CALL at a time is under way (J 4.1.1); the
order of what may be sent: answers, what a trigger asked for, Authorize, StatusNotification, the
journal of transaction messages, DataTransfer, Heartbeat.
"""

import lazy
from ocppj import rpc
from ocppj.outbox import Outbox
from ocppj.sampler import Sampler
from ocppj.v16 import answers, transactions
from ocppj.v16.events import Events
from ocppj.v16.heard import BLOB
from ocppj.v16.status import Status
from station import topics

_DAY_S = 86400
_RETRY_S = 10  # flash refused: the next try
_BOOT_S = 15  # after a boot a card waits so long for the CSMS before the station decides alone


def supported(action: str) -> bool:
    """Is it one of what the CSMS may call? The file of a call has its name in small letters with
    underscores."""
    calls = (
        " CancelReservation ChangeAvailability ChangeConfiguration ClearCache DataTransfer "
        "GetConfiguration GetDiagnostics GetLocalListVersion RemoteStartTransaction "
        "RemoteStopTransaction ReserveNow Reset SendLocalList TriggerMessage UnlockConnector "
        "UpdateFirmware "
        "ClearChargingProfile GetCompositeSchedule SetChargingProfile "
        "CertificateSigned DeleteCertificate ExtendedTriggerMessage GetInstalledCertificateIds "
        "GetLog InstallCertificate SignedUpdateFirmware "
    )
    return " %s " % action in calls


class ChargePoint(Events):
    """The charge point. docs/ocpp16.md has the rules it holds.

    bus: core.bus.Bus. store: records. random_bytes(n). board: VENDOR, MODEL, NAME.. for
    BootNotification. cause: why the last run ended, 'PowerLoss' or 'Reboot'.
    registration: 'Unknown', 'Pending', 'Accepted' or 'Rejected'. online: accepted and connected.
    probe: True while the socket's owner should find out whether the peer still lives; it calls
    `alive` whenever it hears something. wake: called when `poll` may have something at once.
    certs: records of certificates (security/shelf.py), set by who made it. leave: True while the
    connection should be made anew. Security: alarms, alarm_at, alarmed see ocppj/alarms.py; root:
    ID of the root that the connection was checked with; shown: name of the certificate that it
    shows; chore: a function that works in turns until it gives something; failures: attempts with
    a new profile.
    """

    certs = root = shown = chore = alarmed = ended = None
    alarms = alarm_at = look_at = failures = 0
    leave = False

    def __init__(
        self, station, config, clock, store, bus, random_bytes, log, board, cause="PowerLoss"
    ):
        self.station = station
        self.config = config
        self.clock = clock
        self.store = store
        self.bus = bus
        self.log = log
        self.board = board
        self.random = random_bytes
        self.id = config.get("Identity")
        self.registration = "Unknown"
        self.linked = self.online = self.probe = False
        self.wake = None
        self.boot_at = 0  # uptime of the next BootNotification
        self.fresh = 0  # number of the first message of the journal since it is online
        self.sent = 0  # uptime at which something was sent last
        self.timed = 0  # uptime at which the CSMS told the time last
        self.second = -1
        self.replies = []
        self.triggers = []  # (message, connector or None)
        self.asks = []  # (connector, token) that need an Authorize; the first may be under way
        self.unsaved = []  # sessions whose stop flash refused: tried again
        self.extra = []  # payloads of DataTransfer.req
        self.jobs = []  # files that come or go, see ocppj/transfer.py
        self.notices = []  # (message, payload) of them that the CSMS does not know yet
        self.telling = False  # the first notice is under way
        self.signing = ()  # signed meter readings that are being made, see ocppj/signing.py
        self.slots = 0  # which charging profiles there are, see ocppj/profiles.py
        self.limit_at = None  # moment of the next change of their limits
        self.limit_up = 0  # uptime from which on the time of day is compared with it
        self.work = None  # (id, action, function) of a CALL whose answer takes several turns
        self.doubt = None  # (id, action) of a CALL without answer on a line that may be dead
        self.lazy = lazy.get
        self.rivot = None
        prefix = "".join(["%02x" % b for b in random_bytes(6)])
        self.rpc = rpc.Rpc(BLOB, prefix, 30, self._supports)
        self.status = Status(station, clock)
        self.box = Outbox(store, clock, log)
        self.lazy("ocppj.scan").run(self.box, random_bytes)
        self.journal_full = self.box.full
        count = len(station.connectors)
        self.sampler = Sampler(clock, count, self._take)
        if config.get("NumberOfConnectors") != count:
            config.set("NumberOfConnectors", str(count), "station")
        config.guards.append(self._guard)
        self.configure(None)
        for topic in (topics.STATUS, topics.TX_STARTED, topics.TX_STOPPED, topics.AUTHORIZE):
            bus.on(topic, self)
        for topic in (topics.CONFIG, topics.TIME, topics.METER):
            bus.on(topic, self)
        self.lazy("ocppj.v16.recover").run(self, cause)
        self.event(topics.TIME, None if clock.wall() is not None else 0)

    def __getattr__(self, name):
        """connected, disconnected, oversize, transfer .. are functions of occasions.py."""
        return lazy.method(self, "ocppj.v16.occasions", name)

    # Methods, so that the build can leave on flash what makes and what answers (tools/link).

    def _supports(self, action):
        return supported(action)

    def _take(self, cid, at, aligned):
        transactions.take(self, cid, at, aligned)

    # -- what is heard -----------------------------------------------------------------------

    def alive(self, now):
        """The peer was heard: the CALL without answer counts as failed, not as lost."""
        self.probe = False
        if self.doubt:
            doubt, self.doubt = self.doubt, None
            answers.failed(self, doubt[0], doubt[1], now)

    def receive(self, text, now):
        """A text message of the CSMS."""
        event = self.rpc.receive(text, now)
        lazy.spare()
        self.take(event, now)
        lazy.spare()

    def take(self, event, now):
        """What rpc made of a message."""
        try:
            self.lazy("ocppj.v16.hears").event(self, event, now)
        except OSError as e:
            self.log.critical("journal cannot be written: %s", str(e))
            self.box.wait = now + _RETRY_S

    def turn(self):
        """One more turn of the call that is worked on."""
        work, self.work = self.work, None
        self.answer(*work)

    def answer(self, message_id, action, make):
        """Queue what make() answers to a call; nothing yet if it is a function for later turns."""
        then = None
        text = None
        try:
            answer = make()
            if isinstance(answer, tuple):
                answer, then = answer
            if answer is None or callable(answer):
                self.work = (message_id, action, answer or make)
            elif isinstance(answer, list) and isinstance(answer[0], str):
                text = self.rpc.error(message_id, answer[0], answer[1])
            else:
                text = self.rpc.result(message_id, answer)
        except Exception as e:
            self.log.exc(e, "call %s", action)
            text = self.rpc.error(message_id, "InternalError", str(e))
        if text:
            self.replies.append(text)
        if then:
            then()

    # -- what is sent ------------------------------------------------------------------------

    def poll(self, now):
        """The next text to send (long: a list of bytes), or None; call until None.

        Also keeps the time, offline too.
        """
        if now != self.second:
            self.second = now
            self._tick(now)
        if self.chore and self.chore():
            self.chore = None
        if not self.linked:
            return None
        if self.work:
            self.turn()
        if self.replies:
            self.sent = now
            return self.replies.pop(0)
        if self.rpc.pending or self.doubt:
            return None
        message = self._next(now)
        if message is None:
            return None
        self.sent = now
        lazy.spare()
        text = self.rpc.call(message[0], message[1], now, message[2])
        lazy.spare()
        return text

    def due(self, now):
        """Seconds until `poll` should be called again: 0 if it may have something now."""
        busy = self.replies or self.work or self.chore or now != self.second or self.box.undated
        return 0 if busy else 1

    def flush(self):
        """Everything that must survive goes to flash: before a restart, and offline."""
        try:
            self.box.flush()
        except OSError as e:
            self.log.error("journal cannot be written: %s", str(e))

    def booting(self):
        """True while the first registration since the boot may still come soon."""
        return self.registration == "Unknown" and self.clock.uptime_s() < _BOOT_S

    def _tick(self, now):
        while self.asks and not self.online and not self.booting():
            self.lazy("ocppj.v16.tokens").alone(self)
        late = self.rpc.timed_out(now)
        if late:
            self.log.warn("%s: no answer within %d s", late[1], self.rpc.timeout)
            self.doubt = late
            self.probe = True  # is it the CSMS that fails, or the line?
        self.save()
        self.ripe()
        try:
            self.sampler.tick(now)
        except OSError as e:
            self.log.error("journal cannot be written: %s", str(e))
        if self.online:
            self.status.tick(now)
        if self.rivot:
            self.rivot.tick(now)
        look = now >= self.look_at and self.linked
        if self.jobs or self.signing or self.box.undated is not None or look or now % 60 == 0:
            self.lazy("ocppj.v16.seldom").tick(self, now, look)
        lazy.tick(now)

    def _next(self, now):
        """(action, payload, id or None) of the next CALL, or None. Most of the time it is none."""
        more = self.triggers or self.asks or self.status.queue or self.notices or self.alarms
        if more or self.extra or self.registration != "Accepted":
            return self.lazy("ocppj.v16.seldom").message(self, now)
        return self.owed(now, 0, self.box.tail) or self.pulse(now)

    def pulse(self, now):
        """A Heartbeat if it is time, or None."""
        quiet = now - self.sent
        if 0 < self.heartbeat <= quiet or now - self.timed >= _DAY_S:
            return "Heartbeat", {}, None
        return None

    def owed(self, now, first, end):
        """The head of the journal if it may be sent; its number is from `first` to below `end`."""
        try:
            return transactions.message(self, now, first, end)
        except OSError as e:
            self.log.error("journal cannot be written: %s", str(e))
            self.box.wait = now + _RETRY_S
