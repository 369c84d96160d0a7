"""The cable: locked in a charge, freed by whom; and one that waits for its owner (E 3.5)."""

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
    """E 3.5."""
    w = deauthorised()
    assert w.tag("B2") == "refused: the cable waits for another card"
    assert w.io.locks[1] is True
    assert w.tag("a1") == "unlocked"
    assert w.io.locks[1] is False and w.session is None


@pytest.mark.parametrize("parent, freed", [("fam", True), ("other", False), (None, False)])
def test_or_for_one_of_the_same_parent(parent, freed):
    """E 3.5."""
    w = deauthorised("FAM", cards={"A1": "FAM", "B2": parent})
    w.tag("B2")
    assert w.io.locks[1] is not freed and w.session is None


def test_without_a_lock_nobody_waits():
    """E 3.5."""
    w = deauthorised(lock=None)
    assert w.tag("B2") == "authorising"


def test_the_back_office_frees_the_cable_all_the_same():
    """E 3.5."""
    w = deauthorised()
    assert w.station.unlock(1) == "Unlocked"
    assert w.tag("B2") == "authorising"


def test_the_next_charge_has_its_own_owner():
    """E 3.5."""
    w = deauthorised()
    w.tag("A1")
    w.unplug()
    w.pass_time(3)
    w.charge("B2")
    w.station.stop(1, "Local")
    w.pass_time(5)
    assert w.io.locks[1] is False
    assert w.tag("C3") == "authorising"


def test_lock_holds_while_charging():
    """S 4.10/8."""
    w = World()
    w.io.locks[1] = False
    w.charge()
    assert w.io.locks[1] is True
    w.tag()
    w.pass_time(5)
    assert w.io.locks[1] is False


def test_unlock_finishes_the_transaction_first():
    """S 5.18/1."""
    w = World()
    w.io.locks[1] = False
    w.charge()
    assert w.station.unlock(1) is None  # not yet
    w.pass_time(5)
    assert w.station.unlock(1, True) == "Unlocked"
    assert w.stopped[0].stop_reason == "UnlockCommand" and w.io.locks[1] is False


def test_no_lock_can_not_be_unlocked():
    """E 3.87."""
    assert World().station.unlock(1) == "NotSupported"
