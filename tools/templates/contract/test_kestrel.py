"""Do the Kestrel codec and kestrel.dbc agree, at every bound and for any bytes?

Copy this file to tests_host/ and change the rows: docs/new_contract.md.
"""
# ruff: noqa: D103 - a test's name is its documentation

from functools import reduce
from operator import xor
from pathlib import Path

import cantools
import pytest
from canproto.kestrel import Kestrel
from hypothesis import given, settings
from hypothesis import strategies as st

DBC = cantools.database.load_file(Path(__file__).parent.parent / "tools/sim/dbc/kestrel.dbc")

# One row a received signal: message, signal, field, low, top, the field's units per signal unit,
# the field's value for what lies above `top` (None: the frame is rejected).
ROWS = [
    ("Limits", "VMax", "bms_vmax_dv", 0, 200, 10, None),
    ("Limits", "IMax", "bms_imax_da", 0, 600, 10, None),
    ("Limits", "MayCharge", "bms_permit", 0, 1, 1, "full"),
    ("Limits", "SOC", "bms_soc_pm", 0, 100, 10, -1),
    ("Power", "V", "term_v_dv", 0, 200, 10, None),
    ("Power", "I", "term_i_da", 0, 600, 10, None),
    ("State", "On", "echo_on", 0, 1, 1, "full"),
    ("State", "Temp", "tlm_temp_dc", -40, 214, 10, -32768),
]


def frame(name, counter=0, **values):
    """(id, 8 bytes) by cantools, sealed with the checksum."""
    message = DBC.get_message_by_name(name)
    signals = {s.name: s.offset if s.offset else 0 for s in message.signals}
    data = bytearray(message.encode(signals | {"Counter": counter} | values, strict=False))
    data[7] = reduce(xor, data[:7])
    return message.frame_id, data


def told(codec, can_id, data):
    return codec.receive(can_id, memoryview(data), len(data))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_every_signal_inside_and_on_its_bounds(row):
    name, signal, field, low, top, units, _ = row
    step = float(DBC.get_message_by_name(name).get_signal_by_name(signal).scale)
    for value in {low, low + step, (low + top) // 2, top - step, top}:
        codec = Kestrel()
        assert told(codec, *frame(name, **{signal: value}))
        assert getattr(codec, field) == round(value * units)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_every_signal_outside_its_bounds(row):
    name, signal, field, low, top, units, above = row
    if above == "full":  # its bits hold nothing else
        return
    step = float(DBC.get_message_by_name(name).get_signal_by_name(signal).scale)
    codec = Kestrel()
    before = vars(codec) | {"counters": None}
    kind = told(codec, *frame(name, **{signal: top + step}))
    if above is None:
        assert kind == 0
        assert vars(codec) | {"counters": None} == before | {"rejected": 1}
    else:
        assert kind and getattr(codec, field) == above


@pytest.mark.parametrize("name", ["Limits", "Power", "State"])
def test_length_checksum_and_counter(name):
    codec = Kestrel()
    can_id, data = frame(name, 1)
    assert told(codec, can_id, data)
    assert told(codec, can_id, data) == 0  # the same counter again: the sender hangs
    assert told(codec, *frame(name, 2))
    can_id, data = frame(name, 3)
    for length in range(8):
        assert told(codec, can_id, data[:length]) == 0
    for i in range(8):
        data[i] ^= 0x10
        assert told(codec, can_id, data) == 0
        data[i] ^= 0x10
    assert told(codec, can_id, data)
    assert codec.rejected == 1 + 8 + 8


@given(st.integers(0, 2000), st.integers(0, 6000), st.booleans())
def test_commands_are_what_the_dbc_says(voltage, current, on):
    codec, buf = Kestrel(), bytearray(8)
    codec.pack_voltage(buf, voltage)
    codec.pack_current(buf, current)
    can_id = codec.pack_output(buf, on)
    values = DBC.decode_message(can_id, bytes(buf))
    assert (round(values["V"] * 10), round(values["I"] * 10)) == (voltage, current)
    assert (values["On"], values["Counter"]) == (on, 3)
    assert buf[7] == reduce(xor, buf[:7])


@settings(max_examples=500)
@given(st.sampled_from([m.frame_id for m in DBC.messages]), st.binary(max_size=8))
def test_any_bytes_are_read_or_rejected_but_never_raise(can_id, data):
    codec = Kestrel()
    if len(data) == 8:
        data = data[:7] + bytes(
            [data[0] ^ data[1] ^ data[2] ^ data[3] ^ data[4] ^ data[5] ^ data[6]]
        )
    kind = told(codec, can_id, data)
    assert kind == 0 or len(data) == 8
    assert all(-32768 <= v < 2**30 for k, v in vars(codec).items() if k != "counters")
