"""Is what is measured on a connector still within what it may be?

Looks at the power path and the ratings each step and states the causes of faults. Pure
assessment: it switches nothing. Limits: contract part a.3; trips: a.9 #1, #2, #7.
"""

from micropython import const

from station import faults
from station.meter import UNKNOWN

# A connector that has just booted, or whose bus has come back, gives its module this long.
_GRACE_MS = const(5_000)
# How long a reading must be out of its window.
_OVER_SETPOINT_MS = const(2_000)
_UNDER_MS = const(2_000)
_TEMP_UNKNOWN_MS = const(10_000)
_NO_AMPS_MS = const(10_000)
_STILL_DA = const(10)
_HUNGRY_PM = const(900)  # a battery below this SoC takes current when it asks for it
_VOLT_MARGIN_DV = const(10)  # above the battery's own maximum
_COOLED_DC = const(50)  # a hot module must fall this far below its maximum
# Weld check (contract a.4): with the contactor open the module's output bleeds; if it does not
# fall by 3 V in this time, the battery still stands behind it.
_WELD_FROM_MS = const(1_000)
_WELD_MS = const(15_000)
_WELD_DROP_DV = const(30)
_WELD_LOW_DV = const(200)
_LONG = const(86_400_000)
# One reading says nothing about the time of a stall before it: it counts as three steps at most.
# What is too old to be believed at all is told by its age, which counts the stall.
_STEP_MS = const(300)

# Counters of how long a condition has held.
_UP = const(0)
_VOLTS = const(1)
_AMPS = const(2)
_UNDER = const(3)
_TEMP = const(4)
_HOT = const(5)
_NO_AMPS = const(6)


class Watch:
    """Fault assessment of one connector on the power path `path`."""

    def __init__(self, path, config, ratings):
        self._ms = [0] * 7
        self.path = path
        self.hot = False
        self._opened_ms = _LONG  # since the contactor opened; nothing is known at boot
        self._opened_dv = 0
        self.reload(config, ratings)

    def reload(self, config, ratings):
        """Take the windows: the narrower of the configuration's and the board's ratings."""
        self.volts_max_dv = min(config.get("VoltageMax"), ratings["voltage_max_dv"])
        self.volts_min_dv = max(config.get("VoltageMin"), ratings["voltage_min_dv"])
        self.amps_max_da = min(config.get("CurrentMax"), ratings["current_max_da"])
        self.derate_dc = config.get("TempDerate") * 10
        self.hot_dc = config.get("TempMax") * 10
        self.hot_ms = config.get("TempFaultDelay") * 1000

    def _held(self, index, true, dt_ms):
        """How long `true` has held, in ms; counts in place."""
        if not true:
            self._ms[index] = 0
            return 0
        ms = self._ms[index] + dt_ms
        self._ms[index] = ms if ms < _LONG else _LONG
        return ms

    def step(self, dt_ms, mask):
        """Assess everything: the bits of what is true now. `mask` (station.faults.Faults) takes
        what is seen once and held until a person clears it."""
        path = self.path
        fresh = path.module_fresh()
        if not path.closed and self._opened_ms < _WELD_MS:
            self._weld(dt_ms, mask, fresh)
        elif path.closed:
            self._opened_ms = 0
        if dt_ms > _STEP_MS:
            dt_ms = _STEP_MS
        ok = path.can_ok
        found = 0 if ok else faults.CAN_LOST
        up = self._held(_UP, ok, dt_ms) > _GRACE_MS
        if not fresh:
            if up:
                found |= faults.MODULE_LOST
            self._ms[_NO_AMPS] = 0
        else:
            open_ms = self._held(_NO_AMPS, path.running() and self._nothing_flows(), dt_ms)
            if ok and (open_ms > _NO_AMPS_MS or not path.follows()):
                found |= faults.NOT_FOLLOWING
        return found | self._electrical(dt_ms, fresh) | self._thermal(dt_ms, fresh and up)

    def _nothing_flows(self):
        # Full voltage, a battery that asks and is not full, yet no current: the way to it is
        # open (contactor that cannot close, blown fuse). A full battery looks alike but for SoC.
        path = self.path
        codec = path.codec
        if not path.permit() or path.amps_da < 2 * _STILL_DA:
            return False
        if path.current_da() >= _STILL_DA or path.voltage_dv() < path.volts_dv - _VOLT_MARGIN_DV:
            return False
        return 0 <= codec.bms_soc_pm < _HUNGRY_PM and codec.bms_imax_da >= 2 * _STILL_DA

    def _electrical(self, dt_ms, fresh):
        path = self.path
        found = 0
        volts = path.voltage_dv()
        amps = path.current_da()
        if fresh:
            if volts > self.volts_max_dv:
                found = faults.OVER_VOLTAGE
            if amps > self.amps_max_da:
                found |= faults.OVER_CURRENT
        running = fresh and path.running()
        # Against the battery's own maximum the module may overshoot for a moment, against the
        # board's it may not.
        over = running and volts > path.codec.bms_vmax_dv + _VOLT_MARGIN_DV and path.permit()
        if self._held(_VOLTS, over, dt_ms) > _OVER_SETPOINT_MS:
            found |= faults.OVER_VOLTAGE
        over = running and amps > path.amps_da + path.amps_da // 10 + 20
        if self._held(_AMPS, over, dt_ms) > _OVER_SETPOINT_MS:
            found |= faults.OVER_CURRENT
        if self._held(_UNDER, running and volts < self.volts_min_dv, dt_ms) > _UNDER_MS:
            found |= faults.UNDER_VOLTAGE
        return found

    def _thermal(self, dt_ms, fresh):
        temp = self.path.temp_dc()
        found = 0
        if self._held(_TEMP, fresh and temp == UNKNOWN, dt_ms) > _TEMP_UNKNOWN_MS:
            found = faults.TEMPERATURE_UNKNOWN
        if temp != UNKNOWN:
            self.hot = temp >= self.hot_dc or (self.hot and temp > self.hot_dc - _COOLED_DC)
        if self._held(_HOT, self.hot, dt_ms) > self.hot_ms:
            found |= faults.HIGH_TEMPERATURE
        return found | faults.HOT if self.hot else found

    def _weld(self, dt_ms, mask, fresh):
        before = self._opened_ms
        self._opened_ms = now = before + dt_ms
        volts = self.path.voltage_dv() if fresh else 0
        if before < _WELD_FROM_MS:
            # Nothing is compared with a voltage that was not known, or in one and the same step.
            self._opened_dv = volts
        elif now >= _WELD_MS and volts > _WELD_LOW_DV < self._opened_dv:
            if volts > self._opened_dv - _WELD_DROP_DV:
                mask.mask |= faults.WELDED  # seen once, held until a person clears it

    def derated_da(self, rated_da):
        """Current allowed at the present temperature: linear from TempDerate to TempMax."""
        temp = self.path.temp_dc()
        if temp == UNKNOWN or temp <= self.derate_dc:
            return rated_da
        if temp >= self.hot_dc or self.hot:
            return 0
        return rated_da * (self.hot_dc - temp) // (self.hot_dc - self.derate_dc)
