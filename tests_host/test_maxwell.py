"""Do the power modules' codec and maxwell.dbc agree, and is the codec careful?"""

import math
import struct
from pathlib import Path

import cantools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canproto import maxwell

FOLDER = Path(__file__).parent.parent / "tools/sim/dbc"
DBC = {m.name: m for m in cantools.database.load_file(FOLDER / "maxwell.dbc").messages}


def test_computed_ids():
    assert maxwell.request_id(1) == 0x06080F80
    assert maxwell.request_id(maxwell.BROADCAST) == 0x060FF780
    assert maxwell.request_id(1) == DBC["Module1_Cmd"].frame_id
    assert maxwell.request_id(maxwell.BROADCAST) == DBC["All_Cmd"].frame_id
    assert maxwell.source_of(DBC["Module1_Reply"].frame_id) == 1


@given(st.integers(0, 63), st.integers(0, 7))
def test_ids_name_module_and_group(module, group):
    can_id = maxwell.request_id(module, group)
    assert can_id >> 20 == 0x060 and can_id >> 19 & 1 == 1
    assert (can_id >> 11 & 0xFF, can_id >> 3 & 0xFF, can_id & 7) == (module, 0xF0, group)
    reply = 0x06080000 | 0xF0 << 11 | module << 3 | group
    assert maxwell.source_of(reply) == module
    assert maxwell.source_of(can_id) == -1, "our own request is no answer"


@settings(max_examples=120)
@given(st.integers(0, 2**24 - 1), st.integers(1, 16384))
def test_floats_are_truncated_and_close(value, unit):
    buf = bytearray(b"\xaa" * 8)
    maxwell.put_f32(buf, 2, value, unit)
    found = struct.unpack(">f", buf[2:6])[0]
    assert found <= value / unit and found >= value / unit * (1 - 2**-14)
    assert buf[:2] + buf[6:] == b"\xaa" * 4


def cmd(pack, *arguments):
    buf = bytearray(b"\xaa" * 8)
    pack(buf, *arguments)
    return DBC["Module1_Cmd"].decode(bytes(buf), decode_choices=False)


@given(st.integers(0, 10_000))
def test_set_points_are_what_the_dbc_says(deci):
    values = cmd(maxwell.set_tenths, maxwell.SET_VOLTAGE, deci)
    assert (values["Code"], values["State"], values["Reg"]) == (3, 0, 0x21)
    assert values["SetV"] == pytest.approx(deci / 10, rel=1e-6)
    assert cmd(maxwell.set_tenths, maxwell.SET_CURRENT, deci)["SetI"] == pytest.approx(
        deci / 10, rel=1e-6
    )
    part = cmd(maxwell.set_part, maxwell.SET_FRACTION, deci, 1000)["SetFraction"]
    assert part == pytest.approx(min(deci / 1000, 1), rel=2**-13) and part <= 1


def test_output_and_requests():
    assert cmd(maxwell.set_output, True)["OnOff"] == 0
    assert cmd(maxwell.set_output, False)["OnOff"] == 0x00010000
    for register in (1, 2, 4, 0x40):
        values = cmd(maxwell.read, register)
        assert (values["Code"], values["Reg"]) == (0x10, register)


def reply(register, name, value, code=0x41, state=0xF0):
    values = {"Code": code, "State": state, "Reg": register, name: value}
    return DBC["Module1_Reply"].encode(values, strict=False)


@settings(max_examples=60)
@given(st.floats(0, 1000, width=32))
def test_answers_are_what_the_dbc_says(value):
    for register, name in ((1, "V"), (2, "I")):
        data = reply(register, name, value)
        assert maxwell.register_of(data, 8) == register
        assert abs(maxwell.tenths(data, register) - value * 10) <= 0.5 + 1e-3


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, 8192.0, 1e30])
def test_nonsense_is_unknown_never_fine(value):
    assert maxwell.tenths(reply(1, "V", value), 1) == -1
    assert maxwell.tenths(reply(2, "I", value), 2) == -1


@pytest.mark.parametrize(
    "value, deci",
    [(85.0, 850), (-20.0, 0), (-1e9, -1), (200.0, 2000), (200.1, -1), (math.nan, -1)],
)
def test_temperature(value, deci):
    assert maxwell.tenths(reply(4, "Temp", value), 4) == deci


def test_an_integer_is_no_measurement():
    assert maxwell.tenths(reply(1, "V", 400.0, code=0x42), 1) == -1


@pytest.mark.parametrize("code, state", [(0x10, 0xF0), (0x41, 0xF2), (0x03, 0xF0), (0x41, 0)])
def test_what_is_no_answer(code, state):
    assert maxwell.register_of(reply(1, "V", 400.0, code, state), 8) == -1


def test_every_length_but_8_is_no_answer():
    data = reply(1, "V", 400.0)
    for length in range(8):
        assert maxwell.register_of(memoryview(data)[:length], length) == -1


SEVERE = (0, 1, 3, 4, 5, 7, 8, 9, 14, 16, 17, 22, 27, 28, 30, 31)


def test_severe_alarm_bits():
    for bit in range(32):
        data = reply(0x40, "Alarms", 1 << bit, code=0x42)
        assert maxwell.severe(data) == (bit in SEVERE), bit
