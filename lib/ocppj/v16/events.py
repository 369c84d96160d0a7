"""What happens at the station that the CSMS must hear of?

The half of the charge point that listens to the bus and keeps the journal; chargepoint.py is the
half that talks. Nothing here raises: the control loop is among those who emit.
"""

from micropython import const

from station import topics

# The time of day is compared with the moment of the next limit at least that often, in seconds.
_COMPARE_S = const(600)


class Events:
    """Listeners; see ChargePoint for the attributes."""

    def _listen(self):
        """Subscribe to the bus."""
        on = self.bus.on
        on(topics.STATUS, self._status)
        on(topics.TX_STARTED, self._started)
        on(topics.TX_STOPPED, self._stopped)
        on(topics.METER, self._meter)
        on(topics.AUTHORIZE, self._authorise)
        on(topics.CONFIG, lambda key: self.configure(key))
        on(topics.TIME, self._date)

    def _started(self, session):
        try:
            self.lazy("ocppj.v16.charge").started(self, session)
            self.limit(session)
        except OSError as e:
            self.log.critical("journal cannot be written: %s", str(e))
            self.station.stop(session.cid, "Other")  # nothing is sold that is not recorded
        self.woke()

    def _stopped(self, session):
        self.unsaved.append(session)
        self._save()
        self.limit(session)
        if self.rivot:
            self.rivot.summary(session)
        self.woke()

    def _save(self):
        """Write the stops that are not in flash yet: one that refuses is tried again."""
        try:
            while self.unsaved:
                self.lazy("ocppj.v16.charge").stopped(self, self.unsaved[0])
                self.unsaved.pop(0)
        except OSError as e:
            self.log.critical("journal cannot be written: %s", str(e))

    def _status(self, cid):
        self.status.mark = self.box.tail
        self.status.changed(cid, self.clock.uptime_s(), self.online)
        self.woke()

    def _meter(self, connector):
        session = connector.session
        if session is not None and session.record is not None:
            self.box.snapshot(session.record, connector.meter.energy_wh, self.clock.uptime_s())

    def limit(self, session=None):
        """Profiles, settings or the clock changed, or `session` began or ended: claim anew."""
        if self.slots or not session:  # else: the usual case needs no memory
            self.claim(session)

    def ripe(self):
        """Called ten times a second: do the limits of the charging profiles change now?"""
        if self.limit_at is None:
            return
        up = self.clock.uptime_s()
        if up >= self.limit_up:
            wall = self.clock.wall()
            t = up if wall is None else wall
            if t >= self.limit_at:
                self.limit()
            else:  # until shortly before it the uptime, which costs nothing, is enough
                self.limit_up = up + min(max(self.limit_at - t - 1, 0), _COMPARE_S)

    def _date(self, jump):
        if self.slots:
            self.limit()
        if jump is None:  # the time was unknown until now
            self.box.undated = self.store.names()

    def _authorise(self, session):
        tag = session.id_tag
        verdict = self.lazy("ocppj.v16.tokens").local(self, tag, self.online)
        # Just booted, the CSMS will be there in a moment: better asked than refused.
        if verdict and (verdict[0] != "Invalid" or not self.booting()):
            self.station.authorised(session.cid, tag, verdict[0], verdict[1])
        else:
            self.asks.append((session.cid, tag))
            self.woke()

    def _guard(self, key, value):
        if key[-4:] == "Data" and key[:4] in ("Mete", "Stop") or key == "ConnectorPhaseRotation":
            count = len(self.station.connectors)
            return self.lazy("ocppj.v16.guard").expected(key, value, count)

    def woke(self):
        """There may be something to send at once."""
        if self.wake:
            self.wake()
