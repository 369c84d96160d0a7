"""What happens between the charger module and the vehicle: contactor, lock, plug?

One connector of the simulated charger with everything that hangs on it: the module behind the DC
contactor, the cable with its lock, the vehicle in front. `tick()` integrates one 10 ms step.
Switching takes its time as real parts do.
"""

from .battery import Battery
from .bms import Bms
from .module import Module

TICK_MS = 10
TICK_S = TICK_MS / 1000
CLOSE_MS = 50  # contactor
OPEN_MS = 20
LOCK_MS = 300  # motor lock, both ways
CABLE_OHM = 0.010


class Switch:
    """A part that follows its command after a time: `wanted` now, `on` what it really is.

    `welded` keeps it closed whatever is wanted, `stuck` keeps it from closing.
    """

    __slots__ = ("wanted", "on", "close_ms", "open_ms", "left_ms", "welded", "stuck")

    def __init__(self, close_ms: int, open_ms: int):
        self.wanted = self.on = self.welded = self.stuck = False
        self.close_ms = close_ms
        self.open_ms = open_ms
        self.left_ms = 0

    def set(self, wanted: bool) -> None:
        """Command it; a command that repeats itself starts nothing anew."""
        if wanted != self.wanted:
            self.wanted = wanted
            self.left_ms = self.close_ms if wanted else self.open_ms

    @property
    def target(self) -> bool:
        """Where it ends up, faults considered."""
        return self.welded or (self.wanted and not self.stuck)

    def tick(self, ms: int = TICK_MS) -> bool:
        """One step; True when it has just moved."""
        if self.on == self.target:
            return False
        self.left_ms -= ms
        if self.left_ms > 0:
            return False
        self.on = self.target
        return True


class Outlet:
    """Connector `number` (1..n) with its module and, when plugged, its vehicle.

    `report(number, text)` is called for each violation, see rules.py.
    """

    def __init__(self, number: int, soc: float = 35.0):
        self.number = number
        self.module = Module()
        self.battery = Battery(soc=soc)
        self.bms = Bms(self.battery)
        self.contactor = Switch(CLOSE_MS, OPEN_MS)
        self.lock = Switch(LOCK_MS, LOCK_MS)
        self.plugged = False
        self.current_a = 0.0
        self.energy_ws = 0.0  # at the module's output: what the station's meter should see
        self.stored_ws = 0.0  # into the battery's terminals
        self.temp_c = 25.0
        self.opened_at_a = None  # the current that the contactor has just interrupted
        self.closed_over_v = None  # the voltage difference over which it has just closed
        self.unlocked_at_a = None

    @property
    def voltage_v(self) -> float:
        """Voltage at the plug's pins."""
        return self.module.voltage_v if self.contactor.on else 0.0

    def plug(self) -> None:
        """Put the plug into the vehicle: its BMS wakes up."""
        self.plugged = True
        self.bms.full = False
        self.bms.silent_ms = 0

    def unplug(self) -> float:
        """Pull the plug, by force if it is locked; returns the current it carried."""
        carried = self.current_a
        self.plugged = False
        self.current_a = 0.0
        self.battery.current_a = 0.0
        self.bms.announced_permit = False
        return carried

    def tick(self) -> None:
        """Integrate one step of TICK_MS."""
        contactor, module, battery = self.contactor, self.module, self.battery
        before_a, before_v = self.current_a, module.voltage_v
        self.opened_at_a = self.closed_over_v = self.unlocked_at_a = None
        if contactor.on != contactor.target and contactor.tick():
            if not contactor.on:
                self.opened_at_a = before_a
            elif self.plugged:
                # The output diode: a battery does not charge the module's capacitor.
                self.closed_over_v = max(0.0, before_v - battery.ocv_v)
        lock = self.lock
        if lock.on != lock.target and lock.tick() and not lock.on:
            self.unlocked_at_a = before_a
        if contactor.on and self.plugged:
            current = module.drive(battery.ocv_v, battery.ohm + CABLE_OHM, TICK_S)
            if current:
                self.energy_ws += module.voltage_v * current * TICK_S
        else:
            current = module.drive(None, 0.0, TICK_S)
        self.current_a = current
        if self.plugged:
            battery.step(current, self.bms.announced_a, TICK_S)
            if current:
                self.stored_ws += battery.voltage_v * current * TICK_S

    def slow(self, dt_ms: int) -> None:
        """What needs no 10 ms: temperatures, the BMS's mind."""
        dt_s = dt_ms / 1000
        self.module.warm(dt_s)
        target = 25.0 + self.current_a * self.current_a * 0.0025
        self.temp_c += (target - self.temp_c) * min(1.0, dt_s / 300)
        if self.plugged:
            self.bms.silent_ms += dt_ms
            self.bms.step(dt_ms)
