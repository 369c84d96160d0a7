"""What can be asked of the whole station, and how do its connectors take their step?

The facade that tags, console, OCPP and tests talk to. `step` is the safety loop: it needs no
network, no back office and no flash, and calls no listener; what happened is queued and handed
out by `pump` right after it. `second` does the slow bookkeeping: registers and availability.
"""

from ocppj import record
from station import faults, path_rivot, register, topics
from station.session import Session, restored

_ESTOP_RELEASE_MS = 100  # contract a.4: asserted at once, released debounced


class Station:
    """All connectors of one charge point. It is its own connector 0 (status, error_code...).

    connectors: list that `add` fills with Connector, ids 1..n. io: inputs and outputs (estop,
    next_tag, alive). emit(topic, value): the bus. store: records of registers, availability.
    """

    def __init__(self, connectors, io, config, clock, emit, log, store):
        self.connectors = connectors
        self.config = config
        self.clock = clock
        self.log = log
        self.id = 0
        self.status = "Available"
        self.error_code = "NoError"
        self.vendor_error = self.info = None
        self.cp = None  # the OCPP charge point, when one is built in
        self.ending = None  # (kind, reason) of a reset under way
        self._io = io
        self.emit = emit
        self._store = store
        self._queue = []
        self._estop_ms = 0
        self._mask = 0
        self._saved = []
        self._saved_at = 0
        self._snapshot_s = config.get("EnergySnapshotInterval")
        self.operative = register.in_service(store, 0)
        # [connector or 0, id, token, parent or None, expiry in Unix seconds] each (S 5.13)
        self.reservations = record.unpack(store.read("resv")) or []

    def add(self, connector):
        """Add the next connector, with its register and availability of before the last start."""
        connector.meter.register(register.load(self._store, connector.id))
        connector.operative = self.operative and register.in_service(self._store, connector.id)
        for row in self.reservations:
            if row[0] == connector.id:
                connector.reserved = row
        self.connectors.append(connector)
        self._saved.append(connector.meter.energy_wh)

    def push(self, topic, value):
        """Queue an event for the bus; used by the connectors inside their step."""
        self._queue.append((topic, value))

    def connector(self, cid):
        """The connector `cid` (0 is the station itself), or None if there is none."""
        if cid == 0:
            return self
        return self.connectors[cid - 1] if 0 < cid <= len(self.connectors) else None

    # -- the loop ---------------------------------------------------------------------------

    def step(self, dt_ms):
        """One control step: emergency stop first, then every connector."""
        pressed = self._io.estop()
        if pressed:
            self._estop_ms = 0
        elif self._estop_ms < _ESTOP_RELEASE_MS:
            self._estop_ms += dt_ms
            pressed = True if self._mask & faults.EMERGENCY_STOP else pressed
        for connector in self.connectors:
            connector.faults.assess(faults.EMERGENCY_STOP, bool(pressed))
            connector.step(dt_ms)
        self._show()

    def _show(self):
        mask = self.connectors[0].faults.mask & faults.STATION_WIDE
        if mask:
            status = "Faulted"
        else:
            status = "Available" if self.operative else "Unavailable"
        if status != self.status or mask != self._mask:
            self.status = status
            self._mask = mask
            name, self.error_code, self.vendor_error, _ = faults.row(mask)
            self.info = name or None
            self.push(topics.STATUS, 0)

    def pump(self):
        """Hand queued events to the bus; called after the step, outside of it."""
        while self._queue:
            topic, value = self._queue.pop(0)
            if topic == topics.TX_STARTED or topic == topics.TX_STOPPED:
                self._save_register(self.connector(value.cid))
            if topic == topics.TX_STARTED and self.reservations:
                from station import reservations

                reservations.start(self, value)
            else:
                self.emit(topic, value)

    def second(self, now):
        """Once a second: registers to flash, snapshots, and the end of an ordered reset."""
        if now - self._saved_at >= self._snapshot_s:
            self._saved_at = now
            for connector in self.connectors:
                if self._save_register(connector):
                    self.emit(topics.METER, connector)
        if self.reservations:
            from station import reservations

            reservations.expire(self, now)
        if self.ending and not any(c.active() for c in self.connectors):
            ending, self.ending = self.ending, None
            self.emit(topics.RESET, ending)

    def _save_register(self, connector):
        wh = connector.meter.energy_wh
        if wh == self._saved[connector.id - 1]:
            return False
        if register.save(self._store, connector.id, wh):
            self._saved[connector.id - 1] = wh
        else:
            self.log.error("register of connector %d could not be written", connector.id)
        return True

    # -- starting ---------------------------------------------------------------------------

    def can_start(self, cid, id_tag=None):
        """Why no charge can begin at `cid` (for `id_tag`), or None: the one gate (rule 6)."""
        connector = self.connector(cid)
        if connector is None or cid == 0:
            return "there is no connector %d" % cid
        if self.ending:
            return "the station is about to restart"
        if not self.operative:
            return "station is out of service"
        if self.cp is not None and self.cp.journal_full:
            return "memory for transactions is full"
        if id_tag is not None and self._promised(connector, id_tag, None):
            return "connector is reserved"
        return connector.refusal()

    def keep(self, rows):
        """These are the reservations from now on; they survive a power cut. OSError: flash."""
        self._store.write("resv", record.pack(rows))
        self.reservations = rows
        for connector in self.connectors:
            connector.reserved = None
            for row in rows:
                if row[0] == connector.id:
                    connector.reserved = row

    def _promised(self, connector, id_tag, parent):
        if not self.reservations:  # the usual case: their rules need no memory
            return False
        from station import reservations

        return reservations.promised(self, connector, id_tag, parent)

    def tag(self, cid, id_tag, source="tag"):
        """A card is shown at `cid`: starts, stops, or says why not. Returns a line of text."""
        connector = self.connector(cid)
        if connector is None or cid == 0:
            return "refused: there is no connector %d" % cid
        if not 0 < len(id_tag) <= 20:
            return "refused: a tag has 1 to 20 characters, not %d" % len(id_tag)
        session = connector.session
        if session is not None and session.state == "stopping":
            return "stopping"
        if session is not None and session.same(id_tag):
            if connector.active():
                connector.stop("Local", id_tag)
                return "stopping"
            connector.drop()
            return "cancelled"
        if session is not None and connector.active():
            # Another card: it may end this charge if it belongs to the same parent (S 4.1).
            self.emit(topics.AUTHORIZE, Session(cid, id_tag, "stop"))
            return "authorising"
        if connector.locked and not connector.active():
            connector.unlock()
        why = self.can_start(cid, id_tag)
        if why:
            self.log.warn("tag at connector %d refused: %s", cid, why)
            return "refused: " + why
        connector.session = session = Session(cid, id_tag, source)
        self.emit(topics.AUTHORIZE, session)
        return "refused: not authorised" if connector.session is None else "authorising"

    def authorised(self, cid, id_tag, verdict, parent=None):
        """The verdict on a token that AUTHORIZE asked about ("Accepted", "Invalid" ...)."""
        connector = self.connector(cid)
        session = connector.session
        if session is None:
            return
        if session.state == "auth" and session.same(id_tag):
            session.parent = parent
            if verdict == "Accepted" and self._promised(connector, id_tag, parent or ""):
                verdict = "not the one that it is reserved for"
            if verdict == "Accepted":
                session.state = "ready"
            else:
                self.log.warn("connector %d: token is %s", cid, verdict)
                connector.session = None
        elif session.state == "active" and not session.same(id_tag):
            if verdict == "Accepted" and session.kin(parent):
                connector.stop("Local", id_tag)
            else:
                self.log.warn("connector %d: token may not end this charge (%s)", cid, verdict)

    def remote_start(self, cid, id_tag):
        """Start for a token from afar; no `cid` lets the station choose. None, or why not."""
        if not cid:
            cid = self._choose(id_tag)
        why = self.can_start(cid, id_tag)
        if why:
            return why
        connector = self.connector(cid)
        if connector.session is not None:
            return "a card is being checked at this connector"
        # The parent decides where the token does not (S 5.13).
        ask = self._promised(connector, id_tag, "")
        ask = ask or self.config.get("AuthorizeRemoteTxRequests")
        connector.session = session = Session(cid, id_tag, "remote", "auth" if ask else "ready")
        if ask:
            self.emit(topics.AUTHORIZE, session)
        return None

    def _choose(self, id_tag):
        """The connector for a start that names none: a plugged one first, else a free one."""
        free = 0
        for connector in self.connectors:
            if connector.session is None and self.can_start(connector.id, id_tag) is None:
                if connector.plugged:
                    return connector.id
                free = free or connector.id
        return free or 1

    def restore(self, fields):
        """Go on with the charge of a record after a power cut; its Session, or None."""
        connector = self.connector(fields["cid"])
        if not connector or fields["cid"] == 0 or connector.session is not None:
            return None
        session = restored(fields)
        session.record = fields.get("record")
        session.started = fields.get("started", 0)
        connector.meter.register(fields.get("energy_wh", 0))
        connector.resume(session)
        return session

    # -- stopping and the rest --------------------------------------------------------------

    def stop(self, cid, reason, id_tag=None):
        """End the charge at `cid` in order; False if none runs there."""
        connector = self.connector(cid)
        return bool(connector and cid and connector.stop(reason, id_tag))

    def remote_stop(self, transaction_id):
        """End the transaction with this id; False if none has it."""
        for connector in self.connectors:
            session = connector.session
            if session is not None and session.transaction_id == transaction_id:
                if connector.active():
                    return connector.stop("Remote")
        return False

    def unlock(self, cid):
        """Release the cable at `cid`: "Unlocked", "UnlockFailed" or "NotSupported"."""
        connector = self.connector(cid)
        return connector.unlock() if connector and cid else "NotSupported"

    def set_availability(self, cid, operative):
        """Take `cid` (0: everything) in or out of service: "Accepted", "Scheduled", "Rejected"."""
        target = self.connector(cid)
        if target is None:
            return "Rejected"
        concerned = self.connectors if cid == 0 else (target,)
        if cid == 0:
            self.operative = operative
        for connector in concerned:
            connector.operative = operative
            if not operative and connector.session is not None and not connector.active():
                connector.drop()
        register.save_availability(self._store, self)
        # A running charge goes on; the status follows when it ends (S 5.2).
        busy = not operative and any(c.active() for c in concerned)
        return "Scheduled" if busy else "Accepted"

    def reset(self, kind, reason=None):
        """Stop every charge in order ("Soft" or "Hard"), then RESET goes out on the bus."""
        self.ending = (kind, reason or kind + "Reset")
        for connector in self.connectors:
            connector.stop(self.ending[1])

    def clear_faults(self):
        """A person clears latched faults; returns the names of those that still hold."""
        left = 0
        for connector in self.connectors:
            left |= connector.clear()
        return faults.names(left)

    def safe(self):
        """Take every output away now, whatever state the rest is in."""
        for connector in self.connectors:
            connector.path.stop(path_rivot.EMERGENCY)

    def reload(self):
        """Take the settings again after a CONFIG event."""
        self._snapshot_s = self.config.get("EnergySnapshotInterval")
        for connector in self.connectors:
            connector.reload()
