"""The local authorisation list on the wire: S 3.5, 3.5.1 to 3.5.4, 5.10, 5.15, 9.2, E 3.52."""

import pytest

from ocppj import authlist, authorise
from ocppj.datetime import iso
from v16_bench import WALL, Bench


def entry(tag, status="Accepted", expiry=None, parent=None):
    info = {"status": status}
    if expiry:
        info["expiryDate"] = iso(expiry)
    if parent:
        info["parentIdTag"] = parent
    return {"idTag": tag, "idTagInfo": info}


def send(b, number, *entries, full=True):
    payload = {"listVersion": number, "updateType": "Full" if full else "Differential"}
    if entries:
        payload["localAuthorizationList"] = list(entries)
    return b.call("SendLocalList", payload)["status"]


def version(b):
    return b.call("GetLocalListVersion")["listVersion"]


def verdict(b):
    return b.station.verdicts[-1][2]


def conflicts(b):
    return [p for p in b.sent("StatusNotification") if p["errorCode"] == "LocalListConflict"]


# -- the messages


def test_version_0_is_an_empty_list():  # S 5.10
    assert version(Bench().online()) == 0


def test_a_list_is_sent_and_its_version_told():  # S 3.5.2
    b = Bench().online()
    assert send(b, 234, entry("A"), entry("B", "Blocked")) == "Accepted"
    assert version(b) == 234
    assert send(b, 239, entry("C"), full=False) == "Accepted"
    assert version(b) == 239 and authlist.size(b.store) == 3


@pytest.mark.parametrize("number", [0, -1, -5])
@pytest.mark.parametrize("full", [True, False])
def test_versions_with_a_meaning_of_their_own_are_refused(number, full):  # E 3.52
    b = Bench().online()
    send(b, 3, entry("A"))
    assert send(b, number, entry("B"), full=full) == "Failed"
    assert version(b) == 3


@pytest.mark.parametrize(
    "number, status", [(2, "VersionMismatch"), (3, "VersionMismatch"), (4, 0)]
)
def test_a_differential_list_must_be_newer(number, status):  # S 7.47
    b = Bench().online()
    send(b, 3, entry("A"))
    assert send(b, number, entry("B"), full=False) == (status or "Accepted")
    assert version(b) == max(number, 3)


def test_a_full_list_may_have_any_version():
    b = Bench().online()
    send(b, 30, entry("A"))
    assert send(b, 7, entry("B")) == "Accepted"
    assert version(b) == 7


def test_an_entry_without_info_deletes_in_a_differential_list():  # S 7.1
    b = Bench().online()
    send(b, 1, entry("A"), entry("B"))
    assert send(b, 2, {"idTag": "a"}, full=False) == "Accepted"
    assert authlist.find(b.store, "A", None) is None
    assert authlist.find(b.store, "B", None)


def test_an_entry_without_info_makes_no_sense_in_a_full_list():  # S 7.1
    b = Bench().online()
    send(b, 1, entry("A"))
    assert send(b, 2, {"idTag": "A"}) == "Failed"
    assert version(b) == 1


def test_an_empty_full_list_removes_all():  # S 6.41
    b = Bench().online()
    send(b, 5, entry("A"))
    assert send(b, 6) == "Accepted"
    assert version(b) == 0


def test_a_token_twice_is_refused():  # S 6.41
    b = Bench().online()
    assert send(b, 1, entry("A"), entry("a", "Blocked")) == "Failed"
    assert version(b) == 0


def test_a_message_may_not_be_longer_than_told():  # 9.2.3
    b = Bench().online()
    most = b.config.get("SendLocalListMaxLength")
    many = [entry("T%d" % n) for n in range(most + 1)]
    assert send(b, 1, *many) == "Failed"
    assert send(b, 1, *many[:-1]) == "Accepted"


def test_a_list_may_not_be_longer_than_told():  # 9.2.2
    b = Bench().online()
    most = b.config.get("LocalAuthListMaxLength")
    assert most >= 1000
    for n in range(0, most, 50):
        rows = [entry("T%d" % m, "Accepted", WALL + 9999, "P%d" % n) for m in range(n, n + 50)]
        assert send(b, n + 1, *rows, full=n == 0) == "Accepted"
    assert send(b, 9999, entry("X"), full=False) == "Failed"
    assert version(b) == most - 49
    b.offline()
    b.charge("T777")
    assert verdict(b) == "Accepted"


def test_the_longest_legal_message_fits_the_bound_for_messages():  # 9.2.3, part C 7
    b = Bench().online()
    info = {
        "expiryDate": "2027-01-15T08:00:00.000+01:00",
        "parentIdTag": "P" * 20,
        "status": "ConcurrentTx",
    }
    row = {"idTag": "T" * 20, "idTagInfo": info}
    count = b.config.get("SendLocalListMaxLength")
    assert len(str(row)) * count + 200 < b.config.get("MessageSizeMax")


def test_switched_off_there_is_no_list():  # 9.2.1, S 5.10
    b = Bench().online()
    send(b, 1, entry("A"))
    b.config.set("LocalAuthListEnabled", "false")
    assert version(b) == -1
    assert send(b, 2, entry("B")) == "NotSupported"
    b.offline()
    b.charge("A")
    assert verdict(b) == "Invalid"
    b.config.set("LocalAuthListEnabled", "true")
    assert version(b.online()) == 1


def test_it_survives_a_power_cut():  # S 3.5.2
    b = Bench().online()
    send(b, 5, entry("A"))
    b = b.reboot().start()
    b.charge("A")
    assert verdict(b) == "Accepted"


