"""Do the codec and the .dbc files, two hands writing the same contract, agree?"""

import math
from pathlib import Path

import cantools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canproto import rivot

FOLDER = Path(__file__).parent.parent / "tools/sim/dbc"


def load(generation):
    """The database of a generation: rivot.dbc with what the older ones change."""
    messages = {m.frame_id: m for m in cantools.database.load_file(FOLDER / "rivot.dbc").messages}
    if generation != "later":
        extra = cantools.database.load_file(FOLDER / f"rivot_{generation}.dbc")
        messages.update({m.frame_id: m for m in extra.messages})
    return {m.name: m for m in messages.values()}


LATER, HEAD, SEED = load("later"), load("head"), load("seed")


def codec_of(generation):
    return {
        "later": lambda: rivot.Rivot("later"),
        "head": lambda: rivot.Rivot("head", "u16/10", "u16/1000"),
        "seed": lambda: rivot.Rivot("seed", "u16/1024", "u16/1000"),
    }[generation]()


def tenths(value):
    return math.floor(value * 10 + 0.5)


# One row a received signal: generation, message, signal, function (multiplexer) or None, field,
# low and top of its window in the signal's unit, one raw step, the field's value for a value.
ROWS = [
    ("later", "BMS_Request", "VMax", None, "bms_vmax_dv", 20, 200, tenths),
    ("later", "BMS_Request", "IMax", None, "bms_imax_da", 0, 600, tenths),
    ("later", "BMS_Request", "Control", None, "bms_control", 0, 255, int),
    ("later", "BMS_Request", "SOC", None, "bms_soc_pm", 0, 100, tenths),
    ("later", "Bms_ChargeAh", "ChargeAh", None, "charge_mah", 0, 1073741.823, None),
    ("later", "Bms_DischAh", "DischAh", None, "disch_mah", 0, 1073741.823, None),
    ("later", "Bms_Soc", "SOC", None, "bms_soc_pm", 0, 100, tenths),
    ("later", "Mod_Echo", "Off", 0x32, "echo_on", 0, 255, lambda off: 0 if off else 1),
    ("later", "Mod_Echo", "SetV", 0x00, "echo_v_dv", 0, 200, tenths),
    ("later", "Mod_Echo", "SetI", 0x03, "echo_i_da", 0, 600, tenths),
    ("later", "Mod_Tlm", "Voltage", 0x84, "tlm_v_dv", 0, 200, tenths),
    ("later", "Mod_Tlm", "Current", 0x82, "tlm_i_da", 0, 600, tenths),
    ("later", "Mod_Tlm", "Temp", 0x80, "tlm_temp_dc", -40, 200, tenths),
    ("later", "Mod_Tlm", "Raw79", 0x79, "tlm_79", 0, 65535, int),
    ("later", "Mod_Tlm", "Raw83", 0x83, "tlm_83", 0, 8191, tenths),
    ("later", "Mod_TermPower", "V", None, "term_v_dv", 0, 200, tenths),
    ("later", "Mod_TermPower", "I", None, "term_i_da", 0, 600, tenths),
    ("head", "BMS_Request", "VMax", None, "bms_vmax_dv", 0, 200, tenths),
    ("head", "BMS_Request", "Mode", None, "bms_heating", 0, 1, int),
    ("head", "Mod_Tlm", "Current", 0x82, "tlm_i_da", 0, 600, tenths),
    ("head", "Mod_Tlm", "Temp", 0x80, "tlm_temp_dc", 0, 65.534, tenths),
    ("seed", "Bms_ChargeAh", "RemainingAh", None, "charge_mah", 0, 30, None),
    ("seed", "Mod_Tlm", "Current", 0x82, "tlm_i_da", 0, 63.998, tenths),
    ("seed", "Mod_Tlm", "Temp", 0x80, "tlm_temp_dc", 0, 65.534, tenths),
]
DATABASE = {"later": LATER, "head": HEAD, "seed": SEED}
NEUTRAL = {"VMax": 84.0, "IMax": 60.0, "Node": 1, "Alive": 1}


def frame_of(message, signal, function, value):
    """The frame with every signal neutral but one, written by cantools."""
    values = {}
    for other in message.signals:
        if other.multiplexer_ids is None or function in other.multiplexer_ids:
            values[other.name] = NEUTRAL.get(other.name, 0)
    if function is not None:
        values["Func"] = function
    values[signal] = value
    return bytearray(message.encode(values, strict=False).ljust(8, b"\0"))


def seen(generation, message, frame, field):
    c = codec_of(generation)
    return c.receive(message.frame_id, memoryview(frame), len(frame)), getattr(c, field), c


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}.{row[2]}")
def test_every_signal_at_and_inside_its_bounds(row):
    generation, name, signal, function, field, low, top, convert = row
    message = DATABASE[generation][name]
    spec = message.get_signal_by_name(signal)
    step = 0.1 if spec.is_float else float(spec.scale)
    inside = {low, low + step, (low + top) / 2, top - step, top}
    for wanted in sorted(inside):
        frame = frame_of(message, signal, function, wanted)
        exact = float(message.decode(bytes(frame), decode_choices=False)[signal])
        expected = round(exact * 1000) if convert is None else convert(exact)
        kind, value, c = seen(generation, message, frame, field)
        assert kind, (wanted, frame.hex())
        # A raw value may lie exactly between two tenths; both neighbours are right then.
        assert value == expected or abs(value - exact * 10) <= 0.5 + 1e-6, (wanted, frame.hex())
        assert c.rejected == 0


