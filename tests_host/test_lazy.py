"""Code that is needed now and then leaves the memory again (lib/lazy.py)."""

import sys

import pytest

import lazy


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch):
    monkeypatch.setattr(lazy, "recent", [])
    monkeypatch.setattr(lazy, "_old", 0)
    monkeypatch.setattr(lazy, "_swept", 0)
    monkeypatch.setattr(lazy, "load", lambda module: sys.modules.setdefault(module, lazy))
    yield
    lazy.forget(0)


def test_what_is_not_used_goes_though_something_else_is_used_every_second():
    lazy.get("t.rare")
    for now in range(1, 11):
        lazy.get("t.often")
        lazy.tick(now)
    assert lazy.recent == ["t.often"] and "t.rare" not in sys.modules


def test_what_was_used_in_the_last_five_seconds_stays():
    for now in range(1, 40):
        if now % 5 == 0:
            lazy.get("t.often")
        lazy.tick(now)
        assert now < 5 or lazy.recent == ["t.often"]
    for now in range(40, 50):
        lazy.tick(now)
    assert not lazy.recent


@pytest.mark.parametrize("free, most", [(0, 3), (12288, 3), (12289, 5), (32768, 5), (32769, 16)])
def test_three_stay_in_a_burst_and_more_while_there_is_memory(monkeypatch, free, most):
    monkeypatch.setattr(lazy, "mem_free", lambda: free)
    names = ["t.m%d" % n for n in range(20)]
    for name in names:
        lazy.get(name)
        assert lazy.get("t.m0" if name == "t.m0" else name)
    assert lazy.recent == names[-most:]
    assert [n for n in names if n in sys.modules] == names[-most:]
    lazy.get(names[-2])
    assert lazy.recent[-1] == names[-2] and len(lazy.recent) == most


def test_five_that_are_used_again_and_again_are_never_dropped(monkeypatch):
    monkeypatch.setattr(lazy, "mem_free", lambda: 20000)
    for now in range(1, 30):
        for n in range(5):
            lazy.get("t.m%d" % n)
        lazy.tick(now)
    assert len(lazy.recent) == 5
