"""What does one connector do with its vehicle, its faults and its limits, ten times a second?

The step: inputs -> faults -> limits -> session rules -> output -> status. Status names are those
of OCPP 1.6 section 7.7 because every operator reads them; what a back office wants beyond that
is its own business. Source of the rules: S 4.9 (status), contract part a.5 and a.9.
"""

from micropython import const

from station import faults, path_rivot, rules, topics
from station.limits import NO_LIMIT, Limits
from station.meter import Meter
from station.session import Session

CLAIMS = ("board", "cable", "temperature", "grid", "profile", "vehicle", "contract")
_OPTIONAL = CLAIMS[2:]
_PLUG_IN_MS = const(500)  # contract a.4: plug debounce
_PLUG_OUT_MS = const(300)  # energy is taken away at once, the session only after this
_FINISH_MS = const(1_000)  # Finishing is shown at least this long after an unplug
_LOCK_MS = const(3_000)
_METER_MS = const(10_000)  # an external meter that is silent for longer is lost
_RESUME_MS = const(15_000)  # after a power cut: plug, battery and module must show up in this time
_LONG = const(86_400_000)


class Connector:
    """One connector (id 1..n): facts for everybody, and the control step.

    path: its power path. io: inputs and outputs. push(topic, value): queues an event.
    """

    def __init__(self, cid, path, io, config, ratings, push, clock):
        self.id = cid
        self.path = path
        self._io = io
        self._config = config
        self._ratings = ratings
        self.push = push
        self.clock = clock
        self.meter = Meter()
        self.limits = Limits(CLAIMS, _OPTIONAL)
        self.faults = faults.Faults()
        self.watch = path.watcher(path, config, ratings)
        self.external = None  # an external energy meter: energy_wh voltage_dv current_da age_ms
        self.session = None
        self.reserved = None  # row of station.reservations
        self.operative = True
        # No new charge: a new firmware is about to be installed (True, E 3.49), or the text why.
        self.paused = self._paused = False
        self.barred = None  # why no charge may begin or go on in this run: the minimal mode
        self.plugged = False
        self.status = "Available"
        self.error_code = "NoError"
        self.vendor_error = None
        self.info = None
        self.locked = False
        self.owner = None  # the charge whose token the locked cable waits for (E 3.5)
        self.ev_done = False  # the battery has taken what it wanted
        self.finishing = False
        self._shown = -1  # fault mask that the status was made from
        self._plug_ms = self.finish_ms = self.state_ms = self.taper_ms = 0
        self.silent_ms = self.done_ms = self._lock_ms = self.resume_ms = 0
        self.permitted = False
        self._vended = False
        self.reload()

    def reload(self):
        """Take the settings and ratings again (CONFIG); no setting is read in the step."""
        get = self._config.get
        ratings = self._ratings
        self.path.reload(self._config)
        self.watch.reload(self._config, ratings)
        self.rated_da = min(get(self.path.current_key), ratings["current_max_da"])
        self.limits.claim("board", self.rated_da, ratings["power_max_w"])
        self.limits.claim("cable", ratings["cable_max_da"])
        self.by_meter = get("EnergySource") == "meter"
        self.meter.scale_ppm = get("MeterScalePpm")
        self.meter.offset_da = get("MeterOffset")
        self._plug_timeout_ms = get("PlugTimeout")
        self.silent_stop_ms = get("BmsSilentStop") * 1000
        self.ends_unplugged = get("StopTransactionOnEVSideDisconnect")
        self.frees_unplugged = get("UnlockConnectorOnEVSideDisconnect")
        self.end_da = get("EndCurrent")
        self.end_ms = get("EndCurrentTime") * 1000
        self.done_stop_ms = get("SuspendedEVStopAfter") * 1000
        self.wait_ms = get("ConnectionTimeOut") * 1000
        self._free = get("FreeVendIdTag") if get("FreeVend") else ""

    # -- what others ask --------------------------------------------------------------------

    def refusal(self):
        """Why no charge can begin here now, or None. The one gate for every way to start."""
        mask = self.faults.mask
        if self.barred:
            return self.barred
        if mask:
            return "fault " + faults.row(mask)[0]
        if not self.operative or self.paused:
            return "connector is out of service"
        if self.session is not None and self.session.state not in ("auth", "ready"):
            return "a charge is running"
        if not self.plugged:
            return None
        return self.path.refusal(self.watch.volts_min_dv)

    def active(self):
        """True while a transaction runs on this connector."""
        return self.session is not None and self.session.state in ("active", "stopping")

    def clear(self):
        """A person clears the latched faults; what still holds stays."""
        return self.faults.clear()

    # -- the step ---------------------------------------------------------------------------

    def step(self, dt_ms):
        """One control step of `dt_ms`; a step that changes nothing allocates nothing."""
        self._plug(dt_ms)
        self._assess(dt_ms)
        self._limit(dt_ms)
        if self.session is not None:
            rules.step(self, dt_ms)
        elif self._free and self.plugged and not self._vended and not self.reserved:
            if self.refusal() is None:
                self._vended = True
                self.session = Session(self.id, self._free, "free", "ready")
        self._output()
        self.path.step(dt_ms)
        self._measure(dt_ms)
        self._show(dt_ms)

    def _plug(self, dt_ms):
        raw = self._io.plug(self.id)
        if raw is None:  # no such input: the battery's own frames tell (and the status says so)
            away = self.silent_stop_ms if self.active() else self._plug_timeout_ms
            raw = self.path.bms_age < away
            wait = 0
        else:
            wait = _PLUG_OUT_MS if self.plugged else _PLUG_IN_MS
        if not raw and self.path.phase != path_rivot.OFF:
            self.path.stop(path_rivot.AT_ONCE)
        if raw == self.plugged:
            self._plug_ms = 0
            return
        self._plug_ms += dt_ms
        if self._plug_ms < wait:
            return
        self._plug_ms = 0
        self.plugged = raw
        self.silent_ms = 0
        self.ev_done = False
        if not raw:
            self._vended = False
            self.faults.unplugged()
        self.push(topics.PLUG, self)

    def _assess(self, dt_ms):
        found = self.watch.step(dt_ms, self.faults)
        # Silence counts while a vehicle is there to speak; a fresh plug gets one time-out.
        if self.plugged and not self.path.bms_fresh():
            self.silent_ms = min(self.silent_ms + dt_ms, _LONG)
            if self.active() or self.silent_ms > self.path.bms_timeout_ms:
                found |= faults.BMS_SILENT
        else:
            self.silent_ms = 0
        if not self._io.alive:
            found |= faults.INPUTS_LOST
        if self.by_meter and (self.external is None or self.external.age_ms > _METER_MS):
            found |= faults.METER_LOST
        if self.locked and self._io.lock(self.id) is False:
            self._lock_ms += dt_ms
            if self._lock_ms > _LOCK_MS:
                found |= faults.LOCK_FAILURE
        else:
            self._lock_ms = 0
        self.faults.step(dt_ms, found)

    def _limit(self, dt_ms):
        path = self.path
        limits = self.limits
        watch = self.watch
        derated = watch.derated_da(self.rated_da)
        limits.claim("temperature", derated if derated < self.rated_da else NO_LIMIT)
        fresh = path.bms_fresh()
        limits.claim("vehicle", path.codec.bms_imax_da if fresh and self.plugged else NO_LIMIT)
        volts = self.meter.voltage_dv if path.running() else 0
        if volts < watch.volts_min_dv:
            volts = min(path.codec.bms_vmax_dv, watch.volts_max_dv) if fresh else 0
        limits.resolve(dt_ms, volts if volts > 0 else watch.volts_max_dv)

    # -- the session's beginning and end ----------------------------------------------------

    def drop(self):
        """Forget a session that never became a transaction."""
        self.session = None
        self.finishing = self.plugged

    def resume(self, session):
        """Go on with a charge that a power cut interrupted; the vehicle gets time to be seen."""
        self.session = session
        self.resume_ms = _RESUME_MS
        self.hold_cable(True)

    def stop(self, reason, id_tag=None, mode=path_rivot.ORDERED):
        """End the running charge for `reason`; returns False when none runs.

        A second stop neither changes the reason nor ends it twice; it may be stricter.
        """
        session = self.session
        if session is None:
            return False
        if session.state == "active":
            session.state = "stopping"
            session.stop_reason = reason
            session.stop_tag = id_tag
            self.state_ms = 0
        elif session.state != "stopping":
            self.drop()
            return True
        self.path.stop(mode)
        return True

    def _ev_willing(self):
        return self.path.permit() and self.path.codec.bms_imax_da > 0 and not self.ev_done

    def _evse_willing(self):
        if self.faults.mask:
            return False
        session = self.session
        if session.suspended and not session.energy_cap_wh:
            return False
        return self.limits.limit_da > 0 or self.limits.source == "vehicle"

    def _output(self):
        path = self.path
        session = self.session
        if session is not None and session.state == "active":
            if self._evse_willing() and self._ev_willing() and self._io.plug(self.id) is not False:
                volts = min(path.codec.bms_vmax_dv, self.watch.volts_max_dv)
                path.energise(volts, self.limits.limit_da)
                return
        if path.phase == path_rivot.OFF:
            return
        if self.faults.mask & faults.EMERGENCY_STOP:
            path.stop(path_rivot.EMERGENCY)
        elif self.faults.mask or session is None or not path.permit():
            path.stop(path_rivot.AT_ONCE)
        else:
            path.stop(path_rivot.ORDERED)

    # -- what is shown ----------------------------------------------------------------------

    def _measure(self, dt_ms):
        path = self.path
        meter = self.meter
        fresh = path.module_fresh()
        if self.by_meter:
            if self.external is not None:
                meter.measure(dt_ms, self.external.voltage_dv, self.external.current_da, False)
                meter.register(self.external.energy_wh)
        elif fresh:
            meter.measure(dt_ms, path.voltage_dv(), path.current_da(), path.closed)
        else:
            meter.measure(dt_ms, 0, 0, False)
        meter.soc_pm = path.codec.bms_soc_pm if path.bms_fresh() else -1
        meter.temp_dc = path.temp_dc()
        running = path.running()
        meter.offered_da = self.limits.limit_da if running else 0
        meter.offered_w = self.limits.limit_w if running else 0
        # Flags of the status frame to the BMS: module off line, hot, BMS silent (contract a.2).
        flags = 0 if fresh else 1
        if self.watch.hot:
            flags |= 2
        if self.faults.mask & faults.BMS_SILENT:
            flags |= 16
        path.status_flags = flags

    def _state(self, dt_ms):
        """The status by its rank: fault, transaction, service, finishing, preparing."""
        if self.faults.mask & faults.FATAL:
            return "Faulted"
        session = self.session
        if session is not None and session.state == "active":
            if self.status == "Reserved":
                return "Preparing"  # G2: no other way leads from there to a charge
            if not self._evse_willing():
                return "SuspendedEVSE"  # outranks SuspendedEV (S 4.9)
            if self._ev_willing():
                return "Charging"
            if self.plugged and not self.path.bms_fresh():
                return self.status  # just fallen silent: a fault by the next step, not a wish
            return "SuspendedEV"
        if session is not None and session.state == "stopping":
            if not self.faults.mask:
                self._shown = 0  # what the stop leads to is news, not that its cause has gone
            return self.status
        if self.finishing:
            self.finish_ms += dt_ms
            unplugged = not self.plugged and self.finish_ms > _FINISH_MS
            self.finishing = session is None and not unplugged
        if not self.operative or self.paused or self.barred:
            return "Unavailable"
        if self.finishing:
            return "Finishing"
        if self.reserved and self.status in ("Available", "Reserved"):
            # Until its owner is known (G2); and only from Available does it begin (A7, S 4.9).
            if session is None or session.state == "auth":
                return "Reserved"
        return rules.idle(self, dt_ms) if session is None else "Preparing"

    def _show(self, dt_ms):
        status = self._state(dt_ms)
        mask = self.faults.mask
        if status == self.status and mask == self._shown and self.paused == self._paused:
            return
        self.status = status
        self._shown = mask
        self._paused = self.paused
        name, self.error_code, self.vendor_error, _ = faults.row(mask)
        if self.paused and self.paused is not True and not mask:
            name = self.vendor_error = self.paused
        elif not mask and not self.plugged and status in ("Finishing", "SuspendedEV"):
            name = "EV side disconnected"  # S 4.9, the words of its notes
        self.info = name or None
        if status in ("Available", "Charging", "Reserved", "Unavailable"):
            # These states name no vehicle that could fail to speak (E: EVCommunicationError).
            if self.error_code == "EVCommunicationError":
                self.error_code = "NoError"
        self.push(topics.STATUS, self.id)

    def hold_cable(self, on):
        """Lock or release the cable, where there is a lock."""
        if self.locked != on:
            self.locked = on
            self._io.lock_set(self.id, on)

    def lock(self):
        """True if the lock says that it is locked, False if not; None: there is none that says."""
        return self._io.lock(self.id)
