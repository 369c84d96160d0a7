"""docs/ocpp16.md: what no test holds does not pass (tools/docs_ocpp.py)."""

import ast
from pathlib import Path

import pytest

from tools import docs_ocpp

# In pieces: a test that names them would hold them.
KEY = "".join(("Nobodys", "Key"))
MESSAGE = "".join(("Nobody", "SendsThis"))


def one(source):
    """The Test of a function's source."""
    return docs_ocpp.Test(Path("tests_host/test_v16_x.py"), ast.parse(source).body[0])


@pytest.mark.parametrize(
    "doc, expected",
    [
        ('"""S 3.7/1: text."""', ["S 3.7/1"]),
        ('"""S 3.7/1, E 3.18/2, JE 3.1."""', ["S 3.7/1", "E 3.18/2", "JE 3.1"]),
        ('"""SMV 3.1.4,\n    J 4.2.1: text."""', ["SMV 3.1.4", "J 4.2.1"]),
        ('"""Text about S 3.7/1: not its rule."""', []),
        ('"""S 3.7/1 without an end"""', []),
        ("pass", []),
    ],
)
def test_a_docstring_begins_with_its_rules(doc, expected):
    assert one("def test_x():\n    " + doc).rules == expected


def test_messages_and_keys_are_named_in_the_test_itself():
    test = one(
        "@mark('Reset')\ndef test_x(b):\n"
        "    b.call('ClearCache'); Bench(LocalPreAuthorize=True); call.GetLog(); f('A=1,B=2')"
    )
    assert {"Reset", "ClearCache", "LocalPreAuthorize", "GetLog", "A", "B"} <= test.words


def test_today_everything_is_held():
    text, wrong = docs_ocpp.page()
    assert not wrong and "`S\u00a03.7/1" not in text and "S\u00a03.7/1 |" in text


def test_a_rule_or_key_or_message_without_a_test_is_named(monkeypatch, tmp_path):
    rules = docs_ocpp.RULES.read_text() + "S 99.1  nobody holds this\n"
    (tmp_path / "rules.txt").write_text(rules)
    monkeypatch.setattr(docs_ocpp, "RULES", tmp_path / "rules.txt")
    monkeypatch.setitem(docs_ocpp.schema_compiler.SENT, "v16", "Authorize " + MESSAGE)
    found = docs_ocpp.keys()
    monkeypatch.setattr(docs_ocpp, "keys", lambda: found + [(KEY, "own", "")])
    _, wrong = docs_ocpp.page()
    assert sorted(wrong) == [
        "no test holds key " + KEY,
        "no test holds message " + MESSAGE,
        "no test holds rule S 99.1",
    ]


def test_a_rule_that_does_not_exist_is_named(monkeypatch):
    tests = docs_ocpp.tests()
    monkeypatch.setattr(tests[0], "rules", ["S 3.7/99"])
    monkeypatch.setattr(tests[1], "rules", ["S 3.7"])  # a whole section may be named
    _, wrong = docs_ocpp.page()
    assert [line.partition(": ")[2] for line in wrong if "there is no" in line] == [
        "there is no rule S 3.7/99"
    ]


def test_too_few_scenarios_are_too_few(monkeypatch):
    monkeypatch.setattr(docs_ocpp, "LEAST", 100_000)
    assert "100000 are wanted" in docs_ocpp.page()[1][0]
