"""Does the PLC codec read and write every frame as the contract's vectors and rules say?"""

import pytest

from canproto import plc, plc_v1, plc_v3
from canproto.crc8 import crc8
from canproto.segments import Segments


class Orders:
    """What the station has decided, as plc_link.PlcLink holds it."""

    def __init__(self, **fields):
        for name in "present_dv present_da present_w max_dv max_da max_w".split():
            setattr(self, name, 0)
        self.faults = self.bits = self.relays = self.mask = self.seq = 0
        self.__dict__.update(fields)


def packed(pack, *arguments):
    buf = bytearray(b"\xaa" * 8)  # what was there before must not shine through
    return pack(buf, *arguments), buf.hex(" ").upper()


def feed(p, can_id, text):
    data = bytes.fromhex(text)
    return p.receive(can_id, memoryview(data), len(data))


# --- vectors of the reference (b.1, b.4) ---


@pytest.mark.parametrize(
    "text, crc",
    [
        ("12 34 56 78 9A BC DE", 0xD1),
        ("01 02 03 04 05 06 07", 0xD8),
        ("00 00 00 00 00 00 00", 0x00),
        ("09 12 07 00 00 00 00", 0xD0),
        ("41 12 00 00 00 00 00", 0x56),
        ("15 00 88 13 00 00 00", 0xAA),
        ("64 00 2C 01 32 00 00", 0x42),
        ("E8 03 FA 00 2C 01 03", 0x8E),
        ("03 12 10 00 2A 00 00", 0x5C),
        ("10 00 01 00 00 00 00", 0xB1),
        ("07 03 00 00 00 12 12", 0x6B),
        ("5A 00 01 00 00 00 02", 0xA9),
    ],
)
def test_crc_vectors(text, crc):
    assert crc8(bytes.fromhex(text), 7) == crc


def test_relay_control_vector():
    o = Orders(relays=1, mask=7, seq=0x12, bits=plc_v1.SYS_ENABLE)
    assert packed(plc_v1.relay, o) == (0x34, "09 12 07 00 00 00 00 D0")


def test_gcmc_vector():
    o = Orders(seq=0x12, bits=plc_v1.CLEAR_FAULTS)
    assert packed(plc_v1.gcmc, o, 1) == (0x39, "41 12 00 00 00 00 00 56")


def test_config_vector():
    assert packed(plc_v1.config, 21, 5000) == (0x38, "15 00 88 13 00 00 00 AA")


def test_limits_and_present_vectors():
    o = Orders(max_dv=100, max_da=300, max_w=5000)
    assert packed(plc_v1.limits, o) == (0x30, "64 00 2C 01 32 00 00 42")
    o = Orders(present_dv=1000, present_da=250, present_w=30_000, bits=3)
    assert packed(plc_v1.present, o) == (0x31, "E8 03 FA 00 2C 01 03 8E")


def test_relay_status_vector():
    p = plc.Plc()
    heard = feed(p, 0x160, "03 12 10 00 2A 00 00 5C")
    assert heard == plc.STATUS | plc.SAFETY | plc.APPLIED
    at = p.at
    assert (at[plc.RELAYS], at[plc.RELAY_FAULTS], at[plc.SEQ]) == (3, 0, 0x12)
    assert (at[plc.SAFE], at[plc.UPTIME], at[plc.REASON]) == (plc.SAFETY_OK, 42, 0)


def test_safety_gcmc_and_ack_vectors():
    p = plc.Plc()
    assert feed(p, 0x190, "10 00 01 00 00 00 00 B1") == plc.SAFETY
    assert p.at[plc.SAFE] == plc.SAFETY_OK
    assert feed(p, 0x150, "07 03 00 00 00 12 12 6B") == plc.APPLIED
    assert (p.at[plc.GCMC], p.at[plc.SEQ]) == (3, 0x12)
    assert feed(p, 0x1A2, "5A 00 01 00 00 00 02 A9") == plc.CONFIG_ACK | plc.LIMIT_ACK
    assert (p.at[plc.ACK_PARAM], p.at[plc.ACK_STATUS], p.at[plc.ACK_VALUE]) == (90, 0, 1)
    assert p.at[plc.LIMITS] == 1


def test_fast_and_slow_vectors():
    o = Orders(present_dv=6170, present_da=642, present_w=55_500, faults=0x2A, relays=5, mask=7)
    o.seq = 0x5C
    o.bits = plc_v1.OUTPUT | plc_v1.SYS_ENABLE | plc_v1.CLEAR_FAULTS
    assert packed(plc_v3.fast, o) == (0x32, "D2 0C CA 1B B5 C6 F5 5D")
    o = Orders(max_dv=7000, max_da=800, max_w=175_000)
    o.bits = plc_v1.GRANTED | plc_v1.HLC | plc_v1.LOCK
    assert packed(plc_v3.slow, o, 3) == (0x33, "78 85 8C D7 3A 00 00 74")


