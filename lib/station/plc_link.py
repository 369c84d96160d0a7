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
_NEVER = const(-1)


def patience(version, active):
    """So many ms after its last word a PLC is lost (b.5)."""
    if version < 3:
        return _STATUS_MS + _LATE_MS
    return (_TLM_MS if active else _TLM_IDLE_MS) + _LATE_MS


class PlcLink:
    """PLC `number` (0..15) of contract `version` (1..3). send(can_id, buf) puts out a frame.

    plc: what it said (canproto.plc.Plc). clock: ms, an array of one, shared by those who look at
    it; heard: when each of its first eight sources was heard, as far as it has a time-out.
    Orders, as the packers of plc_v1 and plc_v3 read them: present_* max_* faults bits relays mask.
    due: when `talk` has something to say; whoever changes relays, mask or bits makes it 0.
    active: energy flows or is about to: the faster rhythm. agreed: 1 the versions match, 0 not
    known yet, -1 they do not. whole: an identity or UID that has just become complete (kind in
    parts.kind), to be taken by who calls receive.
    """

    def __init__(self, number, version, send, clock=None):
        self.number = number
        self.version = version
        self._send = send
        self._buf = bytearray(8)
        self.plc = plc.Plc()
        self.clock = clock or array("i", [0])
        self.heard = array("i", [-AGE_MAX] * plc.AGES)
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
        self._told_at = _NEVER  # the first sending of what is not acknowledged
        self._again_at = 0
        self._tries = self._clears = 0
        # Twelve guns must not talk all in one step.
        self._fast_at = self._slow_at = number * _STEP_MS
        self._turn = number
        self.due = self._then = 0

    # -- what the PLC says ------------------------------------------------------------------

    def receive(self, can_id, data, length):
        """Take a frame of this PLC: the mask of canproto.plc of what it has refreshed."""
        at = self.plc.at
        uptime = at[plc.UPTIME]
        heard = self.plc.receive(can_id, data, length)
        now = self.clock[0]
        if heard & plc.STATUS:
            self.heard[0] = now
        if heard & plc.SAFETY:
            self.heard[1] = now
        if heard & (plc.METER | plc.TEMP | plc.LIMIT_ACK):
            for i in range(5, 8):
                if heard >> i & 1:
                    self.heard[i] = now
            # What is too much does not wait for the gun's turn.
            top_da = self.max_da + self.max_da // 10 + 50
            if at[plc.METER_DV] > self.max_dv or at[plc.METER_DA] > top_da:
                at[plc.NEWS] = 1
        if heard & (plc.SEGMENT | plc.CONFIG_ACK):
            if heard & plc.SEGMENT:
                self._segment(can_id, data)
            else:
                self._agree()
        # A clock that goes back (but for its wrap at 65,536 s): the PLC has started anew.
        if heard & plc.BOOT or heard & plc.STATUS and at[plc.UPTIME] < uptime < 65_000:
            self.agreed = 1 if self.version == 3 else 0
            self._told = -1
            self.due = 0
        if self._told_at != _NEVER:
            if self.version == 3:
                acked = heard & plc.LIMIT_ACK and now > self._told_at
            else:
                acked = heard & plc.APPLIED and at[plc.SEQ] == self.seq
            if acked:
                self._told_at = _NEVER
                self.unheard = False
        return heard

    def _segment(self, can_id, data):
        if self.parts is None:
            from canproto import segments

            self.parts = segments.Segments()
        self.whole = self.parts.receive(can_id, data)
        self.due = 0

    def _agree(self):
        at = self.plc.at
        if at[plc.ACK_PARAM] == plc_v1.PROTO_VERSION and self.version < 3:
            fits = at[plc.ACK_STATUS] == 0 and at[plc.ACK_VALUE] == self.version
            self.agreed = 1 if fits else -1

    def lost(self):
        """True while relays and safety have not been heard within their time-out (b.5)."""
        since = self.clock[0] - patience(self.version, self.active)
        return self.heard[0] < since or self.heard[1] < since

    def age(self, i):
        """Milliseconds since source `i` (canproto.plc, the number of its bit) was heard."""
        return self.clock[0] - self.heard[i]

    # -- what it is told --------------------------------------------------------------------

    def clear(self):
        """A person clears the PLC's faults: asked for three times at most, never by itself."""
        self._clears = _TRIES
        self.bits |= plc_v1.CLEAR_FAULTS
        self.due = 0

    def step(self, dt_ms):
        """Where nobody else looks after the clock: let time pass and send what is due."""
        self.clock[0] += dt_ms
        self.talk()

    def rebase(self, ms):
        """The clock goes back by `ms`, so that it stays a small integer: so does what is noted."""
        for i in range(plc.AGES):
            self.heard[i] = max(self.heard[i] - ms, -AGE_MAX)
        self._fast_at -= ms
        self._slow_at -= ms
        self._again_at -= ms
        self._then -= ms
        if self._told_at != _NEVER:
            self._told_at = max(self._told_at - ms, 0)
        self.due = 0

    def talk(self):
        """Send what is due. A call that changes nothing allocates nothing."""
        now = self.clock[0]
        if self.parts is not None and not self.parts.step(now - self._then):
            self.parts = None
        self._then = now
        clearing = self._clears or self.bits & plc_v1.CLEAR_FAULTS
        content = self.relays | self.mask << 3 | (self.bits & _COMMAND) << 6
        if content != self._told or self._told_at != _NEVER or clearing or self._tries:
            self._count(now, content)
        if self.version == 1:
            self._talk_v1(now)
            self.due = now
            return
        self._talk_packed(now)
        due = self._fast_at
        if self._slow_at < due:
            due = self._slow_at
        if self._told_at != _NEVER and self._again_at < due:
            due = self._again_at
        self.due = now if clearing or self.parts else due

    def _count(self, now, content):
        """New content gets a new number; what is not acknowledged is sent again."""
        anew = content != self._told
        if anew:
            self._told = content
            self.seq = (self.seq + 1) & 0xFF
            self._told_at = now
            self._tries = 0
        elif self._told_at != _NEVER and now >= self._again_at:
            anew = True
            self._tries += 1
            if self._tries > _TRIES:
                self._tries = _TRIES
                self.unheard = True
        if anew:
            self._fast_at = now
            self._again_at = now + (_ACK_SLOW_MS if self.version == 3 else _ACK_MS)
        if self._clears and self._told_at == _NEVER or self._tries >= _TRIES:
            self._clears = max(self._clears - 1, 0)
            if not self._clears:
                self.bits &= ~plc_v1.CLEAR_FAULTS

    def _out(self, kind):
        self._send(kind << 4 | self.number, self._buf)

    def _config(self, param, value):
        self._out(plc_v1.config(self._buf, param, value))

    def _due(self, now, period_ms):
        if now < self._slow_at:
            return False
        self._slow_at = now + period_ms
        return True

    def _talk_v1(self, now):
        buf = self._buf
        self._out(plc_v1.present(buf, self))
        self._out(plc_v1.relay(buf, self))
        if self._due(now, 500 if self.active else 1000):
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

    def _talk_packed(self, now):
        buf = self._buf
        v2 = self.version == 2
        if now >= self._fast_at:
            self._fast_at = now + (100 if v2 else 300 if self.active else 500)
            self._out(self._packed.fast(buf, self))
        slow = self.bits >> 5
        if slow != self._slow_told:  # authorisation and lock do not wait
            self._slow_told = slow
            self._slow_at = now
        if self._due(now, (500 if self.active else 1000) if v2 else 1500):
            self._out(self._packed.slow(buf, self, self.version))
            if v2 and self.agreed < 1:
                self._config(plc_v1.PROTO_VERSION, 2)

    def saturates(self):
        """The contract's own end as (current_da, power_w), or None for v1, which has none."""
        return (self._packed.TOP_DA, self._packed.TOP_W) if self._packed else None
