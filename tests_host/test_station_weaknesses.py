"""The seventeen weaknesses of the seed system (contract part a.9): none of them is ours.

Those that live in the shell are held here where they can be shown in the core (6, 12, 16, 17)
and by the tests of the files they name.
"""

import ast
import struct
from pathlib import Path

import pytest

from canproto import rivot
from station import path_rivot
from station.meter import UNKNOWN, Meter
from world import World

ROOT = Path(__file__).parent.parent


def test_1_a_temperature_above_65_degrees_is_seen():
    w = World().charge()
    w.wire.temp = 92.0
    w.pass_time(2)
    assert w.connector.meter.temp_dc == 920 and w.connector.watch.hot


def test_1_a_saturated_or_absent_temperature_is_a_fault():
    w = World().charge()
    w.wire.temp = 4_000_000.0  # beyond any window: the codec says unknown
    w.pass_time(30)
    assert w.connector.meter.temp_dc == UNKNOWN
    assert (w.status, w.connector.vendor_error) == ("Faulted", "TemperatureUnknown")


def test_2_set_points_follow_the_batterys_taper():
    w = World().charge()
    for amps in (25.0, 12.5, 6.0):
        w.wire.imax = amps
        w.pass_time(2)
        assert w.wire.set_amps == pytest.approx(amps, abs=0.1)


def test_2_on_off_and_both_set_points_go_out_every_300_ms():
    w = World().charge()
    before = len(w.wire.sent)
    w.pass_time(3)
    functions = [d[1] for i, d in w.wire.sent[before:] if i == 0x068181FE]
    assert [functions.count(f) for f in (0x32, 0x00, 0x03)] == [10, 10, 10]


def test_2_a_lost_stop_is_repeated_until_the_output_is_off():
    w = World().charge()
    w.wire.deaf = 12  # the module misses a dozen orders
    w.tag()
    w.pass_time(8)
    assert not w.wire.on and w.wire.amps == 0
    assert w.path_phase() == path_rivot.OFF


@pytest.mark.parametrize("hurt", ["echo", "current"])
def test_2_stop_is_not_confirmed_by_half_of_the_evidence(hurt):
    w = World().charge()
    w.tag()
    if hurt == "current":
        w.wire.force_amps = 2.0
    else:
        w.wire.deaf = 10**6
    w.pass_time(5)
    assert w.path_phase() == path_rivot.STOPPING


def test_3_boot_begins_with_stop():
    w = World(boot=False)
    w.wire.on = True  # the module still runs from before the reset
    w.pass_time(0.1)
    first = next(d for i, d in w.wire.sent if i == 0x068181FE)
    assert first == bytes((1, 0x32, 0, 1, 0, 0, 0, 0))
    w.pass_time(1)
    assert not w.wire.on


def test_4_only_the_batterys_frames_refresh_its_age():
    w = World().charge()
    w.wire.bms_on = False
    w.wire.force_volts = 80.0  # the module shows a fine voltage for ever
    w.pass_time(6)
    assert w.wire.path.bms_age > 5000 and not w.wire.told_on()


def test_4_charged_capacitors_do_not_hold_the_plug():
    w = World().charge()
    w.unplug()
    w.wire.force_volts = 80.0
    w.pass_time(5)
    assert w.status == "Available"


def test_5_a_permit_lives_five_seconds():
    w = World().charge()
    w.wire.bms_on = False
    w.pass_time(0.5)
    age = w.wire.path.bms_age
    w.pass_time((5000 - age) / 1000 - 0.1)
    assert w.wire.path.permit()
    w.pass_time(0.2)
    assert not w.wire.path.permit()


def test_5_the_permit_is_a_level_not_an_edge():
    w = World()
    w.wire.permit = False
    w.plug()
    w.pass_time(3)
    assert "permit" in w.tag()
    assert w.session is None


def test_6_safety_needs_no_network():
    """No back office object exists at all in this world, and every rule above holds."""
    w = World()
    assert w.station.cp is None
    w.charge()
    w.wire.module_on = False
    w.pass_time(5)
    assert w.status == "Faulted"


def test_7_over_current_over_voltage_and_heat_trip():
    for attribute, value in (("force_volts", 90.0), ("force_amps", 105.0), ("temp", 99.0)):
        w = World().charge()
        setattr(w.wire, attribute, value)
        w.pass_time(8)
        assert w.status == "Faulted" and not w.wire.told_on(), attribute


def test_7_the_trip_of_a_battery_is_held_until_it_is_unplugged():
    w = World().charge()
    w.wire.force_volts = 90.0
    w.pass_time(1)
    w.wire.force_volts = None
    w.pass_time(60)
    assert w.status == "Faulted"
    w.unplug()
    w.pass_time(2)
    assert w.status == "Available"


def starts():
    return {
        "tag": lambda w: w.tag().startswith("refused"),
        "remote": lambda w: w.station.remote_start(1, "A1") is not None,
        "remote without a connector": lambda w: w.station.remote_start(None, "A1") is not None,
        "free vend": lambda w: True,
    }