def test_telemetry_vector():
    p = plc.Plc()
    heard = feed(p, 0x460, "63 B2 EA 3A 05 39 28 16")
    assert heard == 0x1F | plc.LIMIT_ACK
    at = p.at
    assert (at[plc.CP], at[plc.STAGE], at[plc.REASON]) == (3, 12, 9)
    assert (at[plc.RELAYS], at[plc.RELAY_FAULTS], at[plc.COMM]) == (5, 2, 1)
    assert at[plc.SAFE] == plc.SAFETY_OK | plc.EARTH
    assert at[plc.FLAGS] == plc.LOCKED | plc.PRECHARGE
    assert at[plc.LIMITS] == 0xA7
    assert (at[plc.TARGET_DV], at[plc.TARGET_DA]) == (8000, 1605)


# --- rules ---


@pytest.mark.parametrize("last, received, now", [(0x1FE, 1, 0x201), (0xFFFE, 3, 0x10003)])
def test_the_8_bit_counter_is_extended(last, received, now):
    p = plc.Plc()
    p.at[plc.LIMITS] = last
    body = bytearray(7)
    body[2] = 8  # safety ok
    body[3] = (received & 31) << 3
    body[4] = received >> 5
    frame = bytes(body) + bytes([crc8(body, 7)])
    assert p.receive(0x460, frame, 8) & plc.LIMIT_ACK
    assert p.at[plc.LIMITS] == now
    assert not p.receive(0x460, frame, 8) & plc.LIMIT_ACK, "the same count acknowledges nothing"


SEALED = [0x150, 0x160, 0x190, 0x1A0, 0x440, 0x450, 0x460]
OPEN = [0x100, 0x110, 0x120, 0x130, 0x140, 0x170, 0x1B0, 0x1C0, 0x200, 0x210, 0x220, 0x230, 0x250]


@pytest.mark.parametrize("can_id", SEALED)
def test_a_wrong_crc_changes_nothing_and_counts(can_id):
    for wrong in range(1, 256):
        p = plc.Plc()
        before = list(p.at)
        body = bytes((1, 2, 3, 4, 5, 6, 7))
        frame = body + bytes([crc8(body, 7) ^ wrong])
        assert p.receive(can_id, frame, 8) == 0
        before[plc.REJECTED] = 1
        assert list(p.at) == before


@pytest.mark.parametrize("can_id", SEALED)
def test_a_zero_crc_is_no_excuse(can_id):
    """Seed 001 checked a CRC only when it was not zero (b.1)."""
    p = plc.Plc()
    assert p.receive(can_id, b"\x01\x02\x03\x04\x05\x06\x07\x00", 8) == 0
    assert p.at[plc.REJECTED] == 1


@pytest.mark.parametrize("can_id", SEALED + OPEN + [0x180, 0x240, 0x260, 0x270, 0x280, 0x90000])
def test_every_length_but_8_is_a_fault(can_id):
    """b.5: a 7-byte RelayStatus is a CRC mismatch and a communication fault."""
    for length in range(8):
        p = plc.Plc()
        body = bytes(8)[:length]
        assert p.receive(can_id, body, length) == 0
        assert p.at[plc.REJECTED] == 1


@pytest.mark.parametrize("can_id", [0x300, 0x310, 0x340, 0x380, 0x390, 0x320, 0x330])
def test_our_own_frames_say_nothing_about_the_plc(can_id):
    p = plc.Plc()
    assert plc.number_of(can_id) == -1
    assert p.receive(can_id, bytes(8), 8) == 0 and p.at[plc.REJECTED] == 0


@pytest.mark.parametrize(
    "can_id, number",
    [(0x160, 0), (0x16F, 15), (0x46C, 12), (0x90003, 3), (0x90010, -1), (0x470, -1), (0xFF, -1)],
)
def test_the_low_nibble_is_the_number(can_id, number):
    assert plc.number_of(can_id) == number


def test_gcmc_feedback_leaves_the_relay_bits_alone():
    """b.10 #11: feedback of other bit meaning in the relay mask looked like a welded contactor."""
    p = plc.Plc()
    feed(p, 0x160, "03 12 10 00 2A 00 00 5C")
    body = bytes((0, 7, 0, 0, 0, 0x12, 0x12))
    assert p.receive(0x150, body + bytes([crc8(body, 7)]), 8)
    assert p.at[plc.RELAYS] == 3 and p.at[plc.GCMC] == 7


def meter(mux, flags, *words):
    return bytes((mux, flags)) + b"".join((w & 0xFFFF).to_bytes(2, "little") for w in words)


def test_the_meter_in_both_signs():
    p = plc.Plc()
    assert p.receive(0x170, meter(0, 1, 4002, -1234, -50), 8) == plc.METER
    assert (p.at[plc.METER_DV], p.at[plc.METER_DA], p.at[plc.METER_W]) == (4002, -123, -500)
    assert p.receive(0x170, meter(1, 1, 1234, 0, 5000), 8) == plc.ENERGY
    assert p.at[plc.METER_WH] == 123_400


