"""Do the PLC codec and plc.dbc, two hands writing the same contract, agree?"""

from pathlib import Path

import cantools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canproto import plc, plc_v1, plc_v3
from canproto.crc8 import crc8
from test_plc_frames import Orders

FOLDER = Path(__file__).parent.parent / "tools/sim/dbc"
DBC = {m.name: m for m in cantools.database.load_file(FOLDER / "plc.dbc").messages}
BY_ID = {m.frame_id: m for m in DBC.values()}
SEALED = {name for name, m in DBC.items() if any(s.name == "CRC" for s in m.signals)}


def frame_of(name, values):
    """A frame written by cantools; signals that are not given are 0, the CRC is right."""
    message = DBC[name]
    known = {s.name: 0 for s in message.signals}
    known.update(values)
    data = bytearray(message.encode(known, strict=False).ljust(8, b"\0"))
    if name in SEALED:
        data[7] = crc8(data, 7)
    return message.frame_id, data


def read(name, **values):
    p = plc.Plc()
    can_id, data = frame_of(name, values)
    assert p.receive(can_id, memoryview(data), 8), (name, values)
    return p.at


def tenths(value):
    return round(value * 10)


# message, signal, place, low, top (physical), what the place is for a value
ROWS = [
    ("ChargeInfo", "Stage", plc.STAGE, 0, 255, int),
    ("PLC_STATE", "Stage", plc.STAGE, 0, 255, int),
    ("PLC_STATE", "Duty", plc.DUTY, 0, 255, int),
    ("PLC_TLM", "Stage", plc.STAGE, 0, 63, int),
    ("PLC_TLM", "CP", plc.CP, 0, 6, int),
    ("PLC_TLM", "Reason", plc.REASON, 0, 15, int),
    ("PLC_TLM", "RelayState", plc.RELAYS, 0, 7, int),
    ("PLC_TLM", "RelayFault", plc.RELAY_FAULTS, 0, 7, int),
    ("PLC_TLM", "Comm", plc.COMM, 0, 1, int),
    ("PLC_TLM", "LimitsRx", plc.LIMITS, 0, 255, int),
    ("PLC_TLM", "TargetV", plc.TARGET_DV, 0, 1023, tenths),
    ("PLC_TLM", "TargetI", plc.TARGET_DA, 0, 511.5, tenths),
    ("RelayStatus", "AppliedSeq", plc.SEQ, 0, 255, int),
    ("RelayStatus", "Reason", plc.REASON, 0, 255, int),
    ("RelayStatus", "Uptime", plc.UPTIME, 0, 65535, int),
    ("RelayStatus", "CommFault", plc.COMM, 0, 1, int),
    ("RelayStatus", "REC", plc.BUS_ERRORS, 0, 15, int),
    ("RelayStatus", "TEC", plc.BUS_ERRORS, 0, 15, lambda value: int(value) << 8),
    ("PLC_STATUS", "Reason", plc.REASON, 0, 255, int),
    ("PLC_STATUS", "Uptime", plc.UPTIME, 0, 65535, int),
    ("PLC_STATUS", "CommFault", plc.COMM, 0, 1, int),
    ("PLC_STATUS", "REC", plc.BUS_ERRORS, 0, 15, int),
    ("PLC_STATUS", "TEC", plc.BUS_ERRORS, 0, 15, lambda value: int(value) << 8),
    ("HWStatus", "REC", plc.BUS_ERRORS, 0, 255, int),
    ("HWStatus", "Uptime", plc.UPTIME, 0, 65535, int),
    ("GCMC_Status", "AppliedSeq", plc.SEQ, 0, 255, int),
    ("GCMC_Status", "FB_MC", plc.GCMC, 0, 1, lambda value: int(value) << 1),
    ("GCMC_Status", "FB_MN0", plc.GCMC, 0, 1, lambda value: int(value) << 2),
    ("ErrorCodes", "Error", plc.ERROR, 0, 255, int),
    ("SoftwareInfo", "Minor", plc.FIRMWARE, 0, 255, lambda value: int(value) << 8),
    ("BootConfig", "Major", plc.FIRMWARE, 0, 255, lambda value: int(value) << 16),
    ("EVDC_MAX_LIMITS", "V", plc.MAX_DV, 0, 1500, tenths),
    ("EVDC_MAX_LIMITS", "I", plc.MAX_DA, 0, 1000, tenths),
    ("EVDC_MAX_LIMITS", "P", plc.MAX_W, 0, 6553.5, lambda kw: round(kw * 1000)),
    ("EVDC_TARGETS", "TargetV", plc.TARGET_DV, 0, 1500, tenths),
    ("EVDC_TARGETS", "TargetI", plc.TARGET_DA, 0, 1000, tenths),
    ("EVDC_TARGETS", "PresentV", plc.EV_DV, 0, 1500, tenths),
    ("EVDC_TARGETS", "PresentI", plc.EV_DA, 0, 1000, tenths),
    ("EVAC_CTRL", "Duty", plc.DUTY, 0, 255, int),
    ("GUN_TEMP", "Temp", plc.TEMP_DC, -60, 250, tenths),
    ("ConfigAck", "Status", plc.ACK_STATUS, 0, 255, int),
    ("ConfigAck", "VALUE", plc.ACK_VALUE, 0, 2**30 - 1, int),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_every_signal_at_and_inside_its_bounds(row):
    name, signal, place, low, top, convert = row
    step = float(DBC[name].get_signal_by_name(signal).scale)
    for value in sorted({low, low + step, (low + top) // 2, top - step, top}):
        assert read(name, **{signal: value})[place] == convert(value), value


OUTSIDE = [
    ("EVDC_MAX_LIMITS", "V", 1500.1),
    ("EVDC_MAX_LIMITS", "I", 1000.1),
    ("EVDC_TARGETS", "TargetV", 1500.1),
    ("EVDC_TARGETS", "TargetI", 1000.1),
    ("EVDC_TARGETS", "PresentV", 1500.1),
    ("EVDC_TARGETS", "PresentI", 1000.1),
    ("GUN_TEMP", "Temp", -60.1),
    ("GUN_TEMP", "Temp", 250.1),
    ("PLC_TLM", "CP", 7),
]


@pytest.mark.parametrize("name, signal, value", OUTSIDE)
def test_outside_its_window_a_signal_is_rejected(name, signal, value):
    p = plc.Plc()
    before = list(p.at)
    can_id, data = frame_of(name, {signal: value})
    assert p.receive(can_id, data, 8) == 0
    before[plc.REJECTED] = 1
    assert list(p.at) == before


SAFETY_BITS = "SW1 SW2 SW3 ESTOP_LATCHED SAFETY_OK EARTH_FAULT SW4 ESTOP_INPUT".split()


@pytest.mark.parametrize("name", ["RelayStatus", "SafetyStatus", "PLC_STATUS"])
def test_safety_bits(name):
    for i, bit in enumerate(SAFETY_BITS):
        safe = read(name, **{bit: 1})[plc.SAFE]
        assert safe == 1 << i
        assert bool(safe & plc.ESTOP) == bit.startswith("ESTOP")
        assert bool(safe & plc.EARTH) == (bit == "EARTH_FAULT")


@pytest.mark.parametrize("name", ["ChargeInfo", "PLC_STATE", "PLC_TLM"])
def test_flags_mean_the_same_in_every_version(name):
    flags = {
        "Complete": plc.COMPLETE,
        "Precharge": plc.PRECHARGE,
        "CableOk": plc.CABLE_OK,
        "AuthGranted": plc.AUTH_GRANTED,
        "AuthPending": plc.AUTH_PENDING,
        "Locked": plc.LOCKED,
    }
    for signal, flag in flags.items():
        if name != "PLC_TLM" or not signal.startswith("Auth"):
            assert read(name, **{signal: 1})[plc.FLAGS] == flag


def test_telemetry_safety():
    assert read("PLC_TLM", SafetyOk=1)[plc.SAFE] == plc.SAFETY_OK
    assert read("PLC_TLM", Estop=1)[plc.SAFE] & plc.ESTOP
    assert read("PLC_TLM", Earth=1)[plc.SAFE] == plc.EARTH


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 65535), st.integers(-32768, 32767), st.integers(-32768, 32767))
def test_the_meter(volts, amps, watts):
    values = {"Mux": 0, "OK": 1, "V": volts / 10, "I": amps / 100, "P": watts / 100}
    can_id, data = frame_of("EnergyMeter", values)
    p = plc.Plc()
    heard = 0 if volts > 15_000 else plc.OTHER if amps in (32767, -32768) else plc.METER
    assert p.receive(can_id, data, 8) == heard
    if heard == plc.METER:
        assert p.at[plc.METER_DV] == volts and p.at[plc.METER_W] == watts * 10
        assert abs(p.at[plc.METER_DA] - amps / 10) <= 0.5


@given(st.integers(0, 2**32 - 1))
def test_the_meters_register(raw):
    can_id, data = frame_of("EnergyMeter", {"Mux": 1, "OK": 1, "Import": raw / 10})
    p = plc.Plc()
    heard = p.receive(can_id, data, 8)
    assert p.at[plc.METER_WH] == (raw * 100 if raw <= 10_000_000 else -1)
    assert heard == (plc.ENERGY if raw <= 10_000_000 else plc.OTHER)


# --- what the station sends ---


def sent(pack, *arguments):
    buf = bytearray(b"\xaa" * 8)
    kind = pack(buf, *arguments)
    assert buf[7] == crc8(buf, 7)
    message = BY_ID[kind << 4]
    return message.name, message.decode(bytes(buf), decode_choices=False)


WORDS = st.integers(0, 65535)
BITS = st.integers(0, 1023)


@settings(max_examples=50, deadline=None)
@given(WORDS, WORDS, st.integers(0, 6_553_599), BITS, st.integers(0, 63))
def test_v1_limits_and_present(volts, amps, watts, bits, faults):
    o = Orders(max_dv=volts, max_da=amps, max_w=watts, bits=bits, faults=faults)
    o.present_dv, o.present_da, o.present_w = volts, amps, watts
    name, values = sent(plc_v1.limits, o)
    assert name == "EVSE_DC_MAX_LIMITS" and values["Rsv"] == 0
    assert (tenths(values["MaxV"]), tenths(values["MaxI"])) == (volts, amps)
    assert tenths(values["MaxP"]) == watts // 100
    name, values = sent(plc_v1.present, o)
    assert name == "EVSE_DC_PRESENT" and values["FaultMask"] == faults
    assert (tenths(values["V"]), tenths(values["P"])) == (volts, watts // 100)
    assert values["OutputEnabled"] == bits & 1 and values["Regulating"] == bits >> 1 & 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, 255), BITS, st.integers(0, 70_000))
