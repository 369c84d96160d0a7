"""Twelve connectors of OCPP 1.6 on one ring: does each have all that is its own?

Status, transaction, meter values, profile and reservation by connector; what the whole station may
draw is the grid that all share; a fault of one gun leaves eleven charging (part E.8).
"""

import pytest

from charging_bench import profile
from ocppj.datetime import iso
from test_dc_ocpp import Central

pytestmark = pytest.mark.xdist_group("dc_twelve")  # one world, in order
GUNS = range(1, 13)


@pytest.fixture(scope="module")
def w():
    """All twelve charge: one world for what follows, the tests go through it in order."""
    world = Central(guns=12, GridLimit=720_000)
    for cid in GUNS:
        world.plug(cid, soc=30, volts=403.2, amperes=100)
    world.pass_time(3)
    for cid in GUNS:
        world.tag(f"CARD{cid:02}", cid)
    world.until(lambda: all(world.amps(cid) > 20 for cid in GUNS), 60)
    world.pass_time(2)
    return world


def transactions(world):
    return {p["connectorId"]: p for p in world.sent("StartTransaction")}


def test_status_of_each(w):
    assert [w.status_of(cid)[0] for cid in range(13)] == ["Available"] + ["Charging"] * 12
    told = [p["status"] for p in w.sent("StatusNotification") if p["connectorId"] == 7]
    assert told == ["Available", "Preparing", "Charging"]


def test_a_transaction_of_each(w):
    starts = transactions(w)
    assert sorted(starts) == list(GUNS)
    assert all(p["idTag"] == f"CARD{cid:02}" for cid, p in starts.items())
    numbers = [w.c(cid).session.transaction_id for cid in GUNS]
    assert len(set(numbers)) == 12 and None not in numbers


def test_meter_values_of_each(w):
    for cid in GUNS:
        w.call("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": cid})
    values = w.sent("MeterValues")[-12:]
    assert [p["connectorId"] for p in values] == list(GUNS)
    for p in values:
        assert p["transactionId"] == w.c(p["connectorId"]).session.transaction_id


def test_a_profile_of_one(w):
    w.set(5, profile(50, "TxDefaultProfile", unit="W", periods=[(0, 10_000)]))
    w.pass_time(8)
    assert w.c(5).meter.power_w == pytest.approx(10_000, rel=0.05)
    assert w.c(5).limits.source == "profile" and w.amps(6) > 60
    w.clear(id=50)
    w.until(lambda: w.amps(5) > 60, 30)


def test_what_the_station_may_draw_is_shared(w):
    """ChargePointMaxProfile is the limit of the grid."""
    w.set(0, profile(1, "ChargePointMaxProfile", unit="W", periods=[(0, 120_000)]))
    w.pass_time(15)
    assert w.hall.d.grid_w == 120_000 and w.plant.ring.power_w < 122_500
    for cid in GUNS:
        assert w.c(cid).meter.power_w == pytest.approx(10_000, rel=0.1)
        assert w.c(cid).limits.source == "grid"
    w.clear(id=1)
    w.until(lambda: all(w.amps(cid) > 60 for cid in GUNS), 40)
    assert w.hall.d.grid_w == 720_000


def test_a_fault_of_one_leaves_eleven_charging(w):
    w.plant.outlet(9).plc.safety = 0x20
    w.until(lambda: w.amps(9) < 1, 3)
    w.pass_time(8)
    assert w.status_of(9) == ("Faulted", "GroundFailure")
    assert [cid for cid in GUNS if w.amps(cid) > 60] == [cid for cid in GUNS if cid != 9]
    stops = w.sent("StopTransaction")
    assert [p["transactionId"] for p in stops] == [transactions_of(w, 9)]
    w.plant.outlet(9).plc.safety = 0x10
    w.pass_time(15)
    assert w.status_of(9)[1] == "NoError"


def transactions_of(world, cid):
    """The number that the central system gave the transaction of a connector."""
    started = [s for s in world.started if s.cid == cid]
    return started[-1].transaction_id


def test_a_remote_stop_ends_one(w):
    number = w.c(3).session.transaction_id
    w.call("RemoteStopTransaction", {"transactionId": number})
    w.until(lambda: not w.plant.outlet(3).contactor.on, 15)
    w.pass_time(5)
    assert w.status_of(3)[0] == "Finishing" and w.amps(2) > 60 and w.amps(4) > 60


def test_a_reservation_of_one(w):
    w.unplug(3)
    w.until(lambda: w.status_of(3)[0] == "Available", 20)
    ask = {
        "connectorId": 3,
        "expiryDate": iso(w.clock.wall() + 3600),
        "idTag": "MINE",
        "reservationId": 77,
    }
    assert w.call("ReserveNow", ask) == {"status": "Accepted"}
    w.pass_time(1)
    assert w.status_of(3)[0] == "Reserved" and w.status_of(2)[0] == "Charging"
    w.plug(3, soc=30, amperes=100)
    w.pass_time(3)
    assert w.tag("OTHER", 3).startswith("refused")
    w.tag("MINE", 3)
    w.until(lambda: w.amps(3) > 20, 40)
    assert w.sent("StartTransaction")[-1].get("reservationId") == 77


def test_what_a_vendor_sends_is_answered(w):
    """A DataTransfer of nobody we know changes nothing."""
    answer = w.call("DataTransfer", {"vendorId": "org.example", "messageId": "x", "data": "1"})
    assert answer == {"status": "UnknownVendorId"}
    assert w.amps(1) > 60


def test_nothing_forbidden_has_happened(w):
    assert not w.violations
