"""Does a table on flash answer as the bytes that it stands for?"""

import os
import sys

import mt

from core.config import Config
from core.table import Table
from ocppj.schema import validate
from ocppj.v16 import keys as v16
from ocppj.v16.heard import BLOB
from station.keys import KEYS

FILE = b"before" * 30 + KEYS + v16.KEYS + BLOB + b"behind"


def setup():
    """The reader looks for its file beside itself: it gets a place where there is one."""
    if "core.tablefile" in sys.modules:
        return
    from core import config

    source = config.__file__.replace("config.py", "tablefile.py")
    os.mkdir("rom")
    with open(source) as one, open("rom/reader.py", "w") as other:
        other.write(one.read())
    with open("rom/galvani.tab", "wb") as file:
        file.write(FILE)
    sys.path.insert(0, "rom")
    sys.modules["core.tablefile"] = __import__("reader")


def table(text):
    return Table(FILE.find(text), len(text))


def test_every_slice_and_byte_is_that_of_the_bytes():
    for text in (KEYS, BLOB):
        both = table(text), text
        for at in range(0, len(text), 61):
            for size in (0, 1, 2, 127, 128, 129, 400):
                assert both[0][at : at + size] == both[1][at : at + size]
        assert both[0][: len(text)] == text and both[0][5:] == text[5:]
        opened = both[0].opened()
        assert len(opened) == len(text) and opened.opened() is opened
        for at in range(0, len(text), 7):
            assert opened[at] == text[at]
        for at in (-1, len(text)):
            mt.raises(IndexError, opened.__getitem__, at)


def test_words_are_found_where_the_bytes_have_them():
    opened = table(BLOB).opened()
    words = [word for word in BLOB[660:].split(b'"') if word]
    assert len(words) > 100
    for word in words + [b"nothing", b'"', b'"status"', b'Accepted"Pending"location"']:
        for start in (0, 655, 1500, BLOB.find(word), BLOB.find(word) + 1):
            assert opened.find(word, start) == BLOB.find(word, start), word
            for end in (1200, 2000, len(BLOB), len(BLOB) + 9):
                assert opened.find(word, start, end) == BLOB.find(word, start, end), word
    for end in range(660, 1700, 37):
        assert opened.count(b'"', 660, end) == BLOB.count(b'"', 660, end)


def test_long_words_and_the_neighbours_in_the_file():
    opened = table(BLOB).opened()
    for start in range(0, len(BLOB) - 300, 97):
        for size in (47, 48, 49, 176, 177, 300):
            word = BLOB[start : start + size]
            assert opened.find(word) == BLOB.find(word)
            assert opened.find(word[:-1] + b"\x7f") == -1
    assert opened.find(b"behind") == opened.find(b"beforebefore") == -1
    assert opened.find(BLOB[-3:] + b"beh") == -1
    assert table(KEYS).find(b"\nAllowOffline") == -1


def test_a_message_is_judged_alike():
    for action, text in (
        ("Reset", '{"type":"Hard"}'),
        ("Reset", '{"type":"Har"}'),
        ("Reset", '{"typ":"Hard"}'),
        ("Reset", "{}"),
        ("Reset", '{"type":"Hard","%s":1}' % ("x" * 300)),
        ("Nothing", "{}"),
        ("ChangeConfiguration", '{"key":"a","value":"%s"}' % ("x" * 501)),
        ("RemoteStartTransaction", '{"idTag":"1","connectorId":"1"}'),
    ):
        assert validate(table(BLOB), action, False, text) == validate(BLOB, action, False, text)


def test_settings_are_those_of_the_bytes():
    plain = Config("a.json", (KEYS, v16.KEYS), lambda topic, key: None)
    flash = Config("b.json", (table(KEYS), table(v16.KEYS)), lambda topic, key: None)
    names = list(plain.keys())
    assert list(flash.keys()) == names and list(flash.keys("o")) == list(plain.keys("o"))
    for n in range(len(names)):
        name = names[n * 41 % len(names)]
        assert flash.row(name) == plain.row(name) and flash.get(name) == plain.get(name)
    assert flash.row("identity") == plain.row("Identity") and flash.row("Nothing") is None


def test_what_cannot_be_read_is_told_and_not_taken_for_read():
    reader = sys.modules["core.tablefile"]
    opened = table(KEYS).opened()
    good = reader._file
    assert opened[:9] == KEYS[:9]
    reader._file = open("nothing", "w+b")
    reader._file.close()
    mt.raises((OSError, ValueError), lambda: opened[1000:1300])
    reader._file = good
    assert opened[1000:1300] == KEYS[1000:1300]