def test_v1_relay_control(relays, mask, seq, bits, pulse):
    name, values = sent(plc_v1.relay, Orders(relays=relays, mask=mask, seq=seq, bits=bits), pulse)
    assert name == "RelayControl" and values["CMD_SEQ"] == seq
    for i in range(3):
        assert values[f"RLY{i + 1}_CMD"] == relays >> i & 1
        assert values[f"RLY{i + 1}_ENABLE_MASK"] == mask >> i & 1
    assert values["SYS_ENABLE"] == bool(bits & plc_v1.SYS_ENABLE)
    assert values["FORCE_ALL_OFF"] == bool(bits & plc_v1.FORCE_OFF)
    assert values["CLEAR_FAULTS"] == bool(bits & plc_v1.CLEAR_FAULTS)
    assert values["CMD_MODE"] == bool(pulse) and values["PULSE_MS"] == min(pulse, 65535)


@given(st.integers(0, 255), st.integers(0, 2**30 - 1), st.integers(0, 1))
def test_v1_config(param, value, get):
    name, values = sent(plc_v1.config, param, value, get)
    assert values == {"PARAM": param, "OP": get, "VALUE": value, "CRC": values["CRC"]}
    assert name == "ConfigCmd"


@given(st.integers(0, 15), BITS, st.integers(0, 255))
def test_v1_gcmc(contactors, bits, seq):
    name, values = sent(plc_v1.gcmc, Orders(bits=bits, seq=seq), contactors)
    assert name == "GCMC_Command" and values["SEQ"] == seq
    assert [values[x] for x in ("GC", "MC", "MN0", "MN1")] == [
        contactors >> i & 1 for i in range(4)
    ]
    assert values["CLEAR_FAULTS"] == bool(bits & plc_v1.CLEAR_FAULTS)
    assert values["FORCE_ALL_OFF"] == bool(bits & plc_v1.FORCE_OFF)


