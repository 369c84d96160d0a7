"""Does the Rivot codec read and write every frame of the contract as its reference vectors say?"""

import math

import pytest

from canproto import rivot

BMS, CHARGE, DISCHARGE = 0x1806E5F4, 0x160B8001, 0x160D8001
ECHO, TELEMETRY, POWER, STATUS = 0x0681817E, 0x0681827E, 0x00433F01, 0x00473F01


def codec(generation="later", **options):
    return rivot.Rivot(generation, **options)


def feed(c, can_id, text):
    data = bytes.fromhex(text)
    return c.receive(can_id, memoryview(data), len(data))


def packed(pack, *arguments):
    buf = bytearray(b"\xaa" * 8)  # what was there before must not shine through
    return pack(buf, *arguments), buf.hex(" ").upper()


# --- reference vectors (a.2) ---


def test_the_bms_request_vector():
    c = codec()
    assert feed(c, BMS, "03 48 02 58 00 00 00 00") == rivot.BMS_REQUEST
    assert (c.bms_vmax_dv, c.bms_imax_da, c.bms_permit) == (840, 600, 1)


@pytest.mark.parametrize(
    "name, arguments, vector",
    [
        ("pack_voltage", (840,), "01 00 00 00 00 01 50 00"),
        ("pack_current", (600,), "01 03 00 00 00 00 07 26"),
        ("pack_output", (True,), "01 32 00 00 00 00 00 00"),
        ("pack_output", (False,), "01 32 00 01 00 00 00 00"),
    ],
)
def test_the_control_vectors(name, arguments, vector):
    assert packed(getattr(codec(), name), *arguments) == (0x068181FE, vector)


def test_the_terminal_power_vector():
    c = codec()
    assert feed(c, POWER, "42 98 EB 85 3F E8 F5 C3") == rivot.TERM_POWER
    assert (c.term_v_dv, c.term_i_da) == (765, 18)  # 76.46 V, 1.82 A


@pytest.mark.parametrize(
    "tail, state", [("03 01", 0), ("03 02", 1), ("03 00", -1), ("00 00", -1), ("02 03", -1)]
)
def test_terminal_status(tail, state):
    c = codec()
    c.term_state = 1 - max(state, 0)
    assert feed(c, STATUS, "00 00 00 00 00 00 " + tail) == rivot.TERM_STATUS
    assert c.term_state == state


# --- what the generations differ in ---


def test_byte_5_is_soc_mode_or_nothing_by_generation():
    frame = "03 48 02 58 00 03 1D 00"  # b5-6 = 797
    seen = {}
    for generation in ("seed", "head", "later"):
        c = codec(generation)
        assert feed(c, BMS, frame) == rivot.BMS_REQUEST
        seen[generation] = (c.bms_soc_pm, c.bms_heating)
    assert seen == {"seed": (-1, 0), "head": (-1, 0), "later": (797, 0)}
    c = codec("head")
    feed(c, BMS, "03 48 02 58 00 01 00 00")
    assert (c.bms_heating, c.bms_soc_pm) == (1, -1)
    feed(c, BMS, "03 48 02 58 00 00 00 00")
    assert c.bms_heating == 0


def test_the_meaning_of_byte_5_can_be_set_apart_from_the_generation():
    c = codec("head", b5="soc")
    feed(c, BMS, "03 48 02 58 00 03 1D 00")
    assert c.bms_soc_pm == 797
    c = codec("later", b5="none")
    feed(c, BMS, "03 48 02 58 00 03 1D 00")
    assert c.bms_soc_pm == -1


@pytest.mark.parametrize("soc, pm", [(0, 0), (1000, 1000), (1001, -1), (0xFFFF, -1)])
def test_soc_that_is_absent_or_above_100_percent_is_unknown(soc, pm):
    c = codec()
    c.bms_soc_pm = 500
    assert feed(c, BMS, f"0348 0258 00 {soc:04X} 00") == rivot.BMS_REQUEST
    assert c.bms_soc_pm == pm


@pytest.mark.parametrize("generation, vmax, kind", [
    ("later", 199, 0), ("later", 200, 1), ("later", 201, 1), ("head", 199, 1), ("seed", 0, 1),
])  # fmt: skip
def test_later_rejects_a_request_below_20_volts(generation, vmax, kind):
    assert feed(codec(generation), BMS, f"{vmax:04X} 0258 00 0000 00") == kind


@pytest.mark.parametrize("control, permit", [(0, 1), (1, 0), (2, 0), (0x80, 0), (0xFF, 0)])
def test_any_control_byte_but_zero_forbids_charging(control, permit):
    c = codec()
    feed(c, BMS, f"0348 0258 {control:02X} 0000 00")
    assert (c.bms_permit, c.bms_control) == (permit, control)


