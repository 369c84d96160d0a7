"""Are numbers read by integers alone what they say, and are set-points packed without excess?"""

import math
import struct

import pytest

from canproto import rivot
from canproto.fields import f32_deci, put16, u32

ECHO = 0x0681817E


def packed(pack, *arguments):
    buf = bytearray(b"\xaa" * 8)  # what was there before must not shine through
    return pack(buf, *arguments), buf.hex(" ").upper()


# --- float32 by integers ---


def f32(value):
    return f32_deci(struct.pack(">f", value), 0)


@pytest.mark.parametrize(
    "value, tenths",
    [
        (0.0, 0), (-0.0, 0), (1e-45, 0), (-1e-45, 0), (1.17e-38, 0), (0.03125, 0), (0.04999, 0),
        (0.05, 1), (0.0501, 1), (-0.0499, 0), (-0.06, -1), (-1.0, -1), (-1e30, -1), (84.0, 840),
        (76.46, 765), (8191.9, 81919), (8192.0, -1), (1e38, -1), (math.inf, -1), (-math.inf, -1),
        (math.nan, -1),
    ],
)  # fmt: skip
def test_float32_becomes_tenths(value, tenths):
    assert f32(value) == tenths


def test_float32_agrees_with_real_arithmetic_over_its_range():
    for exponent in range(120, 140):
        for mantissa in (0, 1, 0x2AAAAA, 0x400000, 0x555555, 0x7FFFFE, 0x7FFFFF):
            data = struct.pack(">I", exponent << 23 | mantissa)
            value = struct.unpack(">f", data)[0]
            assert abs(f32_deci(data, 0) - value * 10) <= 0.5


def test_every_nan_pattern_is_refused():
    for bits in (0x7F800001, 0x7FC00000, 0x7FFFFFFF, 0xFF800001, 0xFFFFFFFF):
        assert f32_deci(struct.pack(">I", bits), 0) == -1


@pytest.mark.parametrize("value, read", [
    (0, 0), (2**30 - 1, 2**30 - 1), (2**30, -1), (2**31, -1), (2**32 - 1, -1),
])  # fmt: skip
def test_u32_stops_where_small_ints_do(value, read):
    assert u32(struct.pack(">I", value), 0) == read


# --- packing ---


def test_status_for_the_bms():
    status = rivot.Rivot().pack_status
    assert packed(status, 840, 600, 0) == (0x18FF50E5, "03 48 02 58 00 00 00 00")
    assert packed(status, 0, 0, 0x1F)[1] == "00 00 00 00 1F 00 00 00"
    assert packed(status, -5, 70000, 0xFF)[1] == "00 00 FF FF 1F 00 00 00"


def test_requests():
    c = rivot.Rivot()
    assert packed(c.pack_request, 0x84) == (0x068182FE, "01 84 00 00 00 00 00 00")
    assert packed(c.pack_ah_request, 0) == (0x160B0180, "00 00 00 00 00 00 00 00")
    assert packed(c.pack_ah_request, 1) == (0x160D0180, "00 00 00 00 00 00 00 00")
    assert rivot.POLL == bytes([0x84, 0x82, 0x79, 0x80, 0x83])


def test_set_points_are_clamped_and_never_rounded_up():
    c = rivot.Rivot()
    assert packed(c.pack_voltage, -1)[1] == packed(c.pack_voltage, 0)[1]
    assert packed(c.pack_voltage, 2001)[1] == packed(c.pack_voltage, 2000)[1]
    assert packed(c.pack_current, 6001)[1] == packed(c.pack_current, 6000)[1]
    for tenths in range(0, 2001):
        _, text = packed(c.pack_voltage, tenths)
        raw = int.from_bytes(bytes.fromhex(text)[4:])
        assert raw * 10 <= tenths * 1024 < (raw + 1) * 10
    for tenths in range(0, 6001):
        _, text = packed(c.pack_current, tenths)
        raw = int.from_bytes(bytes.fromhex(text)[4:])
        assert raw * 100 <= tenths * 305 < (raw + 1) * 100


def test_the_current_set_point_scale_is_an_option_of_both_ways():
    c = rivot.Rivot(amp_deci=200)
    assert packed(c.pack_current, 500)[1] == "01 03 00 00 00 00 03 E8"  # 50 A x 20
    assert c.receive(ECHO, bytes.fromhex("01 03 00 00 00 00 03 E8"), 8)
    assert c.echo_i_da == 500


def test_put16_clamps():
    buf = bytearray(2)
    for value, text in ((-1, "0000"), (0, "0000"), (65535, "ffff"), (65536, "ffff")):
        put16(buf, 0, value)
        assert buf.hex() == text
