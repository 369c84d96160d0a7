"""Is a text read as JSON exactly when it is JSON, and can a hostile one do harm?"""

import json
import math
import random
import time

import pytest

from ocppj import schema
from ocppj.schema import ANY, Reader
from ocppj.v16.schemas import BLOB


def read(text):
    """The value of a JSON text, read without a schema; ValueError or IndexError if it is none."""
    reader = Reader(BLOB, text)
    value = reader.read(ANY, 0)
    reader.end()
    return value


def refuse(token):
    raise ValueError(token)


def unique(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def agree(text: str):
    """CPython's json and ours both take the text, with the same value, or both refuse it."""
    try:
        expected = json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except ValueError:
        with pytest.raises((ValueError, IndexError)):
            read(text)
    else:
        assert read(text) == expected
        assert type(read(text)) is type(expected)


GOOD = """[]|{}|[1,2]|{"a":1}|{"a":{"b":[]}}| [ 1 , { "x" : null } ] |"text"|true|false|null|0|-0
-0.0|1.5|1E5|1e+05|2.5e-3|[[[[[[[1]]]]]]]
"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\\\\""|"é😀"|""|{"":""}|"\\\\"|["\\\\",""]
"\\\\\\""|{"a b":"}]"}"""
BAD = """|[|]|{|}|[1|[1,|[1,]|[,1]|[1 2]|{"a"}|{"a":}|{"a":1,}|{"a" 1}|{a:1}|{'a':1}|{1:2}|[01]
[-]|[-01]|[+1]|[.5]|[1.]|[1.e5]|[1e]|[1e+]|[1.5.2]|[1e5e5]|[0x10]|[1_0]|NaN|[Infinity]
[-Infinity]|nul|nulls|True|tru|[true false]|"|"a|"\\"|"\\x"|"\\u12"|"\\u12G4"|"\\u+123"
"\\u 123"|"\\ud83d\\u12|[]x|{}{}|[1]]|// c|[1/*c*/]|[1]\x00|\x00[1]|["a\tb"]|["a\nb"]
["\x1f"]|[1\x0b]|\ufeff[1]|[1;2]|{"a":1;"b":2}|[1:2]|{"a",1}|[--1]|[1-]|\xa0[]"""


@pytest.mark.parametrize("text", GOOD.replace("\n", "|").split("|"))
def test_json_is_read(text):
    assert json.loads(text, parse_constant=refuse) == read(text)
    agree(text)


@pytest.mark.parametrize("text", BAD.replace("\n", "|").split("|"))
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError):
        json.loads(text, parse_constant=refuse)
    agree(text)


def test_random_damage_to_a_message_is_judged_as_by_cpython():
    rng = random.Random(3)
    whole = json.dumps([2, "id", "Act", {"a": [1.5, -2, True, None], "b\n": 'é"\\', "c": {}}])
    alphabet = '[]{}",:\\ue0123456789.-+ \n\ttrufalsn/\x01'
    for _ in range(5000):
        text = list(whole)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(text))
            text[at : at + rng.randrange(3)] = rng.choice(alphabet) * rng.randrange(2)
        text = "".join(text)
        if "\\ud" not in text:  # half surrogate pairs: stricter than CPython, tested below
            agree(text)


@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\ude00"', '"\\ud83dx"', '"\\ud83d\\u0041"'])
def test_half_a_surrogate_pair_is_no_text(text):
    with pytest.raises(ValueError):
        read(text)


@pytest.mark.parametrize("text", [b'"\xff"', b'["\xc3"]', b'{"\xe2\x82":1}'])
def test_bytes_that_are_no_utf8_are_refused(text):
    with pytest.raises(ValueError):
        read(text)


def test_a_key_that_comes_twice_is_refused_with_and_without_schema():
    with pytest.raises(ValueError):
        read('{"a":1,"b":2,"\\u0061":3}')
    found = schema.validate(BLOB, "Reset", False, '{"type":"Hard","type":"Soft"}')
    assert found == ("FormationViolation", "not JSON: key type twice at 21")


