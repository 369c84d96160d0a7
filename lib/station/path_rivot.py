"""How does energy reach a two-wheeler's battery: one BMS and one charger module on CAN.

The power path `rivot`. It keeps the age of every source of evidence, sends the cyclic frames and
switches the output; what may flow is decided above it (connector.py). Rules, from contract part
a.9: every frame refreshes only its own source (#4); set-points and on/off go out cyclically and
STOP until it is confirmed (#2); it begins with STOP (#3); a permit has a time to live (#5).
"""

from micropython import const

from canproto import rivot
from station.meter import UNKNOWN
from station.watch import Watch

AGE_MAX = const(86_400_000)  # ages saturate after a day

# Output phases.
OFF = const(0)  # STOP confirmed, contactor open
CLOSING = const(1)  # contactor closing, module still off
ON = const(2)  # START and set-points go out
RAMPING = const(3)  # ordered stop: current set-point 0, waits for the current to fall
STOPPING = const(4)  # STOP goes out until confirmed, then the contactor opens

# How an output is taken away.
ORDERED = const(0)  # ramp to zero first
AT_ONCE = const(1)  # STOP now, contactor below 1 A or after 1 s
EMERGENCY = const(2)  # STOP and contactor now

_CONTACTOR_MS = const(300)  # a contactor's closing time with margin
_RAMP_MS = const(3000)  # an ordered stop waits this long for the current to fall
_OPEN_MS = const(1000)  # the contactor opens under load after this time
_FOLLOW_MS = const(3000)  # the module must follow START, STOP and set-points within this time
_STILL_DA = const(10)  # below 1 A a contactor may move (design rule 7)


