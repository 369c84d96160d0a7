"""Does a running station keep the build that it has begun with?"""

import os

import pytest

from tools.sim import kept


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", tmp_path / "kept")


def built(path, data):
    """As a build writes a file: whole, in place of the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(data)
    os.replace(fresh, path)


def test_a_tree_stays_when_it_is_built_anew(tmp_path):
    tree = tmp_path / "mpy"
    built(tree / "lib" / "a.mpy", b"old")
    built(tree / "main.mpy", b"main")
    before = kept.kept(tree)
    assert kept.kept(tree) == before
    built(tree / "lib" / "a.mpy", b"new")
    (tree / "main.mpy").unlink()
    after = kept.kept(tree)
    assert after != before
    assert (before / "lib" / "a.mpy").read_bytes() == b"old"
    assert (before / "main.mpy").read_bytes() == b"main"
    assert [p.name for p in after.rglob("*.mpy")] == ["a.mpy"]
    assert (after / "lib" / "a.mpy").read_bytes() == b"new"


def test_a_binary_stays_when_it_is_built_anew(tmp_path):
    port = tmp_path / "micropython-32-frozen"
    built(port, b"old")
    before = kept.kept(port)
    built(port, b"newer")
    assert before.read_bytes() == b"old"
    assert kept.kept(port).read_bytes() == b"newer"
    assert kept.kept(port).name == port.name


def test_what_nobody_has_started_for_a_week_goes(tmp_path):
    tree = tmp_path / "mpy"
    built(tree / "a.mpy", b"1")
    old = kept.kept(tree)
    os.utime(old, (1, 1))
    built(tree / "a.mpy", b"22")
    kept.kept(tree)
    assert not old.exists()
