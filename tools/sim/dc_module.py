"""What does one shared power module do with its orders?

A constant-current, constant-voltage, constant-power source with soft start and ramps, an output
diode, a temperature, running hours, and the failures a real one has. It keeps its last order; a
module that has heard nothing for COMM_S goes off by itself. SI units.
"""

RISE_A_PER_S = 200.0
FALL_A_PER_S = 800.0
RISE_V_PER_S = 800.0
BLEED_TAU_S = 2.5  # the bleeder of its output, with nothing connected
COMM_S = 10.0
TRIP_C = 90.0
HOT_C = 85.0
THERMAL_TAU_S = 60.0
C_PER_W = 0.03
LOSS = 0.05


class DcModule:
    """Module `number` (1..n) in slot `slot` (0..n-1): set_v, set_a, on are its orders.

    voltage_v, current_a, temp_c: what it does. off_line: no word and no power. forced_temp_c.
    """

    def __init__(self, number: int, slot: int, rated_w: float = 30_000.0, rated_a: float = 100.0):
        self.number = number
        self.slot = slot
        self.rated_w = rated_w
        self.rated_a = rated_a
        self.v_min, self.v_max = 50.0, 1000.0
        self.ambient_c = 25.0
        self.temp_c = 25.0
        self.forced_temp_c = None
        self.off_line = False
        self.deaf_s = 0.0
        self.down_s = 0.0  # since it went off by itself
        self.hours = 0.0
        self.voltage_v = 0.0
        self.cut()

    def cut(self) -> None:
        """No mains: off, orders forgotten."""
        self.on = False
        self.set_v = self.set_a = self.current_a = 0.0

    @property
    def active(self) -> bool:
        """Is its output really on?"""
        return self.on and not self.off_line and self.temp_c < TRIP_C

    @property
    def failed(self) -> bool:
        """Has it gone off by itself, or is it so hot that it is told to?"""
        return self.off_line or self.temp_c >= HOT_C

    @property
    def alarms(self) -> int:
        """Bits of its alarm register: bit 7 over temperature."""
        return 0x80 if self.temp_c >= TRIP_C else 0

    def limit_a(self) -> float:
        """The most it gives now."""
        if not self.active or self.set_v < self.v_min:
            return 0.0
        return min(self.set_a, self.rated_a, self.rated_w / max(self.voltage_v, 50.0))

    def ramp(self, wanted_a: float, dt_s: float) -> None:
        """Move the current towards `wanted_a`."""
        now = self.current_a
        if wanted_a > now:
            self.current_a = min(wanted_a, now + RISE_A_PER_S * dt_s)
        else:
            self.current_a = max(wanted_a, now - FALL_A_PER_S * dt_s, 0.0)

    def float(self, dt_s: float) -> None:
        """Alone behind its open contactor: soft start or bleeding."""
        self.current_a = 0.0
        if self.active and self.set_v > self.voltage_v:
            self.voltage_v = min(self.set_v, self.voltage_v + RISE_V_PER_S * dt_s)
        else:
            floor = self.set_v if self.active else 0.0
            self.voltage_v -= max(self.voltage_v - floor, 0.0) * dt_s / BLEED_TAU_S

    def warm(self, dt_s: float) -> None:
        """Temperature, hours, and the silence of its controller."""
        if self.active:
            self.hours += dt_s / 3600
        self.deaf_s += dt_s
        self.down_s = self.down_s + dt_s if self.failed else 0.0
        if self.deaf_s > COMM_S:
            self.on = False
        if self.forced_temp_c is not None:
            self.temp_c = self.forced_temp_c
            return
        target = self.ambient_c + self.voltage_v * self.current_a * LOSS * C_PER_W
        self.temp_c += (target - self.temp_c) * min(1.0, dt_s / THERMAL_TAU_S)
