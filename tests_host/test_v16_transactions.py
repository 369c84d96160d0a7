"""StartTransaction, StopTransaction, the queue and its retries: S 3.7, 4.8, 4.10, E 3.17, 3.18."""

import json

import pytest

from v16_bench import WALL, Bench, Error


def offline_charge(b, seconds=100):
    """A charge by a known card that the CSMS hears of only later."""
    b.config.set("AllowOfflineTxForUnknownId", "true")
    b.charge().run(seconds)
    b.stop().run(1)
    return b


def test_a_charge_online():
    b = Bench(MeterValueSampleInterval=0).online().charge().run(100)
    b.stop().run(2)
    assert b.actions()[3:] == [
        "Authorize",
        "StatusNotification",
        "StatusNotification",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
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
    b = Bench(StopTxnSampledData="SoC", MeterValueSampleInterval=10).online().charge().run(100)
    b.stop().run(2)
    assert set(b.store.files) == {"cards", "ids"}


def test_samples_online_cost_no_flash():
    b = Bench(MeterValueSampleInterval=10, MeterValuesSampledData="SoC").online().charge()
    b.run(1)
    before = b.store.changes
    b.run(29)
    assert len(b.sent("MeterValues")) == 3 and b.store.changes == before


def test_records_are_small():
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
def test_the_reason_is_told_and_no_token_if_the_station_stops(reason):  # S 4.10
    b = Bench().online().charge().run(5)
    b.stop(1, reason, None).run(1)
    stop = b.sent("StopTransaction")[0]
    assert stop["reason"] == reason and "idTag" not in stop


def test_a_charge_offline_comes_complete_in_order_and_with_its_times():  # S 3.7
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
    b = Bench(MeterValueSampleInterval=30).online()
    b.csms.transactions = 41
    b.offline()
    offline_charge(b)
    offline_charge(b)
    b.online(5)
    ids = [p["transactionId"] for p in b.sent() if "transactionId" in p]
    assert ids == [42] * 4 + [43] * 4


def test_other_messages_need_not_wait_for_the_queue():  # S 3.7
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


def test_transaction_ids_zero_and_negative_are_ids():  # E 3.54
    for number in (0, -1, -7, 2**31 - 1):
        b = Bench().online()
        b.csms.replies["StartTransaction"] = {
            "transactionId": number,
            "idTagInfo": {"status": "Accepted"},
        }
        b.charge().run(3)
        b.stop().run(2)
        assert b.sent("StopTransaction")[0]["transactionId"] == number


def failing(attempts=3, interval=60, **settings):
    b = Bench(
        TransactionMessageAttempts=attempts,
        TransactionMessageRetryInterval=interval,
        MeterValueSampleInterval=0,
        MessageTimeout=10,
        **settings,
    ).online()
    b.config.set("HeartbeatInterval", "0")
    return b


def test_callerrors_are_tried_again_after_multiples_of_the_interval():  # S 3.7.1
    b = failing()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(1000)
    first = b.times("StartTransaction")[0]
    assert b.times("StartTransaction") == [first, first + 60, first + 180]
    assert len(set(b.ids("StartTransaction"))) == 1  # JE 3.7


def test_one_attempt_means_no_second():
    b = failing(attempts=1)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(500)
    assert len(b.times("StartTransaction")) == 1


def test_interval_zero_tries_at_once():
    b = failing(interval=0)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(3)
    assert len(b.times("StartTransaction")) == 3


def test_the_next_message_goes_out_after_the_last_attempt_with_id_minus_1():  # E 3.18
    b = failing()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(20)
    b.stop().run(300)
    assert b.sent("StopTransaction")[0]["transactionId"] == -1
    assert b.actions()[-1] == "StopTransaction"


def test_what_is_given_up_is_in_the_archive():
    from ocppj import archive

    b = failing()
    for action in ("StartTransaction", "StopTransaction"):
        b.csms.replies[action] = Error("InternalError")
    b.charge().run(20)
    b.stop().run(1000)
    rows = archive.rows(b.store)
    assert [kind for _, kind, _ in rows] == ["s", "e"]
    assert rows[1][2][1:3] == ["A1", 1000]
    assert not [n for n in b.store.files if n[0] in "smd" and len(n) == 8]


def test_the_archive_is_bounded_and_says_what_it_drops():
    from ocppj import archive

    b = failing(attempts=1)
    for action in ("StartTransaction", "StopTransaction"):
        b.csms.replies[action] = Error("InternalError")
    for _ in range(12):
        b.charge().run(3)
        b.stop().run(3)
    rows = archive.rows(b.store)
    assert len(rows) == archive.MOST
    assert sum("archive full" in line for line in b.log.lines) == 24 - archive.MOST


def test_a_timeout_on_a_live_line_is_an_attempt():  # S 3.7.1
    b = failing()
    b.csms.silent = ("StartTransaction",)
    b.charge()
    for _ in range(400):
        b.run(1)
        if b.csms.pending and b.cp.probe:
            b.csms.pending = []
            b.cp.probe = False
            b.cp.alive(b.clock.now)  # a pong
    first = b.times("StartTransaction")[0]
    # 10 s time-out, then the interval times the attempts so far.
    assert b.times("StartTransaction") == [first, first + 70, first + 70 + 130]


def test_a_timeout_on_a_dead_line_is_no_attempt():
    b = failing()
    b.csms.silent = ("StartTransaction",)
    b.charge().run(12)
    assert b.cp.probe
    b.run(20)
    b.offline()  # the ping found out
    for _ in range(5):
        b.run(100)
        b.online(5)
        b.offline()
    b.csms.silent = ()
    b.online(3)
    assert len(b.times("StartTransaction")) == 7
    assert len(set(b.ids("StartTransaction"))) == 1
    assert b.station.connector(1).session.transaction_id == 1


def test_time_offline_does_not_count_and_is_not_waited():
    b = failing()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(70)
    b.offline()
    b.run(30)
    b.online(20)
    assert len(b.times("StartTransaction")) == 2
    b.run(100)
    assert len(b.times("StartTransaction")) == 3


def test_a_late_answer_to_the_start_is_used():  # E 3.18: -1 only when none ever came
    b = failing()
    b.csms.silent = ("StartTransaction",)
    b.charge().run(12)
    message = b.csms.pending.pop()
    b.cp.alive(b.clock.now)
    b.run(20)
    b.cp.receive(b.csms.answer(message), b.clock.now)
    b.run(2)
    assert b.station.connector(1).session.transaction_id == 1
    b.stop().run(100)
    assert b.sent("StopTransaction")[0]["transactionId"] == 1
    assert len(b.times("StartTransaction")) == 1


def test_a_late_answer_after_the_last_attempt_is_used_too():
    b = failing(attempts=1)
    b.csms.silent = ("StartTransaction",)
    b.charge().run(12)
    message = b.csms.pending.pop()
    b.cp.alive(b.clock.now)
    b.run(200)
    b.cp.receive(b.csms.answer(message), b.clock.now)
    assert not [n for n in b.store.files if n[0] == "a"]
    b.csms.silent = ()
    b.stop().run(5)
    assert b.sent("StopTransaction")[0]["transactionId"] == 1


def test_duplicate_answers_are_harmless():
    b = Bench().online()
    b.charge().run(3)
    again = json.dumps(
        [
            3,
            b.ids("StartTransaction")[0],
            {"transactionId": 99, "idTagInfo": {"status": "Blocked"}},
        ]
    )
    b.cp.receive(again, b.clock.now)
    assert b.station.connector(1).session.transaction_id == 1
    b.stop().run(2)
    b.cp.receive(again, b.clock.now)
    b.cp.receive(json.dumps([3, b.ids("StopTransaction")[0], {}]), b.clock.now)
    b.run(5)
    assert len(b.sent("StopTransaction")) == 1
    assert b.sent("StopTransaction")[0]["transactionId"] == 1


def test_an_answer_with_extra_fields_is_an_answer():
    b = Bench().online()
    b.csms.replies["StartTransaction"] = {
        "transactionId": 5,
        "idTagInfo": {"status": "Accepted", "who": "x"},
        "more": 1,
    }
    b.charge().run(100)
    assert len(b.sent("StartTransaction")) == 1
    assert b.station.connector(1).session.transaction_id == 5


def test_an_answer_without_id_is_a_failure():
    b = failing()
    b.csms.replies["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}}
    b.charge().run(100)
    assert len(b.sent("StartTransaction")) == 2


def test_a_token_found_invalid_stops_the_transaction():  # E 3.17
    b = Bench().online()
    b.csms.replies["StartTransaction"] = {"transactionId": 8, "idTagInfo": {"status": "Blocked"}}
    b.charge().run(3)
    stop = b.sent("StopTransaction")[0]
    assert (stop["reason"], stop["transactionId"]) == ("DeAuthorized", 8)


def test_the_same_rule_holds_for_a_start_told_later():  # E 3.17
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    b.offline()
    b.charge().run(50)
    b.csms.idtag = {"status": "Invalid"}
    b.online(3)
    assert b.sent("StopTransaction")[0]["reason"] == "DeAuthorized"


def test_stop_on_invalid_id_false_only_suspends_the_energy():  # 9.1.24, 9.1.14
    b = Bench(StopTransactionOnInvalidId=False, MaxEnergyOnInvalidId=500).online()
    b.csms.replies["StartTransaction"] = {"transactionId": 8, "idTagInfo": {"status": "Expired"}}
    b.charge().run(3)
    session = b.station.connector(1).session
    assert session.suspended and session.energy_cap_wh == 500
    assert not b.sent("StopTransaction")


def test_a_bad_verdict_on_a_charge_that_is_over_changes_nothing():
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


def test_reservation_id_is_told_with_the_start():  # S 4.8
    b = Bench().online()
    from station.session import Session

    c = b.station.connector(1)
    c.session = Session(1, "A1", "tag")
    c.session.reservation_id = 17
    b.station.begin(c)
    b.run(2)
    assert b.sent("StartTransaction")[0]["reservationId"] == 17


def test_unknown_time_is_back_dated_when_the_clock_becomes_known():  # E 3.11: never 1970 or 2000
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=30).start()
    b.run(100)
    offline_charge(b)
    b.run(100)
    assert b.clock.wall() is None
    b.online(5)
    assert b.sent("StartTransaction")[0]["timestamp"] == _iso(WALL + 100)
    assert b.sent("MeterValues")[0]["meterValue"][0]["timestamp"] == _iso(WALL + 130)
    assert b.sent("StopTransaction")[0]["timestamp"] == _iso(WALL + 200)


def test_the_time_found_out_is_kept_in_flash():
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=30).start()
    b.run(100)
    offline_charge(b)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.online(20)
    b.offline()
    b = b.reboot().online(100)
    assert b.sent("StartTransaction")[-1]["timestamp"] == _iso(WALL + 100)
    assert b.sent("MeterValues")[0]["meterValue"][0]["timestamp"] == _iso(WALL + 130)
    assert b.sent("StopTransaction")[0]["timestamp"] == _iso(WALL + 200)


