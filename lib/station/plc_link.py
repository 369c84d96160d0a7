"""How does the station talk with the PLC of one gun, and how does it know that it was heard?

The conversation of contracts v1, v2 and v3 (can_protocols b.1 to b.5): what is due is sent, a
relay command gets a new sequence number only when its content changes (b.10 #9), is repeated
three times and then counts as unheard, counted from its first sending; handshake, authorisation,
lock and limits are refreshed for ever. Each frame refreshes the ages of what it says and of
nothing else. Decisions are made above (path_plc.py); here they stand as the packers' fields.
"""

from array import array

from micropython import const

from canproto import plc, plc_v1

AGE_MAX = const(60_000)
_STEP_MS = const(100)
_ACK_MS = const(300)  # v1, v2; v3 answers with its telemetry, each 300 ms
_ACK_SLOW_MS = const(700)
_TRIES = const(3)
_STATUS_MS = const(300)
_TLM_MS = const(900)  # v3: three times its period, in a session
_TLM_IDLE_MS = const(3000)
_LATE_MS = const(150)  # what the control step and the bus may add to a period
_CONFIG_MS = const(1000)
_COMMAND = const(0x1C)  # SYS_ENABLE, FORCE_OFF, CLEAR_FAULTS


class PlcLink:
    """PLC `number` (0..15) of contract `version` (1..3). send(can_id, buf) puts out a frame.

    plc: what it said (canproto.plc.Plc). ages: ms since each of its first eight sources was heard.
    Orders, as the packers of plc_v1 and plc_v3 read them: present_* max_* faults bits relays mask.
    active: energy flows or is about to: the faster rhythm. agreed: 1 the versions match, 0 not
    known yet, -1 they do not. whole: an identity or UID that has just become complete (kind in
    parts.kind), to be taken by who calls receive.
    """

    def __init__(self, number, version, send):
        self.number = number
        self.version = version
        self._send = send
        self._buf = bytearray(8)
        self.plc = plc.Plc()
        self.ages = array("i", [AGE_MAX] * plc.AGES)
        self.present_dv = self.present_da = self.present_w = 0
        self.max_dv = self.max_da = self.max_w = 0
        self.faults = self.bits = self.relays = self.mask = self.seq = 0
        self.active = False
        self.agreed = 1 if version == 3 else 0
        self._packed = None
        if version > 1:
            from canproto import plc_v3

            self._packed = plc_v3
        self.parts = self.whole = None
        self.unheard = False
        self._told = -1
        self._slow_told = 0
        self._ack_ms = -1  # since the first sending of what is not acknowledged; -1: it is
        self._again_ms = 0
        self._tries = self._clears = 0
        # Twelve guns must not talk all in one step.
        self._fast_ms = self._slow_ms = number * _STEP_MS
        self._turn = number

    # -- what the PLC says ------------------------------------------------------------------

    def receive(self, can_id, data, length):
        """Take a frame of this PLC: the mask of canproto.plc of what it has refreshed."""
        uptime = self.plc.at[plc.UPTIME]
        heard = self.plc.receive(can_id, data, length)
        fresh = heard
        for i in range(plc.AGES):
            if fresh & 1:
                self.ages[i] = 0
            fresh >>= 1
        if heard & plc.SEGMENT:
            self._segment(can_id, data)
        elif heard & plc.CONFIG_ACK:
            self._agree()
        # A clock that goes back (but for its wrap at 65,536 s): the PLC has started anew.
        if heard & plc.BOOT or heard & plc.STATUS and self.plc.at[plc.UPTIME] < uptime < 65_000:
            self.agreed = 1 if self.version == 3 else 0
            self._told = -1
        if self.version == 3:
            if heard & plc.LIMIT_ACK and self._ack_ms > 0:
                self._ack_ms = -1
                self.unheard = False
        elif heard & plc.APPLIED and self.plc.at[plc.SEQ] == self.seq and self._ack_ms >= 0:
            self._ack_ms = -1
            self.unheard = False
        return heard

    def _segment(self, can_id, data):
        if self.parts is None:
            from canproto import segments

            self.parts = segments.Segments()
        self.whole = self.parts.receive(can_id, data)

    def _agree(self):
        at = self.plc.at
        if at[plc.ACK_PARAM] == plc_v1.PROTO_VERSION and self.version < 3:
            fits = at[plc.ACK_STATUS] == 0 and at[plc.ACK_VALUE] == self.version
            self.agreed = 1 if fits else -1

    def lost(self):
        """True while relays and safety have not been heard within their time-out (b.5)."""
        if self.version < 3:
            limit = _STATUS_MS + _LATE_MS
        else:
            limit = (_TLM_MS if self.active else _TLM_IDLE_MS) + _LATE_MS
        return self.ages[0] > limit or self.ages[1] > limit

    # -- what it is told --------------------------------------------------------------------

    def clear(self):
        """A person clears the PLC's faults: asked for three times at most, never by itself."""
        self._clears = _TRIES
        self.bits |= plc_v1.CLEAR_FAULTS

    def step(self, dt_ms):
        """Let time pass and send what is due. A step that changes nothing allocates nothing."""
        ages = self.ages
        for i in range(plc.AGES):
            ages[i] = min(ages[i] + dt_ms, AGE_MAX)
        if self.parts is not None and not self.parts.step(dt_ms):
            self.parts = None
        self._count(dt_ms)
        if self.version == 1:
            self._talk_v1(dt_ms)
        else:
            self._talk_packed(dt_ms)

    def _count(self, dt_ms):
        """New content gets a new number; what is not acknowledged is sent again."""
        content = self.relays | self.mask << 3 | (self.bits & _COMMAND) << 6
        if content != self._told:
            self._told = content
            self.seq = (self.seq + 1) & 0xFF
            self._ack_ms = self._again_ms = self._tries = 0
            self._fast_ms = 0
        elif self._ack_ms >= 0:
            self._ack_ms = min(self._ack_ms + dt_ms, AGE_MAX)
            self._again_ms += dt_ms
            if self._again_ms >= (_ACK_SLOW_MS if self.version == 3 else _ACK_MS):
                self._again_ms = 0
                self._tries += 1
                self._fast_ms = 0
                if self._tries > _TRIES:
                    self._tries = _TRIES
                    self.unheard = True
        if self._clears and self._ack_ms < 0 or self._tries >= _TRIES:
            self._clears = max(self._clears - 1, 0)
            if not self._clears:
                self.bits &= ~plc_v1.CLEAR_FAULTS

    def _out(self, kind):
        self._send(kind << 4 | self.number, self._buf)

    def _config(self, param, value):
        self._out(plc_v1.config(self._buf, param, value))

    def _due(self, dt_ms, period_ms):
        self._slow_ms -= dt_ms
        if self._slow_ms > 0:
            return False
        self._slow_ms = period_ms
        return True

    def _talk_v1(self, dt_ms):
        buf = self._buf
        self._out(plc_v1.present(buf, self))
        self._out(plc_v1.relay(buf, self))
        if self._due(dt_ms, 500 if self.active else 1000):
            self._out(plc_v1.limits(buf, self))
        self._turn = turn = self._turn + 1 if self._turn < 9 else 0
        if turn == 0:
            if self.agreed < 1:
                self._config(plc_v1.PROTO_VERSION, 1)
            else:
                self._config(plc_v1.AUTH_STATE, 1 if self.bits & plc_v1.GRANTED else 0)
        elif turn == 3 and self.agreed == 1:
            self._config(plc_v1.AUTH_PENDING, 1 if self.bits & plc_v1.PENDING else 0)
        elif turn == 6 and self.agreed == 1:
            self._config(plc_v1.LOCK_CMD, 1 if self.bits & plc_v1.LOCK else 0)

    def _talk_packed(self, dt_ms):
        buf = self._buf
        v2 = self.version == 2
        self._fast_ms -= dt_ms
        if self._fast_ms <= 0:
            self._fast_ms = 100 if v2 else 300 if self.active else 500
            self._out(self._packed.fast(buf, self))
        slow = self.bits >> 5
        if slow != self._slow_told:  # authorisation and lock do not wait
            self._slow_told = slow
            self._slow_ms = 0
        if self._due(dt_ms, (500 if self.active else 1000) if v2 else 1500):
            self._out(self._packed.slow(buf, self, self.version))
            if v2 and self.agreed < 1:
                self._config(plc_v1.PROTO_VERSION, 2)

    def saturates(self):
        """The contract's own end as (current_da, power_w), or None for v1, which has none."""
        return (self._packed.TOP_DA, self._packed.TOP_W) if self._packed else None
