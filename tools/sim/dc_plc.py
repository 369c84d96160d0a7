"""What does the PLC of one gun do: pilot, communication with the vehicle, relays, safety?

It leads the vehicle through the stages below, closes and opens its relays as it is told and as
safety allows, and tells what it knows in the frames of its contract version. It takes its relays
off when nobody speaks to it. The stages' numbers are this simulation's own but for 9, power
delivery (docs/plc.md).
"""

from .dc_wire import FRAMES, HEARD
from .outlet import LOCK_MS, Switch

IDLE, SLAC, SETUP, AUTHORISE, PARAMETERS = 0, 1, 3, 4, 5
CABLE_CHECK, PRECHARGE, DELIVERY, DEMAND, ENDING, ENDED = 7, 8, 9, 10, 11, 12
_NEXT = {SLAC: SETUP, SETUP: AUTHORISE, PARAMETERS: CABLE_CHECK}
STAGE_MS = 500
PRECHARGE_MS = 7000
NEAR_V = 20.0
END_MS = 3000  # so long it waits for the current to fall before it opens its own contactor
WATCH_MS = {1: 300, 2: 300, 3: 3000}
SAFETY_OK = 0x10
# Fault reasons of the contract (b.3).
REASONS = {0x08: 4, 0x80: 12, 0x20: 10}