# Signals whose type can hold more than their window: the first raw value below and above it.
OUTSIDE = [row for row in ROWS if row[2] in
           ("VMax", "IMax", "SetV", "SetI", "Voltage", "Current", "Temp", "V", "I", "ChargeAh",
            "DischAh", "Raw83") or row[1] == "Bms_Soc"]  # fmt: skip


@pytest.mark.parametrize("row", OUTSIDE, ids=lambda row: f"{row[0]}.{row[1]}.{row[2]}")
def test_every_signal_outside_its_bounds_is_rejected(row):
    generation, name, signal, function, field, low, top, _ = row
    message = DATABASE[generation][name]
    spec = message.get_signal_by_name(signal)
    scale = 1.0 if spec.is_float else float(spec.scale)
    step = {"Raw83": 2}.get(signal, 0.001 if field.endswith("mah") else max(0.1, scale))
    if top in (63.998, 65.534):  # the 16-bit readings: above their window is only "saturated"
        step = scale
    beyond = [top + step]
    if low:
        beyond.append(low - step)
    if spec.is_float:
        beyond += [-0.1, -1e9, 1e9, math.inf, -math.inf, math.nan]
    for value in beyond:
        frame = frame_of(message, signal, function, value)
        kind, _, c = seen(generation, message, frame, field)
        assert kind == 0 and c.rejected == 1, (value, frame.hex())


@pytest.mark.parametrize("message", LATER.values(), ids=lambda message: message.name)
def test_every_length_but_8_is_rejected(message):
    for length in range(8):
        c = rivot.Rivot()
        assert c.receive(message.frame_id, memoryview(bytes(length)), length) == 0


# --- what the controller sends ---


def sent(pack, *arguments):
    buf = bytearray(8)
    can_id = pack(buf, *arguments)
    message = {m.frame_id: m for m in LATER.values()}[can_id]
    return message.name, message.decode(bytes(buf), decode_choices=False)


@given(st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 31))
def test_status_is_what_the_dbc_says(voltage, current, flags):
    name, values = sent(rivot.Rivot().pack_status, voltage, current, flags)
    assert name == "Chg_Status"
    assert round(float(values["VOut"]) * 10) == voltage
    assert round(float(values["IOut"]) * 10) == current
    bits = [values[x] for x in ("HwFail", "OverTemp", "InputBad", "BattAbsent", "CommTimeout")]
    assert bits == [flags >> i & 1 for i in range(5)]


@given(st.integers(0, 2000), st.integers(0, 6000), st.booleans())
def test_commands_are_what_the_dbc_says(voltage, current, on):
    c = rivot.Rivot()
    assert sent(c.pack_output, on) == ("Mod_Ctl", {"Node": 1, "Func": 0x32, "Off": int(not on)})
    name, values = sent(c.pack_voltage, voltage)
    assert name == "Mod_Ctl" and values["Func"] == 0
    assert 0 <= voltage / 10 - float(values["SetV"]) < 1 / 1024 + 1e-9
    name, values = sent(c.pack_current, current)
    assert name == "Mod_Ctl" and values["Func"] == 3
    assert -1e-9 <= current / 10 - float(values["SetI"]) < 1 / 30.5 + 1e-9


def test_requests_are_what_the_dbc_says():
    c = rivot.Rivot()
    for function in rivot.POLL:
        assert sent(c.pack_request, function) == ("Mod_Req", {"Node": 1, "Func": function})
    for which, name in enumerate(("Req_ChargeAh", "Req_DischAh", "Req_Soc")):
        assert sent(c.pack_ah_request, which) == (name, {"Zero": 0})


# --- random frames ---


IDS = sorted(rivot._KIND)
FLOAT_FRAMES = ("Mod_TermPower",)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(IDS), st.binary(min_size=8, max_size=8))
def test_any_frame_is_read_as_cantools_reads_it_or_rejected(can_id, data):
    c = rivot.Rivot()
    kind = c.receive(can_id, memoryview(data), 8)
    assert all(isinstance(value, int) and -(2**30) <= value < 2**30 for value in vars(c).values())
    if not kind:
        return
    message = {m.frame_id: m for m in LATER.values()}[can_id]
    values = message.decode(data, decode_choices=False)
    for _, name, signal, _, field, low, top, _ in (r for r in ROWS if r[0] == "later"):
        if name != message.name or signal not in values:
            continue
        exact, value = float(values[signal]), getattr(c, field)
        if value == -1 and signal == "SOC":
            assert exact > top
        elif field == "echo_on":
            assert value == (exact == 0)
        elif field in ("bms_control", "tlm_79"):
            assert value == exact
        elif field.endswith("mah"):
            assert value == round(exact * 1000)
        else:
            assert abs(value - exact * 10) <= 0.5 + 1e-6
            assert low - 0.05 <= exact <= top + 0.05


@settings(max_examples=1500, deadline=None)
@given(
    st.sampled_from(["seed", "head", "later"]),
    st.one_of(st.sampled_from(IDS), st.integers(0, 2**29 - 1)),
    st.binary(max_size=8),
)
def test_no_bytes_raise_and_no_value_leaves_the_small_ints(generation, can_id, data):
    c = codec_of(generation)
    kind = c.receive(can_id, memoryview(data), len(data))
    assert kind in range(10)
    assert kind == 0 or len(data) == 8
    assert all(isinstance(value, int) and -(2**30) <= value < 2**30 for value in vars(c).values())
