"""Do CALLs and their answers find each other, in time, late or never (J 4.1, J errata)?"""

import json

import pytest

from ocppj.rpc import CALL, ERROR, IGNORED, INVALID, RESULT, Rpc
from ocppj.v16.schemas import BLOB

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
BOOTED = '{"status":"Accepted","currentTime":"2026-11-20T12:46:00Z","interval":300}'


@pytest.fixture
def rpc():
    return Rpc(BLOB, "17-a3f9", 30)


def test_a_call_is_answered_with_its_id(rpc):
    """J 4.1.4."""
    kind, message_id, action, payload, detail = rpc.receive('[2,"7","Reset",{"type":"Soft"}]', 0)
    assert (kind, message_id, action, payload) == (CALL, "7", "Reset", {"type": "Soft"})
    assert detail is None
    assert rpc.result(message_id, {"status": "Accepted"}) == '[3,"7",{"status":"Accepted"}]'
    assert rpc.result(message_id, {}) is None  # only once


def test_a_handler_may_answer_with_an_error(rpc):
    rpc.receive('[2,"7","Reset",{"type":"Soft"}]', 0)
    text = rpc.error("7", "InternalError", 'says "no"')
    assert json.loads(text) == [4, "7", "InternalError", 'says "no"', {}]
    assert rpc.error("7", "InternalError") is None
    rpc.receive('[2,"8","Reset",{"type":"Soft"}]', 0)
    assert len(json.loads(rpc.error("8", "InternalError", "x" * 5000))[3]) == 255


def test_a_text_that_cannot_be_built_leaves_everything_as_it_was(rpc):
    rpc.receive('[2,"7","ClearCache",{}]', 0)
    with pytest.raises(TypeError):
        rpc.result("7", {"x": object()})
    with pytest.raises(TypeError):
        rpc.call("Heartbeat", {"x": object()}, 0)
    assert rpc.pending is None
    assert rpc.error("7", "InternalError")


def test_an_id_is_echoed_as_it_came_whatever_it_contains(rpc):
    """J 4.1.4."""
    for message_id in ("", "é😀", 'a"b\\c\n', "x" * 36, "😀" * 36):
        event = rpc.receive(json.dumps([2, message_id, "ClearCache", {}]), 0)
        assert event[:2] == (CALL, message_id)
        assert json.loads(rpc.result(message_id, {}))[1] == message_id


def test_our_call_gets_its_answer(rpc):
    """J 4.2.2."""
    text = rpc.call("BootNotification", BOOT, 100)
    assert json.loads(text) == [2, "17-a3f9-1", "BootNotification", BOOT]
    assert rpc.pending == ("17-a3f9-1", "BootNotification")
    event = rpc.receive('[3,"17-a3f9-1",%s]' % BOOTED, 101)
    assert event == (RESULT, "17-a3f9-1", "BootNotification", json.loads(BOOTED), None)
    assert rpc.pending is None


def test_a_payload_may_be_json_text_already(rpc):
    assert rpc.call("Heartbeat", "{}", 0) == '[2,"17-a3f9-1","Heartbeat",{}]'


def test_one_call_at_a_time(rpc):
    """J 4.1.1/1."""
    rpc.call("Heartbeat", {}, 0)
    with pytest.raises(RuntimeError):
        rpc.call("Heartbeat", {}, 1)
    assert rpc.pending[0] == "17-a3f9-1"


def test_a_call_of_the_other_side_crosses_ours(rpc):
    """J 4.1.1/2."""
    rpc.call("Heartbeat", {}, 0)
    assert (
        rpc.receive('[2,"17-a3f9-1","ClearCache",{}]', 1)[0] == CALL
    )  # ids of each side are its own
    assert rpc.result("17-a3f9-1", {"status": "Accepted"})
    assert rpc.receive('[3,"17-a3f9-1",{"currentTime":"2026-11-20T12:46:00Z"}]', 2)[0] == RESULT


@pytest.mark.parametrize("now,over", [(129, False), (130, True), (131, True)])
def test_a_call_times_out(rpc, now, over):
    """J 4.1.1/3, E 3.83."""
    rpc.call("Heartbeat", {}, 100)
    assert rpc.timed_out(now) == (("17-a3f9-1", "Heartbeat") if over else None)
    assert rpc.timed_out(now + 1000) == (None if over else ("17-a3f9-1", "Heartbeat"))


