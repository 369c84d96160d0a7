"""Does the RPC layer give every text its meaning: answered, refused or ignored (J 4, J errata)?"""

import json
import random

import pytest

from ocppj.rpc import CALL, ERROR, IGNORED, INVALID, REFUSED, RESULT, Rpc
from ocppj.v16.schemas import BLOB

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
BOOTED = '{"status":"Accepted","currentTime":"2026-11-20T12:46:00Z","interval":300}'


@pytest.fixture
def rpc():
    return Rpc(BLOB, "17-a3f9", 30)


def refused(event, code: str, message_id: str) -> str:
    """The description of the CALLERROR that the event wants sent; checks its five elements."""
    assert event[0] == REFUSED
    kind, found_id, found_code, description, details = json.loads(event[4])
    assert (kind, found_id, found_code, details) == (4, message_id, code, {})
    assert event[1] == message_id
    return description


def test_a_call_is_answered_with_its_id(rpc):
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


def test_an_id_is_echoed_as_it_came_whatever_it_contains(rpc):
    for message_id in ("", "é😀", 'a"b\\c\n', "x" * 36, "😀" * 36):
        event = rpc.receive(json.dumps([2, message_id, "ClearCache", {}]), 0)
        assert event[:2] == (CALL, message_id)
        assert json.loads(rpc.result(message_id, {}))[1] == message_id


def test_our_call_gets_its_answer(rpc):
    text = rpc.call("BootNotification", BOOT, 100)
    assert json.loads(text) == [2, "17-a3f9-1", "BootNotification", BOOT]
    assert rpc.pending == ("17-a3f9-1", "BootNotification")
    event = rpc.receive('[3,"17-a3f9-1",%s]' % BOOTED, 101)
    assert event == (RESULT, "17-a3f9-1", "BootNotification", json.loads(BOOTED), None)
    assert rpc.pending is None


def test_a_payload_may_be_json_text_already(rpc):
    assert rpc.call("Heartbeat", "{}", 0) == '[2,"17-a3f9-1","Heartbeat",{}]'


def test_one_call_at_a_time(rpc):
    rpc.call("Heartbeat", {}, 0)
    with pytest.raises(RuntimeError):
        rpc.call("Heartbeat", {}, 1)
    assert rpc.pending[0] == "17-a3f9-1"


def test_a_call_of_the_other_side_crosses_ours(rpc):
    rpc.call("Heartbeat", {}, 0)
    assert (
        rpc.receive('[2,"17-a3f9-1","ClearCache",{}]', 1)[0] == CALL
    )  # ids of each side are its own
    assert rpc.result("17-a3f9-1", {"status": "Accepted"})
    assert rpc.receive('[3,"17-a3f9-1",{"currentTime":"2026-11-20T12:46:00Z"}]', 2)[0] == RESULT


@pytest.mark.parametrize("now,over", [(129, False), (130, True), (131, True)])
def test_a_call_times_out(rpc, now, over):
    rpc.call("Heartbeat", {}, 100)
    assert rpc.timed_out(now) == (("17-a3f9-1", "Heartbeat") if over else None)
    assert rpc.timed_out(now + 1000) == (None if over else ("17-a3f9-1", "Heartbeat"))


def test_a_late_answer_is_ignored_but_can_be_read(rpc):
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
    rpc = Rpc(BLOB, "x" * 24)
    ids = {rpc.next_id() for _ in range(1000)}
    assert len(ids) == 1000
    rpc.count = 10**11 - 2
    assert len(rpc.next_id()) == 36


def test_an_error_answers_our_call(rpc):
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
    rpc.call("Heartbeat", {}, 0)
    event = rpc.receive('[3,"17-a3f9-1"' + tail, 1)
    assert event[:4] == (INVALID, "17-a3f9-1", "Heartbeat", payload)
    assert event[4][0] == code
    assert rpc.pending is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "{}",
        "null",
        '"text"',
        "7",
        "[",
        "[]",
        "[2",
        "[2]",
        "[2,",
        "[2,]",
        '[2,"unended',
        '{"2":"x"}',
        '[2,7,"Heartbeat",{}]',
        '[2,null,"Heartbeat",{}]',
        '[2,["a"],"Heartbeat",{}]',
        '[2,{},"Heartbeat",{}]',
        '[0,"a","Heartbeat",{}]',
        '[1,"a","Heartbeat",{}]',
        '[5,"a","Heartbeat",{}]',
        '[-2,"a","Heartbeat",{}]',
        '["2","a","Heartbeat",{}]',
        '[2.0,"a","Heartbeat",{}]',
        '[true,"a","Heartbeat",{}]',
        '[[2],"a","Heartbeat",{}]',
        "[3]",
        "[4]",
        '[3,"unknown",{}]',
        '[4,"unknown","GenericError","",{}]',
        '[3,"a"',
        '[4,"a","b"',
        '[2,"\\ud83d","Heartbeat",{}]',
        '[2 "a" "Heartbeat" {}]',
    ],
)
def test_what_nobody_can_be_answered_is_ignored_with_a_reason(rpc, text):
    """No type, no id, an unknown type (J 4.1.3), an answer that belongs to nothing."""
    rpc.call("Heartbeat", {}, 0)
    event = rpc.receive(text, 1)
    assert event[0] == IGNORED
    assert event[4]
    assert rpc.pending


