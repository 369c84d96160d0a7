"""In which order, and with which words, does the CSMS hear of what happens?"""

from v16_bench import Bench, Error
from v16_world import V16World


def heard(w, cid=1):
    """Actions, with the status of connector `cid` in the place of StatusNotification."""
    out = []
    for _, action, payload, _ in w.csms.calls:
        if action != "StatusNotification":
            out.append(action)
        elif payload["connectorId"] == cid:
            out.append(payload["status"])
    return out


def test_the_start_is_told_before_the_status_that_it_leads_to():
    """S 3.7/1: StartTransaction, then Charging."""
    w = V16World(MeterValueSampleInterval=0).online()
    w.charge()
    got = [word for word in heard(w) if word != "SuspendedEVSE"]
    assert got[-4:] == ["Preparing", "Authorize", "StartTransaction", "Charging"]


def test_the_stop_is_told_before_the_status_that_it_leads_to():
    """S 3.7/1: StopTransaction, then Finishing, then Available."""
    w = V16World(MeterValueSampleInterval=0).online()
    w.charge()
    w.tag("A1")
    w.pass_time(5)
    w.unplug()
    w.pass_time(5)
    assert heard(w)[-3:] == ["StopTransaction", "Finishing", "Available"]


def test_a_status_does_not_wait_behind_what_happened_offline():
    """S 3.7/3: other messages need not wait for the queue of transaction messages."""
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=5).online()
    b.offline()
    b.charge().run(60)
    b.stop().run(1)
    b.station.show(1, "Faulted", "OtherError")
    b.online()
    got = b.actions()[3:]
    assert got[0] == "StatusNotification" and got[1] == "StartTransaction"


def test_a_message_that_waits_for_its_next_attempt_holds_up_no_status():
    """S 3.7.1/2: the pause of a transaction message concerns nothing else."""
    b = Bench(TransactionMessageRetryInterval=600, MeterValueSampleInterval=0).online()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(3)
    assert b.actions()[-1] == "StatusNotification"
    assert b.sent("StatusNotification")[-1]["status"] == "Charging"


def test_after_the_boot_the_statuses_come_first():
    """E 3.22: also before a charge that began offline."""
    b = Bench(AllowOfflineTxForUnknownId=True).start()
    b.run(20)
    b.charge().run(5)
    b.online()
    assert b.actions()[:4] == [
        "BootNotification", "StatusNotification", "StatusNotification", "StartTransaction",
    ]  # fmt: skip


def last(w):
    return w.sent("StatusNotification")[-1]


def test_an_unplugged_vehicle_is_named_where_the_charge_ends():
    """S 4.9/4, U 32: Finishing, NoError, and the info says why."""
    w = V16World().online()
    w.charge()
    w.unplug()
    w.until(lambda: last(w)["status"] == "Finishing", 10)
    assert (last(w)["errorCode"], last(w)["info"]) == ("NoError", "EV side disconnected")
    w.until(lambda: last(w)["status"] == "Available", 10)
    assert "info" not in last(w)
    assert w.sent("StopTransaction")[0]["reason"] == "EVDisconnected"


def test_an_unplugged_vehicle_is_named_where_the_charge_waits():
    """S 4.9/4: SuspendedEV, NoError, and the info says why."""
    w = V16World(StopTransactionOnEVSideDisconnect=False).online()
    w.charge()
    w.unplug()
    w.until(lambda: last(w)["status"] == "SuspendedEV", 10)
    assert (last(w)["errorCode"], last(w)["info"]) == ("NoError", "EV side disconnected")
    w.plug()
    w.until(lambda: last(w)["status"] == "Charging", 20)
    assert "info" not in last(w) and not w.sent("StopTransaction")


def test_a_normal_end_names_nobody():
    """S 4.9/4: the info is of a disconnected vehicle only."""
    w = V16World().online()
    w.charge()
    w.tag("A1")
    w.pass_time(5)
    assert last(w)["status"] == "Finishing" and "info" not in last(w)


def test_a_vehicle_without_a_card_is_finishing_after_the_time():
    """E 3.20: inside and outside of ConnectionTimeOut."""
    w = V16World(ConnectionTimeOut=30).online()
    w.plug()
    w.pass_time(29)
    assert w.told() == ["Available", "Preparing"]
    w.pass_time(3)
    assert w.told() == ["Available", "Preparing", "Finishing"]
    w.unplug()
    w.pass_time(3)
    assert w.told()[-1] == "Available"


def test_without_the_time_it_waits_for_ever():
    """E 3.77, S 9.1.6: ConnectionTimeOut 0."""
    w = V16World(ConnectionTimeOut=0).online()
    w.plug()
    w.pass_time(300)
    assert w.told() == ["Available", "Preparing"]


def test_from_finishing_a_card_starts_the_next_charge():
    """S 4.9/10, U 36: a card, or a start from afar, for the vehicle that is still plugged."""
    w = V16World(ConnectionTimeOut=10).online()
    w.plug()
    w.pass_time(15)
    assert w.status == "Finishing"
    w.tag("A1")
    w.until(lambda: w.status == "Charging", 20)
    w.tag("A1")
    w.pass_time(5)
    assert (
        w.call("RemoteStartTransaction", {"idTag": "B2", "connectorId": 1})["status"] == "Accepted"
    )
    w.until(lambda: w.status == "Charging", 20)
    assert [p["idTag"] for p in w.sent("StartTransaction")] == ["A1", "B2"]
    assert heard(w).count("Finishing") == 2


def test_the_station_is_unavailable_when_the_last_charge_has_ended():
    """S 5.2/1: Scheduled; connector 0 follows with the last transaction, free ones at once."""
    w = V16World(connectors=2).online()
    w.charge()
    answer = w.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    assert answer == {"status": "Scheduled"}
    w.pass_time(3)
    assert (w.told(0)[-1], w.told(1)[-1], w.told(2)[-1]) == (
        "Available",
        "Charging",
        "Unavailable",
    )
    w.tag("A1")
    w.pass_time(6)
    assert (w.told(0)[-1], w.told(1)[-1]) == ("Unavailable", "Unavailable")


def test_the_station_comes_back_unavailable_after_a_power_cut():
    """S 4.9/2: what was scheduled holds from the boot on."""
    w = V16World().online()
    w.charge()
    w.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    again = w.reboot().online()
    assert (again.told(0), again.told(1)) == (["Unavailable"], ["Unavailable"])


def test_one_connector_comes_back_while_the_station_stays_out_of_service():
    """S 5.2/3: connector 0 stands for all; one of them may be put back, also over a power cut."""
    w = V16World(connectors=2).online()
    w.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    w.call("ChangeAvailability", {"connectorId": 2, "type": "Operative"})
    w.pass_time(2)
    assert [w.told(cid)[-1] for cid in range(3)] == ["Unavailable", "Unavailable", "Available"]
    again = w.reboot().online()
    assert [again.told(cid)[-1] for cid in range(3)] == ["Unavailable", "Unavailable", "Available"]
    again.charge(cid=2)
    again.pass_time(3)
    assert again.told(2)[-1] == "Charging" and again.told(0) == ["Unavailable"]
