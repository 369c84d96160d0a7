"""The cable of a charge that the back office did not want waits for its owner: E 3.5."""

import pytest

from world import World


def deauthorised(parent=None, lock=False, cards=None):
    w = World(cards=cards)
    w.io.locks[1] = lock
    w.charge("A1")
    w.session.parent = parent
    w.station.stop(1, "DeAuthorized")
    w.pass_time(5)
    assert w.stopped and w.io.locks[1] is (None if lock is None else True)
    return w


def test_the_cable_waits_for_the_same_token():
    w = deauthorised()
    assert w.tag("B2") == "refused: the cable waits for another card"
    assert w.io.locks[1] is True
    assert w.tag("a1") == "unlocked"
    assert w.io.locks[1] is False and w.session is None


@pytest.mark.parametrize("parent, freed", [("fam", True), ("other", False), (None, False)])
def test_or_for_one_of_the_same_parent(parent, freed):
    w = deauthorised("FAM", cards={"A1": "FAM", "B2": parent})
    w.tag("B2")
    assert w.io.locks[1] is not freed and w.session is None


def test_without_a_lock_nobody_waits():
    w = deauthorised(lock=None)
    assert w.tag("B2") == "authorising"


def test_the_back_office_frees_the_cable_all_the_same():
    w = deauthorised()
    assert w.station.unlock(1) == "Unlocked"
    assert w.tag("B2") == "authorising"


def test_the_next_charge_has_its_own_owner():
    w = deauthorised()
    w.tag("A1")
    w.unplug()
    w.pass_time(3)
    w.charge("B2")
    w.station.stop(1, "Local")
    w.pass_time(5)
    assert w.io.locks[1] is False
    assert w.tag("C3") == "authorising"
