"""A token that turns out wrong, with the real station: S 3.5.4, 9.1.14, 9.1.24, E 3.5, 3.17."""

import pytest

from v16_world import V16World

BLOCKED = {"transactionId": 9, "idTagInfo": {"status": "Blocked", "parentIdTag": "FAM"}}


def charging(offline=False, **settings):
    """A charge whose token the CSMS refuses when it hears of the start."""
    w = V16World(AllowOfflineTxForUnknownId=True, **settings)
    w.io.locks[1] = False
    w.csms.replies["StartTransaction"] = BLOCKED
    if offline:
        w.charge("A1")
        assert w.session.state == "active"
        w.online()
    else:
        w.online()
        w.plug()
        w.pass_time(2)
        w.tag("A1")
    w.pass_time(20)
    assert len(w.sent("StartTransaction")) == 1
    return w


def energy(w):
    return w.connector.meter.energy_wh - w.session.meter_start_wh


@pytest.mark.parametrize("offline", [False, True])
def test_the_charge_ends_deauthorised(offline):  # 9.1.24 true; E 3.17: one rule for both
    """E 3.17/1."""
    w = charging(offline)
    (stop,) = w.sent("StopTransaction")
    assert (stop["reason"], stop["transactionId"]) == ("DeAuthorized", 9)
    assert "idTag" not in stop
    assert w.told()[-1] == "Finishing"


@pytest.mark.parametrize("offline", [False, True])
def test_only_the_energy_stops(offline):  # 9.1.24 false
    """E 3.17/2."""
    w = charging(offline, StopTransactionOnInvalidId=False)
    assert w.status == w.told()[-1] == "SuspendedEVSE"
    assert not w.sent("StopTransaction") and w.wire.amps < 1
    before = energy(w)
    w.pass_time(120)
    assert energy(w) == before
    w.tag("A1")
    w.pass_time(5)
    assert w.sent("StopTransaction")[0]["reason"] == "Local"


@pytest.mark.parametrize("most", [30, 60])
def test_a_little_energy_to_drive_away(most):
    """E 3.17/2."""
    w = charging(StopTransactionOnInvalidId=False, MaxEnergyOnInvalidId=most)
    assert w.status == "Charging"
    w.until(lambda: w.status == "SuspendedEVSE", 600)
    w.pass_time(60)
    assert most <= energy(w) <= most + 3
    assert not w.sent("StopTransaction")


def test_the_cable_waits_for_the_token_or_its_parent():
    """E 3.5."""
    w = charging()
    assert w.io.locks[1] is True
    w.csms.replies["Authorize"] = lambda p: {
        "idTagInfo": {"status": "Accepted", "parentIdTag": {"K1": "fam"}.get(p["idTag"], "x")}
    }
    w.tag("K2")
    w.pass_time(2)
    assert w.io.locks[1] is True
    w.tag("K1")
    w.pass_time(2)
    assert w.io.locks[1] is False and w.session is None


def test_the_same_token_frees_it_offline_too():
    """E 3.5."""
    w = charging()
    w.offline()
    assert w.tag("a1") == "unlocked"
    assert w.io.locks[1] is False


def test_the_refused_token_is_remembered():  # S 3.5.1: from StartTransaction.conf too
    """S 3.5.1/1."""
    w = charging()
    w.tag("A1")
    w.offline()
    w.tag("A1")
    w.pass_time(20)
    assert len(w.started) == 1


def test_a_start_from_afar_asks_first_if_so_set():
    """S 5.11/1."""
    w = V16World(AuthorizeRemoteTxRequests=True).online()
    w.plug()
    w.pass_time(2)
    w.csms.idtag = {"status": "Invalid"}
    assert w.call("RemoteStartTransaction", {"idTag": "R1"}) == {"status": "Accepted"}
    w.pass_time(10)
    assert w.sent("Authorize") == [{"idTag": "R1"}] and not w.started
    w.csms.idtag = {"status": "Accepted"}
    w.call("RemoteStartTransaction", {"idTag": "R1"})
    w.pass_time(15)
    assert len(w.started) == 1 and len(w.sent("StartTransaction")) == 1
