"""What happens at the station that the CSMS must hear of?

The half of the charge point that listens to the bus and keeps the journal; chargepoint.py is the
half that talks. Nothing here raises: the control loop is among those who emit.
"""

from micropython import const

from station import topics

# The time of day is compared with the moment of the next limit at least that often, in seconds.
_COMPARE_S = const(600)


class Events:
    """The listener; see ChargePoint for the attributes."""

    def event(self, topic, value):
        """The bus says it: station/topics.py."""
        if topic == topics.METER:
            session = value.session
            if session is not None and session.record is not None:
                up = self.clock.uptime_s()
                self.box.snapshot(session.record, value.meter.energy_wh, up)
        elif topic == topics.STATUS:
            self.status.mark = self.box.tail
            self.status.changed(value, self.clock.uptime_s(), self.online)
            self.woke()
        elif topic == topics.CONFIG:
            self.configure(value)
        else:
            self.lazy("ocppj.v16.happened").run(self, topic, value)

    def save(self):
        """Write the stops that are not in flash yet: one that refuses is tried again."""
        try:
            while self.unsaved:
                self.lazy("ocppj.v16.charge").stopped(self, self.unsaved[0])
                self.unsaved.pop(0)
        except OSError as e:
            self.log.critical("journal cannot be written: %s", str(e))

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

    def _guard(self, key, value):
        if (
            key[-4:] == "Data"
            and key[:3] in ("Met", "Sto", "Sta")
            or key == "ConnectorPhaseRotation"
        ):
            count = len(self.station.connectors)
            return self.lazy("ocppj.v16.guard").expected(key, value, count)

    def woke(self):
        """There may be something to send at once."""
        if self.wake:
            self.wake()