class Plc:
    """PLC `number` (id nibble) of contract `version` with its vehicle and its three relays:
    `gc`, `tie`, `mn` are the contactors (Switch) that they drive.
    """

    def __init__(self, number: int, version: int, vehicle, gc, tie, mn):
        self.number = number
        self.version = version
        self.vehicle = vehicle
        self.contactors = (gc, tie, mn)
        self.lock = Switch(LOCK_MS, LOCK_MS)
        self.silent = self.bad_crc = self.meter_lost = False
        self.safety = SAFETY_OK
        self.forced_stage = None
        self.no_hlc = False
        self.acks_blocked = False
        self.owns_gun = False  # it moves the gun's contactor itself, no order for it is heard
        self.card = None
        self.outbox = []
        self.reset()

    def reset(self):
        """Power on."""
        self.uptime_ms = 0
        self.stage = IDLE
        self.stage_ms = 0
        self.complete = self.cable_ok = False
        self.orders = {"GRANTED": 0, "PENDING": 0, "HLC": 1, "LOCK": 0}
        self.present_v = 0.0
        self.seq = self.seq_seen = 0
        self.relays = self.mask = 0
        self.enabled = self.forced_off = False
        self.heard_ms = WATCH_MS[self.version]
        self.limits = 0
        self._due = {}
        self._was = None

    # -- what the station says

    def receive(self, frame) -> None:
        """A frame of the bus."""
        name = HEARD.get(frame.can_id & ~15)
        if name is None or frame.can_id & 15 != self.number:
            return
        signals = FRAMES[name].read(frame.data)
        if signals is not None:
            getattr(self, "_" + name.lower())(signals)

    def _evse_fast(self, s):
        self.present_v = s["V"]
        self._command(
            s["RelayCmd"],
            s["EnableMask"],
            s["SysEnable"],
            s["ForceOff"],
            s["Seq"],
            s["ClearFaults"],
        )
        self._count()

    def _evse_slow(self, s):
        self.orders = {
            "GRANTED": s["AuthGranted"],
            "PENDING": s["AuthPending"],
            "HLC": s["HlcEnable"],
            "LOCK": s["LockCmd"],
        }
        self._count()

    def _evse_dc_present(self, s):
        self.present_v = s["V"]

    def _evse_dc_max_limits(self, s):
        self._count()

    def _relaycontrol(self, s):
        relays = sum(s[f"RLY{i + 1}_CMD"] << i for i in range(3))
        mask = sum(s[f"RLY{i + 1}_ENABLE_MASK"] << i for i in range(3))
        self._command(
            relays, mask, s["SYS_ENABLE"], s["FORCE_ALL_OFF"], s["CMD_SEQ"], s["CLEAR_FAULTS"]
        )

    def _configcmd(self, s):
        names = {20: "GRANTED", 21: "PENDING", 22: "HLC", 30: "LOCK"}
        param, value = s["PARAM"], s["VALUE"]
        status = 0
        if param in names:
            self.orders[names[param]] = value
        elif param == 91:
            status = 0 if value == self.version else 1
            value = self.version
        self._say("ConfigAck", PARAM=param, Status=status, VALUE=value, PlcId=self.number)

    def _count(self):
        if self.acks_blocked:
            return
        self.limits += 1
        if self.version < 3:
            self._say("ConfigAck", PARAM=90, VALUE=self.limits, PlcId=self.number)

    def _command(self, relays, mask, enabled, forced_off, seq, clear):
        self.heard_ms = 0
        mask &= ~1 if self.owns_gun else ~0
        self.relays = self.relays & ~mask | relays & mask
        self.enabled, self.forced_off = bool(enabled), bool(forced_off)
        self.seq = self.seq_seen = seq
        if clear:
            self.safety &= ~0x08

    # -- time

    def step(self, dt_ms: int) -> None:
        """Decide, drive the relays, say what is due."""
        self.uptime_ms += dt_ms
        self.heard_ms += dt_ms
        self.stage_ms += dt_ms
        self.lock.set(bool(self.orders["LOCK"]))
        for _ in range(dt_ms // 10):
            if self.lock.on != self.lock.target:
                self.lock.tick()
        if self.vehicle.plugged:
            self._lead()
        else:
            self._enter(IDLE)
            self.complete = False
        well = self.reason() == 0
        if self.owns_gun:
            self.relays = self.relays & ~1 | self._gun()
        closed = self.relays if well and self.enabled and not self.forced_off else 0
        for i, contactor in enumerate(self.contactors):
            contactor.set(bool(closed >> i & 1))
        if self.stage not in (PRECHARGE, DELIVERY, DEMAND):
            # The vehicle opens its own contactors, be ours welded or not.
            if not self.contactors[0].on or self.stage_ms > 2000:
                self.vehicle.inlet = False
        self._tell(dt_ms)

    def _gun(self) -> int:
        """Its own contactor: from the power delivery on, at the voltage; open at 0 A, or soon."""
        if self.stage in (DELIVERY, DEMAND):
            near = abs(self.present_v - self.vehicle.emf_v) <= NEAR_V
            return int(near or self.contactors[0].on)
        still = self.vehicle.current_a > 1 and self.stage_ms < END_MS
        return int(self.contactors[0].on and self.stage == ENDING and still)

    def reason(self) -> int:
        """Why it keeps its relays off."""
        for bit, reason in REASONS.items():
            if self.safety & bit:
                return reason
        if not self.safety & SAFETY_OK:
            return 1
        return 5 if self.heard_ms > WATCH_MS[self.version] else 0

    def _enter(self, stage):
        if stage != self.stage:
            self.stage = stage
            self.stage_ms = 0

    def _lead(self):
        """The vehicle's side of the communication."""
        stage, car = self.stage, self.vehicle
        granted = self.orders["GRANTED"]
        if self.no_hlc:
            self._enter(IDLE)
        elif self.forced_stage is not None:
            self._enter(self.forced_stage)
        elif stage == IDLE and self.orders["HLC"]:
            self._enter(SLAC)
        elif stage in _NEXT and self.stage_ms >= STAGE_MS:
            self._enter(_NEXT[stage])
        elif stage == AUTHORISE and granted:
            self._enter(PARAMETERS)
        elif stage == CABLE_CHECK:
            if not granted:
                self._enter(ENDING)
            elif self.lock.on and self.reason() == 0 and self.stage_ms >= 1000:
                self.cable_ok = True
                self._enter(PRECHARGE)
        elif stage == PRECHARGE:
            car.inlet = True
            if not granted or self.stage_ms > PRECHARGE_MS:
                self._enter(ENDING)
            elif abs(self.present_v - car.emf_v) <= NEAR_V:
                self._enter(DELIVERY)
        elif stage in (DELIVERY, DEMAND):
            self._deliver(granted, car)
        elif stage == ENDING and not car.inlet and self.stage_ms >= STAGE_MS:
            self.cable_ok = False
            self._enter(ENDED)
        elif stage == ENDED and granted and not self.complete and self.stage_ms >= 1000:
            self._enter(SETUP)

    def _deliver(self, granted, car):
        if car.full:
            self.complete = True
        if not granted or self.complete or self.reason() not in (0, 5):
            self._enter(ENDING)
        elif self.contactors[0].on:
            self._enter(DEMAND)
        elif self.stage == DEMAND or self.stage_ms > PRECHARGE_MS:
            self._enter(ENDING)

    @property
    def pilot(self) -> int:
        """Control pilot: 1 A, 2 B, 3 C."""
        if not self.vehicle.plugged:
            return 1
        return 3 if self.stage in (CABLE_CHECK, PRECHARGE, DELIVERY, DEMAND) else 2

    def target(self) -> tuple[float, float]:
        """Volts and amperes that the vehicle asks for."""
        if self.stage == PRECHARGE:
            return self.vehicle.emf_v, 2.0
        if self.stage in (DELIVERY, DEMAND):
            volts, amperes = self.vehicle.target()
            return volts, amperes
        return 0.0, 0.0

    # -- what it says

    def _say(self, name, **signals):
        if not self.silent:
            self.outbox.append(FRAMES[name].pack(self.number, self.bad_crc, **signals))

    def _every(self, what, dt_ms, period_ms, at_once=False):
        left = self._due.get(what, 37 * self.number % period_ms) - dt_ms
        due = left <= 0 or at_once
        self._due[what] = period_ms if due else left
        return due

    def _tell(self, dt_ms):
        from . import dc_tell

        dc_tell.tell(self, dt_ms)
