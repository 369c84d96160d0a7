"""The local authorisation list on the wire: S 3.5, 3.5.1 to 3.5.4, 5.10, 5.15, 9.2, E 3.52."""

import json

import pytest

from ocppj import authlist
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


# -- the messages


def test_version_0_is_an_empty_list():
    """S 5.10."""
    assert version(Bench().online()) == 0


def test_a_list_is_sent_and_its_version_told():
    """S 5.10."""
    b = Bench().online()
    assert send(b, 234, entry("A"), entry("B", "Blocked")) == "Accepted"
    assert version(b) == 234
    assert send(b, 239, entry("C"), full=False) == "Accepted"
    assert version(b) == 239 and authlist.size(b.store) == 3


@pytest.mark.parametrize("number", [0, -1, -5])
@pytest.mark.parametrize("full", [True, False])
def test_versions_with_a_meaning_of_their_own_are_refused(number, full):
    """E 3.52."""
    b = Bench().online()
    send(b, 3, entry("A"))
    assert send(b, number, entry("B"), full=full) == "Failed"
    assert version(b) == 3


@pytest.mark.parametrize(
    "number, status", [(2, "VersionMismatch"), (3, "VersionMismatch"), (4, 0)]
)
def test_a_differential_list_must_be_newer(number, status):
    """S 5.15/3."""
    b = Bench().online()
    send(b, 3, entry("A"))
    assert send(b, number, entry("B"), full=False) == (status or "Accepted")
    assert version(b) == max(number, 3)


def test_a_full_list_may_have_any_version():
    """S 5.15/1."""
    b = Bench().online()
    send(b, 30, entry("A"))
    assert send(b, 7, entry("B")) == "Accepted"
    assert version(b) == 7


def test_an_entry_without_info_deletes_in_a_differential_list():
    """S 5.15/2, S 7.1."""
    b = Bench().online()
    send(b, 1, entry("A"), entry("B"))
    assert send(b, 2, {"idTag": "a"}, full=False) == "Accepted"
    assert authlist.find(b.store, "A", None) is None
    assert authlist.find(b.store, "B", None)


def test_an_entry_without_info_makes_no_sense_in_a_full_list():
    """S 5.15/4, S 7.1."""
    b = Bench().online()
    send(b, 1, entry("A"))
    assert send(b, 2, {"idTag": "A"}) == "Failed"
    assert version(b) == 1


def test_an_empty_full_list_removes_all():
    """S 5.15/1."""
    b = Bench().online()
    send(b, 5, entry("A"))
    assert send(b, 6) == "Accepted"
    assert version(b) == 0


def test_a_token_twice_is_refused():
    """S 5.15/4."""
    b = Bench().online()
    assert send(b, 1, entry("A"), entry("a", "Blocked")) == "Failed"
    assert version(b) == 0


def test_a_message_may_not_be_longer_than_told():
    """S 9.2.3."""
    b = Bench().online()
    most = b.config.get("SendLocalListMaxLength")
    many = [entry("T%d" % n) for n in range(most + 1)]
    assert send(b, 1, *many) == "Failed"
    assert send(b, 1, *many[:-1]) == "Accepted"


def test_a_list_may_not_be_longer_than_told():
    """S 5.15/4, S 9.2.2."""
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
    """S 9.2.3."""
    b = Bench().online()
    info = {
        "expiryDate": "2027-01-15T08:00:00.000+01:00",
        "parentIdTag": "P" * 20,
        "status": "ConcurrentTx",
    }
    row = {"idTag": "T" * 20, "idTagInfo": info}
    count = b.config.get("SendLocalListMaxLength")
    assert len(str(row)) * count + 200 < b.config.get("MessageSizeMax")


def test_switched_off_there_is_no_list():
    """S 5.10."""
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


def test_it_survives_a_power_cut():
    """S 3.5.2/1."""
    b = Bench().online()
    send(b, 5, entry("A"))
    b = b.reboot().start()
    b.charge("A")
    assert verdict(b) == "Accepted"


def test_a_flash_that_refuses_is_a_failure():
    """S 5.15/4."""
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


# -- an update takes several turns: control comes in between


def begin(b, number, *tags):
    """SendLocalList up to its first turn."""
    rows = [entry(tag) for tag in tags]
    payload = {"listVersion": number, "updateType": "Full", "localAuthorizationList": rows}
    b.asked["L%d" % number] = "SendLocalList"
    b.cp.receive(json.dumps([2, "L%d" % number, "SendLocalList", payload]), b.clock.now)


def test_in_one_turn_little_is_written():
    """S 5.15/5, U 20."""
    b = Bench().online()
    before = b.store.changes
    begin(b, 1, *["T%d" % n for n in range(40)])
    while b.cp.work:
        assert b.store.changes - before <= 6
        before = b.store.changes
        b.pump()
    assert version(b) == 1


def test_who_asks_meanwhile_is_answered_after_it():
    """S 5.15/5."""
    b = Bench().online()
    begin(b, 7, "A", "B")
    assert b.cp.work
    assert version(b) == 7
    assert [i for i, _ in b.csms.answers[-2:]][0] == "L7"


def test_a_line_that_breaks_meanwhile_leaves_the_old_list():
    """S 3.5.2/1."""
    b = Bench().online()
    send(b, 1, entry("OLD"))
    begin(b, 2, "A", "B")
    b.offline()
    b.charge("OLD").run(2)
    assert verdict(b) == "Accepted"
    b.online()
    assert version(b) == 1
    assert send(b, 2, entry("NEW")) == "Accepted"
    assert len([n for n in b.store.files if n[0] == "l"]) == 2  # nothing of it is left over