@pytest.mark.parametrize("flags", [0, 2, 4, 8, 3, 5, 9])
def test_a_meter_that_is_not_well_refreshes_nothing(flags):
    """b.10 #8: the flags of the meter are its own; it says nothing about the communication."""
    p = plc.Plc()
    assert p.receive(0x170, meter(0, flags, 4002, 100, 0), 8) == plc.OTHER
    assert p.at[plc.METER_DV] == -1 and p.at[plc.METER_FLAGS] == flags
    assert p.receive(0x170, meter(1, flags, 1234, 0, 0), 8) == plc.OTHER
    assert p.at[plc.METER_WH] == -1


@pytest.mark.parametrize("raw, known", [(32766, True), (32767, False), (-32768, False)])
def test_a_meter_at_the_end_of_its_field_says_nothing(raw, known):
    p = plc.Plc()
    heard = p.receive(0x170, meter(0, 1, 4000, raw, 0), 8)
    assert heard == (plc.METER if known else plc.OTHER)
    assert bool(p.at[plc.METER_FLAGS] & 8) is not known


def test_absurd_values_are_rejected():
    p = plc.Plc()
    assert p.receive(0x210, meter(0, 0, 0, 0, 0)[:2] * 4, 8) == plc.TARGET
    assert p.receive(0x210, b"\xff" * 8, 8) == 0
    assert p.receive(0x200, b"\xff" * 8, 8) == 0
    assert p.receive(0x1C0, b"\xff\x7f" + bytes(6), 8) == 0
    assert p.at[plc.REJECTED] == 3


@pytest.mark.parametrize("letter, cp", [("A", 1), ("C", 3), ("F", 6), ("G", 0), ("@", 0)])
def test_the_letter_of_the_pilot(letter, cp):
    p = plc.Plc()
    for can_id, place in ((0x220, 6), (0x250, 1), (0x410, 4), (0x430, 2)):
        p.at[plc.CP] = -7
        frame = bytearray(8)
        frame[place] = ord(letter)
        assert p.receive(can_id, frame, 8) == plc.PILOT
        assert p.at[plc.CP] == cp


def test_saturation_names_its_figures():
    o = Orders(max_dv=15_000, max_da=9_000, max_w=400_000)
    buf = bytearray(8)
    plc_v3.slow(buf, o, 2)
    value = int.from_bytes(buf[:7], "little")
    assert value & 2047 == 2047 and (value >> 11) & 2047 == 2045 and (value >> 22) & 511 == 511
    assert (plc_v3.TOP_DA, plc_v3.TOP_W) == (4090, 255_500)


# --- identities and cards ---


def pieces(whole, head, ids=(0x280,)):
    count = (len(whole) + 4) // 5
    padded = whole.ljust(count * 5, b"\0")
    return [
        (ids[min(i, len(ids) - 1)], bytes(head(count, i)) + padded[5 * i : 5 * i + 5])
        for i in range(count)
    ]


def identity(whole, *ids):
    return pieces(whole, lambda count, i: (len(whole), count, i), ids)


def card(uid, event=1):
    return pieces(uid, lambda count, i: (len(uid), event, i | count << 4), (0x180,))


@pytest.mark.parametrize(
    "frames, whole",
    [
        (identity(bytes(range(6)), 0x240), bytes(range(6))),
        (identity(b"DEABCC12345678X", 0x260, 0x270), b"DEABCC12345678X"),
        (identity(b"12345678", 0x280), b"12345678"),
        (card(b"\x04\xa1\xb2\xc3"), b"\x04\xa1\xb2\xc3"),
        (card(bytes(range(10))), bytes(range(10))),
    ],
)
def test_pieces_become_whole_in_any_order(frames, whole):
    for order in (frames, frames[::-1]):
        s = Segments()
        found = [s.receive(can_id, data) for can_id, data in order]
        assert found == [None] * (len(frames) - 1) + [whole]
        assert not s.step(0)


def test_an_incomplete_set_is_dropped_after_5_s():
    first, second = card(bytes(range(7)))
    s = Segments()
    assert s.receive(*first) is None
    assert s.step(4900)
    assert not s.step(100)
    assert s.receive(*second) is None, "the first half is gone"


def test_pieces_of_another_event_do_not_mix():
    s = Segments()
    assert s.receive(*card(bytes(7), 1)[0]) is None
    assert s.receive(*card(b"1234567", 2)[1]) is None
    assert s.receive(*card(b"1234567", 2)[0]) == b"1234567"


@pytest.mark.parametrize("head", [(0, 1, 0), (41, 9, 0), (6, 1, 0), (6, 2, 2), (6, 3, 0)])
def test_pieces_that_make_no_sense_are_passed_over(head):
    s = Segments()
    assert s.receive(0x280, bytes(head) + bytes(5)) is None and not s.step(0)
