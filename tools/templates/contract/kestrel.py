"""How do the frames of the Kestrel contract (a made-up BMS and charger module) become integers?

Copy this file to lib/canproto/ and replace the made-up frames: docs/new_contract.md. 250 kbit/s,
29-bit ids, DLC 8, little-endian. b6 low nibble counts 0..15, b7 is the XOR of b0..b6.

==========  ==============  ==========================================  ======  ========
id          from -> to      content                                     period  dead at
==========  ==============  ==========================================  ======  ========
0x10A1F001  BMS -> ctrl     b0-1 Vmax, b2-3 Imax, b4.0 may charge,      200 ms  5000 ms
                            b5 SoC 0.5 % (255 = not known)
0x10A2F011  module -> ctrl  b0-1 volts, b2-3 amperes                    100 ms  3000 ms
0x10A2F012  module -> ctrl  b0.0 output on, b1 temperature + 40 degC    100 ms  3000 ms
                            (255 = sensor lost)
0x10A210F0  ctrl -> module  b0-1 volts, b2-3 amperes, b4.0 output on    300 ms
0x10A110F0  ctrl -> BMS     b0-1 volts, b2-3 amperes, b4 flags          100 ms
==========  ==============  ==========================================  ======  ========
All volts and amperes are 0.1.
"""

from micropython import const

# Kinds and functions as in rivot.py: the power path refreshes the age of what they name.
_BMS_REQUEST = const(1)
_MODULE_ECHO = const(4)
_MODULE_TELEMETRY = const(5)
_TERM_POWER = const(6)
_ECHO_OUTPUT = const(0x32)
_TLM_TEMP = const(0x80)
_TEMP_UNKNOWN = const(-32768)

# Windows: far outside of what may be charged with, inside of what is nonsense.
_V_TOP_DV = const(2000)
_I_TOP_DA = const(6000)

_LIMITS = const(0)  # places in self.counters, one a received frame
_POWER = const(1)
_STATE = const(2)
_PLACE = {0x10A1F001: _LIMITS, 0x10A2F011: _POWER, 0x10A2F012: _STATE}


def _le16(data, i):
    return data[i] | data[i + 1] << 8


def _xor(data):
    value = 0
    for i in range(7):
        value ^= data[i]
    return value


class Kestrel:
    """Decoder and encoder with the fields and methods of rivot.Rivot that the power path uses.

    Fields that this contract cannot fill stay at "unknown" (-1).
    """

    def __init__(self):
        self.counters = bytearray(b"\xff\xff\xff")  # the last counter of each frame; 255: none
        self.bms_permit = self.rejected = self.count = self.turn = 0
        self.bms_vmax_dv = self.bms_imax_da = self.bms_soc_pm = -1
        self.echo_on = self.echo_func = self.tlm_v_dv = self.tlm_i_da = self.tlm_func = -1
        self.term_v_dv = self.term_i_da = -1
        self.tlm_temp_dc = _TEMP_UNKNOWN
        self.on = self.set_v_dv = self.set_i_da = 0
        self.status_steps = 1  # the status frame goes out each 100 ms

    def receive(self, can_id: int, data, length: int) -> int:
        """The kind of source that was heard, or 0. Never raises, allocates nothing."""
        place = _PLACE.get(can_id, -1)
        if place < 0:
            return 0
        kind = 0
        # A counter that stands still is a sender that hangs: its content is old.
        if length == 8 and len(data) >= 8 and data[7] == _xor(data):
            count = data[6] & 15
            if count != self.counters[place]:
                self.counters[place] = count
                kind = self._read(place, data)
        if not kind:
            self.rejected = (self.rejected + 1) & 0x3FFFFFFF
        return kind

    def _read(self, place, data):
        if place == _STATE:
            return self._state(data)
        voltage = _le16(data, 0)
        current = _le16(data, 2)
        if voltage > _V_TOP_DV or current > _I_TOP_DA:
            return 0
        if place == _POWER:
            self.term_v_dv = voltage
            self.term_i_da = current
            return _TERM_POWER
        self.bms_vmax_dv = voltage
        self.bms_imax_da = current
        self.bms_permit = data[4] & 1
        self.bms_soc_pm = data[5] * 5 if data[5] <= 200 else -1
        return _BMS_REQUEST

    def _state(self, data):
        # One frame, two sources: reported in turn, so that each refreshes its own age only.
        self.echo_on = data[0] & 1
        self.tlm_temp_dc = data[1] * 10 - 400 if data[1] != 255 else _TEMP_UNKNOWN
        self.turn ^= 1
        if self.turn:
            self.echo_func = _ECHO_OUTPUT
            return _MODULE_ECHO
        self.tlm_func = _TLM_TEMP
        return _MODULE_TELEMETRY

    # Every packer fills `buf` (8 bytes) and returns the id. Here one frame commands everything,
    # so each of them sends the whole command.

    def _seal(self, buf, voltage_dv, current_da, last, can_id):
        buf[0] = voltage_dv & 0xFF
        buf[1] = voltage_dv >> 8
        buf[2] = current_da & 0xFF
        buf[3] = current_da >> 8
        buf[4] = last
        buf[5] = 0
        self.count = (self.count + 1) & 15
        buf[6] = self.count
        buf[7] = _xor(buf)
        return can_id

    def _command(self, buf):
        return self._seal(buf, self.set_v_dv, self.set_i_da, self.on, 0x10A210F0)

    def pack_output(self, buf, on: bool) -> int:
        """Output on or off, with the set-points as they stand."""
        self.on = 1 if on else 0
        return self._command(buf)

    def pack_voltage(self, buf, voltage_dv: int) -> int:
        """Voltage set-point, clamped to the contract's range."""
        self.set_v_dv = min(max(voltage_dv, 0), _V_TOP_DV)
        return self._command(buf)

    def pack_current(self, buf, current_da: int) -> int:
        """Current set-point, clamped to the contract's range."""
        self.set_i_da = min(max(current_da, 0), _I_TOP_DA)
        return self._command(buf)

    def pack_request(self, buf, function: int) -> int:
        """This module reports by itself: the command once more, which also keeps it alive."""
        return self._command(buf)

    def pack_ah_request(self, buf, discharge: int) -> int:
        """This BMS has no Ah counters: as pack_request."""
        return self._command(buf)

    def pack_status(self, buf, voltage_dv: int, current_da: int, flags: int) -> int:
        """What the charger gives, for the BMS; `flags` as in rivot.py."""
        voltage_dv = min(max(voltage_dv, 0), 65535)
        current_da = min(max(current_da, 0), 65535)
        return self._seal(buf, voltage_dv, current_da, flags & 0x1F, 0x10A110F0)
