"""Is every setting checked, stored, restored, and a bad file survived?"""

import json
import os

import mt

from core import log
from core.config import Config, ConfigError
from ocppj.v16 import keys as v16
from station.keys import KEYS
from station.topics import CONFIG

TABLE = (
    b"\nNumber int 5 -3 10 RW - s"  # a comment
    b"\nSwitch bool false - - RW o -"
    b"\nMode seed|head|later later - - RW r -"
    b"\nName str galvani 1 8 RW k -"
    b"\nList csl - 0 3 RW - -"
    b"\nKey hex - 32 40 W o -"
    b"\nUrl url - - 30 RW r -"
    b"\nFixed int 7 - - R o -"
    b"\nLast csl a,b 1 3 RW - -"
)

told = []
count = 0


def setup():
    global count
    count += 1
    os.mkdir("c%d" % count)
    told.clear()
    log.hidden.clear()


def path(name="json"):
    return "c%d/config.%s" % (count, name)


def config(*tables):
    return Config(path(), tables or (TABLE,), lambda topic, key: told.append((topic, key)))


def write(text, name="json"):
    with open(path(name), "w") as f:
        f.write(text)


def stored(name="json"):
    with open(path(name)) as f:
        return json.load(f)


def refused(c, key, text, origin="console"):
    return mt.raises(ConfigError, c.set, key, text, origin).expected


def test_rows_are_found_in_any_order():
    c = config(TABLE, v16.KEYS)
    names = list(c.keys())
    for step in (1, len(names) - 1, 7, 40):
        for n in range(len(names)):
            name = names[n * step % len(names)]
            assert c.row(name)[0] == name
            if n % 5 == 0:
                assert c.row(name + "x") is None and c.row(name.upper())[0] == name


def test_defaults_are_typed_and_cost_no_memory():
    c = config()
    assert c.get("Number") == 5
    assert c.get("Switch") is False
    assert c.get("Mode") == "later"
    assert c.get("List") == ""
    assert c.get("Last") == "a,b"
    assert c.values == {}
    assert list(c.keys()) == "Number Switch Mode Name List Key Url Fixed Last".split()
    assert list(c.keys("o")) == ["Switch", "Key", "Fixed"]
    assert not os.listdir("c%d" % count)


def test_a_number_inside_on_and_outside_its_bounds():
    c = config()
    for text in ("-3", "0", "10", "+4", " 6 "):
        assert c.set("Number", text) == "ok"
        assert c.get("Number") == int(text)
    for text in ("-4", "11", "5.0", "", "x", "0x5", "--5", "1e1", "99999999999"):
        assert refused(c, "Number", text) == "a whole number -3..10 s"
    assert c.get("Number") == 6


def test_text_types_inside_on_and_outside():
    c = config()
    right = (
        ("Switch", "TRUE", True),
        ("Switch", "false", False),
        ("Mode", "HEAD", "head"),
        ("Name", "x", "x"),
        ("Name", "12345678", "12345678"),
        ("List", "a, b ,c", "a,b,c"),
        ("List", "", ""),
        ("Key", "0" * 32, "0" * 32),
        ("Key", "Ff" * 20, "Ff" * 20),
        ("Key", "", ""),
        ("Url", "ws://h", "ws://h"),
        ("Url", "wss://h:1/p/q", "wss://h:1/p/q"),
        ("Url", "", ""),
    )
    for key, text, value in right:
        c.set(key, text)
        assert c.get(key) == value
    wrong = (
        ("Switch", "1"),
        ("Switch", ""),
        ("Mode", "seeds"),
        ("Mode", ""),
        ("Name", ""),
        ("Name", "123456789"),
        ("Name", "a\nb"),
        ("List", "a,b,c,d"),
        ("List", "a,,b"),
        ("Key", "0" * 30),
        ("Key", "0" * 33),
        ("Key", "0" * 42),
        ("Key", "g" * 32),
        ("Url", "http://h"),
        ("Url", "ws://"),
        ("Url", "ws:///p"),
        ("Url", "ws://a b"),
        ("Url", "ws://" + "h" * 26),
        ("Last", ""),
    )
    for key, text in wrong:
        before = c.get(key)
        assert refused(c, key, text) != ""
        assert c.get(key) == before


