"""Who may charge by the local list, and when it is in conflict: S 3.5, 3.5.1 to 3.5.4, 4.1."""

import pytest

from ocppj import authlist, authorise
from ocppj.datetime import iso
from test_v16_local_list import entry, send, verdict, version
from v16_bench import WALL, Bench


def conflicts(b):
    return [p for p in b.sent("StatusNotification") if p["errorCode"] == "LocalListConflict"]


# -- who may charge


def test_listed_tokens_start_at_once_online_with_pre_authorize():
    """S 3.5/1."""
    b = Bench(LocalPreAuthorize=True).online()
    send(b, 1, entry("A", parent="P"))
    b.charge("a").run(2)
    assert not b.sent("Authorize") and b.station.verdicts == [(1, "a", "Accepted", "P")]


def test_without_pre_authorize_the_csms_is_asked():
    """S 3.5/2."""
    b = Bench().online()
    send(b, 1, entry("A"))
    b.charge("A")
    assert b.sent("Authorize") == [{"idTag": "A"}]


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_who_is_listed_as_bad_is_asked_about_online(status):
    """S 3.5.1/4."""
    b = Bench(LocalPreAuthorize=True).online()
    send(b, 1, entry("A", status))
    b.charge("A")
    assert b.sent("Authorize") and verdict(b) == "Accepted"


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_who_is_listed_as_bad_never_charges_offline(status):  # S 3.5.4: MUST be rejected
    """S 3.5.4/2."""
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    send(b, 1, entry("A", status))
    b.offline()
    b.charge("A")
    assert verdict(b) == status


@pytest.mark.parametrize(
    "offline, unknown, result",
    [(True, False, "Accepted"), (False, False, "Invalid"), (False, True, "Accepted")],
)
def test_who_is_listed_as_good_charges_offline(offline, unknown, result):
    """S 3.5.4/1."""
    b = Bench(LocalAuthorizeOffline=offline, AllowOfflineTxForUnknownId=unknown).online()
    send(b, 1, entry("A"))
    b.offline()
    b.charge("A")
    assert verdict(b) == result


def test_who_has_run_out_is_refused_offline():
    """S 3.5.4/2."""
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    send(b, 1, entry("A", "Accepted", WALL + 100))
    b.offline()
    b.run(99 - b.clock.now)
    b.charge("A")
    assert verdict(b) == "Accepted"
    b.stop().run(1)
    b.charge("A")
    assert verdict(b) == "Expired"


@pytest.mark.parametrize("listed, cached", [("Accepted", "Blocked"), ("Blocked", "Accepted")])
def test_the_list_has_priority_over_the_cache(listed, cached):
    """S 3.5.3/2."""
    b = Bench().online()
    authorise.remember(b.store, "A", cached, None, None, 10)
    send(b, 1, entry("A", listed))
    b.offline()
    b.charge("A")
    assert verdict(b) == listed


def test_listed_tokens_are_not_added_to_the_cache():
    """S 3.5.3/1."""
    b = Bench().online()
    send(b, 1, entry("A"))
    b.charge("A").run(2)
    b.stop(id_tag="A").run(2)
    b.charge("B").run(2)
    assert authorise.cached(b.store, "A", None) is None
    assert authorise.cached(b.store, "B", None)


def test_the_cache_does_not_touch_the_list():  # S 3.5.2: only SendLocalList changes it
    """S 3.5.2/2."""
    b = Bench().online()
    send(b, 1, entry("A"))
    b.csms.idtag = {"status": "Blocked"}
    b.charge("A").run(2)
    assert authlist.find(b.store, "A", None)[0] == "Accepted"
    assert b.call("ClearCache") == {"status": "Accepted"}
    assert version(b) == 1


def test_another_card_of_the_same_parent_stops_offline():
    """S 4.1/3."""
    b = Bench().online()
    send(b, 1, entry("A1", parent="P"), entry("A2", parent="p"), entry("A3", parent="Q"))
    b.offline()
    b.charge("A1").run(2)
    b.charge("A3").run(1)
    assert b.station.connector(1).session
    b.charge("A2").run(1)
    assert b.station.connector(1).session is None


# -- conflicts


@pytest.mark.parametrize("message", ["Authorize", "StartTransaction", "StopTransaction"])
def test_a_conflict_is_told_on_connector_0(message):
    """S 3.5.2/3."""
    b = Bench(StopTransactionOnInvalidId=False).online()
    send(b, 1, entry("A"))
    info = {"idTagInfo": {"status": "Blocked"}}
    if message == "StartTransaction":
        info["transactionId"] = 1
    b.csms.replies[message] = info
    b.charge("A").run(2)
    b.stop(id_tag="A").run(2)
    (told,) = conflicts(b)
    assert (told["connectorId"], told["status"]) == (0, "Available")
    assert told["info"] == "A is Blocked, listed as Accepted"


def test_a_better_verdict_is_a_conflict_too():
    """S 3.5.2/3."""
    b = Bench().online()
    send(b, 1, entry("A", "Blocked"))
    b.charge("A").run(2)
    assert len(conflicts(b)) == 1


def test_the_same_conflict_is_told_once_another_one_anew():
    """S 3.5.2/3."""
    b = Bench().online()
    send(b, 1, entry("A", "Blocked"), entry("B", "Invalid"))
    for tag in "AAB":
        b.charge(tag).run(2)
        b.stop(id_tag=tag).run(2)
    assert [p["info"][0] for p in conflicts(b)] == ["A", "B"]


def test_to_agree_or_to_charge_elsewhere_is_no_conflict():
    """S 3.5.2/3."""
    b = Bench().online()
    send(b, 1, entry("A"))
    b.charge("A").run(2)
    b.csms.replies["StopTransaction"] = {"idTagInfo": {"status": "ConcurrentTx"}}
    b.stop(id_tag="A").run(2)
    b.charge("B").run(2)
    assert not conflicts(b)


def test_a_new_list_ends_the_conflict():
    """S 3.5.2/3."""
    b = Bench().online()
    send(b, 1, entry("A", "Blocked"))
    b.charge("A").run(2)
    send(b, 2, entry("A"), full=False)
    b.run(2)
    last = [p for p in b.sent("StatusNotification") if p["connectorId"] == 0][-1]
    assert last["errorCode"] == "NoError"


# -- the cache


def test_a_full_cache_drops_first_whose_time_has_run_out():
    """S 3.5.1/3."""
    b = Bench(AuthorizationCacheSize=3).online()
    for tag, seconds in (("A", 9999), ("B", 5), ("C", 9999)):
        b.csms.idtag = {"status": "Accepted", "expiryDate": iso(WALL + b.clock.now + seconds)}
        b.charge(tag).run(2)
        b.stop(id_tag=tag).run(2)
    b.charge("D").run(2)
    assert [bool(authorise.cached(b.store, t, None)) for t in "ABCD"] == [True, False, True, True]
