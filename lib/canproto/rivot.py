"""How do the frames of the Rivot contract (one BMS, one charger module) become integers and back?

250 kbit/s, every id 29 bit, every DLC 8, big-endian. The same contract stands a second time in
tools/sim/dbc/rivot.dbc; tests hold the two together. docs/can.md describes the frames.

Three generations of the contract are in the field. They differ in

====================  ==================  ======================  ==========================
                      "seed"              "head"                  "later" (the default)
====================  ==================  ======================  ==========================
0x1806E5F4 b5, b6     unused              b5: 1 = heating         b5-6: SoC, 0.1 %
0x1806E5F4 Vmax       any                 any                     below 20.0 V is rejected
0x160B8001            remaining mAh b2-3  lifetime charge mAh     lifetime charge mAh
0x18FF50E5 received   ignored             b4.3 = module is alive  ignored
====================  ==================  ======================  ==========================

INFERENCE: what no source states is an argument of `Rivot`, so that it can be set without code.
"""

from micropython import const

from canproto.fields import f32_deci, put16, u16, u32

# What `receive` returns: which source has just been heard, so that only its age is refreshed.
BMS_REQUEST = const(1)
BMS_CHARGE_AH = const(2)
BMS_DISCH_AH = const(3)
MODULE_ECHO = const(4)
MODULE_TELEMETRY = const(5)
TERM_POWER = const(6)
TERM_STATUS = const(7)
_MODULE_ALIVE = const(8)  # 0x18FF50E5 heard on the module's bus ("head")
_BMS_SOC = const(9)  # 0x18904001, the obsolete pair

#: tlm_temp_dc while the temperature is absent, saturated or implausible: a fault, never "fine".
TEMP_UNKNOWN = const(-32768)

#: The telemetry functions in the order the module is polled (one each 200 ms).
POLL = b"\x84\x82\x79\x80\x83"

# Plausibility windows. Far outside of every limit of the contract (95 V, 300 A), so that a real
# over-voltage is still seen as one and only nonsense is dropped.
_V_TOP_DV = const(2000)
_I_TOP_DA = const(6000)
_TEMP_LOW_DC = const(-400)
_TEMP_TOP_DC = const(2000)
_V_LATER_LOW_DV = const(200)

_KIND = {
    0x1806E5F4: BMS_REQUEST,
    0x160B8001: BMS_CHARGE_AH,
    0x160D8001: BMS_DISCH_AH,
    0x0681817E: MODULE_ECHO,
    0x0681827E: MODULE_TELEMETRY,
    0x00433F01: TERM_POWER,
    0x00473F01: TERM_STATUS,
    0x18FF50E5: _MODULE_ALIVE,
    0x18904001: _BMS_SOC,
}


def _scale(text):
    # "u32/1024" -> 1024, "u16/10" -> -10: units per volt, ampere or degree; the sign is the width.
    width, _, divisor = text.partition("/")
    value = int(divisor)
    if width not in ("u16", "u32") or not 0 < value < 100000:
        raise ValueError("scale " + text)
    return value if width == "u32" else -value


def _deci(data, scale):
    # A telemetry value in tenths, or -1 when it is out of any window.
    if scale < 0:
        scale = -scale
        raw = u16(data, 6)
        if raw == 0xFFFF:  # saturated
            return -1
    else:
        raw = u32(data, 4)
        if raw < 0 or raw > 0xFFFFFF:  # 16384 at 1/1024: nonsense, and raw * 10 must stay small
            return -1
    return (raw * 10 + (scale >> 1)) // scale


def _command(buf, function, arg, value):
    buf[0] = 1
    buf[1] = function
    buf[2] = 0
    buf[3] = arg
    buf[4] = 0
    buf[5] = value >> 16
    buf[6] = value >> 8 & 0xFF
    buf[7] = value & 0xFF
    return 0x068181FE