def test_unknown_time_survives_a_reboot_and_keeps_its_order():
    b = Bench(AllowOfflineTxForUnknownId=True, MeterValueSampleInterval=30).start()
    b.run(100)
    offline_charge(b)
    b = b.reboot().start()
    b.run(50)
    offline_charge(b, 40)
    b.online(5)
    stamps = [p["timestamp"] for p in b.sent() if "meterStart" in p or "meterStop" in p]
    assert stamps == sorted(stamps) and len(set(stamps)) == 4
    assert stamps[0] >= _iso(WALL) and stamps[3] == _iso(b.real + 90)


def test_journal_full_refuses_new_charges_but_keeps_the_running_one():
    b = Bench().online()
    b.charge().run(5)
    b.store.free_bytes = 4000
    b.run(60)
    assert b.cp.journal_full
    b.stop().run(2)
    assert b.sent("StopTransaction")
    b.store.free_bytes = 400_000
    b.run(60)
    assert not b.cp.journal_full


def test_full_flash_drops_samples_before_starts_and_stops():
    b = Bench(MeterValueSampleInterval=100).online().charge().run(3)
    b.store.free_bytes = 4000
    b.run(57)
    b.offline()
    b.run(100)
    b.stop()
    b.store.free_bytes = None
    b.online(3)
    assert not b.sent("MeterValues") and b.sent("StopTransaction")[0]["meterStop"] == 1160


def test_flash_that_refuses_a_start_stops_the_charge():
    b = Bench().online()
    b.store.refuse = True
    b.charge().run(3)
    assert b.station.connector(1).session is None
    assert not b.sent("StartTransaction")


def test_flash_that_refuses_a_stop_is_tried_again():
    b = Bench(MeterValueSampleInterval=0).online().charge().run(3)
    b.store.refuse = True
    b.stop().run(5)
    b.store.refuse = False
    b.run(5)
    assert len(b.sent("StopTransaction")) == 1


def test_a_damaged_record_is_set_aside_and_the_rest_delivered():
    b = Bench(MeterValueSampleInterval=30).online()
    b.offline()
    offline_charge(b)
    name = [n for n in sorted(b.store.files) if n[0] == "m"][0]
    b.store.files[name] = b.store.files[name][:-1] + b"\0"
    b = b.reboot().online(5)
    assert len(b.sent("MeterValues")) == 2 and len(b.sent("StopTransaction")) == 1
    assert [n for n in b.store.files if n[0] == "a"]


def _iso(epoch):
    from ocppj.datetime import iso

    return iso(epoch)
