"""Is every setting documented, and the page what the tables say?"""

import pytest

from tools import docs_config

TABLE = """
KEYS = (
    # -- first things
    b"\\nOne int 5 1 9 RW ro s"  # how long
    b"\\nTwo csl A,"
    b"B 0 3 RW - -"  # which
    b"\\nKey hex - 32 40 W k -"  # password
)
"""


def test_a_row_and_its_comment_become_a_line():
    found = list(docs_config.rows(TABLE))
    assert found[0] == ("first things", None, None)
    assert found[1][1:] == ("One int 5 1 9 RW ro s".split(), "how long")
    assert found[2][1][2] == "A,B"
    assert (
        docs_config.line(*found[1][1:])
        == "| `One` | int | `5` | 1..9 | s | restart, OCPP | how long |"
    )
    assert "| secret, kept | password |" in docs_config.line(*found[3][1:])


def test_a_row_without_a_comment_is_refused():
    with pytest.raises(ValueError, match="Two csl"):
        list(docs_config.rows('KEYS = (\n    b"\\nTwo csl A 0 3 RW - -"\n    b"\\nX"  # x\n)\n'))
    with pytest.raises(ValueError, match="Two csl"):
        list(docs_config.rows('KEYS = (\n    b"\\nTwo csl A 0 3 RW - -"\n)\n'))


def test_the_page_has_every_key_of_the_product():
    from ocppj.v16 import keys as ocpp_keys
    from station import keys as station_keys

    text = docs_config.page()
    for table in (station_keys.KEYS, ocpp_keys.KEYS):
        for row in table.decode().strip().split("\n"):
            assert f"| `{row.split(' ')[0]}` |" in text


def test_check_tells_an_outdated_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(docs_config, "ROOT", docs_config.ROOT)
    monkeypatch.setattr(docs_config, "TARGET", docs_config.ROOT / "docs/config.md")
    assert docs_config.main(["--check"]) == 0
    old = tmp_path / "config.md"
    old.write_text(docs_config.page() + "x")
    monkeypatch.setattr(docs_config, "TARGET", old)
    monkeypatch.setattr(docs_config, "SOURCES", docs_config.SOURCES)
    monkeypatch.setattr(type(old), "relative_to", lambda self, root: self)
    assert docs_config.main(["--check"]) == 1
    assert "outdated" in capsys.readouterr().out