def test_charge_ah_is_remaining_in_the_seed_and_lifetime_later():
    c = codec("seed")
    assert feed(c, CHARGE, "00 00 3A 98 00 00 00 00") == rivot.BMS_CHARGE_AH  # 15000 mAh
    assert (c.charge_mah, c.bms_soc_pm) == (15000, 500)
    feed(c, CHARGE, "00 00 FF FF 00 00 00 00")  # clamped to 30 Ah
    assert (c.charge_mah, c.bms_soc_pm) == (30000, 1000)
    c = codec("head")
    assert feed(c, CHARGE, "00 12 D6 87 00 00 00 00") == rivot.BMS_CHARGE_AH
    assert feed(c, DISCHARGE, "00 00 00 01 00 00 00 00") == rivot.BMS_DISCH_AH
    assert (c.charge_mah, c.disch_mah, c.bms_soc_pm) == (1234567, 1, -1)


def test_own_status_id_is_a_sign_of_life_only_in_head_and_only_with_its_bit():
    alive, dead = "00 00 00 00 08 00 00 00", "00 00 00 00 F7 00 00 00"
    assert feed(codec("head"), 0x18FF50E5, alive) == 8
    assert feed(codec("head"), 0x18FF50E5, dead) == 0
    for generation in ("seed", "later"):
        c = codec(generation)
        assert feed(c, 0x18FF50E5, alive) == 0
        assert c.rejected == 0


def test_the_obsolete_soc_pair():
    c = codec("seed")
    assert packed(c.pack_ah_request, 2) == (0x18900140, "00 00 00 00 00 00 00 00")
    assert feed(c, 0x18904001, "00 00 00 00 00 00 02 EE") == 9
    assert c.bms_soc_pm == 750
    assert feed(c, 0x18904001, "00 00 00 00 00 00 03 E9") == 0


# --- the module ---


def test_the_echo_of_what_the_module_was_told():
    c = codec()
    assert feed(c, ECHO, "01 32 00 00 00 00 00 00") == rivot.MODULE_ECHO
    assert c.echo_on == 1
    for arg in ("01", "02", "FF"):
        feed(c, ECHO, f"01 32 00 {arg} 00 00 00 00")
        assert c.echo_on == 0
    assert feed(c, ECHO, "01 00 00 00 00 01 50 00") == rivot.MODULE_ECHO
    assert feed(c, ECHO, "01 03 00 00 00 00 07 26") == rivot.MODULE_ECHO
    assert (c.echo_v_dv, c.echo_i_da) == (840, 600)


def test_telemetry_in_the_32_bit_reading():
    c = codec()
    assert feed(c, TELEMETRY, f"01 84 00 00 {84 * 1024:08X}") == rivot.MODULE_TELEMETRY
    assert feed(c, TELEMETRY, f"01 82 00 00 {60 * 1024:08X}") == rivot.MODULE_TELEMETRY
    assert feed(c, TELEMETRY, f"01 80 00 00 {95 * 1024:08X}") == rivot.MODULE_TELEMETRY
    assert (c.tlm_v_dv, c.tlm_i_da, c.tlm_temp_dc) == (840, 600, 950)  # beyond 65.5: a.9 #1
    assert c.tlm_func == 0x80
    assert feed(c, TELEMETRY, "01 79 00 00 00 00 12 34") == rivot.MODULE_TELEMETRY
    assert feed(c, TELEMETRY, "01 83 00 00 42 98 EB 85") == rivot.MODULE_TELEMETRY
    assert (c.tlm_79, c.tlm_83) == (0x1234, 765)


def test_telemetry_in_the_16_bit_readings():
    c = codec("seed", current="u16/1024", temp="u16/1000")
    feed(c, TELEMETRY, "01 82 00 00 AA AA 78 00")  # b4-5 are not looked at
    feed(c, TELEMETRY, "01 80 00 00 AA AA F2 30")
    assert (c.tlm_i_da, c.tlm_temp_dc) == (300, 620)
    c = codec("head", current="u16/10")
    feed(c, TELEMETRY, "01 82 00 00 00 00 02 58")
    assert c.tlm_i_da == 600


