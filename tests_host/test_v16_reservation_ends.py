"""How reservations end, on connector 0, over power cuts: S 5.13, 9.3.1, 4.9."""

import pytest

from ocppj.datetime import iso
from test_v16_reservation import cancel, parents, reserve, world
from v16_bench import WALL, PowerCut
from v16_world import V16World

# -- how it ends


def test_it_ends_with_its_time():
    """S 5.13/7."""
    w = world()
    reserve(w, seconds=60)
    w.pass_time(57)
    assert w.status == "Reserved"
    w.pass_time(4)
    assert w.told()[-1] == "Available" and cancel(w) == "Rejected"
    assert w.charge("X").started


def test_it_ends_with_a_fault():
    """S 5.13/7."""
    w = world()
    w.pass_time(40)
    reserve(w)
    w.io.pressed = True
    w.pass_time(3)
    assert w.status == "Faulted" and not w.station.reservations


@pytest.mark.parametrize("cid", [0, 1])
def test_it_ends_out_of_service(cid):
    """S 5.13/7."""
    w = world()
    w.pass_time(40)
    reserve(w)
    w.call("ChangeAvailability", {"connectorId": cid, "type": "Inoperative"})
    w.pass_time(3)
    w.call("ChangeAvailability", {"connectorId": cid, "type": "Operative"})
    w.pass_time(1)
    assert w.status == "Available"


def test_the_owner_who_does_not_plug_in_keeps_it():  # S 5.13: it ends when a transaction starts
    """S 4.9/9."""
    w = world(ConnectionTimeOut=30)
    reserve(w)
    w.tag("R1")
    w.pass_time(2)
    assert w.status == "Preparing"
    w.pass_time(35)
    assert w.status == "Reserved"
    assert w.told()[-3:] == ["Preparing", "Available", "Reserved"]  # B1, A7: no B7 exists


# -- connector 0


def test_connector_0_keeps_one_free_whichever():
    """S 5.13/5, U 25."""
    w = world(2)
    assert reserve(w, "R1", cid=0) == "Accepted"
    assert w.told(1)[-1] == w.told(2)[-1] == "Available"  # no specific one is reserved
    w.charge("X", 1)
    w.plug(2)
    w.pass_time(2)
    assert "reserved" in w.tag("Y", 2)
    w.tag("R1", 2)
    w.pass_time(20)
    assert w.sent("StartTransaction")[1]["reservationId"] == 7
    assert not w.station.reservations


def test_connector_0_with_one_connector():
    """S 5.13/5."""
    w = world(1)
    reserve(w, "R1", cid=0)
    assert "reserved" in w.tag("X")
    w.charge("R1")
    assert w.sent("StartTransaction")[0]["reservationId"] == 7


def test_as_many_reservations_as_connectors():
    """S 5.13/5."""
    w = world(2)
    assert reserve(w, "R1", cid=0, number=1) == "Accepted"
    assert reserve(w, "R2", cid=2, number=2) == "Accepted"
    assert reserve(w, "R3", cid=0, number=3) == "Occupied"
    assert reserve(w, "R3", cid=1, number=3) == "Occupied"  # the last one for R1
    assert "reserved" in w.tag("X", 1) and "reserved" in w.tag("R1", 2)
    assert cancel(w, 2) == "Accepted"
    assert reserve(w, "R3", cid=1, number=3) == "Accepted"


def test_connector_0_ends_with_the_station():
    """S 5.13/7."""
    w = world(2)
    w.pass_time(40)
    reserve(w, cid=0)
    w.call("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    w.pass_time(2)
    assert w.station.reservations  # one is left
    w.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    w.pass_time(2)
    assert not w.station.reservations


def test_connector_0_for_a_parent():
    """S 5.13/5."""
    w = world(1)
    parents(w, K1="FAM")
    reserve(w, "R1", cid=0, parent="fam")
    w.plug()
    w.pass_time(2)
    w.tag("X")
    w.pass_time(15)
    assert not w.started
    w.tag("K1")
    w.pass_time(15)
    assert w.sent("StartTransaction")[0]["reservationId"] == 7


# -- power cuts


def test_it_survives_a_power_cut_and_still_ends_by_the_clock():
    """S 5.13/8."""
    w = world()
    reserve(w, seconds=100)
    w = w.reboot()
    assert w.status == "Reserved"  # before any network
    w.online()
    assert w.told()[-1] == "Reserved"
    assert "reserved" in w.tag("X")
    w.pass_time(95)
    assert w.told()[-1] == "Available"


def test_one_whose_time_ran_out_in_the_dark_ends_once_the_time_is_known():
    """S 5.13/7."""
    w = world()
    reserve(w, seconds=5)
    w = w.reboot()
    w.online().pass_time(2)
    assert w.told()[-1] == "Available"


def test_a_fault_of_the_boot_does_not_end_it():
    """S 5.13/7."""
    w = world()
    reserve(w)
    w = w.reboot()
    w.io.pressed = True
    w.pass_time(3)
    w.io.pressed = False
    w.pass_time(3)
    assert w.station.reservations


def test_power_cuts_at_every_write_of_a_reserved_charge():
    """S 5.13/8: Reserved, or a transaction that names it; never neither, never both."""
    first = world()
    reserve(first, "R1", seconds=9999)
    origin, saved = dict(first.store.files), first.saved

    def play(left):
        w = V16World(1, type(first.store)(origin), dict(saved), WALL + 100)
        w.store.left = left
        try:
            w.online().charge("R1")
        except PowerCut:
            w.store.left = None
        return w

    whole = play(None)
    assert whole.sent("StartTransaction")[0]["reservationId"] == 7
    seen = set()
    for left in range(whole.store.changes):
        cut = play(left)
        again = cut.reboot().online()
        again.pass_time(3)
        starts = cut.sent("StartTransaction") + again.sent("StartTransaction")
        named = any(p.get("reservationId") == 7 for p in starts)
        assert named != bool(again.station.reservations)
        seen.add(named)
    assert seen == {False, True}


def test_a_flash_that_refuses_promises_nothing():
    """S 5.13/8."""
    w = world()
    w.store.refuse = True
    w.log.exc = lambda *args: None
    code = w.call(
        "ReserveNow",
        {
            "connectorId": 1,
            "expiryDate": iso(w.real + 999),
            "idTag": "R1",
            "reservationId": 7,
        },
    )[0]
    assert code == "InternalError"
    assert not w.station.reservations and w.status == "Available"
