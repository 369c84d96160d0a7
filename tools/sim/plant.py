"""What does the world around the station look like, and how does its time pass?

The plant: outlets (module, contactor, plug, vehicle), the emergency stop, the CAN traffic of
BMS and modules with its delays, and the list of violations. `advance(ms)` moves virtual time in
steps of 10 ms; nothing here knows real time, sockets or processes.
"""

import heapq
import random

from .nodes import BmsNode, ModuleNode
from .outlet import TICK_MS, Outlet
from .rules import MAX_VIOLATIONS, Rules
from .wire import Wire

SLOW_MS = 50  # rules, temperatures, the BMS's mind
REPLY_MS = 10  # a node's time to answer; the bus adds less than 1 ms a frame


class Bus:
    """One CAN bus as the plant sees it: frames in at the next tick, frames out after a delay.

    `loss` is the part of frames that get lost on their way to the plant (0..1).
    """

    def __init__(self, seed: int = 1):
        self.port = None
        self.inbox = []
        self.outbox = []
        self.loss = 0.0
        self.lost = 0
        self._random = random.Random(seed)
        self._count = 0

    def attach(self, hub) -> None:
        """Join a hub: anything with `attach(callback) -> port`, see hub.py."""
        self.port = hub.attach(self.receive)

    @property
    def is_cut(self) -> bool:
        """Nobody hears anybody."""
        return self.port is not None and self.port.hub.is_cut

    def receive(self, frame) -> None:
        """A frame of another node of the bus."""
        lost = self.loss > 0 and self._random.random() < self.loss
        self.lost += lost
        self.inbox.append((frame, lost))

    def send(self, at_ms: int, frame: tuple) -> None:
        """Put (can_id, data) on the bus at virtual time `at_ms`."""
        self._count += 1
        heapq.heappush(self.outbox, (at_ms, self._count, frame))

    def flush(self, now_ms: int) -> None:
        """Send what is due."""
        outbox = self.outbox
        while outbox and outbox[0][0] <= now_ms:
            can_id, data = heapq.heappop(outbox)[2]
            if self.port is not None:
                self.port.send(can_id, data)


class Plant:
    """`count` outlets, each with its own bus (the contract's ids know one module and one BMS).

    `on_input(kind, number)` is called when something changed that the station's inputs see.
    """

    def __init__(self, count: int = 1, soc: float = 35.0, make: dict | None = None, seed: int = 1):
        self.now_ms = 0
        self.estop = False
        self.powered = True
        self.violations = []
        self.notes = []
        self.on_input = lambda kind, number: None
        self.outlets = [Outlet(number, soc) for number in range(1, count + 1)]
        self.buses = [Bus(seed + number) for number in range(count)]
        self.rules = []
        self.nodes = []
        for outlet, bus in zip(self.outlets, self.buses):
            wire = Wire(**(make or {}))
            rules = Rules(outlet, self._crier(outlet.number), lambda bus=bus: bus.is_cut)
            self.rules.append(rules)
            self.nodes.append((ModuleNode(outlet, bus, wire, rules), BmsNode(outlet, bus, wire)))
        self._slow_ms = 0

    def _crier(self, number: int):
        def cry(text: str) -> None:
            if len(self.violations) < MAX_VIOLATIONS:
                self.violations.append(f"{self.now_ms / 1000:.2f} s connector {number}: {text}")

        return cry

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
        slow = self._slow_ms >= SLOW_MS
        for outlet, bus, rules, nodes in zip(self.outlets, self.buses, self.rules, self.nodes):
            if bus.inbox:
                frames, bus.inbox = bus.inbox, []
                for frame, lost in frames:
                    nodes[0].receive(frame, now + REPLY_MS, lost)
                    nodes[1].receive(frame, now + REPLY_MS, lost)
            outlet.tick()
            if (
                outlet.opened_at_a is not None
                or outlet.closed_over_v is not None
                or outlet.unlocked_at_a is not None
            ):
                rules.moved(self.estop, now)
            if slow:
                outlet.slow(SLOW_MS)
                rules.slow(self.estop, SLOW_MS)
                nodes[0].slow(now, SLOW_MS)
                nodes[1].slow(now, SLOW_MS)
            if bus.outbox:
                bus.flush(now)
        if slow:
            self._slow_ms = 0

    def excuse(self) -> None:
        """For a moment an opening under load is an emergency: nobody hears anybody."""
        for rules in self.rules:
            rules.excuse()

    # -- what the station's outputs do

    def output_contactor(self, number: int, on: bool) -> None:
        """The station drives the DC contactor's coil."""
        self.outlet(number).contactor.set(on)

    def output_lock(self, number: int, on: bool) -> None:
        """The station drives the connector's lock."""
        self.outlet(number).lock.set(on)

    def outputs_dead(self) -> None:
        """Nobody drives the outputs any more: coils fall, locks stay, the modules carry on."""
        for outlet, rules in zip(self.outlets, self.rules):
            rules.excuse()
            outlet.contactor.set(False)

    # -- what people and vehicles do

    def plug(self, number: int) -> None:
        """Put the plug into the vehicle."""
        self.outlet(number).plug()
        self.on_input("plug", number)

    def unplug(self, number: int) -> None:
        """Pull the plug; a lock is broken by it (noted), a current makes an arc (noted)."""
        outlet = self.outlet(number)
        carried = outlet.unplug()
        self.rules[number - 1].excuse()
        at = f"{self.now_ms / 1000:.2f} s connector {number}: plug pulled "
        if outlet.lock.on:
            self.notes.append(at + "under lock")
        if carried > 1.0:
            self.notes.append(at + f"under load, {carried:.1f} A")
        self.on_input("plug", number)

    def press_estop(self, on: bool) -> None:
        """Press or release the emergency stop."""
        self.estop = on
        self.on_input("estop", 0)

    def power(self, on: bool) -> None:
        """The mains of the whole charger, its modules included."""
        self.powered = on
        for outlet, node in zip(self.outlets, self.nodes):
            node[0].powered = on
            if not on:
                outlet.module.cut()
        if not on:
            self.outputs_dead()

    # -- what can be read

    def state(self) -> dict:
        """Connectors, modules, violations: the physics part of the bench's `state`."""
        return {
            "time_s": round(self.now_ms / 1000, 2),
            "estop": self.estop,
            "connectors": [_connector(outlet) for outlet in self.outlets],
            "modules": [_module(outlet) for outlet in self.outlets],
            "ties": [],
            "violations": list(self.violations),
            "notes": list(self.notes),
        }


def _connector(outlet: Outlet) -> dict:
    return {
        "id": outlet.number,
        "plugged": outlet.plugged,
        "contactor": outlet.contactor.on,
        "lock": outlet.lock.on,
        "voltage_v": round(outlet.voltage_v, 2),
        "current_a": round(outlet.current_a, 2),
        "soc": round(min(100.0, max(0.0, outlet.battery.soc)), 2),
        "energy_wh": round(outlet.energy_ws / 3600, 2),
        "temp_c": round(outlet.temp_c, 1),
        "bms_permit": outlet.bms.permit,
        "bms_imax_a": round(outlet.bms.imax_a, 1),
        "battery_temp_c": round(outlet.battery.temp_c, 1),
        "damage": round(outlet.battery.damage, 2),
    }


def _module(outlet: Outlet) -> dict:
    module = outlet.module
    return {
        "id": outlet.number,
        "on": module.active,
        "voltage_v": round(module.voltage_v, 2),
        "current_a": round(module.current_a, 2),
        "temp_c": round(module.temp_c, 1),
    }