@pytest.mark.parametrize(
    "text",
    [
        '[2,"7"]',
        '[2,"7","ClearCache"]',
        '[2,"7","ClearCache",{},{}]',
        '[2,"7",5,{}]',
        '[2,"7",null,{}]',
        '[2,"7","ClearCache",[]]',
        '[2,"7","ClearCache","{}"]',
        '[2,"7","ClearCache",5]',
        '[2,"7","ClearCache",{"a":1}]',
        '[2,"7","ClearCache",{]',
        '[2,"7","ClearCache",{}',
        '[2,"7","ClearCache",{}]]',
        '[2,"7","ClearCache",{}}',
        '[2,"7","ClearCache",{},]',
        '[2,"7","Clear',
        '[2,"7",',
        '[2,"7"x',
        '[2,"7","ClearCache",{"a":NaN}]',
        '[2,"7","ClearCache",{}] [',
        '[2,"7","Nothing",{"a":}]',
        '[2,"7","ClearCache",{"a":' + "[" * 9000,
    ],
)
def test_a_broken_call_with_an_id_is_refused_as_formation_violation(rpc, text):
    assert refused(rpc.receive(text, 0), "FormationViolation", "7")
    assert rpc.receive('[2,"7","ClearCache",{}]', 0)[0] == CALL  # and did no harm


def test_an_id_may_have_36_characters_not_37(rpc):
    assert rpc.receive(json.dumps([2, "x" * 36, "ClearCache", {}]), 0)[0] == CALL
    for long_id in ("x" * 37, "é" * 37, "x" * 500):
        refused(
            rpc.receive(json.dumps([2, long_id, "ClearCache", {}]), 0),
            "FormationViolation",
            long_id,
        )


def test_an_unknown_action_is_not_implemented(rpc):
    assert refused(rpc.receive('[2,"7","Fly",{}]', 0), "NotImplemented", "7")
    assert refused(rpc.receive('[2,"7","clearcache",{}]', 0), "NotImplemented", "7")
    assert refused(rpc.receive('[2,"7","%s",{}]' % ("x" * 5000), 0), "NotImplemented", "7")


def test_a_known_action_that_the_station_lacks_is_not_supported_whatever_its_payload():
    rpc = Rpc(BLOB, "p", supports=lambda action: action == "ClearCache")
    assert refused(rpc.receive('[2,"7","Reset",{"x":1}]', 0), "NotSupported", "7")
    assert refused(rpc.receive('[2,"7","Fly",{}]', 0), "NotImplemented", "7")
    assert rpc.receive('[2,"7","ClearCache",null]', 0)[:4] == (CALL, "7", "ClearCache", {})


def test_a_payload_that_breaks_its_schema_is_refused_with_code_and_place(rpc):
    def answer(payload):
        return rpc.receive('[2,"7","Reset",%s]' % payload, 0)

    assert refused(answer('{"type":1}'), "TypeConstraintViolation", "7").startswith("type: ")
    assert refused(answer('{"type":"x"}'), "PropertyConstraintViolation", "7")
    assert refused(answer("{}"), "OccurenceConstraintViolation", "7")
    assert refused(answer('{"type":"Soft","x":1}'), "FormationViolation", "7")


def test_an_id_that_is_being_handled_is_refused_and_the_first_call_goes_on(rpc):
    """J 4.2.3, situation 2."""
    rpc.receive('[2,"7","ClearCache",{}]', 0)
    assert refused(rpc.receive('[2,"7","ClearCache",{}]', 0), "GenericError", "7")
    assert rpc.result("7", {"status": "Accepted"})


def test_a_server_that_does_not_wait_is_served_within_bounds(rpc):
    for number in range(20):
        assert rpc.receive('[2,"%d","ClearCache",{}]' % number, 0)[0] == CALL
    assert len(rpc.serving) == 4
    assert rpc.result("19", {}) and rpc.result("16", {}) and rpc.result("15", {}) is None


@pytest.mark.parametrize(
    "head,kind",
    [
        ('[2,"7","DataTransfer",{"vendorId":"x","data":"', REFUSED),
        ('[2,"7","DataTr', REFUSED),
        ('[2,"7",', REFUSED),
        ('[2 , "7"', REFUSED),
        ('[2,"7', IGNORED),
        ("[2,7,", IGNORED),
        ('[3,"17-a3f9-1",{"a":"', INVALID),
        ('[4,"17-a3f9-1","GenericErr', INVALID),
        ('[3,"x",{', IGNORED),
        ("", IGNORED),
    ],
)
def test_of_a_message_that_is_too_long_the_beginning_is_enough(rpc, head, kind):
    rpc.call("Heartbeat", {}, 0)
    event = rpc.oversize(
        (head + "x" * 128)[:128].encode() if head[-1:] == '"' else head.encode(), 50_000, 1
    )
    assert event[0] == kind
    if kind == REFUSED:
        assert "50000" in refused(event, "GenericError", "7")
    assert (rpc.pending is None) == (kind == INVALID)


def test_random_bytes_and_damaged_messages_never_raise(rpc):
    rng = random.Random(6)
    whole = (
        '[2,"7","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"stackLevel":0.5}}]'
    )
    for _ in range(3000):
        text = bytearray(whole, "utf8")
        for _ in range(rng.randrange(1, 5)):
            text[rng.randrange(len(text))] = rng.choice(
                (rng.randrange(256), 34, 44, 91, 93, 123, 125)
            )
        for data in (bytes(text), rng.randbytes(rng.randrange(40))):
            event = rpc.receive(data, 0)
            assert event[0] in (IGNORED, REFUSED, CALL) and len(event) == 5
            if event[0] == REFUSED:
                json.loads(event[4])
            if event[0] == CALL:
                rpc.result(event[1], {})
