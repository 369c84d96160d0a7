"""Do the ten scenarios of the HIL plan pass (can_protocols b.9)? Do faults stay with their gun?"""

import pytest

from canproto import plc_v1
from dc_world import DcWorld

LONG = pytest.mark.long


@pytest.fixture
def w():
    """Three guns, v3, everyone may charge."""
    world = DcWorld(guns=3)
    yield world
    assert not world.violations


def told(world, cid, bit):
    """Is this bit of the orders to the PLC set?"""
    return bool(world.hall.links[cid - 1].bits & bit)


@pytest.mark.parametrize("seconds", [70, pytest.param(300, marks=LONG)])
def test_1_plug_in_no_token_for_long_then_token(seconds):
    w = DcWorld(guns=2, ConnectionTimeOut=1800)  # b.6: authorisation wait
    w.plug()
    w.pass_time(seconds)
    assert w.c().status == "Preparing" and w.c().session is None
    assert told(w, 1, plc_v1.PENDING) and not told(w, 1, plc_v1.GRANTED)
    assert w.plant.outlet(1).plc.stage == 4 and w.plant.ring.bus_v[0] == 0
    assert w.tag() == "authorising"
    w.until(lambda: w.amps() > 20)
    assert told(w, 1, plc_v1.GRANTED) and w.started and w.c().status == "Charging"
    assert not w.violations


def test_2_remote_start_plug_in_thirty_seconds_later(w):
    assert w.station.remote_start(1, "A1") is None
    w.pass_time(30)
    assert not w.started
    w.plug()
    w.until(lambda: w.amps() > 20)
    assert w.seen()[-2:] == ["Preparing", "Charging"]


def test_3_reserved_for_a_then_b_then_a(w):
    w.station.keep([[1, 7, "A", None, 2_000_000_000]])
    w.plug()
    w.pass_time(3)
    assert w.tag("B").startswith("refused")
    assert w.tag("A") == "authorising"
    w.until(lambda: w.amps() > 20)
    assert not w.station.reservations


def test_4_autocharge_by_mac():
    w = DcWorld(Autocharge=True, cards={"VID:020000000001"})
    w.plug()
    w.until(lambda: w.amps() > 20)
    assert w.started[0].id_tag == "VID:020000000001" and w.started[0].source == "autocharge"
    w.plug(2)  # another MAC, that nobody knows
    w.pass_time(20)
    assert w.amps(2) == 0 and w.c(2).session is None
    assert told(w, 2, plc_v1.PENDING), "a card may still come"
    w.cards.add("CARD")
    w.tag("CARD", 2)
    w.until(lambda: w.amps(2) > 20)
    assert not w.violations


@LONG
def test_4_without_the_setting_no_mac_is_a_token(w):
    w.plug()
    w.pass_time(20)
    assert w.c().session is None


def test_4_plug_and_charge_hands_the_contract_on():
    w = DcWorld(PlugAndCharge=True)
    w.plant.outlet(1).vehicle.emaid = b"DEABCC12345678X"
    w.plug()
    w.until(lambda: w.amps() > 20)
    assert w.started[0].id_tag == "DEABCC12345678X"
    assert not told(w, 1, plc_v1.PNC_BLOCKED) and not w.violations


def test_5_limits_are_not_taken_any_more(w):
    w.charge()
    w.plant.outlet(1).plc.acks_blocked = True
    took = w.until(lambda: w.amps() < 1, 5)
    assert took <= 2.2, "1.5 s after the last one was taken, 0.5 s of ramps"
    w.until(lambda: not w.plant.outlet(1).contactor.on, 3)
    assert w.c().status == "Faulted" and w.c().error_code == "InternalError"


def test_6_the_vehicle_has_finished(w):
    w.charge()
    w.plant.outlet(1).plc.complete = True
    w.until(lambda: w.stopped)
    w.until(lambda: w.c().status == "Finishing")
    w.pass_time(10)
    assert "unplug" in w.tag("A2")
    assert w.c().status == "Finishing"
    w.unplug()
    w.until(lambda: w.c().status == "Available")
    assert w.stopped[0].stop_reason == "Other"


@pytest.mark.parametrize(
    "bits, code, vendor, reason",
    [
        (0x18, "PowerSwitchFailure", "EmergencyStop", "EmergencyStop"),
        pytest.param(0x90, *("PowerSwitchFailure", *["EmergencyStop"] * 2), marks=LONG),
        (0x20, "GroundFailure", None, "Other"),
        pytest.param(0x00, "OtherError", "SafetyLoop", "Other", marks=LONG),
    ],
)
def test_7_safety_of_a_gun(w, bits, code, vendor, reason):
    """b.10 #6: it stops this gun at once and no other."""
    w.charge(1)
    w.charge(2)
    w.plant.outlet(1).plc.safety = bits
    took = w.until(lambda: w.amps(1) < 1, 3)
    assert took <= 1.0
    assert (w.c().error_code, w.c().vendor_error) == (code, vendor)
    assert w.amps(2) > 20 and w.c(2).status == "Charging"
    w.until(lambda: w.stopped)
    assert w.stopped[0].stop_reason == reason
    assert w.tag("A3").startswith("refused: fault")
    w.plant.outlet(1).plc.safety = 0x10
    w.pass_time(15)
    if "EmergencyStop" == vendor:
        assert w.c().status == "Faulted", "latched until a person clears it"
        w.station.clear_faults()
        w.pass_time(2)
    assert w.c().status in ("Preparing", "Finishing")


