"""Reservations with the real station: S 5.1, 5.13, 4.8, 4.9 (A7, G1, G2), 9.3.1, E 4.12."""

import pytest

from ocppj.datetime import iso
from v16_world import V16World


def reserve(w, tag="R1", cid=1, number=7, seconds=600, parent=None):
    payload = {
        "connectorId": cid,
        "expiryDate": iso(w.real + w.clock.now + seconds),
        "idTag": tag,
        "reservationId": number,
    }
    if parent:
        payload["parentIdTag"] = parent
    return w.call("ReserveNow", payload)["status"]


def cancel(w, number=7):
    return w.call("CancelReservation", {"reservationId": number})["status"]


def world(connectors=1, **settings):
    return V16World(connectors, **settings).online()


def parents(w, **cards):
    """The CSMS knows these cards' parents, and accepts everybody."""

    def info(payload):
        parent = cards.get(payload["idTag"])
        found = {"status": "Accepted"}
        if parent:
            found["parentIdTag"] = parent
        return {"idTagInfo": found}

    w.csms.replies["Authorize"] = info


# -- ReserveNow and CancelReservation


def test_a_free_connector_is_reserved_and_says_so():
    """S 4.9/9."""
    w = world()
    assert reserve(w) == "Accepted"
    assert w.status == "Reserved" and w.told()[-1] == "Reserved"
    assert w.told(0)[-1] == "Available"


@pytest.mark.parametrize("number, status", [(7, "Accepted"), (8, "Rejected")])
def test_cancel(number, status):
    """S 5.1."""
    w = world()
    reserve(w)
    assert cancel(w, number) == status
    assert w.told()[-1] == ("Available" if status == "Accepted" else "Reserved")


def test_a_second_reservation_finds_it_occupied_for_whomever():  # S 5.13: same or another idTag
    """S 5.13/1."""
    w = world()
    reserve(w)
    assert reserve(w, "R1", number=8) == reserve(w, "R2", number=9) == "Occupied"
    assert [row[1] for row in w.station.reservations] == [7]


def test_the_same_id_replaces_its_reservation():
    """S 5.13/3."""
    w = world(2)
    reserve(w, "R1")
    assert reserve(w, "R2") == "Accepted"
    assert "reserved" in w.tag("R1")
    assert reserve(w, "R2", cid=2) == "Accepted"
    w.pass_time(1)
    assert (w.told(1)[-1], w.told(2)[-1]) == ("Available", "Reserved")


def test_a_replacement_that_cannot_be_leaves_the_old_one():
    """S 5.13/3."""
    w = world(2)
    reserve(w, "R1")
    w.plug(2)
    w.pass_time(2)
    assert reserve(w, "R2", cid=2) == "Occupied"
    assert w.station.reservations[0][:3] == [1, 7, "R1"]


def test_occupied_by_a_vehicle_or_a_charge():
    """S 5.13/1."""
    w = world()
    w.plug()
    w.pass_time(2)
    assert reserve(w) == "Occupied"
    w.charge()
    assert reserve(w) == "Occupied"


@pytest.mark.parametrize("cid", [0, 1])
def test_unavailable(cid):
    """S 5.13/1."""
    w = world()
    w.call("ChangeAvailability", {"connectorId": cid, "type": "Inoperative"})
    assert reserve(w) == reserve(w, cid=0) == "Unavailable"


@pytest.mark.parametrize("cid", [0, 1])
def test_faulted(cid):
    """S 5.13/1."""
    w = world()
    w.io.pressed = True
    w.pass_time(1)
    assert w.status == "Faulted"
    assert reserve(w, cid=cid) == "Faulted"


@pytest.mark.parametrize(
    "cid, seconds, settings",
    [
        (2, 600, {}),  # there is no such connector
        (1, 0, {}),  # its time is over
        (1, -60, {}),
        (1, 600, {"FreeVend": True}),  # everybody may charge
        (0, 600, {"ReserveConnectorZeroSupported": False}),  # 9.3.1
    ],
)
def test_rejected(cid, seconds, settings):
    """S 5.13/2."""
    w = world(**settings)
    assert reserve(w, cid=cid, seconds=seconds) == "Rejected"
    assert not w.station.reservations


# -- who may charge


