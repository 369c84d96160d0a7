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

_TEMP_MS = const(20_000)
_PER_STEP = const(6)  # exchanges in 100 ms: 120 frames/s, 19.2 kbit/s in the worst case
_GONE = const(0x3FFFFFFF)  # in place of a time: silent, and known to be
_UNKNOWN = const(2)
_STILL_DA = const(10)
# What a module is asked or told in turn: voltage, current, and one of temperature, alarms and the
# three orders.
_TURNS = const(30)
_COUNT_MS = const(10_000)  # hours are counted in such steps
_HOURS_MS = const(3_600_000)
_TO = maxwell.request_id(0)


class ModuleBus:
    """The modules with addresses 1..n. `by_part`: a current is set as a part of the rated one.

    clock: ms, an array of one (as of PlcLink).
    """

    def __init__(self, dispatch, send, by_part=False, clock=None):
        count = len(dispatch.on)
        self.dispatch = dispatch
        self._send = send
        self.by_part = by_part
        self.clock = clock or array("i", [0])
        self._buf = bytearray(8)
        self._query = bytearray(8)
        maxwell.read(self._query, maxwell.VOLTAGE)
        self.temp_dc = array("h", [-1] * count)
        self.severe = bytearray(count)
        self.rejected = 0
        self.hot_from_dc, self.hot_dc = 750, 850
        self.stale_ms = 2000
        # When voltage, current and temperature of each were heard.
        self._v_at = dispatch.volts_at
        dispatch.clock = self.clock
        for m in range(count):
            self._v_at[m] = _GONE
        self._i_at = array("i", [_GONE] * count)
        self._t_at = array("i", [_GONE] * count)
        self.news = True  # what a module may give may have changed
        self._live = False  # one that is off gives current: it has not heard the OFF
        self._count_at = 0
        self.worn = None  # True: hours have grown since they were saved; None: not loaded yet
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
        now = self.clock[0]
        if register == maxwell.VOLTAGE:
            d.volts_dv[m] = value
            if self._v_at[m] == _GONE:
                self.news = True
            self._v_at[m] = now
        elif register == maxwell.CURRENT:
            d.flows(m, value)
            if self._i_at[m] == _GONE:
                self.news = True
            self._i_at[m] = now
            if value >= _STILL_DA and not d.on[m]:
                self._live = True
        elif register == maxwell.TEMPERATURE:
            if value > self.hot_from_dc or self.temp_dc[m] > self.hot_from_dc:
                self.news = True
            if self._t_at[m] == _GONE:
                self.news = True
            self.temp_dc[m] = value
            self._t_at[m] = now
        elif register == maxwell.ALARMS:
            severe = 1 if maxwell.severe(data) else 0
            if severe != self.severe[m]:
                self.severe[m] = severe
                self.news = True
        return m

    def assess(self):
        """What each module may give, and who has fallen silent: before the step of Dispatch.

        `min` looks at all modules at the speed of C; those that are known to be silent do not
        count.
        """
        now = self.clock[0]
        since = now - self.stale_ms
        if min(self._v_at) < since or min(self._i_at) < since or min(self._t_at) < now - _TEMP_MS:
            self.news = True
        if self.news:
            self.news = False
            for m in range(len(self.severe)):
                self.dispatch.health_pm[m] = self._health(m, now)
        if now >= self._count_at:
            self._count_at = now + _COUNT_MS
            self._count()

    def _health(self, m, now):
        d = self.dispatch
        temp = self.temp_dc[m]
        if self._v_at[m] < now - self.stale_ms:
            self._v_at[m] = _GONE
            d.volts_dv[m] = -1
        if self._i_at[m] < now - self.stale_ms:
            self._i_at[m] = _GONE
        if _GONE in (self._v_at[m], self._i_at[m]) and d.amps_da[m] >= 0:
            # It may go on with what it was told.
            d.amps_da[m] = -1 - max(d.amps_da[m], d.peak_da[m])
        if self._t_at[m] < now - _TEMP_MS:
            self._t_at[m] = _GONE
        # A time of _GONE is above all others.
        if max(self._v_at[m], self._i_at[m], self._t_at[m]) == _GONE or self.severe[m]:
            return 0
        if temp <= self.hot_from_dc:
            return 1000
        if temp >= self.hot_dc:
            return 0
        return 1000 * (self.hot_dc - temp) // (self.hot_dc - self.hot_from_dc)

    def _count(self):
        """Hours of those that run, for the wear."""
        d = self.dispatch
        for m in range(len(d.on)):
            if d.on[m]:
                if self.worn is not None:
                    self.worn = True
                self._run_ms[m] += _COUNT_MS
                if self._run_ms[m] >= _HOURS_MS:
                    self._run_ms[m] -= _HOURS_MS
                    d.ring.hours[m] += 1

    def rebase(self, ms):
        """The clock goes back by `ms`: so does what is noted."""
        for row in (self._v_at, self._i_at, self._t_at):
            for m in range(len(row)):
                if row[m] != _GONE:
                    row[m] -= ms
        self._count_at -= ms

    def talk(self):
        """What changed, and the questions that are due: after the step of Dispatch."""
        d = self.dispatch
        count = len(self.severe)
        self._odd ^= 1
        if (
            self._live
            or d.on != self._told_on
            or d.set_da != self._told_da
            or d.set_dv != self._told_dv
        ):
            self._orders(d, count)
        if b"\x01" in d.brisk:
            for m in range(count):
                if d.brisk[m]:
                    self._ask(m, maxwell.VOLTAGE)
        m = self._next
        turns, query, send = self._turn, self._query, self._send
        for _ in range(_PER_STEP if count > _PER_STEP else count):
            turn = turns[m]
            turns[m] = turn + 1 if turn + 1 < _TURNS else 0
            third = turn % 3
            if third < 2:
                query[3] = maxwell.CURRENT if third else maxwell.VOLTAGE
                send(_TO + (m + 1 << 11), query)
            else:
                self._third(m, turn)
            m = m + 1 if m + 1 < count else 0
        self._next = m

    def _orders(self, d, count):
        self._live = False
        for m in range(count):
            if d.on[m] != self._told_on[m]:
                self._order(m)
            elif d.on[m]:
                falls = d.set_da[m] < self._told_da[m] or d.set_dv[m] < self._told_dv[m]
                if falls or (m ^ self._odd) & 1:
                    self._set(m, False)
            elif d.amps_da[m] >= _STILL_DA:  # it has not heard the OFF
                self._live = True
                if (m ^ self._odd) & 1:
                    self._output(m)

    def off(self, m):
        """OFF to module `m`, now."""
        self.dispatch.on[m] = 0
        self.dispatch.moving = True
        self._output(m)

    def _out(self, m):
        self._send(_TO + (m + 1 << 11), self._buf)

    def _output(self, m):
        d = self.dispatch
        on = self._told_on[m] = d.on[m]
        if not on:  # with the next ON both go out anyway
            self._told_dv[m] = self._told_da[m] = 0
            self._live = self._live or d.amps_da[m] >= _STILL_DA
        maxwell.set_output(self._buf, on)
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

    def _third(self, m, turn):
        if turn % 9 == 2:
            self._ask(m, maxwell.TEMPERATURE)
        elif turn % 9 == 5:
            self._ask(m, maxwell.ALARMS)
        elif turn % 2:
            self._output(m)
        elif self.dispatch.on[m]:
            self._set(m, True)

    def _ask(self, m, register):
        self._query[3] = register
        self._send(_TO + (m + 1 << 11), self._query)