def test_nesting_is_read_to_its_limit_and_refused_beyond():
    assert read("[" * 15 + "]" * 15)
    with pytest.raises(ValueError):
        read("[" * 16 + "]" * 16)


@pytest.mark.parametrize(
    "unit", ["[", '{"a":', '[{"a":', "{", '"', "\\", "9", "[[],", "-", '["\\', '\\"', " "]
)
def test_10000_of_anything_neither_crash_nor_take_long(unit):
    text = unit * 10_000
    start = time.process_time()
    for head in ("", "[", '{"idTag":', '{"idTag":"'):
        violation = schema.validate(BLOB, "Authorize", False, head + text)
        assert violation and violation[0] != "NotImplemented"
    assert time.process_time() - start < 1


def test_a_call_of_100_kb_is_judged():
    """U 22."""
    entry = {"idTag": "A" * 20, "idTagInfo": {"status": "Accepted", "parentIdTag": "B" * 20}}
    payload = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry] * 1100}
    text = json.dumps(payload)
    assert len(text) > 100_000
    assert schema.validate(BLOB, "SendLocalList", False, text) is None
    text = text[:-3] + ',"x":1}]}'
    assert schema.validate(BLOB, "SendLocalList", False, text) == (
        "FormationViolation",
        "localAuthorizationList[1099].x: expected a key of this message, found x",
    )


@pytest.mark.parametrize(
    "text,expected", [("9" * 40, None), ("9" * 41, "P"), ("-" + "9" * 39, None)]
)
def test_an_integer_has_at_most_40_characters(text, expected):
    found = schema.validate(
        BLOB,
        "StartTransaction",
        True,
        '{"transactionId":%s,"idTagInfo":{"status":"Invalid"}}' % text,
    )
    assert (found and found[0][0]) == expected


@pytest.mark.parametrize(
    "limit,good",
    [
        ("1e300", True),
        ("1e400", False),
        ("-1e400", False),
        ("1e999999999999999", False),
        ("1e-999999999999", False),
        ("0e400", True),
    ],
)
def test_a_limit_that_no_float_holds_is_refused_by_property(limit, good):
    text = '{"status":"Accepted","chargingSchedule":{"chargingRateUnit":"W",'
    text += '"chargingSchedulePeriod":[{"startPeriod":0,"limit":%s}]}}'
    found = schema.validate(BLOB, "GetCompositeSchedule", True, text % limit)
    assert (found and found[0]) == (None if good else "PropertyConstraintViolation")


def test_integers_of_draft_6_schemas_may_be_written_as_fractions_and_stay_exact():
    text = '{"requestId":16777217.0,"logType":"SecurityLog","log":{"remoteLocation":"x"}}'
    reader = Reader(BLOB, text)
    payload, violation = reader.check(reader.find("GetLog", False))
    assert violation is None and payload["requestId"] == 16777217
    assert type(payload["requestId"]) is int
    found = schema.validate(BLOB, "GetLog", False, text.replace("17.0", "17.5"))
    assert found[0] == "TypeConstraintViolation"
    found = schema.validate(BLOB, "Authorize", False, '{"idTag":1.0}')
    assert found == ("TypeConstraintViolation", "idTag: expected a string, found a number")


def test_not_a_number_cannot_be_sent():
    assert (
        schema.validate(BLOB, "Authorize", False, {"idTag": math.nan})[0] == "FormationViolation"
    )


@pytest.mark.parametrize("name", ['Rejected"Accepted', 'Accepted"', '"Accepted', '"', ""])
def test_a_name_with_a_quote_does_not_match_two_neighbours_of_the_table(name):
    assert b'"Rejected"Accepted"' in BLOB  # the case is real
    found = schema.validate(BLOB, "Reset", True, {"status": name})
    assert found[0] == "PropertyConstraintViolation"
    assert (
        schema.validate(BLOB, "Reset", True, {"status": "Accepted", name: 1})[0]
        == "FormationViolation"
    )


def test_names_written_with_escapes_are_the_same_names():
    assert schema.validate(BLOB, "Reset", True, '{"st\\u0061tus":"\\u0041ccepted"}') is None
