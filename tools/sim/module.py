"""What does the charger module do with the commands it gets?

A constant-current / constant-voltage source with ramps, an output capacitor that holds its
voltage after OFF, a temperature, and the failures a real one has. It keeps its last command for
ever: this make has no communication time-out, so a lost STOP leaves the output on.
"""

RISE_A_PER_S = 60.0
FALL_A_PER_S = 400.0
SOFT_START_V_PER_S = 120.0
BLEED_TAU_S = 25.0  # the capacitor's way down with the output off and nothing connected
RATED_V = 100.0
RATED_A = 110.0
RATED_W = 9000.0
TRIP_C = 105.0  # its own last protection
THERMAL_TAU_S = 90.0
C_PER_W = 0.08
LOSS = 0.05


class Module:
    """One charger module; volts, amperes, degrees Celsius.

    Commands arrive by `start()`, `stop()`, `set_voltage()`, `set_current()`; physics by
    `drive()` once a tick. Failures: `off_line`, `ignore_stops` (so many STOPs are not obeyed),
    `forced_temp_c`. `powered` is the mains.
    """

    def __init__(self, ambient_c: float = 25.0):
        self.ambient_c = ambient_c
        self.temp_c = ambient_c
        self.forced_temp_c = None
        self.off_line = False
        self.ignore_stops = 0
        self.stops_seen = 0
        self.cut()

    def cut(self) -> None:
        """The mains are gone: output off, set-points forgotten. The capacitor keeps its charge
        only when a new module is not being made."""
        self.on = False
        self.set_v = 0.0
        self.set_a = 0.0
        self.current_a = 0.0
        self.voltage_v = getattr(self, "voltage_v", 0.0)

    def start(self) -> None:
        """START: output on, with the set-points it has."""
        self.on = True

    def stop(self) -> None:
        """STOP: output off, unless this one is ignored."""
        self.stops_seen += 1
        if self.ignore_stops > 0:
            self.ignore_stops -= 1
        else:
            self.on = False

    def set_voltage(self, volts: float) -> None:
        """Voltage set-point, clamped to the rating."""
        self.set_v = min(max(volts, 0.0), RATED_V)

    def set_current(self, amperes: float) -> None:
        """Current set-point, clamped to the rating."""
        self.set_a = min(max(amperes, 0.0), RATED_A)

    @property
    def active(self) -> bool:
        """Is the output really on: commanded, alive and not tripped by its own heat?"""
        return self.on and not self.off_line and self.temp_c < TRIP_C

    def drive(self, ocv_v: float, ohm: float, dt_s: float) -> float:
        """One tick into a load of `ocv_v` behind `ohm` (None: nothing connected).

        Returns the current; `voltage_v` is then what stands at the terminals. An output diode
        keeps the battery from feeding the module, not from showing its voltage there.
        """
        if ocv_v is None:
            self.current_a = 0.0
            self._float(dt_s)
        else:
            wanted = 0.0
            if self.active:
                wanted = min(
                    self.set_a, (self.set_v - ocv_v) / ohm, RATED_W / max(self.voltage_v, 1.0)
                )
            now = self.current_a
            if wanted > now:
                now = min(wanted, now + RISE_A_PER_S * dt_s)
            else:
                now = max(wanted, now - FALL_A_PER_S * dt_s)
            self.current_a = now if now > 0.0 else 0.0
            self.voltage_v = ocv_v + self.current_a * ohm
        return self.current_a

    def _float(self, dt_s: float) -> None:
        if self.active and self.voltage_v < self.set_v:
            self.voltage_v = min(self.set_v, self.voltage_v + SOFT_START_V_PER_S * dt_s)
        elif self.voltage_v > 0.01:
            self.voltage_v -= self.voltage_v * dt_s / BLEED_TAU_S

    def warm(self, dt_s: float) -> None:
        """Temperature towards its steady state; a forced one is reached at once."""
        if self.forced_temp_c is not None:
            self.temp_c = self.forced_temp_c
            return
        target = self.ambient_c + self.voltage_v * self.current_a * LOSS * C_PER_W
        self.temp_c += (target - self.temp_c) * min(1.0, dt_s / THERMAL_TAU_S)
