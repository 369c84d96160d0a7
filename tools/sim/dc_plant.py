"""What does the world around a multi-gun DC station look like, and how does its time pass?

A ring of as many slots as guns, `each` power modules a slot, a PLC and (when plugged) a vehicle a
gun, all on one CAN bus. The same face as plant.Plant: `advance(ms)` moves virtual time in steps of
10 ms; nothing here knows real time, sockets or processes.
"""

from . import dc_wire as w
from .dc_module import DcModule
from .dc_plc import DELIVERY, DEMAND, ENDING, Plc
from .dc_ring import TICK_MS, DcRing
from .dc_vehicle import DcVehicle
from .plant import REPLY_MS, Bus
from .rules import LIVE_A, MAX_VIOLATIONS, _Held

SLOW_MS = 50


class Outlet:
    """Gun `number` (1..n): PLC, contactor, lock and vehicle, as the bench's words name them."""

    def __init__(self, number, plc, vehicle, contactor, module):
        self.number = number
        self.plc = plc
        self.vehicle = self.bms = vehicle
        self.battery = vehicle.battery
        self.contactor = contactor
        self.lock = plc.lock
        self.module = module  # the first of its slot: the one that `module off N` means
        self.temp_c = 25.0
        self.held = {
            "ask": _Held(2000),
            "stage": _Held(1500),
            "estop": _Held(500),
            "unplugged": _Held(1000),
            "volts": _Held(500),
        }

    @property
    def plugged(self) -> bool:
        """Is the plug in its vehicle?"""
        return self.vehicle.plugged


