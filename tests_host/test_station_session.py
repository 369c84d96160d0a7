"""Sessions and statuses: contract part a.5, OCPP 1.6 section 4.9, errata 3.17 to 3.21."""

import pytest

from station import topics
from world import Store, World


def test_card_first_then_plug():
    w = World()
    assert w.tag() == "authorising"
    w.pass_time(1)
    assert w.status == "Preparing"
    w.plug()
    w.pass_time(5)
    assert w.status == "Charging"


def test_plug_first_then_card():
    w = World().charge()
    assert w.seen() == ["Available", "Preparing", "Charging"][-len(w.seen()) :]


def test_a_card_that_nobody_follows_times_out_to_available():  # errata 3.20, 3.21
    """E 3.21, E 3.77, E 3.89."""
    w = World(ConnectionTimeOut=30)
    w.tag()
    w.pass_time(29)
    assert w.status == "Preparing"
    w.pass_time(2)
    assert w.status == "Available" and w.session is None


def test_a_timed_out_card_with_the_cable_in_is_finishing():  # errata 3.21
    """E 3.20."""
    w = World(ConnectionTimeOut=30)
    w.wire.bms_on = False
    w.tag()
    w.plug()
    w.pass_time(32)
    assert w.status == "Finishing" and not w.started


def test_connection_timeout_zero_waits_for_ever():
    """E 3.77, S 9.1.6."""
    w = World(ConnectionTimeOut=0)
    w.tag()
    w.pass_time(4000)
    assert w.status == "Preparing"


def test_same_card_again_cancels_before_the_start():
    w = World()
    w.tag("a1")
    assert w.tag("A1") == "cancelled"  # S 3.9: tokens ignore case
    w.pass_time(1)
    assert w.status == "Available"


def test_unknown_card_starts_nothing():
    """S 4.1/1."""
    w = World(cards={"A1"})
    w.plug()
    w.pass_time(2)
    assert w.tag("B2") == "refused: not authorised"
    w.pass_time(5)
    assert w.status == "Preparing" and not w.started


def test_another_card_of_the_same_parent_may_stop():
    """S 4.1/3."""
    w = World(cards={"A1": "P", "A2": "P", "B1": "Q", "C": None}).charge("A1")
    for card in ("B1", "C"):
        w.tag(card)
        w.pass_time(3)
        assert w.status == "Charging"
    w.tag("A2")
    w.pass_time(3)
    assert (w.stopped[0].stop_reason, w.stopped[0].stop_tag) == ("Local", "A2")


def test_no_parent_is_not_a_common_parent():
    """S 3.10."""
    w = World(cards={"A1": None, "A2": None}).charge("A1")
    w.tag("A2")
    w.pass_time(3)
    assert w.status == "Charging"


@pytest.mark.parametrize("tag", ["", "X" * 21])
def test_tag_length(tag):
    """S 3.9."""
    w = World()
    assert "1 to 20 characters" in w.tag(tag)


def test_after_a_stop_the_same_vehicle_can_charge_again():  # libocpp#813
    """S 4.9/10."""
    w = World().charge()
    w.tag()
    w.pass_time(5)
    assert w.status == "Finishing"
    w.tag()
    w.pass_time(10)
    assert w.status == "Charging" and len(w.started) == 2


def test_remote_start_chooses_the_plugged_connector():
    """S 5.11/3."""
    w = World(connectors=3)
    w.plug(2)
    w.pass_time(2)
    assert w.station.remote_start(None, "R1") is None
    w.pass_time(5)
    assert w.station.connectors[1].status == "Charging"


def test_remote_start_may_ask_for_authorisation():
    """S 5.11/1."""
    w = World(cards={"A1"}, AuthorizeRemoteTxRequests=True)
    w.plug()
    w.pass_time(2)
    assert w.station.remote_start(1, "B2") is None  # accepted means: will try (errata 3.32)
    w.pass_time(5)
    assert not w.started
    assert w.station.remote_start(1, "A1") is None
    w.pass_time(5)
    assert w.started


def test_unavailable_and_back():
    """S 5.2/4."""
    w = World()
    assert w.station.set_availability(1, False) == "Accepted"
    w.pass_time(1)
    assert w.status == "Unavailable"
    w.plug()
    w.pass_time(2)
    assert w.status == "Unavailable" and "service" in w.tag()
    w.station.set_availability(1, True)
    w.pass_time(1)
    assert w.status == "Preparing"


def test_change_of_availability_waits_for_the_transaction():
    """S 5.2/1."""
    w = World().charge()
    assert w.station.set_availability(1, False) == "Scheduled"
    w.pass_time(2)
    assert w.status == "Charging"
    w.tag()
    w.pass_time(5)
    assert w.status == "Unavailable"


def test_availability_survives_a_power_cut():
    """S 4.9/2."""
    w = World(connectors=2)
    w.station.set_availability(2, False)
    again = World(connectors=2, store=w.store)
    assert [c.status for c in again.station.connectors] == ["Available", "Unavailable"]


def test_whole_station_out_of_service():
    """S 5.2/3."""
    w = World(connectors=2)
    w.station.set_availability(0, False)
    w.pass_time(1)
    assert [w.station.status] + [c.status for c in w.station.connectors] == ["Unavailable"] * 3
    again = World(connectors=2, store=w.store)
    assert again.station.status == "Unavailable"


