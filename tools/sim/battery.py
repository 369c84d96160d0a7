"""What does a traction battery do with the current it is given?

A lumped model, honest enough to be hurt: open-circuit voltage over state of charge, one series
resistance, one thermal mass, a coulomb counter, and a figure for the harm done to the cells.
SI units throughout (volts, amperes, ohms, seconds, degrees Celsius); SoC in percent, and it may
exceed 100 because a real cell can be overcharged too.
"""

# Open-circuit voltage of one NMC cell at 0, 10, .. 100 % SoC, volts.
CELL_OCV_V = (3.00, 3.45, 3.55, 3.62, 3.67, 3.73, 3.82, 3.92, 4.02, 4.10, 4.20)
CELL_FULL_V = 4.20
# Beyond full the voltage climbs steeply: lithium plates, gas forms.
OVERCHARGE_V_PER_PERCENT = 0.03
# A cell takes no harm within this much above its full voltage (10 mV, a good meter's error).
CELL_TOLERANCE_V = 0.01
HOT_C = 60.0


class Battery:
    """A pack of `cells` in series (default 20: 84.0 V full) of `capacity_ah`.

    `damage` adds up stress: one unit is one second at 50 mV a cell above full, one second at
    twice the current the BMS allowed, or one second 10 degrees above HOT_C.
    """

    def __init__(
        self,
        cells: float = 20.0,
        capacity_ah: float = 30.0,
        soc: float = 35.0,
        cell_ohm: float = 0.0015,
        ambient_c: float = 25.0,
    ):
        self.cells = cells
        self.capacity_ah = capacity_ah
        self.cell_ohm = cell_ohm
        self.soc = soc
        self.ambient_c = ambient_c
        self.temp_c = ambient_c
        self.current_a = 0.0
        self.charged_ah = 412.0  # the life before this bench, so that counters are not 0
        self.discharged_ah = 412.0 - soc * capacity_ah / 100
        self.damage = 0.0

    @property
    def full_v(self) -> float:
        """Voltage of the full pack at rest."""
        return self.cells * CELL_FULL_V

    @property
    def ohm(self) -> float:
        """Series resistance of the pack."""
        return self.cells * self.cell_ohm

    @property
    def ocv_v(self) -> float:
        """Open-circuit voltage at the present SoC."""
        soc = self.soc
        if soc >= 100:
            return self.cells * (CELL_FULL_V + (soc - 100) * OVERCHARGE_V_PER_PERCENT)
        if soc <= 0:
            return self.cells * CELL_OCV_V[0]
        index = int(soc * 0.1)
        low = CELL_OCV_V[index]
        return self.cells * (low + (CELL_OCV_V[index + 1] - low) * (soc * 0.1 - index))

    @property
    def voltage_v(self) -> float:
        """Voltage at the pack's terminals with the present current."""
        return self.ocv_v + self.current_a * self.ohm

    def set_soc(self, soc: float) -> None:
        """Jump to another SoC in percent, as if another vehicle of the same make stood here."""
        self.discharged_ah = self.charged_ah - soc * self.capacity_ah / 100
        self.soc = soc

    def step(self, current_a: float, imax_a: float, dt_s: float) -> None:
        """Charge with `current_a` for `dt_s`; `imax_a` is what the BMS had allowed."""
        self.current_a = current_a
        if current_a:
            amp_hours = current_a * dt_s / 3600
            self.charged_ah += amp_hours
            self.soc += amp_hours / self.capacity_ah * 100
            self._age(current_a, imax_a, dt_s)
        heat_w = current_a * current_a * self.ohm - 3.0 * (self.temp_c - self.ambient_c)
        self.temp_c += heat_w * dt_s / 12000

    def _age(self, current_a: float, imax_a: float, dt_s: float) -> None:
        over_v = self.voltage_v / self.cells - CELL_FULL_V - CELL_TOLERANCE_V
        if over_v > 0:
            self.damage += over_v / 0.05 * dt_s
        over_a = current_a - imax_a * 1.05 - 1.0
        if over_a > 0:
            self.damage += over_a / max(imax_a, 5.0) * dt_s
        if self.temp_c > HOT_C:
            self.damage += (self.temp_c - HOT_C) / 10 * dt_s