def test_others_are_refused_and_told_why():
    """S 5.13/4, U 25."""
    w = world()
    reserve(w)
    w.plug()
    w.pass_time(2)
    assert w.tag("X") == "refused: connector is reserved"
    assert w.call("RemoteStartTransaction", {"idTag": "X"}) == {"status": "Rejected"}
    w.pass_time(10)
    assert not w.started and w.status == "Reserved"  # until its identity is presented: G2


def test_the_owner_charges_and_the_csms_hears_of_it():  # S 4.8, 5.13, complaint 25
    """S 4.8/2."""
    w = world()
    reserve(w, "R1")
    w.charge("r1")
    assert w.sent("StartTransaction")[0]["reservationId"] == 7
    assert w.told()[-3:] == ["Reserved", "Preparing", "Charging"]
    assert not w.station.reservations and cancel(w) == "Rejected"
    w.station.stop(1, "Local")
    w.pass_time(10)
    w.unplug()
    w.pass_time(5)
    assert w.told()[-1] == "Available"


def test_who_has_no_reservation_sends_no_id():  # complaint 25: no -1
    """S 4.8/2, U 25."""
    w = world().charge("X")
    assert "reservationId" not in w.sent("StartTransaction")[0]


def test_the_owner_by_remote_start():
    """S 5.13/4."""
    w = world()
    reserve(w, "R1")
    w.plug()
    w.pass_time(2)
    assert w.call("RemoteStartTransaction", {"idTag": "R1"}) == {"status": "Accepted"}
    w.pass_time(20)
    assert w.sent("StartTransaction")[0]["reservationId"] == 7


def test_a_reservation_elsewhere_stays():  # it ends on the reserved connector only
    """S 5.13/4."""
    w = world(2)
    reserve(w, "R1", cid=1)
    w.charge("R1", 2)
    assert "reservationId" not in w.sent("StartTransaction")[0]
    assert w.told(1)[-1] == "Reserved"


def test_the_parent_is_looked_up_by_authorize():
    """S 5.13/6."""
    w = world(LocalPreAuthorize=True)
    parents(w, K1="fam", K2="other")
    reserve(w, "R1", parent="FAM")
    w.plug()
    w.pass_time(2)
    w.tag("K2")
    w.pass_time(20)
    assert not w.started and w.status == "Reserved"
    w.tag("K1")
    w.pass_time(20)
    assert w.sent("StartTransaction")[0]["reservationId"] == 7


def test_the_parent_is_looked_up_on_the_list_first():
    """S 5.13/6, E 4.12."""
    w = world(LocalPreAuthorize=True)
    info = {"status": "Accepted", "parentIdTag": "FAM"}
    rows = [{"idTag": "K1", "idTagInfo": info}]
    w.call(
        "SendLocalList",
        {"listVersion": 1, "updateType": "Full", "localAuthorizationList": rows},
    )
    reserve(w, "R1", parent="FAM")
    w.charge("K1")
    assert not w.sent("Authorize") and w.sent("StartTransaction")[0]["reservationId"] == 7


@pytest.mark.parametrize("tag, starts", [("K1", True), ("K2", False)])
def test_a_remote_start_for_a_parent_asks_first(tag, starts):
    """S 5.13/6."""
    w = world()
    parents(w, K1="FAM")
    reserve(w, "R1", parent="FAM")
    w.plug()
    w.pass_time(2)
    w.call("RemoteStartTransaction", {"idTag": tag})
    w.pass_time(20)
    assert w.sent("Authorize") == [{"idTag": tag}]
    assert bool(w.started) is starts


def test_a_parent_is_no_token():
    """S 3.10."""
    w = world()
    reserve(w, "R1", parent="FAM")
    w.plug()
    w.pass_time(2)
    w.tag("FAM")
    w.pass_time(10)
    assert not w.started


def test_offline_an_unknown_card_does_not_get_a_reserved_connector():
    """S 5.13/6."""
    w = world(AllowOfflineTxForUnknownId=True)
    reserve(w, "R1", parent="FAM")
    w.offline()
    w.plug()
    w.pass_time(2)
    w.tag("K1")
    w.pass_time(10)
    assert not w.started
    w.tag("R1")
    w.pass_time(20)
    assert len(w.started) == 1