def test_an_error_names_key_value_and_expectation():
    e = mt.raises(ConfigError, config().set, "number", "11")
    assert (e.key, e.value, e.expected) == ("Number", "11", "a whole number -3..10 s")
    assert str(e) == "Number: 11 is wrong, expected a whole number -3..10 s"


def test_keys_are_found_whatever_their_case():
    c = config()
    assert c.set("nUMBER", "7") == "ok"
    assert c.get("NUMBER") == 7
    assert c.get("Number") == 7
    assert told == [(CONFIG, "Number")]


def test_unknown_keys_and_pieces_of_rows_are_no_keys():
    c = config()
    for key in ("Nothing", "int", "Number int", "Number\nint", "", "Num", "umber"):
        assert c.access(key) is None
        mt.raises(KeyError, c.get, key)
        mt.raises(ConfigError, c.set, key, "1")


def test_read_only_is_for_the_station_alone():
    c = config()
    assert "read-only" in refused(c, "Fixed", "9")
    assert "read-only" in refused(c, "Fixed", "9", "ocpp")
    assert c.set("Fixed", "9", "station") == "ok"
    assert c.get("Fixed") == 9


def test_a_key_that_needs_a_restart_says_so():
    c = config()
    assert c.set("Mode", "seed") == "reboot"
    assert c.set("Mode", "seed") == "reboot"
    assert told == [(CONFIG, "Mode")]  # the second one changed nothing


def test_a_guard_may_refuse_what_a_row_allows():
    c = config()
    c.guards.append(lambda key, value: "not 4" if key == "Number" and value == 4 else None)
    assert refused(c, "Number", "4") == "not 4"
    assert c.set("Number", "3") == "ok"


def test_values_survive_a_restart_and_defaults_are_not_stored():
    c = config()
    c.set("Number", "9")
    c.set("Switch", "true")
    c.set("Name", "x")
    c.set("Name", "galvani")
    assert stored() == {"version": 1, "values": {"Number": "9", "Switch": "true"}}
    again = config()
    assert (again.get("Number"), again.get("Switch")) == (9, True)
    assert again.faults == []


def test_secrets_are_shown_nowhere():
    c = config()
    secret = "00112233445566778899aabbccddeeff"
    c.set("Key", secret)
    assert c.get("Key") == secret
    assert c.text("Key") == "***"
    assert log.hidden["Key"] == secret
    e = mt.raises(ConfigError, c.set, "Key", "secret-typo")
    assert "secret-typo" not in str(e) and e.value == "***"
    assert config().get("Key") == secret
    assert log.hidden["Key"] == secret


def test_typed_json_is_read_like_text():
    write('{"version":1,"values":{"Number":9,"Switch":true,"Mode":"seed"}}')
    c = config()
    assert (c.get("Number"), c.get("Switch"), c.get("Mode")) == (9, True, "seed")
    assert c.faults == []


def test_a_wrong_value_in_the_file_brings_the_last_known_good_configuration():
    c = config()
    c.set("Number", "9")
    c.set("Name", "good")
    write('{"version":1,"values":{"Number":"99","Name":"new"}}')
    c = config()
    assert (c.get("Number"), c.get("Name")) == (9, "good")
    assert len(c.faults) == 1
    assert "Number: 99 is wrong, expected a whole number -3..10 s" in c.faults[0]
    assert "last known good" in c.faults[0]
    assert stored()["values"]["Number"] == "99"  # left for whoever has to find out


def test_a_wrong_value_without_a_known_good_file_takes_its_default():
    write('{"version":1,"values":{"Number":"99","Name":"new"}}')
    c = config()
    assert (c.get("Number"), c.get("Name")) == (5, "new")
    assert "the default is used" in c.faults[0]


def test_a_damaged_file_brings_the_last_known_good_configuration():
    for damage in ("", "{", '{"version":1,"values":{"Number":"9"', "\x00\x00", "[]", "7", "null"):
        c = config()
        c.set("Number", "8")
        write(damage)
        c = config()
        assert c.get("Number") == 8
        assert len(c.faults) == 1
        c.set("Number", "7")
        assert config().faults == []


