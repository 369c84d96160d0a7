"""What can be asked of the whole station, and how do its connectors take their step?

The facade that tags, console, OCPP and tests talk to. `step` is the safety loop: it needs no
network, no back office and no flash, and calls no listener; what happened is queued and handed
out by `pump` right after it. `second` does the slow bookkeeping: registers and availability.
What a person or a back office asks for now and then stands in desk.py and service.py.
"""

import lazy
import record
from station import faults, path_rivot, register, topics

_ESTOP_RELEASE_MS = 100  # contract a.4: asserted at once, released debounced
_SETTLE_MS = 1000  # after a boot: debounce of a plug, or the first frames of a battery


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
        self.hall = None  # what guns with shared modules have in common
        self.ending = None  # (kind, reason) of a reset under way
        self.settle_ms = _SETTLE_MS  # so long no status is told: a plug may be in
        self._io = io
        self.emit = emit
        self.store = store
        self._queue = []
        self._estop_ms = 0
        self._mask = 0
        self._saved = []
        self._saved_at = self._wear_at = 0
        self._snapshot_s = config.get("EnergySnapshotInterval")
        self.operative = register.in_service(store, 0)
        # [connector or 0, id, token, parent or None, expiry in Unix seconds] each (S 5.13)
        self.reservations = record.unpack(store.read("resv")) or []

    def add(self, connector):
        """Add the next connector, with its register and availability of before the last start."""
        connector.meter.register(register.load(self.store, connector.id))
        connector.operative = register.in_service(self.store, connector.id)
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
        if self.settle_ms:
            self.settle_ms = max(0, self.settle_ms - dt_ms) if self._unsettled() else 0
        if self.hall:
            self.hall.step(self.connectors, dt_ms, bool(pressed))
        else:
            for connector in self.connectors:
                connector.faults.assess(faults.EMERGENCY_STOP, bool(pressed))
                connector.step(dt_ms)
        self._show()

    def _unsettled(self):
        for connector in self.connectors:
            if not connector.plugged and self._io.plug(connector.id) is not False:
                return True
        return False

    def _show(self):
        mask = self.connectors[0].faults.mask & faults.STATION_WIDE
        if mask:
            status = "Faulted"
        elif self.operative or self.status != "Unavailable" and self.busy():
            status = "Available"  # out of service with the end of the last charge (S 5.2)
        else:
            status = "Unavailable"
        if status != self.status or mask != self._mask:
            self.status = status
            self._mask = mask
            name, self.error_code, self.vendor_error, _ = faults.row(mask)
            self.info = name or None
            self.push(topics.STATUS, 0)

    def busy(self):
        """True while a charge runs at any connector."""
        for connector in self.connectors:
            if connector.active():
                return True
        return False

    def pump(self):
        """Hand queued events to the bus; called after the step, outside of it."""
        while self._queue:
            topic, value = self._queue.pop(0)
            if topic == topics.TX_STARTED or topic == topics.TX_STOPPED:
                self.save_register(self.connector(value.cid))
            if topic == topics.TX_STARTED and self.reservations:
                from station import reservations

                reservations.start(self, value)
            else:
                self.emit(topic, value)
            if topic == topics.TX_STARTED and self.cp is not None and value.record is None:
                self.stop(value.cid, "Other")  # nothing is sold that is not recorded

    def second(self, now):
        """Once a second: registers to flash, snapshots, and the end of an ordered reset."""
        if now - self._saved_at >= self._snapshot_s:
            self._saved_at = now
            for connector in self.connectors:
                if self.save_register(connector):
                    self.emit(topics.METER, connector)
        if self.hall and now >= self._wear_at:
            self._wear_at = lazy.call("station.wear", "keep", self, now)
        if self.reservations:
            from station import reservations

            reservations.expire(self, now)
        if self.ending and not self.busy():
            ending, self.ending = self.ending, None
            self.emit(topics.RESET, ending)
        if now > 10:
            self.settle_ms = 0  # where no control loop runs (the minimal mode)
        lazy.tick(now)

    def save_register(self, connector):
        """Register of a connector to flash, if it has changed; True if it had."""
        wh = connector.meter.energy_wh
        if wh == self._saved[connector.id - 1]:
            return False
        if register.save(self.store, connector.id, wh):
            self._saved[connector.id - 1] = wh
        else:
            self.log.error("register of connector %d could not be written", connector.id)
        return True

    # -- what others ask --------------------------------------------------------------------

    def __getattr__(self, name):
        """tag, authorised, can_start .. are functions of desk.py, unlock .. of service.py."""
        if name in "remote_start remote_stop unlock set_availability reset clear_faults".split():
            return lazy.method(self, "station.service", name)
        return lazy.method(self, "station.desk", name)

    def stop(self, cid, reason, id_tag=None):
        """End the charge at `cid` in order; False if none runs there."""
        connector = self.connector(cid)
        return bool(connector and cid and connector.stop(reason, id_tag))

    def safe(self):
        """Take every output away now, whatever state the rest is in."""
        for connector in self.connectors:
            connector.path.stop(path_rivot.EMERGENCY)
        if self.hall:
            self.hall.safe()

    def reload(self):
        """Take the settings again after a CONFIG event."""
        self._snapshot_s = self.config.get("EnergySnapshotInterval")
        if self.hall:
            self.hall.reload(self.config)
        for connector in self.connectors:
            connector.reload()
