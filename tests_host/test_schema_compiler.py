"""Does the schema compiler write what the firmware carries, and stop at what it does not know?"""

import copy

import pytest

from ocppj import schema
from ocppj.v16 import heard
from ocppj.v16.schemas import BLOB
from tools import schema_compiler
from tools.schema_compiler import Compiler, Names, load, render


def test_the_committed_table_is_what_the_compiler_writes_today(capsys):
    assert schema_compiler.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_late_table_is_named(capsys, monkeypatch):
    target = schema_compiler.ROOT / "build/nothing.py"
    monkeypatch.setattr(schema_compiler, "TARGETS", {"v16": target})
    assert schema_compiler.main(["--check"]) == 1
    assert "build/nothing.py is out of date" in capsys.readouterr().out


def test_the_output_depends_on_nothing_but_the_schemas():
    schemas = load()
    turned = dict(reversed(schemas.items()))
    assert Compiler(copy.deepcopy(schemas)).blob() == BLOB
    assert Compiler(copy.deepcopy(turned)).blob() == Compiler(turned).blob()


def test_the_table_fits_its_budget():
    assert len(BLOB) <= 6000


def test_what_a_station_hears_fits_in_half_of_it():
    assert len(heard.BLOB) <= 3000


@pytest.mark.parametrize(
    ("action", "is_response", "payload"),
    [
        ("BootNotification", True, '{"status":"Maybe","currentTime":"x","interval":1}'),
        ("StartTransaction", True, '{"transactionId":1}'),
        ("Reset", False, '{"type":"Warm"}'),
        ("Reset", False, '{"type":"Hard"}'),
        ("TriggerMessage", False, '{"requestedMessage":"Heartbeat","connectorId":"1"}'),
        ("DataTransfer", True, '{"status":"Accepted"}'),
        ("DataTransfer", False, '{"vendorId":"a","data":7}'),
        ("Nothing", False, "{}"),
    ],
)
def test_what_a_station_hears_is_judged_alike_by_both_tables(action, is_response, payload):
    whole, heard_only = [
        schema.validate(blob, action, is_response, payload) for blob in (BLOB, heard.BLOB)
    ]
    if whole is None or heard_only is None:
        assert whole is heard_only
    else:  # the words of an enumeration stand in the order of each table
        assert whole[0] == heard_only[0]
        assert _words(whole[1]) == _words(heard_only[1])


def _words(text):
    return sorted(text.replace(",", "").split())


def test_every_call_that_the_station_serves_is_in_what_it_hears():
    calls = schema_compiler.CALLS["v16"]
    for name in (path.stem for path in calls.glob("*.py") if path.stem != "__init__"):
        action = name.title().replace("_", "")
        assert schema.validate(BLOB, action, False, {"x": 1}) == schema.validate(
            heard.BLOB, action, False, {"x": 1}
        )


def test_the_text_of_the_file_is_the_table_in_lines_of_at_most_99():
    text = render("v16", BLOB)
    space = {}
    exec(text, space)
    assert space["BLOB"] == BLOB
    assert max(map(len, text.splitlines())) <= 99


@pytest.mark.parametrize(
    "part",
    [
        {"type": "string", "pattern": "x"},
        {"type": "string", "minLength": 1},
        {"type": "integer", "minimum": 0},
        {"type": "number", "multipleOf": 0.5},
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"type": "object", "properties": {}},
        {"type": "object", "additionalProperties": True},
        {"type": "string", "format": "email"},
        {"type": "null"},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {str(n): {"type": "integer"} for n in range(31)},
        },
    ],
)
def test_a_keyword_that_is_not_understood_stops_it(part):
    """A schema is never weakened silently."""
    schemas = copy.deepcopy(load())
    schemas["Reset"][0]["properties"]["x"] = part
    with pytest.raises((SystemExit, KeyError, ValueError)):
        Compiler(schemas).blob()


def test_the_corrections_of_the_errata_are_in():
    """JE 2: 2.1, 2.3 to 2.6, 3.2: the package must not fall back to the original files."""
    schemas = load()
    assert "reason" not in schemas["StopTransaction"][0]["required"]
    assert schemas["BootNotification"][1]["properties"]["interval"]["type"] == "integer"
    update = schemas["UpdateFirmware"][0]["properties"]
    assert update["retries"]["type"] == update["retryInterval"]["type"] == "integer"
    for action in ("MeterValues", "StopTransaction"):
        assert '"Celcius"' in repr(schemas[action]).replace("'", '"')
        assert '"Celsius"' in repr(schemas[action]).replace("'", '"')
    entry = schemas["SendLocalList"][0]["properties"]["localAuthorizationList"]["items"]
    assert "parentIdTag" in entry["properties"]["idTagInfo"]["properties"]


def test_lists_of_names_overlap_and_keep_required_keys_first():
    names = Names()
    keys = [
        names.add({"b"}, {"a", "c"}),
        names.add({"a", "b"}),
        names.add({"c", "d"}, {"a"}),
        names.add({"solo"}),
        names.add(()),
    ]
    names.pack()
    for key in keys:
        order = names.order(key)
        assert set(order[: len(key[0])]) == key[0]
        assert set(order[len(key[0]) :]) == key[1]
        place = names.place(key)
        start, length = int.from_bytes(place[:2], "big"), int.from_bytes(place[2:], "big")
        text = names.strings()[start : start + length].decode()
        assert text == '"' + "".join(name + '"' for name in order)
    assert len(names.run) < sum(schema_compiler.count(key) for key in keys)
