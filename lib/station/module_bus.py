"""How are the shared power modules told and asked, within the bus's budget?

Set-points go out when they change (what falls or switches off at once), and again for ever;
answers are asked for in turn, so that voltage and current of every module are at most 2 s old and
all of it stays within 20 kbit/s (can_protocols b.4, b.7). An OFF is repeated until no current is
measured. A module that is silent, severely alarmed, too hot or of unknown temperature gives
nothing: its health is 0. Facts go straight into planner.dispatch.Dispatch.
"""

from array import array

from micropython import const

from canproto import maxwell

_STALE_MS = const(2000)
_TEMP_MS = const(20_000)
_PER_STEP = const(6)  # exchanges in 100 ms: 120 frames/s, 19.2 kbit/s in the worst case
_LONG_MS = const(60_000)
_UNKNOWN = const(2)
_STILL_DA = const(10)
# What a module is asked or told in turn: voltage, current, and one of temperature, alarms and the
# three orders.
_TURNS = const(30)
_HOURS_MS = const(3_600_000)


class ModuleBus:
    """The modules with addresses 1..n. `by_part`: a current is set as a part of the rated one."""

    def __init__(self, dispatch, send, by_part=False):
        count = len(dispatch.on)
        self.dispatch = dispatch
        self._send = send
        self.by_part = by_part
        self._buf = bytearray(8)
        self.temp_dc = array("h", [-1] * count)
        self.severe = bytearray(count)
        self.rejected = 0
        self.hot_from_dc, self.hot_dc = 750, 850
        self._v_ms = dispatch.volts_ms
        for m in range(count):
            self._v_ms[m] = _LONG_MS
        self._i_ms = array("i", [_LONG_MS] * count)
        self._t_ms = array("i", [_LONG_MS] * count)
        self._run_ms = array("i", bytes(4 * count))
        self._told_on = bytearray([_UNKNOWN] * count)
        self._told_dv = array("h", [-1] * count)
        self._told_da = array("h", [-1] * count)
        self._turn = bytearray(count)
        self._next = self._odd = 0

    def receive(self, can_id, data, length):
        """Take a frame: the number of the module (0..) that it came from, or -1."""
        m = maxwell.source_of(can_id) - 1
        if not 0 <= m < len(self.severe):
            return -1
        d = self.dispatch
        register = maxwell.register_of(data, length)
        value = maxwell.tenths(data, register) if 0 < register < 5 else 0
        if register < 0 or value < 0:
            self.rejected = (self.rejected + 1) & 0x1FFFFFFF
            return -1
        if register == maxwell.VOLTAGE:
            d.volts_dv[m] = value
            self._v_ms[m] = 0
        elif register == maxwell.CURRENT:
            d.amps_da[m] = value
            self._i_ms[m] = 0
        elif register == maxwell.TEMPERATURE:
            self.temp_dc[m] = value
            self._t_ms[m] = 0
        elif register == maxwell.ALARMS:
            self.severe[m] = 1 if maxwell.severe(data) else 0
        return m

    def assess(self, dt_ms):
        """Ages, and what each module may give: before the step of Dispatch."""
        d = self.dispatch
        for m in range(len(self.severe)):
            self._v_ms[m] = min(self._v_ms[m] + dt_ms, _LONG_MS)
            self._i_ms[m] = min(self._i_ms[m] + dt_ms, _LONG_MS)
            self._t_ms[m] = min(self._t_ms[m] + dt_ms, _LONG_MS)
            health = 1000
            if self._v_ms[m] > _STALE_MS:
                d.volts_dv[m] = -1
                health = 0
            if self._i_ms[m] > _STALE_MS:
                d.amps_da[m] = -1
                health = 0
            temp = self.temp_dc[m]
            if self.severe[m] or self._t_ms[m] > _TEMP_MS or temp >= self.hot_dc:
                health = 0
            elif temp > self.hot_from_dc and health:
                health = 1000 * (self.hot_dc - temp) // (self.hot_dc - self.hot_from_dc)
            d.health_pm[m] = health
            if d.on[m]:
                self._run_ms[m] += dt_ms
                if self._run_ms[m] >= _HOURS_MS:
                    self._run_ms[m] -= _HOURS_MS
                    d.ring.hours[m] += 1

    def talk(self):
        """What changed, and the questions that are due: after the step of Dispatch."""
        d = self.dispatch
        self._odd ^= 1
        for m in range(len(self.severe)):
            if d.on[m] != self._told_on[m]:
                self._order(m)
            elif d.on[m]:
                falls = d.set_da[m] < self._told_da[m] or d.set_dv[m] < self._told_dv[m]
                if falls or (m ^ self._odd) & 1:
                    self._set(m, False)
            elif d.amps_da[m] >= _STILL_DA and (m ^ self._odd) & 1:
                self._output(m)  # it has not heard the OFF
        for m in range(len(self.severe)):
            if d.brisk[m]:
                self._ask(m, maxwell.VOLTAGE)
        for _ in range(min(_PER_STEP, len(self.severe))):
            m = self._next
            self._next = m + 1 if m + 1 < len(self.severe) else 0
            self._exchange(m)

    def off(self, m):
        """OFF to module `m`, now."""
        self.dispatch.on[m] = 0
        self._output(m)

    def _out(self, m):
        self._send(maxwell.request_id(m + 1), self._buf)

    def _output(self, m):
        self._told_on[m] = self.dispatch.on[m]
        maxwell.set_output(self._buf, self._told_on[m])
        self._out(m)

    def _order(self, m):
        """Set-points before an ON; an OFF comes first."""
        if self.dispatch.on[m]:
            self._set(m, True)
        self._output(m)

    def _set(self, m, anyway):
        d = self.dispatch
        if anyway or d.set_dv[m] != self._told_dv[m]:
            self._told_dv[m] = d.set_dv[m]
            maxwell.set_tenths(self._buf, maxwell.SET_VOLTAGE, d.set_dv[m])
            self._out(m)
        if anyway or d.set_da[m] != self._told_da[m]:
            self._told_da[m] = d.set_da[m]
            if self.by_part:
                rated = d.ring.current_da[m]
                maxwell.set_part(self._buf, maxwell.SET_FRACTION, d.set_da[m], rated)
            else:
                maxwell.set_tenths(self._buf, maxwell.SET_CURRENT, d.set_da[m])
            self._out(m)

    def _exchange(self, m):
        turn = self._turn[m]
        self._turn[m] = turn + 1 if turn + 1 < _TURNS else 0
        third = turn % 3
        if third == 0:
            self._ask(m, maxwell.VOLTAGE)
        elif third == 1:
            self._ask(m, maxwell.CURRENT)
        elif turn % 9 == 2:
            self._ask(m, maxwell.TEMPERATURE)
        elif turn % 9 == 5:
            self._ask(m, maxwell.ALARMS)
        elif turn % 2:
            self._output(m)
        elif self.dispatch.on[m]:
            self._set(m, True)

    def _ask(self, m, register):
        maxwell.read(self._buf, register)
        self._out(m)