def test_free_vend_charges_once_a_plug_in():
    w = World(FreeVend=True)
    w.plug()
    w.pass_time(5)
    assert w.status == "Charging" and w.session.id_tag == "FREEVEND"
    w.station.stop(1, "Remote")
    w.pass_time(60)
    assert len(w.started) == 1
    w.unplug()
    w.pass_time(5)
    w.plug()
    w.pass_time(5)
    assert len(w.started) == 2


def test_no_plug_input_the_batterys_frames_tell():
    w = World()
    w.io.plugs[1] = None
    w.wire.bms_on = True
    w.pass_time(3)
    assert w.status == "Preparing"
    w.wire.bms_on = False
    w.pass_time(7)
    assert w.status == "Preparing"
    w.pass_time(2)
    assert w.status == "Available"


def test_no_plug_input_a_silent_battery_ends_as_disconnected():
    """S 4.10/5."""
    w = World()
    w.io.plugs[1] = None
    w.pass_time(3)
    w.tag()
    w.pass_time(10)
    assert w.status == "Charging"
    w.wire.bms_on = False
    w.pass_time(20)
    assert w.status == "SuspendedEVSE"
    w.pass_time(20)
    assert w.stopped[0].stop_reason == "EVDisconnected"


def test_power_cut_and_resume():
    """S 4.10/4."""
    w = World().charge()
    w.pass_time(100)
    fields = {
        "cid": 1,
        "id_tag": "A1",
        "parent": None,
        "transaction_id": 12,
        "meter_start_wh": 0,
        "energy_wh": w.connector.meter.energy_wh,
        "started": -100,
        "started_wall": 1_800_000_000,
        "record": 3,
    }
    again = World(store=w.store, boot=False)
    again.plug()
    session = again.station.restore(fields)
    again.pass_time(20)
    assert again.session is session and again.status == "Charging"
    again.tag()
    again.pass_time(5)
    assert again.stopped[0].transaction_id == 12 and again.stopped[0].record == 3


def test_resumed_without_its_vehicle_ends_as_disconnected():
    """S 4.10/4."""
    again = World(store=Store(), boot=False)
    again.station.restore(
        {"cid": 1, "id_tag": "A1", "meter_start_wh": 0, "started_wall": None, "record": 1}
    )
    again.pass_time(25)
    assert again.stopped[0].stop_reason == "EVDisconnected"


def test_register_is_saved_while_charging():
    """S 7.31/1."""
    w = World(EnergySnapshotInterval=60).charge()
    w.pass_time(130)
    again = World(store=w.store)
    assert w.connector.meter.energy_wh - again.connector.meter.energy_wh <= 40


def test_damaged_register_record_leaves_the_older_one():
    """S 7.31/1."""
    w = World(EnergySnapshotInterval=10).charge()
    w.pass_time(60)
    newest = max(
        ("e1a", "e1b"), key=lambda n: World(store=_only(w.store, n)).connector.meter.energy_wh
    )
    w.store.files[newest] = w.store.files[newest][:-3]
    assert World(store=w.store).connector.meter.energy_wh > 0


def _only(store, name):
    one = Store()
    one.files[name] = store.files[name]
    return one


def test_every_event_crosses_the_bus_once():
    """S 4.10/1."""
    w = World().charge()
    w.tag()
    w.pass_time(5)
    kinds = [t for t, _ in w.events]
    assert kinds.count(topics.TX_STARTED) == kinds.count(topics.TX_STOPPED) == 1


def test_full_journal_refuses_new_charges():
    """S 3.7/4."""

    class Full:
        journal_full = True

    w = World()
    w.station.cp = Full()
    w.plug()
    w.pass_time(2)
    assert "full" in w.tag()


def test_an_unplug_may_leave_the_transaction_waiting():  # S 9.1 StopTransactionOnEVSideDisconnect
    """S 4.10/5, E 3.80, S 9.1.23."""
    w = World(StopTransactionOnEVSideDisconnect=False).charge()
    w.unplug()
    w.pass_time(60)
    assert w.status == "SuspendedEV" and not w.stopped and not w.wire.told_on()
    w.plug()
    w.pass_time(5)
    assert w.status == "Charging"
    w.unplug()
    w.pass_time(5)
    w.tag()
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "Local"


@pytest.mark.parametrize("frees", [True, False])
def test_the_lock_after_an_unplug(frees):  # S 9.1 UnlockConnectorOnEVSideDisconnect
    """S 4.10/8, S 9.1.33."""
    w = World(UnlockConnectorOnEVSideDisconnect=frees)
    w.io.locks[1] = False
    w.charge()
    w.unplug()
    w.pass_time(5)
    assert w.stopped and w.io.locks[1] is not frees


def test_a_zero_current_that_the_module_shows_is_calibrated_away():
    w = World(MeterOffset=15).charge()
    assert w.connector.meter.current_da == 285


def test_a_charge_that_nobody_could_record_ends():
    """Rule: nothing is sold that is not recorded, whatever the reason (here: no memory)."""
    w = World()

    class Books:
        journal_full = False

    w.station.cp = Books()
    w.plug()
    w.pass_time(2)
    w.tag()
    w.until(lambda: w.started)
    w.until(lambda: w.stopped)
    assert w.stopped[0].stop_reason == "Other" and w.wires[0].amps == 0