def test_a_file_cut_at_any_byte_never_stops_the_start():
    whole = '{"version":1,"values":{"Number":"9","Name":"x","Mode":"seed"}}'
    for n in range(len(whole)):
        write(whole[:n])
        write(whole, "bak")
        c = config()
        assert (c.get("Number"), c.get("Name"), c.get("Mode")) == (9, "x", "seed")
        assert c.faults != []


def test_a_configuration_written_by_hand_becomes_the_known_good_one():
    write('{"version":1,"values":{"Number":"9"}}')
    config()
    write("broken")
    assert config().get("Number") == 9


def test_unknown_keys_are_kept_and_reported():
    write('{"version":1,"values":{"Number":"9","FromTomorrow":"x"}}')
    c = config()
    assert c.unknown == {"FromTomorrow": "x"}
    assert c.faults == []
    c.set("Number", "8")
    assert stored()["values"] == {"Number": "8", "FromTomorrow": "x"}


def test_a_file_of_a_newer_build_survives_the_way_back():
    """An update that failed: what it wrote in its format is used where it is understood."""
    write('{"version":2,"values":{"Number":"9","Name":"","FromTomorrow":"x"}}')
    c = config()
    assert c.get("Number") == 9 and c.faults == []
    assert c.get("Name") == "galvani"  # the newer value is none here
    c.set("Number", "8")
    assert stored()["values"] == {"Number": "8", "Name": "", "FromTomorrow": "x"}
    c.set("Name", "mine")
    assert stored()["values"] == {"Number": "8", "Name": "mine", "FromTomorrow": "x"}
    assert stored()["version"] == 2  # that build reads it as its own, and migrates nothing


def test_what_is_no_version_is_refused():
    for version in ('"2"', "-1", "null", "1.5"):
        write('{"version":%s,"values":{"Number":"9"}}' % version)
        assert "format version" in config().faults[0], version


def test_a_file_without_a_version_is_migrated():
    write('{"chargerId":"CP7","Number":"9"}')
    c = config(TABLE, KEYS)
    assert (c.get("Identity"), c.get("Number")) == ("CP7", 9)
    assert c.faults == []
    c.set("Number", "8")
    assert stored() == {"version": 1, "values": {"Identity": "CP7", "Number": "8"}}


def test_factory_reset_keeps_what_is_flagged_and_says_so():
    c = config()
    c.set("Number", "9")
    c.set("Name", "mine")
    c.set("Key", "0" * 32)
    told.clear()
    assert c.factory_reset() == "Name"
    assert (c.get("Number"), c.get("Name"), c.get("Key")) == (5, "mine", "")
    assert sorted([key for _, key in told]) == ["Key", "Number"]
    assert log.hidden["Key"] == ""
    again = config()
    assert (again.get("Number"), again.get("Name")) == (5, "mine")


def test_a_stored_value_that_a_later_guard_refuses_falls_to_its_default():
    write('{"version":1,"values":{"Number":"9","Name":"mine"}}')
    c = config()
    c.guards.append(lambda key, value: "less than 9" if key == "Number" and value > 8 else None)
    told.clear()
    c.recheck()
    assert (c.get("Number"), c.get("Name")) == (5, "mine")
    assert "Number" in c.faults[-1] and "9" in c.faults[-1] and "less than 9" in c.faults[-1]
    assert told == [(CONFIG, "Number")]


def test_a_full_flash_is_an_oserror_and_the_value_counts():
    c = config()
    c.path = "no/such/dir/config.json"
    mt.raises(OSError, c.set, "Number", "9")
    assert c.get("Number") == 9
    assert told == [(CONFIG, "Number")]


def test_every_row_of_the_product_holds_against_itself():
    c = config(KEYS, v16.KEYS)
    seen = {}
    for key in c.keys():
        row = c.row(key)
        assert len(row) == 8, key
        assert key not in seen, key
        seen[key] = row
        assert row[5] in ("RW", "R", "W"), key
        from core.settings import parse

        assert parse(row, row[2]) == c.get(key), key
    assert len(seen) > 60
