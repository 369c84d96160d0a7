"""BootNotification, registration, Heartbeat and the clock: S 4.2, 4.6, J 5.3, 5.4, E 3.22."""

import json

from v16_bench import WALL, Bench, Error


def boot(status, interval, **settings):
    b = Bench(**settings).start()
    b.csms.boot = {"status": status, "interval": interval}
    return b.online()


def test_accepted_then_the_status_of_0_and_all_before_anything_else():
    """E 3.22."""
    b = Bench(connectors=2).online()
    assert b.actions() == ["BootNotification"] + ["StatusNotification"] * 3
    assert [p["connectorId"] for p in b.sent("StatusNotification")] == [0, 1, 2]


def test_interval_becomes_the_heartbeat_interval():
    """S 4.2/2."""
    b = boot("Accepted", 77)
    assert b.config.get("HeartbeatInterval") == 77
    b.run(160)
    assert len(b.sent("Heartbeat")) == 2


def test_interval_zero_keeps_the_own_heartbeat_interval():
    """S 4.2/2."""
    assert boot("Accepted", 0).config.get("HeartbeatInterval") == 300


def test_nothing_but_boot_until_it_is_answered():
    """S 4.2/1."""
    b = Bench(AllowOfflineTxForUnknownId=True).start()
    b.csms.silent = True
    b.online().charge().run(20)
    b.stop().run(5)
    assert b.actions() == ["BootNotification"]


def test_no_answer_to_boot_is_tried_again_after_a_pause():
    """S 4.2/3."""
    b = Bench(MessageTimeout=30).start()
    b.csms.silent = True
    b.online()
    b.run(30)
    b.cp.alive(b.clock.now)  # the line lives: a pong came
    b.csms.pending = []
    b.run(100)
    assert b.actions() == ["BootNotification"] * 2
    assert b.times("BootNotification")[1] >= 30 + 60


def test_callerror_to_boot_is_tried_again_after_a_pause():
    """S 4.2/3."""
    b = Bench().start()
    b.csms.replies["BootNotification"] = Error("InternalError")
    b.online().run(117)
    assert b.times("BootNotification") == [0, 60]


def test_pending_waits_the_interval_and_sends_nothing_else():
    """S 4.2/3, U 28."""
    b = boot("Pending", 40, AllowOfflineTxForUnknownId=True)
    b.charge().run(37)
    assert b.actions() == ["BootNotification"]
    b.csms.boot = {"status": "Accepted", "interval": 300}
    b.run(3)
    assert b.times("BootNotification") == [0, 40]
    assert b.actions()[2:] == ["StatusNotification"] * 2 + ["StartTransaction"]


