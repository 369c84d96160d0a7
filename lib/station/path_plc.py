"""How does energy reach a vehicle at a gun of the ring: its PLC, shared modules, the planner?

The power path `plc`, with the face that connector.py knows (see path_rivot.py). The PLC leads the
communication with the vehicle; its stage gates energy and the transaction (can_protocols b.3,
b.6). Pre-charge begins as soon as a vehicle that is authorised asks for it; the contactor closes
from the stage of power delivery on.
"""

from micropython import const

from canproto import plc, plc_v1, segments
from planner import planner, sequence
from station import faults
from station.meter import UNKNOWN
from station.watch_plc import WatchPlc, grant

OFF = const(0)
CLOSING = const(1)
ON = const(2)
STOPPING = const(4)

_METER_MS = const(2000)
_ACK_HALF_MS = const(750)
_STILL_DA = const(10)
_TOP_W = const(400_000)
_USUAL_DV = const(4000)  # of a vehicle that has not said what it wants
_DROP_MS = const(8000)  # a break of the communication that is shorter keeps the session (b.6)


class PlcPath:
    """Power path of gun `g` (connector g + 1) of a Hall."""

    watcher = WatchPlc
    current_key = "GunCurrentMax"
    bms_age = 86_400_000  # there is no BMS to be heard: plug and wish come from the PLC
    bms_timeout_ms = module_timeout_ms = 86_400_000
    bms_soc_pm = -1  # no frame of the contract carries it
    charge_mah = disch_mah = -1
    status_flags = 0

    def __init__(self, hall, g, config):
        self.hall = hall
        self.g = g
        self.link = hall.links[g]
        hall.paths[g] = self
        self.codec = self
        self.connector = None
        self.asked = False  # energise() was called in this step
        self.done = False  # the vehicle has finished: nothing more until it is unplugged
        self.broken_ms = 0  # since the communication with the vehicle broke off in a charge
        self.offered = False  # a token of this vehicle was handed on
        self.volts_dv = self.amps_da = self.last_stage = 0
        self.pre_dv = -1  # the vehicle's voltage as its pre-charge named it
        self.look()

    def attach(self, connector):
        """The connector above; its limits know what the contract's frames can carry."""
        self.connector = connector
        top = self.link.saturates()
        if top:
            connector.limits.claim("contract", top[0], top[1])

    def reload(self, config):
        """The settings are the same for all guns: the hall has them."""

    # -- what is known ------------------------------------------------------------------------

    def look(self):
        """Note what the PLC, its meter and the modules say: once a turn, for all who ask.

        well (heard in time, and of our contract), metered, bus_dv (of the home slot's bus, -1
        unknown), phase, and what the vehicle asks for: bms_imax_da (half of what flows while the
        PLC does not take our limits).
        """
        link, d, g = self.link, self.hall.d, self.g
        at, heard, now = link.plc.at, link.heard, link.clock[0]
        seq = d.seq
        self.well = well = link.agreed == 1 and not link.lost()
        flags = at[plc.FLAGS]
        # Does the vehicle want energy now, and is everything ready for it?
        wants = well and at[plc.STAGE] >= self.hall.stage and at[plc.SAFE] & plc.SAFETY_OK
        wants = wants and (flags & plc.LOCKED or not self.hall.needs_lock)
        self._permit = bool(wants and not flags & plc.COMPLETE and 2 < at[plc.CP] < 5)
        # A module behind an open contactor tells of itself only.
        bus = seq.volts_dv[g] if seq.mns.proven(g) else seq.voltage(seq.part[g])
        self.bus_dv = bus
        self.proven = seq.guns.proven(g)
        self._phase(seq)
        self.metered = now - heard[5] < _METER_MS and at[plc.METER_FLAGS] & 9 == 1
        if self.metered:
            self._volts, amps = at[plc.METER_DV], at[plc.METER_DA]
            self._amps = amps if amps > 0 else 0
        else:
            self._volts = bus if seq.guns.may(g) else 0
            amps = d.measured_w[g]
            self._amps = amps * 100 // bus if amps and bus > 0 else 0
        amps = at[plc.TARGET_DA]
        if link.active and self.phase == ON and now - heard[7] > _ACK_HALF_MS:
            amps = min(amps, d.granted_da[g] // 2)
        self.bms_imax_da = amps if amps > 0 else 0
        self._temp = at[plc.TEMP_DC] if now - heard[6] < 5000 else UNKNOWN

    def _phase(self, seq):
        g, guns = self.g, seq.guns
        if seq.want[g] != sequence.READY:
            self.phase = STOPPING if guns.cmd[g] or guns.fb[g] == 1 else OFF
        else:
            self.phase = ON if self.proven else CLOSING

    @property
    def closed(self):
        """May the contactor be closed?"""
        return bool(self.hall.d.seq.guns.may(self.g))

    @property
    def bms_vmax_dv(self):
        """The voltage that the vehicle asks for."""
        return max(self.link.plc.at[plc.TARGET_DV], 0)

    @property
    def rejected(self):
        """Malformed frames of this PLC."""
        return self.link.plc.at[plc.REJECTED]

    def plugged(self):
        """Is the plug in a vehicle? The last word of the pilot; None before the first."""
        pilot = self.link.plc.at[plc.CP]
        return None if pilot == 0 else pilot > 1

    def bms_fresh(self):
        """A silent PLC is a fault of its own (watch_plc.py)."""
        return True

    def locked(self):
        """Lock feedback: True, False; None while unknown."""
        return bool(self.link.plc.at[plc.FLAGS] & plc.LOCKED) if self.well else None

    def permit(self):
        """Does the vehicle want energy now, and is everything ready for it?"""
        return self._permit

    def refusal(self, volts_min_dv):
        """Why a token is of no use here now, or None."""
        if self.link.lost() or self.link.agreed != 1:
            return "the PLC does not answer"
        if self.done:
            return "the vehicle has finished: unplug it first"
        return None

    def ready(self):
        """May the transaction begin (b.6)?"""
        return self._permit or self.proven

    def module_fresh(self):
        """Are volts and amperes known?"""
        return self._volts >= 0

    def voltage_dv(self):
        """At the gun: of the PLC's meter, else of the modules; 0 behind an open contactor."""
        return self._volts

    def current_da(self):
        """Of the PLC's meter, else the sum of the modules."""
        return self._amps

    def temp_dc(self):
        """Of the gun, where its PLC measures it."""
        return self._temp

    # -- output, as connector.py drives it ----------------------------------------------------

    def off(self):
        """Is the output off, and proven to be?"""
        return self.phase == OFF

    def running(self):
        """Is the output meant to carry current?"""
        return self.phase == ON

    def still(self):
        """Is less than 1 A known to flow?"""
        return self._amps < _STILL_DA and self.hall.d.measured_w[self.g] < 400

    def follows(self):
        """Contactors that do not follow are found by the sequencer (watch_plc.py)."""
        return True

    def energise(self, voltage_dv, current_da):
        """Ask for up to this; to be called in every step."""
        self.asked = True
        self.volts_dv = voltage_dv
        self.amps_da = current_da

    def stop(self, mode):
        """Take the output away; the modes are those of path_rivot and of planner.sequence."""
        seq = self.hall.d.seq
        self.asked = False
        self.amps_da = 0
        self._phase(seq)
        if self.phase != OFF:
            seq.cut[self.g] = max(seq.cut[self.g], mode)
            self.hall.stir[self.g] = 1  # until it is
        if mode == sequence.EMERGENCY:
            self.hall.out_now(self.g)
        seq.want[self.g] = 0
        self._phase(seq)

    def step(self, dt_ms):
        """After the connector has decided: what the ring is asked for this gun."""
        d = self.hall.d
        g, seq, at = self.g, d.seq, self.link.plc.at
        c = self.connector
        session = c.session
        state = session.state if session is not None else ""
        faulty = c.faults.mask
        charging = state == "ready" or state == "active"
        want = 0
        volts, amps = at[plc.TARGET_DV], 20
        if volts < 0:
            volts = 0
        if charging and not faulty and self.well and c.plugged:
            if self.asked:
                want = sequence.READY
                volts, amps = self.volts_dv, self.amps_da
            elif (
                at[plc.FLAGS] & plc.PRECHARGE
                or at[plc.STAGE] >= self.hall.stage
                and state == "ready"
            ):
                want = sequence.PRECHARGE
            elif state == "ready":  # so that its slot is free when the vehicle wants it
                want = sequence.CLAIM
                volts, amps = volts or _USUAL_DV, 0
        self.asked = False
        if want and not seq.want[g]:
            if self.phase == STOPPING:
                want = 0  # first to the end
            else:
                self.hall.arrivals += 1
                d.ring.rank[g] = self.hall.arrivals
                seq.cut[g] = 0
        if want != seq.want[g]:
            seq.want[g] = want
            self._phase(seq)
        d.ask_dv[g] = volts if want else 0
        d.ask_da[g] = amps if want else 0
        # The vehicle's own voltage: its target in the pre-charge, its reading where there is one.
        ev = at[plc.EV_DV] if at[plc.EV_DV] > 0 else -1
        if ev < 0 and want:
            ev = volts if at[plc.FLAGS] & plc.PRECHARGE else self.pre_dv
        metered = self.metered and not faulty & faults.METER_LOST
        seq.gun_da[g] = self._amps if metered else -1
        if self.proven:  # behind a closed contactor the vehicle is what the bus is
            bus = self._volts if metered else self.bus_dv
            ev = bus if bus > 0 else ev
        self.pre_dv = ev
        seq.ev_dv[g] = ev if want != sequence.CLAIM else -1
        d.present[g] = 1 if c.plugged or charging else 0
        self._watch(dt_ms, state, at)
        if want and (d.denied[g] or d.source[g] > planner.BY_DEMAND):
            self._granted(d, want)
        self._tell(self.link)

    def _watch(self, dt_ms, state, at):
        """The end that the vehicle asks for, and breaks of its communication."""
        connector = self.connector
        if not connector.plugged:
            self.done = self.offered = False
            self.pre_dv = -1
        elif at[plc.FLAGS] & plc.COMPLETE and self.well and state:
            self.done = True
            connector.stop("Other")  # the vehicle has what it wanted
        stage = at[plc.STAGE]
        broken = stage < self.hall.stage and state == "active" and self.well
        # It counts while nothing moves: a communication that is taken up again takes its time.
        self.broken_ms = self.broken_ms + dt_ms if broken and stage == self.last_stage else 0
        self.last_stage = stage
        if self.broken_ms > _DROP_MS:
            connector.stop("Other")

    def _granted(self, d, want):
        """What the plan allows is the limit that counts, and says who it is from."""
        limits = self.connector.limits
        if d.denied[self.g]:
            grant(limits, 0, d.ask_dv[self.g], "ring")  # `ring` on the console says why
        if self.proven and want == sequence.READY:
            source = d.source[self.g]
            if source > planner.BY_DEMAND and d.power_w[self.g] < limits.limit_w:
                grant(limits, d.power_w[self.g], d.bus_dv[self.g], planner.SOURCES[source])

    # -- what the PLC is told -----------------------------------------------------------------

    def _tell(self, link):
        """The orders of this step, as the packers read them."""
        seq, c, g = self.hall.d.seq, self.connector, self.g
        session = c.session
        state = session.state if session is not None else ""
        mask = c.faults.mask
        ready = state == "ready" or state == "active"
        bits = plc_v1.SYS_ENABLE | plc_v1.HLC | link.bits & plc_v1.CLEAR_FAULTS
        if ready and not mask and not self.done:
            bits |= plc_v1.GRANTED
        elif c.plugged:
            bits |= plc_v1.PENDING
        # The last: what is behind the plug is still alive.
        if (
            c.plugged
            and (ready or state == "stopping")
            or c.locked
            or not self.still()
            or (self.bus_dv > seq.safe_dv and seq.guns.may(g))
        ):
            bits |= plc_v1.LOCK
        if not self.hall.contract:
            bits |= plc_v1.PNC_BLOCKED
        present = 0
        if self.proven:
            bits |= plc_v1.OUTPUT | plc_v1.REGULATING
            present = self._amps
        if bits != link.bits:
            link.bits = bits
            link.due = 0
        link.active = bool(seq.want[g] > 1 or seq.guns.may(g))
        # A lent slot's bus is not this vehicle's, which would take it for its pre-charge.
        own = seq.holder[seq.part[g]] == g or self.closed
        link.present_dv = volts = self.bus_dv if own and self.bus_dv > 0 else 0
        link.present_da = present
        link.present_w = volts * present // 100
        link.max_dv = c.watch.volts_max_dv
        limits = c.limits
        link.max_da = limits.limit_da if limits.limit_da < c.rated_da else c.rated_da
        link.max_w = limits.limit_w if limits.limit_w < _TOP_W else _TOP_W
        link.faults = c.watch.fault_bits(mask) if mask else 0

    def identity(self, kind, whole):
        """A card's UID, or who the vehicle is: a token for whoever decides about it."""
        tags = self.hall.tags
        if kind == segments.RFID:
            tags.append((self.g + 1, whole.hex().upper(), "tag"))
            return
        if self.connector.session is not None or self.offered:
            return
        if kind == segments.EVMAC and self.hall.autocharge:
            tags.append((self.g + 1, "VID:" + whole.hex().upper(), "autocharge"))
        elif kind == segments.EMAID and self.hall.contract:
            tags.append((self.g + 1, str(whole, "ascii")[:20], "contract"))
        else:
            return
        self.offered = True
