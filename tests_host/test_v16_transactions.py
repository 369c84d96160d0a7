"""StartTransaction, StopTransaction, the queue and its retries: S 3.7, 4.8, 4.10, E 3.17, 3.18."""

import pytest

from v16_bench import Bench, Error


def offline_charge(b, seconds=100):
    """A charge by a known card that the CSMS hears of only later."""
    b.config.set("AllowOfflineTxForUnknownId", "true")
    b.charge().run(seconds)
    b.stop().run(1)
    return b


def test_a_charge_online():
    """S 3.7/1, S 4.8/1, S 4.10/2."""
    b = Bench(MeterValueSampleInterval=0).online().charge().run(100)
    b.stop().run(2)
    assert b.actions()[3:] == [
        "Authorize",
        "StatusNotification",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
        "StatusNotification",
    ]
    start, stop = b.sent("StartTransaction")[0], b.sent("StopTransaction")[0]
    assert start == {
        "connectorId": 1,
        "idTag": "A1",
        "meterStart": 1000,
        "timestamp": "2027-01-15T08:00:02Z",
    }
    assert stop == {
        "meterStop": 1100,
        "timestamp": "2027-01-15T08:01:42Z",
        "transactionId": 1,
        "reason": "Local",
        "idTag": "A1",
    }


def test_nothing_is_left_in_flash_after_a_charge():
    """U 7."""
    b = Bench(StopTxnSampledData="SoC", MeterValueSampleInterval=10).online().charge().run(100)
    b.stop().run(2)
    assert set(b.store.files) == {"cards", "ids"}


def test_samples_online_cost_no_flash():
    """U 7."""
    b = Bench(MeterValueSampleInterval=10, MeterValuesSampledData="SoC").online().charge()
    b.run(1)
    before = b.store.changes
    b.run(29)
    assert len(b.sent("MeterValues")) == 3 and b.store.changes == before


def test_records_are_small():
    """U 7."""
    b = Bench(MeterValueSampleInterval=10).online().charge("12345678901234567890").run(3)
    b.offline()
    b.run(40)
    b.stop(id_tag="12345678901234567890")
    sizes = {n: len(d) for n, d in b.store.files.items() if n[0] in "sm" and len(n) == 8}
    assert len(sizes) == 5 and max(sizes.values()) <= 128


@pytest.mark.parametrize(
    "reason",
    [
        "EmergencyStop",
        "EVDisconnected",
        "HardReset",
        "Other",
        "PowerLoss",
        "Reboot",
        "Remote",
        "SoftReset",
        "UnlockCommand",
        "DeAuthorized",
    ],
)
def test_the_reason_is_told_and_no_token_if_the_station_stops(reason):
    """S 4.10/1, S 4.10/2, U 37."""
    b = Bench().online().charge().run(5)
    b.stop(1, reason, None).run(1)
    stop = b.sent("StopTransaction")[0]
    assert stop["reason"] == reason and "idTag" not in stop


def test_a_charge_offline_comes_complete_in_order_and_with_its_times():
    """S 3.5.4/4."""
    b = Bench(MeterValueSampleInterval=30).online()
    b.offline()
    offline_charge(b)
    b.run(500)
    b.online(5)
    sent = [a for a in b.actions()[3:] if a not in ("StatusNotification", "Heartbeat")]
    assert sent == [
        "StartTransaction",
        "MeterValues",
        "MeterValues",
        "MeterValues",
        "StopTransaction",
    ]
    times = [p["meterValue"][0]["timestamp"][11:19] for p in b.sent("MeterValues")]
    assert times == ["08:00:32", "08:01:02", "08:01:32"]
    assert b.sent("StopTransaction")[0]["timestamp"] == "2027-01-15T08:01:42Z"


def test_the_id_of_the_start_is_in_everything_queued_behind_it():  # users' complaint 1, 2, 4
    """E 3.18/2, U 1, U 2, U 4."""
    b = Bench(MeterValueSampleInterval=30).online()
    b.csms.transactions = 41
    b.offline()
    offline_charge(b)
    offline_charge(b)
    b.online(5)
    ids = [p["transactionId"] for p in b.sent() if "transactionId" in p]
    assert ids == [42] * 4 + [43] * 4


def test_other_messages_need_not_wait_for_the_queue():
    """S 3.7/3."""
    b = Bench(MeterValueSampleInterval=0).online()
    b.offline()
    offline_charge(b)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.online(5)
    b.station.connector(1).session = None
    b.station.show(1, "Available")
    b.charge("B2", 1).run(5)
    assert b.sent("Authorize")[-1] == {"idTag": "B2"}
    assert len(b.sent("StartTransaction")) == 1


def test_transaction_ids_zero_and_negative_are_ids():
    """E 3.54."""
    for number in (0, -1, -7, 2**31 - 1):
        b = Bench().online()
        b.csms.replies["StartTransaction"] = {
            "transactionId": number,
            "idTagInfo": {"status": "Accepted"},
        }
        b.charge().run(3)
        b.stop().run(2)
        assert b.sent("StopTransaction")[0]["transactionId"] == number


def test_an_answer_with_extra_fields_is_an_answer():
    """JE 3.2."""
    b = Bench().online()
    b.csms.replies["StartTransaction"] = {
        "transactionId": 5,
        "idTagInfo": {"status": "Accepted", "who": "x"},
        "more": 1,
    }
    b.charge().run(100)
    assert len(b.sent("StartTransaction")) == 1
    assert b.station.connector(1).session.transaction_id == 5


def test_a_token_found_invalid_stops_the_transaction():
    """E 3.17/1."""
    b = Bench().online()
    b.csms.replies["StartTransaction"] = {"transactionId": 8, "idTagInfo": {"status": "Blocked"}}
    b.charge().run(3)
    stop = b.sent("StopTransaction")[0]
    assert (stop["reason"], stop["transactionId"]) == ("DeAuthorized", 8)


def test_the_same_rule_holds_for_a_start_told_later():
    """E 3.17/1."""
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    b.offline()
    b.charge().run(50)
    b.csms.idtag = {"status": "Invalid"}
    b.online(3)
    assert b.sent("StopTransaction")[0]["reason"] == "DeAuthorized"


def test_stop_on_invalid_id_false_only_suspends_the_energy():
    """E 3.17/2."""
    b = Bench(StopTransactionOnInvalidId=False, MaxEnergyOnInvalidId=500).online()
    b.csms.replies["StartTransaction"] = {"transactionId": 8, "idTagInfo": {"status": "Expired"}}
    b.charge().run(3)
    session = b.station.connector(1).session
    assert session.suspended and session.energy_cap_wh == 500
    assert not b.sent("StopTransaction")


def test_a_bad_verdict_on_a_charge_that_is_over_changes_nothing():
    """E 3.17/1."""
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    b.offline()
    offline_charge(b)
    b.csms.idtag = {"status": "Blocked"}
    b.online(5)
    assert len(b.sent("StopTransaction")) == 1


def test_parent_of_the_start_answer_reaches_the_session():
    b = Bench().online()
    b.csms.idtag = {"status": "Accepted", "parentIdTag": "FAMILY"}
    b.charge().run(2)
    assert b.station.connector(1).session.parent == "FAMILY"


def test_reservation_id_is_told_with_the_start():
    """S 4.8/2."""
    b = Bench().online()
    from station.session import Session

    c = b.station.connector(1)
    c.session = Session(1, "A1", "tag")
    c.session.reservation_id = 17
    b.station.begin(c)
    b.run(2)
    assert b.sent("StartTransaction")[0]["reservationId"] == 17