def test_pending_sets_the_clock_and_answers_calls():
    """S 4.2/5."""
    b = boot("Pending", 40)
    assert b.clock.wall() == WALL + 2
    assert "configurationKey" in b.call("GetConfiguration")
    answer = b.call("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "5"})
    assert answer == {"status": "Accepted"}


def test_pending_refuses_remote_start_and_stop():
    """S 4.2/6."""
    b = boot("Pending", 40)
    assert b.call("RemoteStartTransaction", {"idTag": "A"}) == {"status": "Rejected"}
    assert b.call("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Rejected"}


def test_pending_sends_what_is_triggered():
    """S 4.2/5."""
    b = boot("Pending", 400)
    for message in ("StatusNotification", "Heartbeat", "BootNotification", "MeterValues"):
        assert b.call("TriggerMessage", {"requestedMessage": message}) == {"status": "Accepted"}
    assert b.actions()[1:] == [
        "StatusNotification",
        "StatusNotification",
        "Heartbeat",
        "BootNotification",
        "MeterValues",
    ]


def test_before_the_first_answer_only_boot_can_be_triggered():
    """S 4.2/1."""
    b = Bench().start()
    b.csms.replies["BootNotification"] = Error("InternalError")
    b.online()
    answer = b.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
    assert answer == {"status": "Rejected"}
    answer = b.call("TriggerMessage", {"requestedMessage": "BootNotification"})
    assert answer == {"status": "Accepted"}
    assert b.times("BootNotification") == [0, 2]


def test_rejected_is_silent_until_the_interval_is_over():  # S 4.2: no answers either
    """S 4.2/4, E 3.68."""
    b = boot("Rejected", 50)
    assert b.call("GetConfiguration") is None
    b.cp.receive('[2,"x","NoSuchThing",{}]', b.clock.now)
    b.run(47)
    assert b.actions() == ["BootNotification"] and not b.csms.answers
    b.run(2)
    assert b.times("BootNotification") == [0, 50]


def test_interval_zero_of_pending_and_rejected_means_an_own_choice():  # S 4.2: no flood
    """S 4.2/3."""
    for status in ("Pending", "Rejected"):
        b = boot(status, 0)
        b.run(117)
        assert b.times("BootNotification") == [0, 60]


def test_interval_counts_over_a_reconnect():
    """S 4.2/3."""
    b = boot("Rejected", 50)
    b.offline()
    b.run(10)
    b.online(30)
    assert b.times("BootNotification") == [0]
    b.run(20)
    assert b.times("BootNotification") == [0, 50]


def test_no_boot_on_a_mere_reconnect():
    """J 5.4."""
    b = Bench().online()
    b.offline()
    b.run(30)
    b.online(5)
    assert b.actions().count("BootNotification") == 1


def test_connection_lost_before_the_answer_boots_again():
    """S 4.2/3."""
    b = Bench().start()
    b.csms.silent = True
    b.online()
    b.offline()
    b.csms.silent = ()
    b.online()
    assert b.actions()[:3] == ["BootNotification", "BootNotification", "StatusNotification"]


def test_heartbeat_only_after_inactivity():
    """J 5.3."""
    b = Bench().online()
    b.config.set("HeartbeatInterval", "100")
    for _ in range(5):
        b.run(60)
        b.call("GetConfiguration", {"key": ["HeartbeatInterval"]})
    assert not b.sent("Heartbeat")
    b.run(101)
    assert len(b.sent("Heartbeat")) == 1


def test_one_heartbeat_a_day_for_the_time():
    """J 5.3."""
    b = Bench(MeterValueSampleInterval=60, MeterValuesSampledData="SoC").online()
    b.config.set("HeartbeatInterval", "7200")
    b.charge().run(90_000)
    assert len(b.sent("Heartbeat")) == 1
    assert 86_395 <= b.times("Heartbeat")[0] <= 86_405


def test_heartbeat_interval_zero_leaves_the_daily_one():
    """J 5.3."""
    b = Bench().online()
    b.config.set("HeartbeatInterval", "0")
    b.run(1000)
    assert not b.sent("Heartbeat")


def test_the_clock_follows_boot_and_heartbeat():
    """S 4.2/2, S 4.6."""
    b = Bench().online()
    assert b.clock.wall() == WALL + 2
    b.real += 100
    b.run(400)
    assert b.clock.wall() == WALL + 100 + b.clock.now


def test_times_with_fractions_offsets_and_without_zone():
    """S 4.6, E 3.10."""
    for text, wall in (
        ("2027-01-15T08:00:00.123Z", WALL),
        ("2027-01-15T10:30:00+02:30", WALL),
        ("2027-01-15T08:00:00", WALL),
    ):
        b = Bench().start()
        b.csms.replies["BootNotification"] = {
            "status": "Accepted",
            "interval": 10,
            "currentTime": text,
        }
        b.online(1)
        assert b.cp.registration == "Accepted", text
        assert b.clock.wall() == wall + 1


def test_a_boot_answer_without_sense_is_no_registration():
    """S 4.2/3."""
    for payload in (
        {},
        {"status": "Accepted"},
        {"status": "Maybe", "interval": 1, "currentTime": "x"},
        {"status": "Accepted", "interval": 10, "currentTime": "soon"},
    ):
        b = Bench().start()
        b.csms.replies["BootNotification"] = payload
        b.online().run(70)
        assert b.cp.registration == "Unknown"
        assert b.actions() == ["BootNotification"] * 2, payload


def test_extra_fields_in_the_boot_answer_are_tolerated():
    """JE 3.2."""
    b = Bench().start()
    b.csms.replies["BootNotification"] = {
        "status": "Accepted",
        "interval": 10,
        "currentTime": b.iso(),
        "heartbeatInterval": 9,
    }
    b.online()
    assert b.cp.registration == "Accepted"


def test_message_ids_are_unique_over_boots():
    """JE 3.1."""
    seen = set()
    b = Bench()
    for _ in range(5):
        b.online().charge().run(3)
        b.stop().run(2)
        ids = [i for t, _, _, i in b.csms.calls if t >= 0]
        assert not seen & set(ids)
        seen |= set(ids)
        b = b.reboot()


def test_one_call_at_a_time():  # J 4.1.1; the bench asserts it at every call
    """J 4.1.1/1, U 23."""
    b = Bench().online()
    b.csms.silent = True
    b.station.tag(1, "A1")
    b.station.show(1, "Faulted", "OtherError")
    b.run(10)
    assert len(b.csms.pending) == 1
    b.csms.silent = ()
    message = b.csms.pending.pop()
    b.cp.receive(b.csms.answer(message), b.clock.now)
    b.run(1)
    assert b.actions()[-1] != message[2]


def test_a_late_answer_changes_nothing_and_is_no_second_boot():
    """J 4.1.1/3."""
    b = Bench().online()
    before = len(b.csms.calls)
    late = json.dumps([3, b.ids("BootNotification")[0], {"status": "Rejected"}])
    b.cp.receive(late, b.clock.now)
    b.run(5)
    assert b.cp.registration == "Accepted" and len(b.csms.calls) == before


def test_texts_that_are_no_message_are_survived():
    """J 4.1.3."""
    b = Bench().online()
    for text in ("", "[", "[]", "{}", "null", "[9]", '[2,1,"Reset",{}]', '[3,"x"]', "\x00", "[2"):
        b.cp.receive(text, b.clock.now)
    b.run(2)
    assert b.call("ClearCache") == {"status": "Accepted"}


def test_an_oversize_call_gets_a_callerror():
    """J 4.2.3/4, U 22."""
    b = Bench().online()
    b.cp.oversize(b'[2,"big","DataTransfer",{"vendorId":"x","data":"aaaa', 20000, b.clock.now)
    b.pump()
    assert b.csms.answers[-1][0] == "big" and isinstance(b.csms.answers[-1][1], tuple)
