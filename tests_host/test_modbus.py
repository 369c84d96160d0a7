"""Does Modbus RTU look as the specification says, and is a spoilt reply never believed?"""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import modbus

REPLY = bytes.fromhex("01 04 04 43 66 33 34 1b 38")  # Eastron's own example: 230.2 V


def reply(unit, function, payload):
    body = bytes((unit, function, len(payload))) + payload
    return body + modbus.crc16(body, len(body)).to_bytes(2, "little")


def test_requests_of_the_specifications():
    assert modbus.request(0x11, 3, 0x6B, 3) == bytes.fromhex("11 03 00 6b 00 03 76 87")
    assert modbus.request(1, 4, 0, 2) == bytes.fromhex("01 04 00 00 00 02 71 cb")
    assert modbus.request(0x11, 6, 1, 3) == bytes.fromhex("11 06 00 01 00 03 9a 9b")


@pytest.mark.parametrize(
    "unit, register, count, good",
    [
        (0, 0, 1, True), (247, 0xFFFF, 125, True), (-1, 0, 1, False), (248, 0, 1, False),
        (1, -1, 1, False), (1, 0x10000, 1, False), (1, 0, 0, False), (1, 0, 126, False),
    ],
)  # fmt: skip
def test_what_the_protocol_has_no_room_for_is_refused(unit, register, count, good):
    if good:
        assert len(modbus.request(unit, 3, register, count)) == 8
    else:
        with pytest.raises(ValueError):
            modbus.request(unit, 3, register, count)


def test_a_reply_byte_by_byte():
    for length in range(9):
        assert modbus.check(REPLY, length, 1, 4, 2) == modbus.MORE
    assert modbus.check(REPLY, 9, 1, 4, 2) == modbus.OK
    assert round(modbus.number(REPLY, 3, "f32"), 3) == 230.2


def test_replies_that_are_not_ours_are_broken():
    for unit, function, count in ((2, 4, 2), (1, 3, 2), (1, 4, 1), (1, 4, 3)):
        assert modbus.check(REPLY, 9, unit, function, count) == modbus.BROKEN
    assert modbus.check(REPLY + b"\0", 10, 1, 4, 2) == modbus.BROKEN


def test_an_exception_is_told_from_noise():
    body = b"\x01\x84\x02"
    data = body + modbus.crc16(body, 3).to_bytes(2, "little")
    assert modbus.check(data, 5, 1, 4, 2) == modbus.REFUSED
    assert modbus.check(data[:4] + b"\0", 5, 1, 4, 2) == modbus.BROKEN


def test_a_write_is_echoed():
    data = modbus.request(1, 6, 20, 1)
    assert modbus.check(data, 7, 1, 6, 1) == modbus.MORE
    assert modbus.check(data, 8, 1, 6, 1) == modbus.OK


@given(st.integers(0, 8), st.integers(1, 255))
def test_every_spoilt_byte_is_noticed(at, flip):
    data = bytearray(REPLY)
    data[at] ^= flip
    assert modbus.check(data, 9, 1, 4, 2) != modbus.OK


@pytest.mark.parametrize(
    "kind, form",
    [("u16", ">H"), ("s16", ">h"), ("u32", ">I"), ("s32", ">i"), ("f32", ">f")],
)
@given(data=st.binary(min_size=4, max_size=4))
def test_numbers_read_as_struct_reads_them(kind, form, data):
    value = modbus.number(b"xx" + data, 2, kind)
    expected = struct.unpack(form, data[: struct.calcsize(form)])[0]
    if expected != expected or abs(expected) == float("inf"):
        expected = None
    assert value == expected
    if kind[1:] == "32":
        assert modbus.number(data[2:] + data[:2], 0, "<" + kind) == value


@given(st.integers(1, 125))
def test_a_block_of_any_length(count):
    data = reply(9, 3, bytes(2 * count))
    assert modbus.check(data, len(data), 9, 3, count) == modbus.OK
    assert modbus.check(data, len(data) - 1, 9, 3, count) == modbus.MORE