@pytest.mark.parametrize(
    "scale, value, expected",
    [
        ("u32/1024", "FFFFFFFF", None),  # all ones: absent
        ("u32/1024", "FFFFFFFE", 0),  # -0.002 degC
        ("u32/1024", f"{2**32 - 10 * 1024:08X}", -100),
        ("u32/1024", f"{2**32 - 40 * 1024:08X}", -400),
        ("u32/1024", f"{2**32 - 40 * 1024 - 103:08X}", None),
        ("u32/1024", f"{200 * 1024:08X}", 2000),
        ("u32/1024", f"{200 * 1024 + 103:08X}", None),
        ("u32/1024", "7FFFFFFF", None),
        ("u32/1024", "80000000", None),
        ("u16/1000", "0000FFFF", None),  # saturated at 65.535: may be anything above
        ("u16/1000", "0000FFFE", 655),
    ],
)
def test_a_temperature_that_is_absent_saturated_or_absurd_becomes_unknown(scale, value, expected):
    c = codec(temp=scale)
    feed(c, TELEMETRY, f"01 80 00 00 {32 * 1024:08X}")
    kind = feed(c, TELEMETRY, f"01 80 00 00 {value}")
    assert c.tlm_temp_dc == (rivot.TEMP_UNKNOWN if expected is None else expected)
    assert kind == (0 if expected is None else rivot.MODULE_TELEMETRY)
    assert c.rejected == (expected is None)


@pytest.mark.parametrize(
    "function, field, top, scale", [("84", "tlm_v_dv", 2000, 1024), ("82", "tlm_i_da", 6000, 1024)]
)
def test_an_absurd_telemetry_value_is_unknown_not_the_last_one(function, field, top, scale):
    for tenths, value in ((top, top), (top + 1, -1)):
        c = codec()
        feed(c, TELEMETRY, f"01 {function} 00 00 {84 * 1024:08X}")
        kind = feed(c, TELEMETRY, f"01 {function} 00 00 {math.ceil(tenths * scale / 10):08X}")
        assert (getattr(c, field), kind) == (value, 0 if value < 0 else rivot.MODULE_TELEMETRY)
    for raw in ("01000000", "40000000", "80000000", "FFFFFFFF"):
        c = codec()
        assert feed(c, TELEMETRY, f"01 {function} 00 00 {raw}") == 0
        assert getattr(c, field) == -1


def test_unknown_functions_are_rejected():
    c = codec()
    assert feed(c, TELEMETRY, "01 85 00 00 00 00 00 00") == 0
    assert feed(c, ECHO, "01 33 00 00 00 00 00 00") == 0
    assert c.rejected == 2


# --- frames that are not valid ---


@pytest.mark.parametrize("length", [0, 1, 7])
@pytest.mark.parametrize("can_id", sorted(rivot._KIND))
def test_any_length_but_8_is_rejected(can_id, length):
    c = codec("head")
    before = vars(c).copy()
    assert c.receive(can_id, memoryview(bytes(length)), length) == 0
    assert c.receive(can_id, memoryview(bytes(8)), length) == 0
    assert vars(c) == before | {"rejected": 2}


def test_foreign_ids_are_not_counted():
    c = codec()
    for can_id in (0, 0x1806E5F5, 0x068181FE, 0x1FFFFFFF):
        assert c.receive(can_id, bytes(8), 8) == 0
    assert c.rejected == 0


@pytest.mark.parametrize(
    "can_id, data",
    [
        (BMS, "07D1 0258 00 0000 00"),  # 200.1 V
        (BMS, "0348 1771 00 0000 00"),  # 600.1 A
        (BMS, "FFFF FFFF FF FFFF FF"),
        (CHARGE, "40000000 00000000"),  # 2**30
        (DISCHARGE, "FFFFFFFF 00000000"),
        (ECHO, "01 00 00 00 00 10 00 00"),
        (ECHO, "01 00 00 00 FF FF FF FF"),
        (ECHO, "01 03 00 00 00 00 48 00"),  # 604 A
        (POWER, "7FC00000 3FE8F5C3"),
        (POWER, "4298EB85 7F800000"),
    ],
)
def test_a_rejected_frame_changes_nothing_but_the_counter(can_id, data):
    c = codec()
    feed(c, BMS, "03 48 02 58 00 00 00 00")
    feed(c, POWER, "42 98 EB 85 3F E8 F5 C3")
    before = vars(c).copy()
    assert feed(c, can_id, data) == 0
    assert vars(c) == before | {"rejected": 1}


def test_the_windows_include_their_bounds():
    c = codec()
    assert feed(c, BMS, "07D0 1770 00 03E8 00") == rivot.BMS_REQUEST
    assert (c.bms_vmax_dv, c.bms_imax_da, c.bms_soc_pm) == (2000, 6000, 1000)
    assert feed(c, CHARGE, "3FFFFFFF 00000000") == rivot.BMS_CHARGE_AH
    assert c.charge_mah == 2**30 - 1


@pytest.mark.parametrize("options", [
    {"generation": "newest"}, {"current": "u32"}, {"current": "u8/10"}, {"temp": "u16/0"},
    {"temp": "u16/x"}, {"b5": "heat"}, {"amp_deci": 0}, {"amp_deci": 100000},
])  # fmt: skip
def test_an_unknown_profile_is_refused(options):
    with pytest.raises(ValueError):
        codec(**options)
