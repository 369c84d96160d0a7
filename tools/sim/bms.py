"""What does the vehicle ask for, and when does it forbid charging?

The battery management system: it announces the voltage and current it can take now (a taper
near full), permits or stops, counts ampere hours, and falls silent when told to. Protocol facts:
frame 0x1806E5F4 and the Ah counters (contract of docs/can.md).
"""

from .battery import HOT_C, Battery

PERIOD_MS = 500
# Of the demand, per percent of SoC missing to full: at 80 % the taper begins.
TAPER_FROM_SOC = 80.0
TAPER_FLOOR = 0.05
END_CURRENT_C = 0.05  # full when the current has fallen to this part of the capacity
END_HOLD_MS = 3000
RECHARGE_SOC = 97.0  # a full battery asks again below this


class Bms:
    """The BMS of one vehicle. `demand_a` is the most it ever asks for, `vmax_v` its end voltage.

    `imax_a`, `permit` and `full` are what it decided; `announced_a` and `announced_permit` what
    it last put on the wire, which is all that a station can know.
    """

    def __init__(self, battery: Battery, demand_a: float = 60.0):
        self.battery = battery
        self.demand_a = demand_a
        self.vmax_v = battery.full_v
        self.silent = False
        self.stop_forced = False
        self.full = False
        self.imax_a = demand_a
        self.announced_a = demand_a
        self.announced_permit = False
        self.silent_ms = 0
        self._end_ms = 0

    @property
    def permit(self) -> bool:
        """Does it permit charging now?"""
        return not (self.stop_forced or self.full or self.battery.temp_c > HOT_C)

    def demand(self, amperes: float, volts: float) -> None:
        """Another vehicle: its pack is full at `volts` and takes `amperes` at most."""
        self.battery.cells = volts / 4.20
        self.demand_a = amperes
        self.vmax_v = volts
        self.full = False
        self._end_ms = 0

    def step(self, dt_ms: int) -> None:
        """Decide limits and permit from the battery's state; call every few tens of ms."""
        battery = self.battery
        missing = 100.0 - battery.soc
        part = missing / (100.0 - TAPER_FROM_SOC)
        self.imax_a = self.demand_a * min(1.0, max(TAPER_FLOOR, part))
        if self.full:
            self.full = battery.soc >= RECHARGE_SOC
            return
        ending = (
            battery.voltage_v >= self.vmax_v - 0.15
            and 0 < battery.current_a <= battery.capacity_ah * END_CURRENT_C
        )
        self._end_ms = self._end_ms + dt_ms if ending else 0
        self.full = battery.soc >= 100.0 or self._end_ms >= END_HOLD_MS

    def announce(self) -> dict:
        """The signals of its request frame; remembers them as announced."""
        self.announced_a = self.imax_a
        self.announced_permit = self.permit
        self.silent_ms = 0
        return {
            "VMax": self.vmax_v,
            "IMax": self.imax_a,
            "Control": 0 if self.announced_permit else 1,
            "SOC": min(100.0, max(0.0, self.battery.soc)),
        }