class RivotPath:
    """Power path of one connector.

    send(can_id, buf): puts a frame on the bus (8 bytes). contactor(on): drives the output.
    codec: canproto.rivot.Rivot. config: object with get(key) (BmsTimeout, ModuleTimeout in ms).
    """

    watcher = Watch  # who assesses it
    current_key = "CurrentMax"

    def __init__(self, codec, send, contactor, config):
        self.codec = codec
        self._send = send
        self._contactor = contactor
        self._buf = bytearray(8)
        self.bms_age = AGE_MAX
        self.volts_age = self.amps_age = self.term_age = self.temp_age = AGE_MAX
        self.module_age = self.echo_age = self.soc_age = AGE_MAX
        self.can_ok = True
        self.phase = STOPPING  # boot begins with STOP
        self.mode = AT_ONCE
        self.closed = False
        self.volts_dv = self.amps_da = 0  # set-points
        self._told_dv = self._told_da = -1  # as last sent
        self._phase_ms = 0
        self._turn = 0
        self.astray_ms = 0  # how long the module has not done what it was told
        self.status_flags = 0  # of 0x18FF50E5, set by the connector
        self.reload(config)

    def reload(self, config):
        """Take the time-outs from the configuration (CONFIG)."""
        self.bms_timeout_ms = config.get("BmsTimeout")
        self.module_timeout_ms = config.get("ModuleTimeout")

    # -- what is known ----------------------------------------------------------------------

    def receive(self, can_id, data, length):
        """Take one frame: 29-bit id, a buffer of at least `length` bytes. Allocates nothing."""
        kind = self.codec.receive(can_id, data, length)
        if kind == rivot.BMS_REQUEST:
            self.bms_age = 0
        elif kind == rivot.MODULE_TELEMETRY:
            self.module_age = 0
            function = self.codec.tlm_func
            if function == 0x84:
                self.volts_age = 0
            elif function == 0x82:
                self.amps_age = 0
            elif function == 0x80:
                self.temp_age = 0
        elif kind == rivot.MODULE_ECHO:
            self.module_age = 0
            if self.codec.echo_func == 0x32:
                self.echo_age = 0
        elif kind == rivot.TERM_POWER:
            self.module_age = self.term_age = 0
        elif kind == rivot.TERM_STATUS:
            self.module_age = 0
        return kind

    def can_state(self, ok):
        """The bus came back (True) or was lost (False)."""
        self.can_ok = ok

    def bms_fresh(self):
        """True while the BMS has been heard within its time to live."""
        return self.bms_age < self.bms_timeout_ms

    def permit(self):
        """True while the BMS permits charging: heard in time, and its control byte is 0."""
        return self.bms_age < self.bms_timeout_ms and self.codec.bms_permit == 1

    def refusal(self, volts_min_dv):
        """Why no charge can begin with the vehicle that is plugged, or None."""
        if not self.bms_fresh():
            return "battery does not answer"
        if not self.permit():
            return "battery does not permit charging"
        if not self.module_fresh():
            return "charger module does not answer"
        if self.codec.bms_vmax_dv < volts_min_dv:
            return "battery voltage is below the charger's window"
        return None

    def ready(self):
        """May the transaction begin at once? Whatever speaks against it is a refusal here."""
        return True

    def module_fresh(self):
        """True while the module answers, and its voltage and current are known."""
        limit = self.module_timeout_ms
        if self.module_age >= limit:
            return False
        return self.term_age < limit or (self.volts_age < limit and self.amps_age < limit)

    def voltage_dv(self):
        """Output voltage (0.1 V, -1 unknown) from the fresher of telemetry and terminal frame."""
        if self.volts_age <= self.term_age:
            return self.codec.tlm_v_dv
        return self.codec.term_v_dv

    def current_da(self):
        """Output current (0.1 A, -1 unknown) from the fresher of telemetry and terminal frame."""
        if self.amps_age <= self.term_age:
            return self.codec.tlm_i_da
        return self.codec.term_i_da

    def temp_dc(self):
        """Module temperature (0.1 degC), or UNKNOWN when stale, saturated or never heard."""
        if self.temp_age >= 3 * self.module_timeout_ms:
            return UNKNOWN
        return self.codec.tlm_temp_dc

    def still(self):
        """True when the module is known to carry less than 1 A."""
        return self.module_fresh() and 0 <= self.current_da() < _STILL_DA

    def confirmed_off(self):
        """True when STOP is confirmed: the echo says OFF and the current is near zero."""
        return self.echo_age < self.module_timeout_ms and self.codec.echo_on == 0 and self.still()

    def follows(self):
        """False when the module has not done what it was told for longer than it may take."""
        return self.astray_ms < _FOLLOW_MS

    # -- what is wanted ---------------------------------------------------------------------

    def energise(self, voltage_dv, current_da):
        """Ask for up to these set-points; starts the output if it is off."""
        self.volts_dv = voltage_dv
        self.amps_da = current_da
        if self.phase in (OFF, STOPPING, RAMPING):
            if self.phase == OFF or self.closed:
                self._enter(CLOSING)

    def stop(self, mode):
        """Take the output away; a stricter mode overrides a milder one that is under way."""
        phase = self.phase
        if phase == OFF:
            return
        if phase in (RAMPING, STOPPING) and mode <= self.mode:
            return
        self.mode = mode
        self.amps_da = 0
        if mode == ORDERED and phase == ON:
            self._enter(RAMPING)
            return
        if phase != STOPPING:
            self._enter(STOPPING)
        if mode == EMERGENCY:
            self._open()
        self._send_output()  # the first STOP does not wait for its turn

    def off(self):
        """True when the output is off and has been confirmed to be."""
        return self.phase == OFF

    def running(self):
        """True while the output is meant to carry current."""
        return self.phase == ON

    def _enter(self, phase):
        self.phase = phase
        self._phase_ms = 0
        self.astray_ms = 0
        if phase == CLOSING:
            self.mode = ORDERED
            if not self.closed:
                self.closed = True
                self._contactor(True)

    def _open(self):
        if self.closed:
            self.closed = False
            self._contactor(False)

    # -- the step ---------------------------------------------------------------------------

    def step(self, dt_ms):
        """Advance by `dt_ms`: ages, phases, and the frames that are due. Allocates nothing."""
        self._age(dt_ms)
        self._phase_ms = min(self._phase_ms + dt_ms, AGE_MAX)
        phase = self.phase
        if phase == CLOSING:
            if self._phase_ms >= _CONTACTOR_MS:
                self._enter(ON)
                self._send_output()
        elif phase == RAMPING:
            if self.still() or self._phase_ms >= _RAMP_MS:
                self._enter(STOPPING)
                self._send_output()
        elif phase == STOPPING:
            if self.still() or self._phase_ms >= _OPEN_MS:
                self._open()
            if self.confirmed_off() and not self.closed:
                self._enter(OFF)
        self._watch(dt_ms)
        self._talk()

    def _age(self, dt_ms):
        # A source that was just heard is one step old at most: the error is on the safe side.
        self.bms_age = min(self.bms_age + dt_ms, AGE_MAX)
        self.module_age = min(self.module_age + dt_ms, AGE_MAX)
        self.volts_age = min(self.volts_age + dt_ms, AGE_MAX)
        self.amps_age = min(self.amps_age + dt_ms, AGE_MAX)
        self.term_age = min(self.term_age + dt_ms, AGE_MAX)
        self.temp_age = min(self.temp_age + dt_ms, AGE_MAX)
        self.echo_age = min(self.echo_age + dt_ms, AGE_MAX)

    def _watch(self, dt_ms):
        """Count how long the module has not followed its orders (weakness a.9 #2, #7)."""
        phase = self.phase
        if phase == ON:
            astray = self.codec.echo_on != 1 or self.echo_age >= self.module_timeout_ms
        elif phase == STOPPING:
            astray = not self.confirmed_off()
        else:
            astray = phase == OFF and self.module_fresh() and not self.still()
        # One that is not heard is lost, which is another fault; back again, it gets its time.
        astray = astray and self.module_age < self.module_timeout_ms
        self.astray_ms = min(self.astray_ms + dt_ms, AGE_MAX) if astray else 0

    def _send_output(self):
        on = self.phase == ON or self.phase == RAMPING
        self._send(self.codec.pack_output(self._buf, on), self._buf)

    def _talk(self):
        """The frames of this 100 ms step: status, one of three controls, telemetry, Ah counters.

        A full group of on/off, voltage and current goes out every 300 ms, changed or not.
        """
        buf = self._buf
        send = self._send
        turn = self._turn
        self._turn = turn + 1 if turn < 599 else 0
        codec = self.codec
        # Status for the BMS; a slow one only while the BMS is there (contract a.2).
        steps = codec.status_steps
        if steps == 1 or (turn % steps == 5 and self.bms_age < self.bms_timeout_ms):
            volts = max(self.voltage_dv(), 0)
            send(codec.pack_status(buf, volts, max(self.current_da(), 0), self.status_flags), buf)
        which = turn % 3
        if which == 0:
            self._send_output()
        # An output that is off has a current set-point of zero, should START slip through.
        amps = self.amps_da if self.phase == ON else 0
        if which == 2 or amps != self._told_da:  # a change does not wait for its turn
            self._told_da = amps
            send(codec.pack_current(buf, amps), buf)
        if self.phase == ON and (which == 1 or self.volts_dv != self._told_dv):
            self._told_dv = self.volts_dv
            send(codec.pack_voltage(buf, self.volts_dv), buf)
        if not turn & 1:
            send(codec.pack_request(buf, rivot.POLL[(turn >> 1) % 5]), buf)
        if turn % 20 == 7 and self.bms_age < self.bms_timeout_ms:
            send(codec.pack_ah_request(buf, 1 if turn % 40 > 20 else 0), buf)
