"""What does physics forbid, and has the station just done it?

One `Rules` watches one connector. A rule that needs a time to hold speaks once an episode, and
again only after its cause was gone. The grace times are what a careful controller needs: a
permit withdrawn is obeyed within a second, a silent BMS within its 5 s time to live.
"""

from .outlet import Outlet

LIVE_A = 1.0  # below this a contactor may move, and nothing counts as charging
CLOSE_DIFF_V = 20.0
MAX_VIOLATIONS = 200


class _Held:
    """True once when a condition has held for `hold_ms`."""

    __slots__ = ("hold_ms", "ms")

    def __init__(self, hold_ms: int):
        self.hold_ms = hold_ms
        self.ms = 0

    def see(self, condition: bool, dt_ms: int) -> bool:
        if not condition:
            self.ms = 0
            return False
        before, self.ms = self.ms, self.ms + dt_ms
        return before < self.hold_ms <= self.ms


class Rules:
    """Watches `outlet`; `cry(text)` takes each violation, `bus_cut()` tells of its CAN bus."""

    def __init__(self, outlet: Outlet, cry, bus_cut=lambda: False):
        self.outlet = outlet
        self.cry = cry
        self.bus_cut = bus_cut
        self.excused_ms = 0
        self._stop_at_ms = None
        self._over_v = _Held(500)
        self._over_a = _Held(2000)
        self._no_permit = _Held(1000)
        self._silent = _Held(500)
        self._unplugged = _Held(1000)
        self._estop = _Held(500)
        self._hot = _Held(5000)

    def excuse(self, ms: int = 2000) -> None:
        """For so long an opening under load is an emergency: the controller died, the bus was
        cut, the plug was pulled."""
        self.excused_ms = max(self.excused_ms, ms)

    def ordered(self, stop: bool, now_ms: int) -> None:
        """The station has sent START or STOP, heard by the module or not."""
        if not stop:
            self._stop_at_ms = None
        elif self._stop_at_ms is None:
            self._stop_at_ms = now_ms

    def moved(self, estop: bool, now_ms: int) -> None:
        """After a tick in which a contactor or a lock moved."""
        outlet = self.outlet
        amps = outlet.opened_at_a
        if amps is not None and amps > LIVE_A and not self._emergency(estop, now_ms):
            self.cry(f"contactor opened under load, {amps:.1f} A")
        volts = outlet.closed_over_v
        if volts is not None and volts > CLOSE_DIFF_V:
            self.cry(f"contactor closed over a voltage difference of {volts:.0f} V")
        amps = outlet.unlocked_at_a
        if amps is not None and amps > LIVE_A:
            self.cry(f"connector unlocked under load, {amps:.1f} A")

    def _emergency(self, estop: bool, now_ms: int) -> bool:
        module, bms = self.outlet.module, self.outlet.bms
        disobeyed = self._stop_at_ms is not None and now_ms - self._stop_at_ms >= 500
        return bool(
            estop
            or self.excused_ms
            or disobeyed
            or module.off_line
            or self.bus_cut()
            or bms.silent_ms > 4500
        )

    def slow(self, estop: bool, dt_ms: int) -> None:
        """The rules that hold over a time; every few tens of ms."""
        outlet = self.outlet
        module, bms, battery = outlet.module, outlet.bms, outlet.battery
        if self.excused_ms:
            self.excused_ms = max(0, self.excused_ms - dt_ms)
        amps = outlet.current_a
        live = amps > LIVE_A
        volts = battery.voltage_v if outlet.plugged else 0.0
        if self._over_v.see(live and volts > battery.full_v + 0.2, dt_ms):
            self.cry(f"battery over-voltage, {volts:.1f} V over {battery.full_v:.1f} V")
        if self._over_a.see(live and amps > bms.announced_a * 1.05 + 1.0, dt_ms):
            self.cry(f"charging with {amps:.1f} A, the BMS allows {bms.announced_a:.1f} A")
        silent = bms.silent_ms > 5500
        if self._no_permit.see(live and not bms.announced_permit and not silent, dt_ms):
            self.cry(f"charging without the BMS's permit, {amps:.1f} A")
        if self._silent.see(live and silent, dt_ms):
            self.cry(f"output on while the BMS is silent for {bms.silent_ms / 1000:.1f} s")
        energised = outlet.contactor.on and outlet.voltage_v > 60
        if self._unplugged.see(not outlet.plugged and energised and module.active, dt_ms):
            self.cry(f"connector energised while unplugged, {outlet.voltage_v:.0f} V")
        if self._estop.see(estop and live, dt_ms):
            self.cry(f"charging with the emergency stop pressed, {amps:.1f} A")
        if self._hot.see(live and module.temp_c >= 100, dt_ms):
            self.cry(f"charging with the module at {module.temp_c:.0f} degC")
