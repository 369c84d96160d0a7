"""How do the simulated BMS and charger module read and write their CAN frames?

Their own codec, made by cantools from tools/sim/dbc/*.dbc: it shares no line with the firmware's,
so that a mistake in either shows. What differs between generations of the contract and makes of
module is a choice, and must match the station's settings of the same names.
"""

from pathlib import Path

import cantools

DBC = Path(__file__).with_name("dbc")
GENERATIONS = ("seed", "head", "later")

# Functions of the control and telemetry frames (contract a.2).
OUTPUT, VOLTAGE, CURRENT = 0x32, 0x00, 0x03
TLM_VOLTAGE, TLM_CURRENT, TLM_TEMP, TLM_79, TLM_83 = 0x84, 0x82, 0x80, 0x79, 0x83
_TELEMETRY = {
    TLM_VOLTAGE: "Voltage",
    TLM_CURRENT: "Current",
    TLM_TEMP: "Temp",
    TLM_79: "Raw79",
    TLM_83: "Raw83",
}
_SET_POINT = {OUTPUT: "Off", VOLTAGE: "SetV", CURRENT: "SetI"}
NOT_CHARGING, CHARGING = 0x0301, 0x0302


def _messages(name: str) -> dict:
    return {m.name: m for m in cantools.database.load_file(DBC / name).messages}


class Wire:
    """Frames of one module and one BMS. Encoders return (can_id, 8 bytes).

    generation: "seed", "head" or "later" (setting RivotProfile). current: "u32/1024", "u16/1024"
    or "u16/10", temp: "u32/1024" or "u16/1000": width and units of the telemetry (settings
    ModuleCurrentScale, ModuleTempScale).
    """

    def __init__(
        self, generation: str = "later", current: str = "u32/1024", temp: str = "u32/1024"
    ):
        self.generation = generation
        own = _messages("rivot.dbc")
        head, seed = _messages("rivot_head.dbc"), _messages("rivot_seed.dbc")
        makes = {"u32/1024": own, "u16/1024": seed, "u16/10": head, "u16/1000": head}
        self._telemetry = dict.fromkeys(_TELEMETRY, own["Mod_Tlm"])
        self._telemetry[TLM_CURRENT] = makes[current]["Mod_Tlm"]
        self._telemetry[TLM_TEMP] = makes[temp]["Mod_Tlm"]
        if generation != "later":
            own = {**own, **(head if generation == "head" else seed)}
        self._of = own
        self._control = own["Mod_Ctl"]
        self.control_id = self._control.frame_id
        self.request_id = own["Mod_Req"].frame_id
        self.charge_request_id = own["Req_ChargeAh"].frame_id
        self.discharge_request_id = own["Req_DischAh"].frame_id

    # -- what the station says

    def control(self, data: bytes):
        """(function, off, set-point) of a control frame; None for one that makes no sense."""
        if len(data) != 8 or data[0] != 1 or data[1] not in _SET_POINT:
            return None
        value = self._control.decode(data)[_SET_POINT[data[1]]]
        return (data[1], value, 0) if data[1] == OUTPUT else (data[1], 0, value)

    def request(self, data: bytes):
        """The telemetry function asked for, or None."""
        if len(data) != 8 or data[0] != 1:
            return None
        return self._of["Mod_Req"].decode(data)["Func"]

    # -- what the module says

    def _frame(self, message, signals: dict) -> tuple[int, bytes]:
        return message.frame_id, message.encode(signals, strict=False)

    def echo(self, function: int, off: int, value: float) -> tuple[int, bytes]:
        """The module repeats what it has accepted."""
        signals = {
            "Node": 1,
            "Func": function,
            _SET_POINT[function]: off if function == OUTPUT else value,
        }
        return self._frame(self._of["Mod_Echo"], signals)

    def telemetry(self, function: int, value: float) -> tuple[int, bytes]:
        """A telemetry reply; the 16-bit temperature saturates at 65.535 degC as the real one."""
        message = self._telemetry[function]
        if function == TLM_TEMP and message is not self._telemetry[TLM_VOLTAGE]:
            value = min(max(value, 0.0), 65.535)
        return self._frame(message, {"Node": 1, "Func": function, _TELEMETRY[function]: value})

    def term_power(self, volts: float, amperes: float) -> tuple[int, bytes]:
        """Terminal voltage and current, float32."""
        return self._frame(self._of["Mod_TermPower"], {"V": volts, "I": amperes})

    def term_status(self, charging: bool) -> tuple[int, bytes]:
        """CHARGING or NOT CHARGING."""
        return self._frame(
            self._of["Mod_TermStatus"], {"State16": CHARGING if charging else NOT_CHARGING}
        )

    # -- what the BMS says

    def bms_request(self, signals: dict) -> tuple[int, bytes]:
        """The charge request; `signals` as Bms.announce() makes them."""
        message = self._of["BMS_Request"]
        known = {"Mode": 0, **signals}
        return self._frame(message, {s.name: known[s.name] for s in message.signals})

    def charge_ah(self, battery) -> tuple[int, bytes]:
        """Lifetime charge; in the oldest generation what remains in the pack."""
        message = self._of["Bms_ChargeAh"]
        name = message.signals[0].name
        value = battery.charged_ah
        if self.generation == "seed":
            value = battery.capacity_ah * min(100.0, max(0.0, battery.soc)) / 100
        return self._frame(message, {name: value})

    def discharge_ah(self, battery) -> tuple[int, bytes]:
        """Lifetime discharge."""
        return self._frame(self._of["Bms_DischAh"], {"DischAh": battery.discharged_ah})
