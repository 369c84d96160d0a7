# heapsize: 300k
"""Do rpc, schema and datetime hold on MicroPython, with its heap, dicts, json and floats?"""

import gc
import sys

from ocppj import datetime, rpc, schema
from ocppj.v16.schemas import BLOB

BOOT = '{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"1.0.0","iccid":"8931"}'
CALL = '[2,"7","%s",%s]'
WIDE = 2 if sys.maxsize > 1 << 31 else 1  # an object of the 64-bit port is twice as big


def code(action, payload, is_response=False):
    found = schema.validate(BLOB, action, is_response, payload)
    return found and found[0]


def allocated(function, *args):
    """Bytes that a call takes from the heap."""
    function(*args)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    function(*args)
    after = gc.mem_alloc()
    gc.enable()
    return after - before


def test_a_check_allocates_for_the_payload_not_for_the_schemas():
    small = allocated(schema.validate, BLOB, "Heartbeat", False, "{}")
    boot = allocated(schema.validate, BLOB, "BootNotification", False, BOOT)
    assert small < 500 * WIDE, small
    assert boot < 1500 * WIDE, boot
    assert len(BLOB) > 5000


def test_nothing_stays_behind():
    payload = '{"type":"Soft","x":' + "[" * 10 + "]" * 10 + "}"
    for _ in range(3):
        code("Reset", payload)
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(20):
            code("Reset", payload)
        gc.collect()
        assert gc.mem_alloc() == before


def test_the_order_of_the_text_decides_although_dicts_have_none():
    assert code("Reset", '{"type":5,"a":1,"b":2,"c":3}') == "TypeConstraintViolation"
    assert code("Reset", '{"a":1,"b":2,"c":3,"type":5}') == "FormationViolation"


def test_what_the_builtin_json_takes_and_is_none():
    for text in (
        "[1 2]",
        "[1,]",
        "[01]",
        '["\\x"]',
        '["\\u12G4"]',
        '{"a" 1}',
        '["\\ud83d"]',
        '["\n"]',
        "[1] x",
    ):
        event = rpc.Rpc(BLOB, "p").receive(CALL % ("DataTransfer", text), 0)
        assert event[0] == rpc.REFUSED, text
        assert '"FormationViolation"' in event[4]


def test_tenths_are_tenths_with_single_precision():
    text = (
        '{"connectorId":1,"csChargingProfiles":{"chargingSchedule":{"minChargingRate":%s,"x":0}}}'
    )
    for tenths in range(-50, 20000, 37):
        number = "%d.%d" % (tenths // 10, tenths % 10)
        assert code("SetChargingProfile", text % number) == "FormationViolation", number
        assert code("SetChargingProfile", text % (number + "1")) == "PropertyConstraintViolation"
    for number in ("100000.1", "16777216.1", "99999999.9", "1.5e7"):
        assert code("SetChargingProfile", text % number) == "FormationViolation", number


def test_whole_numbers_stay_exact_where_a_float_could_not_hold_them():
    reader = schema.Reader(BLOB, '{"requestId":16777217.0,"certificateType":0}')
    assert reader.read(schema.ANY, 0)
    text = '{"status":"Idle","requestId":%s}'
    reader = schema.Reader(BLOB, text % "2147483647.0")
    payload, violation = reader.check(reader.find("LogStatusNotification", False))
    assert (payload["requestId"], violation) == (2147483647, None)


def test_surrogate_pairs_are_one_character():
    reader = schema.Reader(BLOB, '{"idTag":"%s"}' % ("\\ud83d\\ude00" * 20))
    payload, violation = reader.check(reader.find("Authorize", False))
    assert violation is None
    assert len(payload["idTag"]) == 20
    assert payload["idTag"].encode() == b"\xf0\x9f\x98\x80" * 20


def test_hostile_texts_neither_crash_nor_stay():
    station = rpc.Rpc(BLOB, "p")
    for unit in ("[", '{"a":', '[{"a":', '"', "\\", "9", "[[],", "-", "{", "[0,[1,", " "):
        text = CALL % ("Authorize", unit * (10000 // len(unit)))
        event = station.receive(text, 0)
        assert event[0] in (rpc.REFUSED, rpc.IGNORED), unit
        event = text = None
        gc.collect()
    assert station.receive(CALL % ("ClearCache", "{}"), 0)[0] == rpc.CALL


def test_a_message_that_needs_more_than_the_heap_gets_an_answer():
    gc.collect()
    text = bytearray(b'[2,"7","Fly",{')  # a long array would not be kept
    for n in range(1200):
        text += b'"%d":{},' % n
    text += b'"":0}]'
    text = bytes(text)
    keep = []
    gc.collect()
    while gc.mem_free() > 30000 * WIDE:  # half of what the payload takes
        keep.append(bytearray(1000))
    event = rpc.Rpc(BLOB, "p").receive(text, 0)
    text = keep = None
    gc.collect()
    assert event[0] == rpc.REFUSED
    assert '"InternalError"' in event[4]


def test_a_call_and_its_answer():
    station = rpc.Rpc(BLOB, "9-ff", 30)
    assert station.call("BootNotification", BOOT, 0) == '[2,"9-ff-1","BootNotification",%s]' % BOOT
    answer = (
        '[3,"9-ff-1",{"status":"Accepted","currentTime":"2026-11-20T12:46:00.5Z","interval":300}]'
    )
    event = station.receive(answer, 1)
    assert event[0] == rpc.RESULT
    assert event[3]["interval"] == 300
    assert datetime.parse(event[3]["currentTime"]) == 1795178760
    event = station.receive(CALL % ("Reset", '{"type":"Soft"}'), 2)
    assert event[0] == rpc.CALL
    assert station.result("7", {"status": "Accepted"}) == '[3,"7",{"status":"Accepted"}]'
    assert station.receive('[3,"9-ff-1",{}]', 3)[0] == rpc.IGNORED


def test_times_are_exact_beyond_31_bits():
    for text in (
        "1970-01-01T00:00:00Z",
        "2004-01-10T13:37:04Z",
        "2038-01-19T03:14:08Z",
        "2100-12-31T23:59:59Z",
    ):
        assert datetime.iso(datetime.parse(text)) == text
    assert datetime.parse("2100-12-31T23:59:59Z") == 4133980799
    assert datetime.parse("2026-11-20T12:46:00.999+05:30", True) == 1795158960999
    assert datetime.weekday(1795178760) == 4