def test_a_late_answer_is_ignored_but_can_be_read(rpc):
    """J 4.1.1/3."""
    rpc.call("StartTransaction", "{}", 0, "old")
    rpc.timed_out(30)
    rpc.call("Heartbeat", {}, 31)
    event = rpc.receive('[3,"old",{"transactionId":5,"idTagInfo":{"status":"Accepted"}}]', 32)
    assert event[:2] == (IGNORED, "old")
    assert event[3]["transactionId"] == 5
    assert rpc.pending == ("17-a3f9-1", "Heartbeat")
    assert rpc.receive('[4,"old","GenericError","",{}]', 33)[:2] == (IGNORED, "old")
    assert rpc.pending


def test_a_repeated_message_may_keep_its_id(rpc):
    """JE 3.7."""
    assert json.loads(rpc.call("Heartbeat", {}, 0, "again"))[1] == "again"
    rpc.timed_out(30)
    assert json.loads(rpc.call("Heartbeat", {}, 31, "again"))[1] == "again"
    assert rpc.receive('[3,"again",{"currentTime":"2026-11-20T12:46:00Z"}]', 32)[0] == RESULT


def test_a_lost_connection_ends_everything_that_waits(rpc):
    rpc.call("Heartbeat", {}, 0)
    rpc.receive('[2,"7","ClearCache",{}]', 0)
    assert rpc.reset() == ("17-a3f9-1", "Heartbeat")
    assert rpc.reset() is None
    assert rpc.result("7", {"status": "Accepted"}) is None  # it would reach another connection
    assert rpc.receive('[3,"17-a3f9-1",{}]', 1)[0] == IGNORED


def test_ids_never_come_twice_and_fit_36_characters():
    """JE 3.1."""
    rpc = Rpc(BLOB, "x" * 24)
    ids = {rpc.next_id() for _ in range(1000)}
    assert len(ids) == 1000
    rpc.count = 10**11 - 2
    assert len(rpc.next_id()) == 36


def test_an_error_answers_our_call(rpc):
    """JE 3.3."""
    rpc.call("Heartbeat", {}, 0)
    event = rpc.receive('[4,"17-a3f9-1","NotSupported","no",{"a":1}]', 1)
    assert event == (ERROR, "17-a3f9-1", "Heartbeat", {"a": 1}, ("NotSupported", "no"))
    assert rpc.pending is None


@pytest.mark.parametrize(
    "tail,code",
    [
        ('"X"]', "X"),
        ('"X",""]', "X"),
        ('"X","",null,1,2]', "X"),
        ("7,8,9]", "7"),
        ('"X",tru', "X"),
    ],
)
def test_a_sloppy_error_is_an_error_all_the_same(rpc, tail, code):
    """JE 3.3."""
    rpc.call("Heartbeat", {}, 0)
    event = rpc.receive('[4,"17-a3f9-1",' + tail, 1)
    assert event[0] == ERROR and event[4][0] == code


@pytest.mark.parametrize(
    "tail,payload,code",
    [
        (
            ',{"currentTime":"yesterday"}]',
            {"currentTime": "yesterday"},
            "PropertyConstraintViolation",
        ),
        (",null]", {}, "OccurenceConstraintViolation"),
        (",[]]", [], "FormationViolation"),
        ("]", None, "FormationViolation"),
        (
            ',{"currentTime":"2026-11-20T12:46:00Z"},1]',
            {"currentTime": "2026-11-20T12:46:00Z"},
            "FormationViolation",
        ),
        (',{"currentTime":', None, "FormationViolation"),
    ],
)
def test_an_answer_that_breaks_the_rules_ends_our_call(rpc, tail, payload, code):
    """J 4.2.2."""
    rpc.call("Heartbeat", {}, 0)
    event = rpc.receive('[3,"17-a3f9-1"' + tail, 1)
    assert event[:4] == (INVALID, "17-a3f9-1", "Heartbeat", payload)
    assert event[4][0] == code
    assert rpc.pending is None