@pytest.mark.parametrize("way", starts())
@pytest.mark.parametrize("hindrance", ["bms stop", "module off", "out of service", "estop"])
def test_8_one_gate_for_every_way_to_start(way, hindrance):
    w = World(FreeVend=(way == "free vend"))
    if hindrance == "bms stop":
        w.wire.permit = False
    elif hindrance == "module off":
        w.wire.module_on = False
    elif hindrance == "out of service":
        w.station.set_availability(1, False)
    else:
        w.io.pressed = True
    w.pass_time(5)
    w.plug()
    w.pass_time(3)
    assert starts()[way](w)
    w.pass_time(5)
    assert not w.started and not w.wire.told_on()


def test_9_a_small_current_or_a_fast_voltage_is_not_an_unplug():
    w = World().charge()
    w.wire.taper_at = 0
    w.pass_time(10)
    w.wire.emf += 5.0
    w.pass_time(2)
    w.wire.emf -= 5.0
    w.pass_time(2)
    assert w.connector.plugged and not w.stopped


def test_10_the_register_is_an_integer_and_never_goes_back():
    w = World()
    last = 0
    for _ in range(3):
        w.charge()
        w.pass_time(120)
        assert isinstance(w.connector.meter.energy_wh, int)
        w.tag()
        w.pass_time(5)
        assert w.stopped[-1].meter_start_wh >= last
        last = w.stopped[-1].meter_stop_wh
        w.unplug()
        w.pass_time(5)
    again = World(store=w.store)
    assert again.connector.meter.energy_wh == last


def test_10_ten_thousand_short_steps_lose_nothing():
    meter = Meter()
    for _ in range(36_000):
        meter.measure(100, 800, 500, True)  # 80.0 V x 50.0 A = 4 kW for an hour
    assert meter.energy_wh == 4000


def test_10_a_step_after_a_stall_counts_its_whole_time():
    meter = Meter()
    meter.measure(3_600_000, 800, 500, True)
    assert meter.energy_wh == 4000


def test_12_a_burst_of_frames_loses_no_state():
    w = World().charge()
    frame = struct.pack(">HHB", 840, 200, 0) + b"\0\0\0"
    for _ in range(1000):
        w.wire.path.receive(0x1806E5F4, frame, 8)
    w.pass_time(2)
    assert w.status == "Charging"


def test_13_state_of_charge_is_the_batterys_own_or_unknown():
    w = World()
    w.plug()
    w.pass_time(2)
    w.wire.path.receive(0x1806E5F4, struct.pack(">HHBHB", 840, 300, 0, 0xFFFF, 0), 8)
    w.station.step(100)
    assert w.connector.meter.soc_pm == -1


def test_14_our_own_status_frame_is_no_sign_of_the_module():
    w = World()
    w.wire.module_on = False
    for _ in range(60):
        w.wire.path.receive(0x18FF50E5, b"\x03\x48\x00\x00\x08\x00\x00\x00", 8)
        w.pass_time(0.1)
    assert not w.wire.path.module_fresh()


def test_15_a_stopped_session_keeps_its_transaction_id():
    w = World().charge()
    w.session.transaction_id = 4711
    w.tag()
    w.pass_time(5)
    assert w.stopped[0].transaction_id == 4711


def test_16_no_source_of_the_firmware_knows_a_test_mode():
    for path in (*ROOT.glob("lib/**/*.py"), *ROOT.glob("firmware/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "id", None) or getattr(node, "attr", None) or ""
            assert "test_mode" not in str(name).lower() and "bypass" not in str(name).lower(), path


def test_16_warning_and_trip_temperature_differ():
    w = World()
    assert w.connector.watch.derate_dc < w.connector.watch.hot_dc


def test_17_secrets_are_write_only_keys():
    from ocppj.v16 import keys as ocpp_keys
    from station import keys

    rows = (keys.KEYS + ocpp_keys.KEYS).decode().strip().split("\n")
    access = {r.split(" ")[0]: r.split(" ")[5] for r in rows}
    assert access["AuthorizationKey"] == "W" and access["WiFiPassword"] == "W"


def test_11_no_board_of_a_charger_takes_an_unsigned_image():
    """One place alone switches to a new build, behind the check of its signature."""
    for path in (*ROOT.glob("lib/**/*.py"), *ROOT.glob("firmware/**/*.py")):
        text = path.read_text()
        if path.name != "place.py":
            assert "set_boot(" not in text and '"switch' not in text, path


def test_the_poll_order_of_the_module():
    w = World()
    w.pass_time(2)
    asked = [d[1] for i, d in w.wire.sent if i == 0x068182FE]
    assert asked[:10] == list(rivot.POLL) * 2


@pytest.mark.parametrize("generation, expected", [("seed", 50), ("head", 50), ("later", 5)])
def test_status_frames_of_each_generation(generation, expected):  # contract a.2
    w = World(RivotProfile=generation)
    w.plug()
    w.pass_time(2)
    before = len(w.wire.sent)
    w.pass_time(5)
    sent = [i for i, _ in w.wire.sent[before:] if i == 0x18FF50E5]
    assert len(sent) == expected


def test_later_sends_no_status_to_a_battery_that_is_not_there():  # contract a.2
    w = World()
    w.pass_time(10)
    assert not [i for i, _ in w.wire.sent if i == 0x18FF50E5]
