"""OCPP 1.6 for the guns of a ring: status, transactions, meter values, profiles, each its own."""

import pytest

import v16_station
from charging_bench import Charging, profile
from charging_world import ChargingWorld, _Clock, _Settings
from dc_world import DcWorld
from ocppj.v16.chargepoint import ChargePoint
from station import topics
from v16_bench import Csms


class Central(DcWorld):
    """A DcWorld with a charge point that is registered, and a CSMS that checks every message."""

    set = Charging.set
    clear = Charging.clear
    iso = ChargingWorld.iso
    pump = ChargingWorld.pump
    call = ChargingWorld.call
    sent = ChargingWorld.sent

    def __init__(self, guns=3, **settings):
        self.cp = None
        self.bus = v16_station.Bus()
        super().__init__(guns, boot=False, **settings)
        self.clock.__class__ = _Clock
        self.config.__class__ = _Settings
        self.config.guards = []
        self.asked = {}
        self.count = 0
        self.csms = Csms(self)
        self.cp = ChargePoint(
            self.station,
            self.config,
            self.clock,
            self.store,
            self.bus,
            lambda n: bytes(range(n)),
            self.log,
            v16_station.Board,
        )
        self.station.cp = self.cp
        self.cp.connected(0)
        self.pass_time(8)

    def emit(self, topic, value):
        super().emit(topic, value)
        if topic != topics.AUTHORIZE:
            self.bus.emit(topic, value)

    def pass_time(self, seconds):
        for _ in range(round(seconds * 10)):
            super().pass_time(0.1)
            if self.cp:
                self.cp.ripe()
                self.pump()

    def status_of(self, cid):
        """(status, errorCode) of its last StatusNotification."""
        found = [p for p in self.sent("StatusNotification") if p["connectorId"] == cid]
        return found[-1]["status"], found[-1]["errorCode"]


@pytest.fixture
def w():
    world = Central()
    yield world
    assert not world.violations


def test_every_gun_has_its_status_transaction_and_values(w):
    assert [w.status_of(cid) for cid in range(4)] == [("Available", "NoError")] * 4
    w.charge(1)
    w.charge(3, tag="C3")
    assert w.status_of(1)[0] == w.status_of(3)[0] == "Charging"
    assert w.status_of(2)[0] == "Available"
    starts = w.sent("StartTransaction")
    assert [(p["connectorId"], p["idTag"]) for p in starts] == [(1, "A1"), (3, "C3")]
    w.call("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 3})
    assert w.sent("MeterValues")[-1]["connectorId"] == 3
    w.tag("C3", 3)
    w.pass_time(10)
    assert len(w.sent("StopTransaction")) == 1 and w.amps(1) > 20


def test_a_fault_of_one_gun_leaves_the_others_charging(w):
    w.charge(1)
    w.charge(2)
    w.plant.outlet(1).plc.safety = 0x20
    w.pass_time(5)
    assert w.status_of(1) == ("Faulted", "GroundFailure")
    assert w.status_of(2)[0] == "Charging" and w.amps(2) > 20
    assert w.sent("StopTransaction")[-1]["reason"] == "Other"
    assert w.status_of(0) == ("Available", "NoError")


def test_the_stations_profile_is_the_grid_that_all_share(w):
    """planner.md A.8: ChargePointMaxProfile goes into G, never split by hand."""
    w.charge(1)
    w.until(lambda: w.amps(1) > 140)
    answer = w.set(0, profile(1, "ChargePointMaxProfile", unit="W", periods=[(0, 40_000)]))
    assert answer == "Accepted" or answer == {"status": "Accepted"}
    w.pass_time(6)
    assert w.c(1).meter.power_w == pytest.approx(40_000, rel=0.05), "alone it gets all of it"
    assert w.c(1).limits.source == "grid"
    w.charge(2, tag="B2")
    w.pass_time(12)
    for cid in (1, 2):
        assert w.c(cid).meter.power_w == pytest.approx(20_000, rel=0.08)
    assert w.plant.ring.power_w < 41_000
    w.clear(chargingProfilePurpose="ChargePointMaxProfile")
    w.until(lambda: w.amps(1) > 140 and w.amps(2) > 140, 30)


def test_a_transactions_profile_limits_its_gun_only(w):
    w.charge(1)
    w.charge(2, tag="B2")
    w.set(1, profile(2, "TxProfile", unit="W", periods=[(0, 15_000)]))
    w.pass_time(12)
    assert w.c(1).meter.power_w == pytest.approx(15_000, rel=0.05)
    assert w.c(1).limits.source == "profile" and w.amps(2) > 100


class Asked(Central):
    """Tokens go to the central system, as on a board."""

    def emit(self, topic, value):
        if topic == topics.AUTHORIZE:
            self.bus.emit(topic, value)
        else:
            super().emit(topic, value)


def test_a_vehicle_that_was_accepted_once_charges_without_the_central_system():
    """Autocharge: its MAC is in the cache. Another one has to wait."""
    w = Asked(guns=2, Autocharge=True, AuthorizationCacheEnabled=True, LocalAuthorizeOffline=True)
    w.plug(1)
    w.until(lambda: w.amps(1) > 20)
    token = w.sent("Authorize")[-1]["idTag"]
    assert token == "VID:020000000001"
    w.plant.outlet(1).plc.complete = True
    w.until(lambda: w.c(1).status == "Finishing", 20)
    w.pass_time(3)
    w.plant.outlet(1).plc.complete = False
    w.unplug(1)
    w.until(lambda: w.c(1).status == "Available", 20)
    asked = len(w.sent("Authorize"))
    w.cp.disconnected(w.clock.uptime_s())
    w.plug(1)
    w.plug(2)  # a vehicle that nobody has seen
    w.until(lambda: w.amps(1) > 20, 40)
    w.pass_time(5)
    assert w.amps(2) == 0 and len(w.sent("Authorize")) == asked
    assert not w.violations


def test_remote_start_and_stop_of_a_gun(w):
    w.plug(2)
    w.pass_time(3)
    answer = w.call("RemoteStartTransaction", {"connectorId": 2, "idTag": "R2"})
    assert answer == {"status": "Accepted"}
    w.until(lambda: w.amps(2) > 20)
    number = w.c(2).session.transaction_id
    assert w.call("RemoteStopTransaction", {"transactionId": number}) == {"status": "Accepted"}
    w.until(lambda: not w.plant.outlet(2).contactor.on)
    w.pass_time(3)
    assert w.sent("StopTransaction")[-1]["reason"] == "Remote"
