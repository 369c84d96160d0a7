"""Messages that the CSMS does not take: attempts, pauses, archive, late answers (S 3.7.1)."""

import json

from v16_bench import Bench, Error


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


def test_callerrors_are_tried_again_after_multiples_of_the_interval():
    """JE 3.7, S 3.7.1/1, S 3.7.1/2, U 37."""
    b = failing()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(1000)
    first = b.times("StartTransaction")[0]
    assert b.times("StartTransaction") == [first, first + 60, first + 180]
    assert len(set(b.ids("StartTransaction"))) == 1  # JE 3.7


def test_one_attempt_means_no_second():
    """S 3.7.1/1."""
    b = failing(attempts=1)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(500)
    assert len(b.times("StartTransaction")) == 1


def test_interval_zero_tries_at_once():
    """S 3.7.1/2."""
    b = failing(interval=0)
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(3)
    assert len(b.times("StartTransaction")) == 3


def test_the_next_message_goes_out_after_the_last_attempt_with_id_minus_1():
    """S 3.7.1/3, E 3.18/1."""
    b = failing()
    b.csms.replies["StartTransaction"] = Error("InternalError")
    b.charge().run(20)
    b.stop().run(300)
    assert b.sent("StopTransaction")[0]["transactionId"] == -1
    assert b.actions()[-1] == "StopTransaction"


def test_what_is_given_up_is_in_the_archive():
    """S 3.7.1/3."""
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
    """S 3.7.1/3."""
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


def test_a_timeout_on_a_live_line_is_an_attempt():
    """S 3.7.1/4, E 3.83."""
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
    """S 3.7.1/4."""
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
    """S 3.7.1/4."""
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
    """E 3.18/2, U 2."""
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
    """E 3.18/2."""
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
    """J 4.1.1/3, U 23."""
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


def test_an_answer_without_id_is_a_failure():
    """E 3.18/1."""
    b = failing()
    b.csms.replies["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}}
    b.charge().run(100)
    assert len(b.sent("StartTransaction")) == 2
