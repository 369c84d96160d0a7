"""Is a gun of the ring within what it may be? Faults by source, each scoped to its gun.

Pure assessment (can_protocols b.3, b.6): it switches nothing. What is asserted counts at once;
what goes is held (faults.HOLD_MS), so a release needs no debounce of its own (b.10 #7).
"""

from micropython import const

from canproto import plc, plc_v1
from planner import bank
from station import faults
from station.meter import UNKNOWN

_GRACE_MS = const(5000)  # after a start, or when the bus has come back
_PILOT_MS = const(3000)
_LOCK_MS = const(5000)  # an order and its report take 2.5 s with v3, the motor 0.3
_ACK_MS = const(1500)
_CLOSE_MS = const(10_000)  # from the wish for energy to a closed contactor (ISO 15118: 7 s)
_COOLED_DC = const(50)
# Meter and modules, two sources of the same (b.6): a difference of more than 5 % and 20 V, or 10 %
# and 2 A, seen five times a second apart.
_COMPARE_MS = const(1000)
_DIFFER = const(5)
_LONG = const(86_400_000)


def grant(limits, power_w, voltage_dv, source):
    """Lower what `limits` have resolved: a share of what several have is no claim of its own."""
    if power_w < limits.limit_w:
        limits.limit_w = power_w
        limits.source = source
        if voltage_dv > 0:
            limits.limit_da = min(limits.limit_da, power_w * 100 // voltage_dv)


class WatchPlc:
    """Fault assessment of one gun on the power path `path` (station.path_plc.PlcPath)."""

    def __init__(self, path, config, ratings):
        self.path = path
        self.hot = False
        self._up_ms = self._pilot_ms = self._hot_ms = self._over_ms = self._lock_ms = 0
        self._close_ms = self._compare_ms = self._differ = self._last_da = 0
        self.reload(config, ratings)

    def reload(self, config, ratings):
        """Take the windows: the board's ratings, narrowed by the configuration."""
        self.volts_max_dv = min(config.get("GunVoltageMax"), ratings["voltage_max_dv"])
        self.volts_min_dv = ratings["voltage_min_dv"]
        self.amps_max_da = min(config.get("GunCurrentMax"), ratings["current_max_da"])
        self.derate_dc = config.get("GunTempDerate") * 10
        self.hot_dc = config.get("GunTempMax") * 10
        self.hot_fault_ms = config.get("TempFaultDelay") * 1000

    def step(self, dt_ms, mask):
        """Assess everything: the bits of what is true now. `mask` (station.faults.Faults) takes
        what is seen once and held until a person clears it."""
        path = self.path
        link, d, g = path.link, path.hall.d, path.g
        at, seq = link.plc.at, d.seq
        found = 0
        running = path.running()
        if path.hall.can_ok:
            if self._up_ms < _LONG:
                self._up_ms += dt_ms
            if self._up_ms > _GRACE_MS and (not path.well or link.unheard or at[plc.COMM]):
                found = faults.PLC_LOST
        else:
            self._up_ms = 0
            found = faults.CAN_LOST
        if running and link.clock[0] - link.heard[7] > _ACK_MS:
            found |= faults.PLC_LOST
        pilot = 0
        if path.well or not link.lost():
            safe = at[plc.SAFE] & (plc.SAFETY_OK | plc.ESTOP | plc.EARTH)
            if safe != plc.SAFETY_OK:
                if safe & plc.ESTOP:
                    found |= faults.GUN_ESTOP
                if safe & plc.EARTH:
                    found |= faults.EARTH
                if not safe:
                    found |= faults.UNSAFE
            if at[plc.CP] > 3:
                pilot = min(self._pilot_ms + dt_ms, _LONG)
                if pilot > _PILOT_MS:
                    found |= faults.PILOT
        self._pilot_ms = pilot
        if 2 < at[plc.CP] < 5 and not at[plc.FLAGS] & plc.LOCKED:
            found |= self._unlocked(dt_ms, link.bits)
        else:
            self._lock_ms = 0
        if at[plc.ERROR] > 0:
            found |= faults.UNSAFE
        fault = seq.guns.fault[g]
        if fault:
            if fault & bank.WELDED:
                mask.mask |= faults.WELDED
            if fault & bank.STUCK:
                found |= faults.NOT_FOLLOWING
        if not path.proven and seq.want[g] > 1 and not d.denied[g]:
            if b"\x01" not in seq.dry:  # nobody waits for a loan that ends slowly
                self._close_ms = min(self._close_ms + dt_ms, _LONG)
            if self._close_ms > _CLOSE_MS:
                found |= faults.NOT_FOLLOWING
        else:
            self._close_ms = 0
        self._compare_ms += dt_ms
        if self._compare_ms >= _COMPARE_MS:
            self._compare_ms = 0
            self._compare(running)
        if self._differ >= _DIFFER:
            found |= faults.METER_LOST
        return found | self._electrical(dt_ms, running) | self._thermal(dt_ms)

    def _unlocked(self, dt_ms, bits):
        """The vehicle is ready (pilot C), no lock is reported: has one been ordered for long?"""
        if not (self.path.well and self.path.hall.needs_lock and bits & plc_v1.LOCK):
            dt_ms = -self._lock_ms
        self._lock_ms = min(self._lock_ms + dt_ms, _LONG)
        return faults.LOCK_FAILURE if self._lock_ms > _LOCK_MS else 0

    def _electrical(self, dt_ms, running):
        path = self.path
        found = 0
        amps = path.current_da()
        over = running and amps > path.amps_da + path.amps_da // 10 + 50
        self._over_ms = self._over_ms + dt_ms if over else 0
        if amps > self.amps_max_da + 50 or self._over_ms > 3000:
            found = faults.OVER_CURRENT
        if running and path.voltage_dv() > self.volts_max_dv:
            found |= faults.OVER_VOLTAGE
        return found

    def _compare(self, running):
        """Do the PLC's meter and the modules tell the same? Not while the current moves."""
        path = self.path
        d = path.hall.d
        told = d.granted_da[path.g]
        steady = abs(told - self._last_da) <= 20
        self._last_da = told
        bus = path.bus_dv
        if not running or not path.metered or bus <= 0 or not steady:
            self._differ = 0
            return
        volts = path.voltage_dv()
        amps = path.current_da()
        sum_da = d.measured_w[path.g] * 100 // bus
        apart = abs(volts - bus) > max(bus // 20, 200) or abs(amps - sum_da) > max(
            sum_da // 10, 20
        )
        self._differ = min(self._differ + 1, _DIFFER) if apart else 0

    def _thermal(self, dt_ms):
        temp = self.path.temp_dc()
        if temp != UNKNOWN:
            self.hot = temp >= self.hot_dc or (self.hot and temp > self.hot_dc - _COOLED_DC)
        if not self.hot:
            self._hot_ms = 0
            return 0
        self._hot_ms = min(self._hot_ms + dt_ms, _LONG)
        return (
            faults.HOT | faults.HIGH_TEMPERATURE
            if self._hot_ms > self.hot_fault_ms
            else faults.HOT
        )

    def calm(self):
        """After a step: how many of its turns can the gun do without, if there is no news?

        1: nothing counts towards a fault or an end, and the current stands; 2: nobody wants
        energy, and the output is off.
        """
        path = self.path
        c = path.connector
        session = c.session
        if c.faults.mask or path.link.unheard or self._pilot_ms or c.locked and session is None:
            return 0
        if session is None:
            return 0 if path.link.active else 2
        if path.phase != 2 or session.state != "active" or not path.metered or self._over_ms:
            return 0
        if c.taper_ms or c.done_ms or path.broken_ms or self._differ or c.silent_ms or c.resume_ms:
            return 0
        d = path.hall.d
        return 1 if d.granted_da[path.g] == d.aim_da[path.g] else 0

    def derated_da(self, rated_da):
        """Current allowed at the gun's temperature: linear from TempDerate to TempMax."""
        temp = self.path.temp_dc()
        if temp == UNKNOWN:
            # A gun that never told one has no sensor; one that fell silent is not trusted.
            heard = self.path.link.plc.at[plc.TEMP_DC] != plc.UNKNOWN_TEMP
            return 0 if heard else rated_da
        if temp <= self.derate_dc:
            return rated_da
        if temp >= self.hot_dc or self.hot:
            return 0
        return rated_da * (self.hot_dc - temp) // (self.hot_dc - self.derate_dc)

    def fault_bits(self, mask):
        """The fault mask of EVSE_PRESENT and EVSE_FAST (b.2) for the station's faults."""
        if not mask:
            return 0
        bits = 1
        if mask & (faults.CAN_LOST | faults.PLC_LOST | faults.INPUTS_LOST):
            bits |= 2
        if mask & (faults.EARTH | faults.EMERGENCY_STOP | faults.GUN_ESTOP):
            bits |= 4
        if mask & (faults.HOT | faults.HIGH_TEMPERATURE):
            bits |= 8
        if mask & faults.OVER_CURRENT:
            bits |= 16
        if mask & faults.WELDED:
            bits |= 32
        return bits