class Rivot:
    """Decoder and encoder of one BMS and one charger module.

    `generation` is "seed", "head" or "later". What is uncertain (INFERENCE):

    - `current`, `temp`: width and units per ampere / degree of telemetry 0x82 and 0x80, as
      "u32/1024" (b4-7) or "u16/1024", "u16/10", "u16/1000" (b6-7);
    - `b5`: what 0x1806E5F4 b5 means: "soc", "mode", "none" or "auto": what the generation says;
    - `amp_deci`: units per 10 A of the current set-point and its echo (305: amperes x 30.5).

    ValueError if one of them is not known. Fields (all int, -1 = not known):

    - bms_vmax_dv bms_imax_da bms_permit (0, 1) bms_control (b4 as sent) bms_heating (0, 1)
      bms_soc_pm (per mille) charge_mah disch_mah (lifetime; seed: charge_mah = remaining);
    - echo_on (0, 1) echo_v_dv echo_i_da: what the module says it was told; echo_func is the
      function of the last echo, 0x32 on/off, 0 voltage, 3 current;
    - tlm_v_dv tlm_i_da tlm_temp_dc (0.1 degC, TEMP_UNKNOWN) tlm_79 (raw) tlm_83 (tenths of an
      unknown unit); tlm_func is the function of the last valid telemetry reply (see POLL);
    - term_v_dv term_i_da term_state (1 charging, 0 not charging);
    - rejected: frames of this contract that were malformed or implausible, 30 bits, wraps.
    """

    def __init__(
        self, generation="later", current="u32/1024", temp="u32/1024", b5="auto", amp_deci=305
    ):
        self.scale_i = _scale(current)
        self.scale_t = _scale(temp)
        self.amp = amp_deci
        # The status frame goes out every so many steps of 100 ms ("later": each second).
        self.status_steps = 10 if generation == "later" else 1
        # Indexes into the table of the docstring: 0 seed, 1 head, 2 later; b5: none, mode, soc.
        self.gen = ("seed", "head", "later").index(generation)
        self.b5 = self.gen if b5 == "auto" else ("none", "mode", "soc").index(b5)
        if not 0 < amp_deci < 100000:
            raise ValueError("amp_deci")
        self.bms_permit = self.bms_heating = self.rejected = 0
        self.bms_vmax_dv = self.bms_imax_da = self.bms_control = self.bms_soc_pm = -1
        self.charge_mah = self.disch_mah = -1
        self.echo_on = self.echo_v_dv = self.echo_i_da = self.echo_func = -1
        self.tlm_v_dv = self.tlm_i_da = self.tlm_79 = self.tlm_83 = self.tlm_func = -1
        self.tlm_temp_dc = TEMP_UNKNOWN
        self.term_v_dv = self.term_i_da = self.term_state = -1

    def receive(self, can_id: int, data, length: int) -> int:
        """Decodes one extended data frame: the kind (constants above) or 0.

        0 is a foreign id, or a frame of this contract that is not valid (then `rejected` counts).
        A rejected frame leaves the fields of a source with an age of its own as they were; a
        telemetry value, which shares its age with others, becomes unknown. Never raises,
        allocates nothing. `data` holds at least `length` bytes.
        """
        kind = _KIND.get(can_id, 0)
        if kind == _MODULE_ALIVE and self.gen != 1:
            return 0  # elsewhere only controllers send this id (a.9 #14: not a sign of the module)
        if not kind:
            return 0
        if length != 8 or len(data) < 8:
            ok = False
        elif kind == MODULE_TELEMETRY:
            ok = self._telemetry(data)
        elif kind == BMS_REQUEST:
            ok = self._request(data)
        elif kind == MODULE_ECHO:
            ok = self._echo(data)
        elif kind == TERM_POWER:
            ok = self._terminal(data)
        elif kind == TERM_STATUS:
            state = u16(data, 6)
            self.term_state = 1 if state == 0x0302 else 0 if state == 0x0301 else -1
            ok = True
        elif kind == _MODULE_ALIVE:
            ok = data[4] & 8
        else:
            ok = self._counter(kind, data)
        if ok:
            return kind
        self.rejected = (self.rejected + 1) & 0x3FFFFFFF
        return 0

    def _request(self, data):
        voltage = u16(data, 0)
        current = u16(data, 2)
        if voltage > _V_TOP_DV or current > _I_TOP_DA:
            return False
        if self.gen == 2 and voltage < _V_LATER_LOW_DV:
            return False
        self.bms_vmax_dv = voltage
        self.bms_imax_da = current
        self.bms_control = data[4]
        self.bms_permit = 0 if data[4] else 1
        if self.b5 == 1:
            self.bms_heating = 1 if data[5] == 1 else 0
        elif self.b5 == 2:
            soc = u16(data, 5)  # 0xFFFF = not available; above 100 % says nothing either
            self.bms_soc_pm = soc if soc <= 1000 else -1
        return True

    def _counter(self, kind, data):
        if kind == _BMS_SOC:
            # Obsolete pair 0x18900140 / 0x18904001. INFERENCE: Daly's layout, SoC 0.1 % in b6-7.
            value = u16(data, 6)
            if value > 1000:
                return False
            self.bms_soc_pm = value
            return True
        if self.gen == 0 and kind == BMS_CHARGE_AH:
            self.charge_mah = value = min(u16(data, 2), 30000)
            self.bms_soc_pm = value // 30  # of 30 Ah, the one capacity of that generation
            return True
        value = u32(data, 0)
        if value < 0:
            return False
        if kind == BMS_CHARGE_AH:
            self.charge_mah = value
        else:
            self.disch_mah = value
        return True

    def _echo(self, data):
        function = data[1]
        raw = u32(data, 4)
        if function == 0x32:
            self.echo_on = 0 if data[3] else 1
        elif raw < 0 or raw > 0xFFFFF:  # 1024 V; and raw * 100 must stay a small int
            return False
        elif function == 0:
            value = (raw * 10 + 512) >> 10
            if value > _V_TOP_DV:
                return False
            self.echo_v_dv = value
        else:
            value = (raw * 100 + (self.amp >> 1)) // self.amp
            if function != 3 or value > _I_TOP_DA:
                return False
            self.echo_i_da = value
        self.echo_func = function
        return True

    def _telemetry(self, data):
        function = data[1]
        ok = True
        if function == 0x84:
            value = _deci(data, 1024)
            ok = 0 <= value <= _V_TOP_DV
            self.tlm_v_dv = value if ok else -1
        elif function == 0x82:
            value = _deci(data, self.scale_i)
            ok = 0 <= value <= _I_TOP_DA
            self.tlm_i_da = value if ok else -1
        elif function == 0x80:
            ok = self._temperature(data)
        elif function == 0x79:
            self.tlm_79 = u16(data, 6)
        elif function == 0x83:
            self.tlm_83 = value = f32_deci(data, 4)
            ok = value >= 0
        else:
            return False
        if ok:
            self.tlm_func = function
        return ok

    def _temperature(self, data):
        # 32 bit is read as two's complement (INFERENCE): a module in the frost must not look
        # like one of 4 million degrees. All ones means absent in either width. 16 bit at 0.001
        # ends at 65.5 degC (a.9 #1), so what saturates it is unknown, and that is a fault.
        self.tlm_temp_dc = TEMP_UNKNOWN
        if self.scale_t > 0 and data[4] == 0xFF:
            raw = 0x1000000 - (data[5] << 16 | data[6] << 8 | data[7])
            if raw == 1:
                return False
            value = -((raw * 10 + (self.scale_t >> 1)) // self.scale_t)
        else:
            value = _deci(data, self.scale_t)
            if value < 0:
                return False
        if not _TEMP_LOW_DC <= value <= _TEMP_TOP_DC:
            return False
        self.tlm_temp_dc = value
        return True

    def _terminal(self, data):
        voltage = f32_deci(data, 0)
        current = f32_deci(data, 4)
        if not 0 <= voltage <= _V_TOP_DV or not 0 <= current <= _I_TOP_DA:
            return False
        self.term_v_dv = voltage
        self.term_i_da = current
        return True

    # Every packer fills the 8-byte buffer `buf` and returns the (extended) id to send it with.
    # Values outside of the contract's range are clamped, set-points truncated: never above what
    # was asked for.

    def pack_status(self, buf, voltage_dv: int, current_da: int, flags: int) -> int:
        """0x18FF50E5, charger status for the BMS, 100 ms ("later": 1000 ms, while it is seen).

        `flags` is an OR of 1 hardware failure, 2 over-temperature, 4 input voltage wrong,
        8 battery absent or reversed, 16 BMS communication time-out.
        """
        put16(buf, 0, voltage_dv)
        put16(buf, 2, current_da)
        put16(buf, 4, (flags & 0x1F) << 8)
        put16(buf, 6, 0)
        return 0x18FF50E5

    def pack_output(self, buf, on: bool) -> int:
        """0x068181FE function 0x32: START or STOP."""
        return _command(buf, 0x32, 0 if on else 1, 0)

    def pack_voltage(self, buf, voltage_dv: int) -> int:
        """0x068181FE function 0x00: voltage set-point, volts x 1024."""
        return _command(buf, 0, 0, (min(max(voltage_dv, 0), _V_TOP_DV) << 10) // 10)

    def pack_current(self, buf, current_da: int) -> int:
        """0x068181FE function 0x03: current set-point, amperes x 30.5 (`amp_deci`)."""
        return _command(buf, 3, 0, min(max(current_da, 0), _I_TOP_DA) * self.amp // 100)

    def pack_request(self, buf, function: int) -> int:
        """0x068182FE: asks for one telemetry value, `function` out of POLL."""
        _command(buf, function & 0xFF, 0, 0)
        return 0x068182FE

    def pack_ah_request(self, buf, discharge: int) -> int:
        """Eight zero bytes: 0x160B0180 (0: charge Ah), 0x160D0180 (1), 0x18900140 (2: SoC)."""
        _command(buf, 0, 0, 0)
        buf[0] = 0
        return (0x160B0180, 0x160D0180, 0x18900140)[discharge]