def test_a_flash_that_refuses_is_a_failure():
    b = Bench().online()
    send(b, 1, entry("A"))
    b.store.refuse = True
    assert send(b, 2, entry("B")) == "Failed"
    b.store.refuse = False
    assert version(b) == 1


def test_the_profiles_are_told():  # 9.1.29
    b = Bench().online()
    profiles = b.config.get("SupportedFeatureProfiles").split(",")
    for name in ("FirmwareManagement", "LocalAuthListManagement", "Reservation"):
        assert name in profiles
    for key in ("LocalAuthListMaxLength", "SendLocalListMaxLength", "LocalAuthListEnabled"):
        row = b.call("GetConfiguration", {"key": [key]})["configurationKey"][0]
        assert row["readonly"] == (key != "LocalAuthListEnabled")


# -- who may charge


def test_listed_tokens_start_at_once_online_with_pre_authorize():  # 9.1.13
    b = Bench(LocalPreAuthorize=True).online()
    send(b, 1, entry("A", parent="P"))
    b.charge("a").run(2)
    assert not b.sent("Authorize") and b.station.verdicts == [(1, "a", "Accepted", "P")]


def test_without_pre_authorize_the_csms_is_asked():  # 9.1.13
    b = Bench().online()
    send(b, 1, entry("A"))
    b.charge("A")
    assert b.sent("Authorize") == [{"idTag": "A"}]


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_who_is_listed_as_bad_is_asked_about_online(status):  # S 3.5.1
    b = Bench(LocalPreAuthorize=True).online()
    send(b, 1, entry("A", status))
    b.charge("A")
    assert b.sent("Authorize") and verdict(b) == "Accepted"


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_who_is_listed_as_bad_never_charges_offline(status):  # S 3.5.4: MUST be rejected
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    send(b, 1, entry("A", status))
    b.offline()
    b.charge("A")
    assert verdict(b) == status


@pytest.mark.parametrize(
    "offline, unknown, result",
    [(True, False, "Accepted"), (False, False, "Invalid"), (False, True, "Accepted")],
)
def test_who_is_listed_as_good_charges_offline(offline, unknown, result):  # 9.1.12, 9.1.1
    b = Bench(LocalAuthorizeOffline=offline, AllowOfflineTxForUnknownId=unknown).online()
    send(b, 1, entry("A"))
    b.offline()
    b.charge("A")
    assert verdict(b) == result


def test_who_has_run_out_is_refused_offline():  # S 3.5.4
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
def test_the_list_has_priority_over_the_cache(listed, cached):  # S 3.5.3
    b = Bench().online()
    authorise.remember(b.store, "A", cached, None, None, 10)
    send(b, 1, entry("A", listed))
    b.offline()
    b.charge("A")
    assert verdict(b) == listed


def test_listed_tokens_are_not_added_to_the_cache():  # S 3.5.3
    b = Bench().online()
    send(b, 1, entry("A"))
    b.charge("A").run(2)
    b.stop(id_tag="A").run(2)
    b.charge("B").run(2)
    assert authorise.cached(b.store, "A", None) is None
    assert authorise.cached(b.store, "B", None)


def test_the_cache_does_not_touch_the_list():  # S 3.5.2: only SendLocalList changes it
    b = Bench().online()
    send(b, 1, entry("A"))
    b.csms.idtag = {"status": "Blocked"}
    b.charge("A").run(2)
    assert authlist.find(b.store, "A", None)[0] == "Accepted"
    assert b.call("ClearCache") == {"status": "Accepted"}
    assert version(b) == 1


def test_another_card_of_the_same_parent_stops_offline():  # S 4.1
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
def test_a_conflict_is_told_on_connector_0(message):  # S 3.5.2
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
    b = Bench().online()
    send(b, 1, entry("A", "Blocked"))
    b.charge("A").run(2)
    assert len(conflicts(b)) == 1


def test_the_same_conflict_is_told_once_another_one_anew():
    b = Bench().online()
    send(b, 1, entry("A", "Blocked"), entry("B", "Invalid"))
    for tag in "AAB":
        b.charge(tag).run(2)
        b.stop(id_tag=tag).run(2)
    assert [p["info"][0] for p in conflicts(b)] == ["A", "B"]


def test_to_agree_or_to_charge_elsewhere_is_no_conflict():
    b = Bench().online()
    send(b, 1, entry("A"))
    b.charge("A").run(2)
    b.csms.replies["StopTransaction"] = {"idTagInfo": {"status": "ConcurrentTx"}}
    b.stop(id_tag="A").run(2)
    b.charge("B").run(2)
    assert not conflicts(b)


def test_a_new_list_ends_the_conflict():
    b = Bench().online()
    send(b, 1, entry("A", "Blocked"))
    b.charge("A").run(2)
    send(b, 2, entry("A"), full=False)
    b.run(2)
    last = [p for p in b.sent("StatusNotification") if p["connectorId"] == 0][-1]
    assert last["errorCode"] == "NoError"


# -- the cache


def test_a_full_cache_drops_first_whose_time_has_run_out():  # S 3.5.1
    b = Bench(AuthorizationCacheSize=3).online()
    for tag, seconds in (("A", 9999), ("B", 5), ("C", 9999)):
        b.csms.idtag = {"status": "Accepted", "expiryDate": iso(WALL + b.clock.now + seconds)}
        b.charge(tag).run(2)
        b.stop(id_tag=tag).run(2)
    b.charge("D").run(2)
    assert [bool(authorise.cached(b.store, t, None)) for t in "ABCD"] == [True, False, True, True]