POWERS = (st.integers(-10, 15_000), st.integers(-10, 9_000), st.integers(-10, 400_000))


def saturated(values, prefix, volts, amps, watts):
    for signal, value, top, unit, step in (
        ("V", volts, 1023.5, 10, 0.5),
        ("I", amps, 409.0, 10, 0.2),
        ("P", watts, 255.5, 1000, 0.5),
    ):
        wanted = min(max(value / unit, 0), top)
        found = float(values[prefix + signal])
        assert -1e-9 < wanted - found < step, (signal, value, found)  # never above


@settings(max_examples=60, deadline=None)
@given(*POWERS, BITS, st.integers(0, 63), st.integers(0, 7), st.integers(0, 7), WORDS)
def test_fast(volts, amps, watts, bits, faults, relays, mask, seq):
    o = Orders(present_dv=volts, present_da=amps, present_w=watts, bits=bits, faults=faults)
    o.relays, o.mask, o.seq = relays, mask, seq & 255
    name, values = sent(plc_v3.fast, o)
    assert name == "EVSE_FAST"
    saturated(values, "", volts, amps, watts)
    assert (values["FaultMask"], values["RelayCmd"], values["EnableMask"]) == (
        faults,
        relays,
        mask,
    )
    assert values["Seq"] == seq & 255
    flags = [values[x] for x in ("Output", "Regulating", "SysEnable", "ForceOff", "ClearFaults")]
    assert flags == [bits >> i & 1 for i in range(5)]


@settings(max_examples=60, deadline=None)
@given(*POWERS, BITS, st.integers(0, 15))
def test_slow(volts, amps, watts, bits, version):
    o = Orders(max_dv=volts, max_da=amps, max_w=watts, bits=bits)
    name, values = sent(plc_v3.slow, o, version)
    assert name == "EVSE_SLOW" and values["Proto"] == version
    saturated(values, "Max", volts, amps, watts)
    flags = [
        values[x] for x in ("AuthGranted", "AuthPending", "HlcEnable", "PncBlocked", "LockCmd")
    ]
    assert flags == [bits >> i & 1 for i in range(5, 10)]


IDS = [m.frame_id for m in DBC.values()]


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.sampled_from(IDS), st.integers(0, 0x1FFFFFFF)),
    st.binary(max_size=8),
    st.booleans(),
)
def test_no_bytes_raise_and_no_value_leaves_the_small_ints(can_id, data, seal):
    if seal and len(data) == 8:
        data = data[:7] + bytes([crc8(data, 7)])
    p = plc.Plc()
    heard = p.receive(can_id, memoryview(data), len(data))
    assert heard == 0 or len(data) == 8
    assert all(-(2**30) <= value < 2**30 for value in p.at)
