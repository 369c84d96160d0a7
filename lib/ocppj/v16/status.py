"""Which StatusNotification does the CSMS still have to get? (S 4.9, 9.1.20, E 3.19, 3.22)

Online every change is told in its order, if the status is stable for MinimumStatusDuration. What
happened offline is history: only the present status is told afterwards, and only where it is not
the one that the CSMS knows.
"""

from ocppj.datetime import iso

_VENDOR = "Galvani"


class Status:
    """Facts of connector 0 (the station) to n: (status, error code, info, vendor code)."""

    def __init__(self, station, clock):
        self.station = station
        self.clock = clock
        self.duration = 0  # MinimumStatusDuration
        self.conflict = None  # text: list and CSMS differ on a token (S 3.5.2)
        count = len(station.connectors) + 1
        self.seen = [self._facts(cid) for cid in range(count)]
        self.since = [0] * count  # uptime of the last change of the status
        self.told = [None] * count  # what the CSMS knows
        self.queued = [None] * count  # what it will know when the queue is sent
        self.mark = 0  # next number of the journal: what it has before that happened earlier
        self.queue = []  # (connector, facts, uptime of the event, mark)
        self.sending = None

    def _facts(self, cid):
        connector = self.station.connector(cid)
        if self.conflict and cid == 0 and connector.error_code == "NoError":
            return connector.status, "LocalListConflict", self.conflict, None
        return (
            connector.status,
            connector.error_code,
            connector.info or connector.vendor_error,
            connector.vendor_error,
        )

    def changed(self, cid, now, online):
        """STATUS: facts of a connector changed."""
        facts = self._facts(cid)
        old = self.seen[cid]
        if facts != old:
            self.seen[cid] = facts
            if facts[0] != old[0]:
                self.since[cid] = now
            if online and (not self.duration or self.station.settle_ms):
                self._add(cid, now)

    def _add(self, cid, at):
        facts = self.seen[cid]
        if facts == self.queued[cid]:
            return
        self.queued[cid] = facts
        if self.station.settle_ms:  # after a boot: told is what the plugs turn out to be
            self.queue = [row for row in self.queue if row[0] != cid]
        if len(self.queue) > 3 * len(self.seen):
            # The line is slow: of this connector the older news go first.
            same = [row for row in self.queue if row[0] == cid]
            self.queue.remove(same[0] if same else self.queue[0])
        self.queue.append((cid, facts, at, self.mark))

    def tick(self, now):
        """Online, once a second: queue what has become stable, and what changed offline."""
        for cid in range(len(self.seen)):
            if self.seen[cid] != self.queued[cid] and now - self.since[cid] >= self.duration:
                self._add(cid, self.since[cid])

    def all(self):
        """Accepted after boot: every present status is told (E 3.22)."""
        self.queue = []
        self.queued = [None] * len(self.seen)
        for cid in range(len(self.seen)):
            self.seen[cid] = self._facts(cid)
            self._add(cid, self.since[cid])

    def lost(self):
        """The connection is lost: the queue becomes history."""
        self.queue = []
        self.sending = None
        self.queued = list(self.told)

    def settled(self):
        """The CSMS answered the one that was sent, or will not."""
        if self.sending:
            cid, facts = self.sending[:2]
            self.told[cid] = facts
            self.sending = None

    def next(self):
        """Payload of the next StatusNotification.req or None."""
        if not self.queue:
            return None
        self.sending = self.queue.pop(0)
        return self.request(*self.sending[:3])

    def now(self, cid):
        """Payload with the present facts, as a trigger wants it: never delayed (S 5.17)."""
        self.seen[cid] = self._facts(cid)
        return self.request(cid, self.seen[cid], self.since[cid])

    def request(self, cid, facts, at):
        """Payload of StatusNotification.req for an event at uptime `at`."""
        payload = {"connectorId": cid, "errorCode": facts[1], "status": facts[0]}
        at = self.clock.wall_at(at)
        if at is not None:
            payload["timestamp"] = iso(at)
        if facts[2]:
            payload["info"] = facts[2][:50]
        if facts[3]:
            payload["vendorId"] = _VENDOR
            payload["vendorErrorCode"] = facts[3][:50]
        return payload
