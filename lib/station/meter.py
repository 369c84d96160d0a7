"""How much energy went out, and what flows now?

The register is an integer in Wh that only grows; fractions of a Wh are kept as an integer too,
so that a thousand short steps lose nothing (contract weakness a.9 #10). All products stay below
2**30 up to 400 kW and 250 ms a step, so that a step allocates nothing on the chip.
"""

from micropython import const

# 1 Wh in units of 0.1 W x 1 ms.
_WH = const(36_000_000)
UNKNOWN = const(-32768)


class Meter:
    """What one connector measures. Units: 0.1 V, 0.1 A, W, Wh, per mille, 0.1 degC."""

    def __init__(self, energy_wh=0):
        self.energy_wh = energy_wh
        self.voltage_dv = 0
        self.current_da = 0
        self.power_w = 0
        self.offered_da = 0
        self.offered_w = 0
        self.soc_pm = -1
        self.temp_dc = UNKNOWN
        self.scale_ppm = 0  # calibration: gain error, and
        self.offset_da = 0  # the current that is shown while none flows
        self._rest = 0  # of a Wh, in 0.1 W x ms

    def measure(self, dt_ms, voltage_dv, current_da, count):
        """Take one reading; with `count`, its energy over `dt_ms` goes into the register.

        A negative current (a battery that discharges into the charger) counts as none.
        """
        if current_da > 0:
            current_da -= self.offset_da
        self.voltage_dv = voltage_dv
        self.current_da = current_da
        if current_da <= 0 or voltage_dv <= 0:
            self.power_w = 0
            return
        power_dw = voltage_dv * current_da // 10
        if self.scale_ppm:
            power_dw += power_dw // 100 * self.scale_ppm // 10_000
        self.power_w = power_dw // 10
        if count:
            rest = self._rest + power_dw * dt_ms
            if rest >= _WH:
                self.energy_wh += rest // _WH
                rest %= _WH
            self._rest = rest

    def register(self, energy_wh):
        """Take the register of an external meter; it never moves ours backwards."""
        if energy_wh > self.energy_wh:
            self.energy_wh = energy_wh