def test_7_emergency_stop_of_the_station(w):
    w.charge(1)
    w.charge(2)
    w.plant.press_estop(True)
    assert w.until(lambda: w.amps(1) < 1 and w.amps(2) < 1, 2) <= 0.6
    w.until(lambda: not any(gc.on for gc in w.plant.ring.gcs), 2)
    w.plant.press_estop(False)
    w.pass_time(20)
    assert w.c(1).status == w.c(2).status == "Faulted"
    assert w.station.error_code != "NoError"


@pytest.mark.parametrize("fault", ["silent", "bad_crc"])
def test_7_a_plc_that_is_lost_stops_its_gun_only(w, fault):
    """A wrong CRC is no word of the PLC."""
    w.charge(1)
    w.charge(3)
    setattr(w.plant.outlet(1).plc, fault, True)
    w.until(lambda: w.amps(1) < 1, 4)
    w.until(lambda: not w.plant.outlet(1).contactor.on, 8)
    assert w.c(1).error_code == "InternalError" and w.c(1).vendor_error == "PlcLost"
    w.pass_time(5)
    assert w.amps(3) > 100
    setattr(w.plant.outlet(1).plc, fault, False)
    w.pass_time(15)
    assert w.c(1).error_code == "NoError"


@LONG
def test_7_over_temperature_of_the_gun(w):
    """b.10 #2: between 80 and 90 degC the gun is derated: half at 85."""
    from canproto import plc

    w.charge(amperes=100)
    link = w.hall.links[0]
    full = w.c().limits.limit_da
    for degrees, part in ((80, 1.0), (85, 0.5), (89, 0.1)):
        for _ in range(30):
            link.receive(0x1C0, (degrees * 10).to_bytes(2, "little") + bytes(6), 8)
            w.pass_time(0.1)
        rated = w.config.get("GunCurrentMax")
        assert w.c().limits.limit_da == min(full, round(rated * part))
    assert w.c().limits.source == "temperature"
    for _ in range(80):
        link.receive(0x1C0, (900).to_bytes(2, "little") + bytes(6), 8)
        w.pass_time(0.1)
    assert w.c().error_code == "HighTemperature" and w.amps() < 1
    assert link.plc.at[plc.TEMP_DC] == 900


def test_7_over_current(w):
    w.charge(amperes=60)
    w.until(lambda: w.amps() > 59)
    module = next(m for m in w.plant.ring.modules if m.current_a > 10)
    module.limit_a = lambda: 150.0  # it does not follow its set-point
    w.until(lambda: w.c().error_code == "OverCurrentFailure", 10)
    w.until(lambda: not w.plant.outlet(1).contactor.on, 5)
    # A module that does not obey: its current is broken off after 1 s, whatever it is.
    known = ("asks for", "under load")
    w.plant.violations[:] = [v for v in w.violations if not any(k in v for k in known)]


def test_8_a_welded_gun_contactor(w):
    w.charge()
    w.plant.outlet(1).contactor.welded = True
    w.tag()
    w.until(lambda: w.c().vendor_error == "ContactorWelded", 10)
    assert w.c().status == "Faulted" and w.c().error_code == "PowerSwitchFailure"
    assert w.plant.outlet(1).lock.on, "what is behind the plug is still alive"
    w.until(lambda: not w.plant.outlet(1).lock.on, 20)
    w.unplug()
    w.pass_time(30)
    assert w.c().status == "Faulted", "until a person clears it"
    w.plant.outlet(1).contactor.welded = False
    w.pass_time(3)
    w.station.clear_faults()
    w.pass_time(3)
    assert w.c().status == "Available"
    w.charge()


def test_8_a_welded_gun_contactor_of_an_idle_gun_is_never_energised(w):
    w.plant.outlet(2).contactor.welded = True
    w.plant.outlet(2).contactor.on = True
    w.plant.ring._buses = None
    w.pass_time(3)
    w.charge(1, amperes=400)
    w.pass_time(20)
    assert 1 not in [s for s in range(3) if w.hall.d.seq.feeds[s] == 0]
    assert w.plant.ring.bus_v[1] < 60


def test_9_meter_frames_blocked(w):
    """Energy goes on from the modules' own figures; the register only grows."""
    w.charge(amperes=100)
    w.until(lambda: w.amps() > 99)
    w.pass_time(5)
    before, true = w.c().meter.energy_wh, w.plant.outlet(1).plc.metered_ws / 3600
    w.plant.outlet(1).plc.meter_lost = True
    w.pass_time(20)
    added = w.c().meter.energy_wh - before
    assert added == pytest.approx(w.plant.outlet(1).plc.metered_ws / 3600 - true, rel=0.03)
    assert w.c().status == "Charging"
    w.plant.outlet(1).plc.meter_lost = False
    w.pass_time(5)
    assert w.c().path.metered


@pytest.mark.parametrize("seconds, kept", [(4, True), (12, False)])
def test_10_a_short_break_without_unplug(w, seconds, kept):
    """The session survives 8 s; energy does not flow meanwhile."""
    w.charge()
    w.plant.outlet(1).plc.no_hlc = True
    w.until(lambda: w.amps() < 1, 4)
    w.pass_time(seconds)
    w.plant.outlet(1).plc.no_hlc = False
    if kept:
        w.until(lambda: w.amps() > 20, 30)
        assert len(w.started) == 1 and not w.stopped and w.c().status == "Charging"
    else:
        assert w.stopped and w.stopped[0].stop_reason == "Other"
