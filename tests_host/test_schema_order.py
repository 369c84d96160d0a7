"""Which error of several is told? The first in document order, with path and what was found."""

import pytest

from ocppj import schema
from ocppj.v16.schemas import BLOB

FORMATION = "FormationViolation"
TYPE = "TypeConstraintViolation"
PROPERTY = "PropertyConstraintViolation"
OCCURENCE = "OccurenceConstraintViolation"

CASES = [
    # The four classes alone.
    ("Reset", {"type": 5}, TYPE, "type: expected a string, found an integer"),
    ("Reset", {"type": "Warm"}, PROPERTY, "type: expected one of Hard, Soft, found 'Warm'"),
    ("Reset", {}, OCCURENCE, "type: expected a value, found nothing"),
    (
        "Reset",
        {"type": "Soft", "now": 1},
        FORMATION,
        "now: expected a key of this message, found now",
    ),
    ("Reset", [], FORMATION, "payload: expected an object, found an array"),
    ("Reset", 7, FORMATION, "payload: expected an object, found an integer"),
    ("Reset", "Soft", FORMATION, "not JSON: no JSON value at 4"),  # a str is taken as JSON text
    ("Reset", '"Soft"', FORMATION, "payload: expected an object, found a string"),
    # Of two errors the one that stands first, whatever its class.
    ("Reset", '{"type":5,"now":1}', TYPE, "type: "),
    ("Reset", '{"now":1,"type":5}', FORMATION, "now: "),
    (
        "ReserveNow",
        '{"idTag":"%s","connectorId":"1"}' % ("x" * 21),
        PROPERTY,
        "idTag: expected at most 20 characters, found 21",
    ),
    ("ReserveNow", '{"connectorId":"1","idTag":"%s"}' % ("x" * 21), TYPE, "connectorId: "),
    # What is missing is known at the end of its object: after all inside, before what follows.
    ("ReserveNow", '{"connectorId":true}', TYPE, "connectorId: "),
    ("StartTransaction/", '{"idTagInfo":{},"transactionId":"x"}', OCCURENCE, "idTagInfo.status: "),
    ("StartTransaction/", '{"transactionId":"x","idTagInfo":{}}', TYPE, "transactionId: "),
    (
        "StartTransaction/",
        '{"idTagInfo":{"expiryDate":"soon"}}',
        PROPERTY,
        "idTagInfo.expiryDate: expected an RFC 3339 date-time, found 'soon'",
    ),
    (
        "MeterValues",
        '{"meterValue":[],"connectorId":"x"}',
        OCCURENCE,
        "meterValue: expected at least 1 items, found 0",
    ),
    (
        "MeterValues",
        '{"meterValue":[{"sampledValue":[{"value":1}],"x":1}]}',
        TYPE,
        "meterValue[0].sampledValue[0].value: expected a string, found an integer",
    ),
    (
        "MeterValues",
        '{"meterValue":[{"sampledValue":[]}],"x":1}',
        OCCURENCE,
        "meterValue[0].sampledValue: ",
    ),
    # A text that is no JSON is that first of all, even behind another error.
    ("Reset", '{"type":5,"now":}', FORMATION, "not JSON: "),
    ("Reset", '{"type":5} x', FORMATION, "not JSON: "),
    (
        "UpdateFirmware",
        '{"location":"no uri"}',
        PROPERTY,
        "location: expected a URI, found 'no uri'",
    ),
    (
        "SetChargingProfile",
        '{"connectorId":1,"csChargingProfiles":{"chargingSchedule":{"minChargingRate":6.25}}}',
        PROPERTY,
        "csChargingProfiles.chargingSchedule.minChargingRate: expected at most one decimal, "
        "found 6.25",
    ),
]


@pytest.mark.parametrize("action,payload,code,reason", CASES)
def test_the_first_error_in_document_order_decides(action, payload, code, reason):
    """J 4.2.3/2."""
    found = schema.validate(BLOB, action.rstrip("/"), action.endswith("/"), payload)
    assert found[0] == code
    assert found[1].startswith(reason)
    assert found[1] == reason or reason.endswith(" ")


def test_a_reason_is_bounded_whatever_it_quotes():
    names = {"%s%d" % ("long" * 50, index): {} for index in range(3)}
    for payload in (names, {"type": "x" * 5000}, {"x" * 5000: 1}):
        assert len(schema.validate(BLOB, "Reset", False, payload)[1]) <= 255
    assert (
        len(
            schema.validate(
                BLOB,
                "MeterValues",
                False,
                {"meterValue": [{"sampledValue": [{"measurand": "x" * 99}]}]},
            )[1]
        )
        <= 255
    )


def test_a_missing_payload_may_be_null():
    """J 4.2.1: null or {}, both mean no payload."""
    assert schema.validate(BLOB, "Heartbeat", False, "null") is None
    assert schema.validate(BLOB, "Heartbeat", False, None) is None
    assert schema.validate(BLOB, "Reset", False, "null")[0] == OCCURENCE


def test_numbers_are_judged_by_their_digits():
    text = (
        '{"connectorId":1,"csChargingProfiles":{"chargingSchedule":{"minChargingRate":%s,"x":0}}}'
    )
    for number in (
        "0",
        "0.1",
        "7.4",
        "32.10",
        "123456789.1",
        "1e3",
        "1.25e1",
        "10e-1",
        "-0.3",
        "0.00",
        "0e-9",
    ):
        assert schema.validate(BLOB, "SetChargingProfile", False, text % number)[0] == FORMATION, (
            number
        )
    for number in (
        "0.01",
        "7.45",
        "1.05",
        "16777216.01",
        "1e-2",
        "1.255e1",
        "-0.35",
        "0.10000000000000000001",
    ):
        assert schema.validate(BLOB, "SetChargingProfile", False, text % number)[0] == PROPERTY, (
            number
        )


def test_length_counts_characters_not_bytes():
    """E 3.58."""
    for char in ("x", "é", "😀", "\\ud83d\\ude00"):
        assert schema.validate(BLOB, "Authorize", False, '{"idTag":"%s"}' % (char * 20)) is None
        assert (
            schema.validate(BLOB, "Authorize", False, '{"idTag":"%s"}' % (char * 21))[0]
            == PROPERTY
        )
