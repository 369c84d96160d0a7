"""How do all guns, their PLCs and the shared modules work together, each 100 ms?

The one place where the ring meets the station: frames in, facts to planner.dispatch, one step,
orders out. A silent PLC makes what it reports unknown; it harms nobody else.
"""

from array import array

from micropython import const

from canproto import plc, plc_v1
from planner import bank
from planner.dispatch import Dispatch
from station import faults
from station.module_bus import ModuleBus
from station.plc_link import PlcLink, patience

_END_MS = const(10_000)  # a PLC that has the gun's contactor ends the session in that time
_AUX_MS = const(500)  # order to report: the control step, the PLC's 100 ms, the contactor
_FEW = const(4)
_MANY = const(8)
_WATCH_MS = const(280)
_WATCH_SLOW_MS = const(2500)
_AUX_SLOW_MS = const(1000)  # v3: its telemetry comes each 300 ms
_TLM = const(0x46)
_LOST = const(0x12)  # reports of a PLC that is not heard: bank.UNKNOWN of all three
_ACK_MS = const(750)
_LATE_MS = const(150)  # a step that comes later gives everyone a turn
_WRAP_MS = const(1 << 29)  # six days


class Hall:
    """`guns` guns on a ring of as many slots; `each` modules a slot. send(can_id, buf).

    Gun g has the PLC with number g, home slot g and connector g + 1. links, paths: by gun.
    config: PlcContract, GridLimit, ring times and ModuleCurrentBy. modules: (power_w, current_da)
    of one.
    """

    def __init__(self, guns, each, modules, send, module_send, config):
        version = config.get("PlcContract")
        slot_of = bytes([s for s in range(guns) for _ in range(each)])
        self.d = d = Dispatch(guns, guns, slot_of)
        for m in range(len(slot_of)):
            d.ring.rated_w[m], d.ring.current_da[m] = modules
        for g in range(guns):
            d.seq.home[g] = g
        seq = d.seq
        aux = _AUX_SLOW_MS if version == 3 else _AUX_MS
        self.banks = seq.ties, seq.guns, seq.mns
        # After so long without a word from us a PLC opens its relays (b.2, b.5).
        self.watch_ms = _WATCH_MS if version < 3 else _WATCH_SLOW_MS
        self.turn_ms = 100 if version < 3 or guns <= _FEW else 200
        self._gun_ms = 300 if self.turn_ms > 100 and guns > _MANY else self.turn_ms
        for row in self.banks:
            row.aux_ms = aux
            row.gone_ms = self.watch_ms
        self.mask = 7  # the relays that are ours
        if config.get("GunRelayBy") == "plc":
            self.mask = 6
            seq.guns.theirs = True  # the PLCs move the guns' contactors themselves
            seq.guns.aux_ms = _END_MS
        self.clock = clock = array("i", [0])  # ms, of all who note when something was
        self.links = [PlcLink(g, version, send, clock) for g in range(guns)]
        self.paths = [None] * guns
        by_part = config.get("ModuleCurrentBy") == "part"
        self.modules = ModuleBus(d, module_send, by_part, clock)
        # A dozen guns take turns: every third one in a step. When each had its last.
        self._stride = self._gun_ms // 100
        self._first = 0
        self._turn_at = array("i", bytes(4 * guns))
        self._calm = bytearray(guns)  # so many of its turns a gun can do without
        self.stir = bytearray(guns)  # 1: something is new, the gun does not wait for its turn
        self._report_at = 0
        self._lost_ms = patience(version, False), patience(version, True)
        self._said = bytearray(b"\xff" * guns)  # the last reports
        self._told = bytearray(b"\xff" * guns)  # the last orders
        self._pressed = False
        self._ring_ms = 0
        self.urgent = False  # a gun is to be cut: the ring does not wait for its turn
        self.tags = []  # (connector, token, source) that PLCs brought
        self.can_ok = True
        self.barred = None  # why no gun may charge at all
        self.budget = ""  # of the bus, for the console
        self.arrivals = 0
        self.limit_w = self.no_limit = d.grid_w  # of the central system for the whole station
        self.reload(config)

    def reload(self, config):
        """Take the settings (CONFIG)."""
        d, seq = self.d, self.d.seq
        self.grid_w = config.get("GridLimit")
        self.stage = config.get("HlcPowerStage")
        self.needs_lock = config.get("PlcLockRequired")
        self.autocharge = config.get("Autocharge")
        self.contract = config.get("PlugAndCharge")
        d.up_da = config.get("RampUp")
        d.down_da = config.get("RampDown")
        d.gain_w = config.get("LayoutGain")
        d.gain_ms = config.get("LayoutGainTime")
        d.live_hold_ms = config.get("TieHold")
        d.ring.radius = config.get("IslandRadius")
        d.ring.max_modules = min(config.get("IslandModules"), len(d.on))
        seq.open_da = config.get("OpenCurrent")
        seq.close_dv = config.get("CloseVoltage")
        d.module_hold_ms = seq.mn_hold_ms = config.get("ModuleHold")
        seq.gun_hold_ms = config.get("GunHold")
        seq.emergency_ms = config.get("EmergencyTime")
        seq.stable_open_ms = config.get("OpenTime")
        seq.stable_close_ms = config.get("CloseTime")
        seq.safe_dv = config.get("SafeVoltage")
        self.modules.stale_ms = config.get("ModuleTimeout")
        self.modules.hot_from_dc = config.get("ModuleTempDerate") * 10
        self.modules.hot_dc = config.get("ModuleTempMax") * 10
        self.modules.news = True

    # -- as tasks/can_rx sees a path ----------------------------------------------------------

    @property
    def codec(self):
        """For the console: what counts refused frames."""
        return self

    @property
    def rejected(self):
        """Frames of the contracts that were malformed."""
        return self.modules.rejected + sum([n.plc.at[plc.REJECTED] for n in self.links])

    def receive(self, can_id, data, length):
        """Take one extended data frame of the bus."""
        if can_id >> 20:  # above every id of the PLCs
            return self.modules.receive(can_id, data, length)
        g = can_id & 15 if can_id >> 4 == _TLM else plc.number_of(can_id)
        if not 0 <= g < len(self.links):
            return -1 if g < 0 else 0
        link = self.links[g]
        heard = link.receive(can_id, data, length)
        at = link.plc.at
        if at[plc.NEWS]:
            at[plc.NEWS] = 0
            self.stir[g] = 1
            self._report_at = 0
        if heard & plc.SEGMENT and link.whole:
            self.paths[g].identity(link.parts.kind, link.whole)
            link.whole = None
        return heard

    def can_state(self, ok):
        """The bus came back (True) or was lost (False)."""
        self.can_ok = ok
        self._report_at = 0

    # -- the step -----------------------------------------------------------------------------

    def step(self, connectors, dt_ms, pressed):
        """Let time pass: the connectors whose turn it is, then the ring, then frames.

        A gun's turn comes each 200 ms (300 of more than eight), each second one while its charge
        stands, each third one while none is meant and no output on: twelve guns are much for a
        small chip, and a PLC of v3 speaks each 300 ms. What is new of its safety, relays, stage,
        pilot or wish, too much at its meter, a PLC that falls silent or takes no limits, a plug on
        the way and an emergency stop (`pressed`) wait for no turn. Guns of v1 and v2, whose PLCs
        speak each 100 ms, and few guns have every turn.
        """
        self.clock[0] += dt_ms
        if self.clock[0] > _WRAP_MS:
            self._rebase(_WRAP_MS)
        if pressed is not self._pressed:
            self._pressed = pressed
            for g in range(len(connectors)):
                connectors[g].faults.assess(faults.EMERGENCY_STOP, pressed)
                self.stir[g] = 1
        self._turns(connectors, dt_ms)
        self._ring_ms += dt_ms
        if self._ring_ms >= self.turn_ms or self.urgent:
            self._ring(min(self._ring_ms, 30_000))
            self._ring_ms = 0
            self.urgent = False
        self.modules.talk()
        now = self.clock[0]
        for link in self.links:
            if link.due <= now:
                link.talk()

    def _turns(self, connectors, dt_ms):
        now = self.clock[0]
        stir = self.stir
        stride, calm = self._stride, self._calm
        self._first = first = self._first + 1 if self._first + 1 < 6 * stride else 0
        turn = first % stride
        g, by = turn, stride
        if b"\x01" in stir or dt_ms > _LATE_MS:  # somebody is out of turn
            g, by = 0, 1
        while g < len(connectors):
            if stir[g] or by > 1 or g % stride == turn or dt_ms > _LATE_MS:
                if stir[g] or not (first - g) % (stride + stride * calm[g]) or dt_ms > _LATE_MS:
                    c = connectors[g]
                    stir[g] = 0
                    path = c.path
                    path.look()
                    c.step(now - self._turn_at[g])
                    self._turn_at[g] = now
                    plugged = path.plugged()
                    if plugged is not c.plugged and plugged is not None:
                        stir[g] = 1
                    calm[g] = c.watch.calm() if stride > 1 else 0
            g += by

    def _rebase(self, ms):
        """Times stay small integers for ever."""
        self.clock[0] -= ms
        self._report_at = 0
        for g in range(len(self._turn_at)):
            self._turn_at[g] -= ms
        self.modules.rebase(ms)
        for link in self.links:
            link.rebase(ms)

    def _ring(self, dt_ms):
        d = self.d
        if dt_ms > self.watch_ms + self.turn_ms:  # we have been away: they have opened
            for row in self.banks:
                for i in range(len(row.cmd)):
                    if row.cmd[i]:
                        row.withdraw(i)
        self._report()
        d.grid_w = min(self.grid_w, self.limit_w)
        self.modules.assess()
        d.step(dt_ms)
        if not d.seq.resting or b"\xff" in self._told:
            self._order()

    def _order(self):
        ties, guns, mns = self.banks
        told = self._told
        for g in range(len(told)):
            relays = (guns.cmd[g] | ties.cmd[g] << 1 | mns.cmd[g] << 2) & self.mask
            if relays != told[g]:
                told[g] = relays
                link = self.links[g]
                link.relays = relays
                link.mask = self.mask
                link.due = 0

    def _report(self):
        """What the PLCs say of their three contactors: gun, tie, module contactor.

        Not before there is news, or one of them could be lost.
        """
        now = self.clock[0]
        if now < self._report_at:
            return
        said = self._said
        slow_ms, fast_ms = self._lost_ms
        due = now + fast_ms
        for g in range(len(said)):
            link = self.links[g]
            at, other = link.heard[0], link.heard[1]
            if other < at:
                at = other
            lost = now - at > (fast_ms if link.active else slow_ms)
            if at + fast_ms < due:
                due = at + fast_ms
            if link.active:
                at = link.heard[7] + _ACK_MS
                if at < due:
                    due = at
                    if at < now:  # our limits are not taken
                        self.stir[g] = 1
            relays = _LOST if lost or not self.can_ok else link.plc.at[plc.RELAYS]
            if relays != said[g]:
                said[g] = relays
                self.stir[g] = 1
                ties, guns, mns = self.banks
                if relays == _LOST:
                    guns.fb[g] = ties.fb[g] = mns.fb[g] = bank.UNKNOWN
                else:
                    guns.fb[g] = relays & 1
                    ties.fb[g] = relays >> 1 & 1
                    mns.fb[g] = relays >> 2
        self._report_at = due + 1

    def out_now(self, g):
        """The energy of gun `g` is taken away before anything else happens: its modules OFF."""
        self.urgent = True
        self.stir[g] = 1
        d = self.d
        for m in range(len(d.on)):
            s = d.ring.slot_of[m]
            if d.on[m] and (d.carrier[m] == g or d.seq.feeds[s] == g):
                self.modules.off(m)

    def safe(self):
        """Every output away, now: modules first, then the relays."""
        self.d.moving = True
        for m in range(len(self.d.on)):
            self.modules.off(m)
        for link in self.links:
            link.relays = 0
            link.bits = plc_v1.FORCE_OFF
            self._told[link.number] = 0xFF
            link.talk()

    def clear(self):
        """A person clears what contactors and PLCs hold."""
        for row in self.banks:
            row.clear()
        for link in self.links:
            link.clear()
        self.d.forced = True
