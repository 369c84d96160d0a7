"""What is done with a broken text: refused with the right CALLERROR, or ignored (J 4.2.3)?"""

import json
import random

import pytest

from ocppj.rpc import CALL, IGNORED, INVALID, REFUSED, Rpc
from ocppj.v16.schemas import BLOB


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
    """J 4.1.3: No type, no id, an unknown type (J 4.1.3), an answer that belongs to nothing."""
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
    """JE 5.2."""
    assert refused(rpc.receive(text, 0), "FormationViolation", "7")
    assert rpc.receive('[2,"7","ClearCache",{}]', 0)[0] == CALL  # and did no harm


def test_an_id_may_have_36_characters_not_37(rpc):
    """J 4.1.4."""
    assert rpc.receive(json.dumps([2, "x" * 36, "ClearCache", {}]), 0)[0] == CALL
    for long_id in ("x" * 37, "é" * 37, "x" * 500):
        refused(
            rpc.receive(json.dumps([2, long_id, "ClearCache", {}]), 0),
            "FormationViolation",
            long_id,
        )


def test_an_unknown_action_is_not_implemented(rpc):
    """J 4.2.3/1."""
    assert refused(rpc.receive('[2,"7","Fly",{}]', 0), "NotImplemented", "7")
    assert refused(rpc.receive('[2,"7","clearcache",{}]', 0), "NotImplemented", "7")
    assert refused(rpc.receive('[2,"7","%s",{}]' % ("x" * 5000), 0), "NotImplemented", "7")


def test_a_known_action_that_the_station_lacks_is_not_supported_whatever_its_payload():
    """J 4.2.3/1."""
    rpc = Rpc(BLOB, "p", supports=lambda action: action == "ClearCache")
    assert refused(rpc.receive('[2,"7","Reset",{"x":1}]', 0), "NotSupported", "7")
    assert refused(rpc.receive('[2,"7","Fly",{}]', 0), "NotImplemented", "7")
    assert rpc.receive('[2,"7","ClearCache",null]', 0)[:4] == (CALL, "7", "ClearCache", {})


def test_a_payload_that_breaks_its_schema_is_refused_with_code_and_place(rpc):
    """J 4.2.3/2."""

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
    """J 4.1.1/2."""
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
    """J 4.2.3/4."""
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