class DcPlant:
    """`count` guns on a ring of `count` slots; contract `version`; `each` modules a slot."""

    def __init__(
        self, count: int = 12, soc: float = 35.0, version: int = 3, each: int = 2, seed=1
    ):
        self.now_ms = 0
        self.estop = False
        self.powered = True
        self.violations = []
        self.notes = []
        self.on_input = lambda kind, number: None
        self.buses = [Bus()]
        vehicles = [DcVehicle(soc) for _ in range(count)]
        for number, vehicle in enumerate(vehicles):
            vehicle.mac = bytes((2, 0, 0, 0, 0, number + 1))
        modules = [DcModule(i + 1, i // each) for i in range(count * each)]
        self.ring = DcRing(count, modules, vehicles, list(range(count)), self._cry)
        self.ring.excused = lambda gun: self._excused_ms > 0 or self.estop or self._urgent(gun)
        self.ring.dropped = lambda slot: self._excused_ms > 0 or self._urgent(slot)
        self.ring.theirs = lambda gun: self.outlets[gun].plc.owns_gun
        self.outlets = []
        for g, vehicle in enumerate(vehicles):
            ring = self.ring
            plc = Plc(g, version, vehicle, ring.gcs[g], ring.ties[g], ring.mns[g])
            plc.bus_v = lambda g=g: self.ring.bus_v[g]
            plc.metered_ws = 0.0
            self.outlets.append(Outlet(g + 1, plc, vehicle, ring.gcs[g], modules[g * each]))
        self._slow_ms = 0
        self._excused_ms = 0

    def _cry(self, text: str) -> None:
        if len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(f"{self.now_ms / 1000:.2f} s {text}")

    def _urgent(self, gun):
        plc = self.outlets[gun].plc
        return plc.silent or plc.bad_crc or plc.reason() != 0 or plc.acks_blocked

    def excuse(self, ms: int = 4000) -> None:
        """For so long an opening under load is an emergency: the controller or its bus is gone."""
        self._excused_ms = max(self._excused_ms, ms)

    def outlet(self, number: int) -> Outlet:
        """Outlet 1..n. IndexError names what exists."""
        if not 1 <= number <= len(self.outlets):
            raise IndexError(f"connector {number} does not exist, there are {len(self.outlets)}")
        return self.outlets[number - 1]

    # -- time

    def advance(self, ms: int) -> None:
        """Let `ms` of virtual time pass, a multiple of 10 ms."""
        for _ in range(ms // TICK_MS):
            self._tick()

    def _tick(self) -> None:
        now = self.now_ms = self.now_ms + TICK_MS
        self._slow_ms += TICK_MS
        bus = self.buses[0]
        if bus.inbox:
            frames, bus.inbox = bus.inbox, []
            for frame, lost in frames:
                if not lost and self.powered:
                    self._hear(frame, now + REPLY_MS)
        self.ring.tick()
        for g, outlet in enumerate(self.outlets):
            amps = self.ring.current_a[g]
            if amps:
                outlet.plc.metered_ws += amps * self.ring.bus_v[g] * TICK_MS / 1000
        if self._slow_ms >= SLOW_MS:
            self._slow_ms = 0
            self._slow(now)
        if bus.outbox:
            bus.flush(now)

    def _hear(self, frame, due_ms):
        order = w.module_order(frame.can_id, frame.data)
        if order is not None:
            for m in self.ring.modules:
                if order[0] in (m.number, w.BROADCAST) and not m.off_line:
                    self._module(m, order, due_ms)
        else:
            self.outlets[(frame.can_id & 15) % len(self.outlets)].plc.receive(frame)

    def _module(self, m, order, due_ms):
        dst, code, register, real, integer = order
        m.deaf_s = 0.0
        if code == w.SET:
            if register == 0x21:
                m.set_v = min(max(real, 0.0), m.v_max)
            elif register == 0x1B:
                m.set_a = min(max(real, 0.0), m.rated_a)
            elif register == 0x22:
                m.set_a = min(max(real, 0.0), 1.0) * m.rated_a
            elif register == 0x30:
                m.on = integer == 0
        values = {1: m.voltage_v, 2: m.current_a, 4: m.temp_c, 0x40: m.alarms}
        if dst == m.number and (code == w.SET or register in values):
            value = values.get(register, integer if register == 0x30 else real)
            whole = register in (0x30, 0x40)
            self.buses[0].send(due_ms, w.module_reply(m.number, register, value, whole))

    def _slow(self, now):
        self._excused_ms = max(0, self._excused_ms - SLOW_MS)
        for m in self.ring.modules:
            m.warm(SLOW_MS / 1000)
        for g, outlet in enumerate(self.outlets):
            if self.powered:
                plc = outlet.plc
                unlocked = plc.lock.on
                plc.step(SLOW_MS)
                if unlocked and not plc.lock.on and self.ring.current_a[g] > LIVE_A:
                    self._cry(f"connector {g + 1}: unlocked under load")
                for frame in plc.outbox:
                    self.buses[0].send(now, frame)
                plc.outbox.clear()
            self._judge(g, outlet)

    def _judge(self, g, outlet):
        amps, plc, held = self.ring.current_a[g], outlet.plc, outlet.held
        live = amps > LIVE_A
        name = f"connector {g + 1}: "
        asked = plc.target()[1]
        if held["ask"].see(live and amps > asked * 1.1 + 5 and plc.stage == DEMAND, SLOW_MS):
            self._cry(name + f"charging with {amps:.1f} A, the vehicle asks for {asked:.1f} A")
        heard = not self._excused_ms  # a station that is cut off cannot obey
        wrong = live and heard and plc.stage not in (DELIVERY, DEMAND, ENDING)
        if held["stage"].see(wrong, SLOW_MS):
            self._cry(name + f"charging in stage {plc.stage}, {amps:.1f} A")
        if held["estop"].see(live and self.estop and heard, SLOW_MS):
            self._cry(name + f"charging with the emergency stop pressed, {amps:.1f} A")
        energised = outlet.contactor.on and self.ring.bus_v[g] > 60
        if held["unplugged"].see(energised and not outlet.plugged, SLOW_MS):
            self._cry(name + "energised while unplugged")
        battery = outlet.battery
        over = live and battery.voltage_v > battery.full_v + 2
        if held["volts"].see(over, SLOW_MS):
            self._cry(name + f"battery over-voltage, {battery.voltage_v:.1f} V")

    # -- what the station's outputs do (the PLCs drive everything)

    def output_contactor(self, number: int, on: bool) -> None:
        """The PLC has the contactor."""

    def output_lock(self, number: int, on: bool) -> None:
        """The PLC has the lock."""

    def outputs_dead(self) -> None:
        """The station's own lines are gone; the PLCs notice by themselves."""
        self.excuse()  # they open under whatever flows then

    # -- what people and vehicles do

    def plug(self, number: int) -> None:
        """Put the plug into the vehicle."""
        self.outlet(number).vehicle.plugged = True

    def unplug(self, number: int) -> None:
        """Pull the plug; a lock is broken by it, a current makes an arc (both noted)."""
        outlet = self.outlet(number)
        at = f"{self.now_ms / 1000:.2f} s connector {number}: plug pulled "
        if outlet.lock.on:
            self.notes.append(at + "under lock")
        if self.ring.current_a[number - 1] > LIVE_A:
            self.notes.append(at + f"under load, {self.ring.current_a[number - 1]:.1f} A")
        outlet.vehicle.plugged = outlet.vehicle.inlet = False

    def press_estop(self, on: bool) -> None:
        """Press or release the emergency stop."""
        self.estop = on
        self.on_input("estop", 0)

    def power(self, on: bool) -> None:
        """The mains of the whole station: modules, PLCs, relays."""
        self.powered = on
        self.excuse()
        for outlet in self.outlets:
            if not on:
                outlet.plc.reset()
                for contactor in outlet.plc.contactors:
                    contactor.set(False)
        if not on:
            for m in self.ring.modules:
                m.cut()

    # -- what can be read

    def state(self) -> dict:
        """The physics part of the bench's `state`."""
        ring = self.ring
        return {
            "time_s": round(self.now_ms / 1000, 2),
            "estop": self.estop,
            "connectors": [self._connector(g, outlet) for g, outlet in enumerate(self.outlets)],
            "modules": [
                {
                    "id": m.number,
                    "slot": m.slot,
                    "on": m.active,
                    "voltage_v": round(m.voltage_v, 2),
                    "current_a": round(m.current_a, 2),
                    "temp_c": round(m.temp_c, 1),
                    "alarms": m.alarms,
                    "off_line": m.off_line,
                    "hours": round(m.hours, 4),
                }
                for m in ring.modules
            ],
            "ties": [tie.on for tie in ring.ties],
            "module_contactors": [mn.on for mn in ring.mns],
            "power_w": round(ring.power_w),
            "grid_w": ring.grid_w,
            "switchings": dict(ring.moves),
            "bridges": ring.bridges,
            "violations": list(self.violations),
            "notes": list(self.notes),
        }

    def _connector(self, g, outlet):
        battery, vehicle = outlet.battery, outlet.vehicle
        volts, amperes = vehicle.target()
        return {
            "id": outlet.number,
            "plugged": outlet.plugged,
            "contactor": outlet.contactor.on,
            "lock": outlet.lock.on,
            "voltage_v": round(self.ring.bus_v[g] if outlet.contactor.on else 0.0, 2),
            "current_a": round(self.ring.current_a[g], 2),
            "soc": round(min(100.0, max(0.0, battery.soc)), 2),
            "energy_wh": round(outlet.plc.metered_ws / 3600, 2),
            "temp_c": round(outlet.temp_c, 1),
            "stage": outlet.plc.stage,
            "pilot": "UABCDEF"[outlet.plc.pilot],
            "vehicle": {
                "full_v": round(battery.full_v, 1),
                "top_a": vehicle.top_a,
                "asks_v": round(volts, 1),
                "asks_a": amperes,
            },
            "damage": round(battery.damage, 3),
        }
