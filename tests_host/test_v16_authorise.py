"""Who may charge: S 3.5, 3.5.1, 3.5.4, 4.1, 5.4, 9.1.1, 9.1.2, 9.1.12, 9.1.13."""

import pytest

from ocppj import authorise
from ocppj.datetime import iso
from v16_bench import WALL, Bench, Error, Store


def verdict(b):
    return b.station.verdicts[-1][2]


def test_online_an_unknown_card_is_asked_about():
    """S 3.5/2."""
    b = Bench().online().charge("A1")
    assert b.sent("Authorize") == [{"idTag": "A1"}]
    assert b.station.verdicts == [(1, "A1", "Accepted", None)]


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "ConcurrentTx"])
def test_a_refused_card_starts_nothing(status):
    """S 4.1/1."""
    b = Bench().online()
    b.csms.idtag = {"status": status}
    b.charge("A1").run(3)
    assert verdict(b) == status and not b.sent("StartTransaction")


def test_a_card_shown_while_the_station_still_registers_is_asked_about():
    """S 3.5/2."""
    b = Bench().start().run(2)
    b.station.tag(1, "A1")
    b.run(3)
    assert not b.station.verdicts
    b.online()
    assert b.sent("Authorize") == [{"idTag": "A1"}] and verdict(b) == "Accepted"


@pytest.mark.parametrize("status", [None, "Pending", "Rejected"])
def test_a_card_shown_at_boot_does_not_wait_for_a_csms_that_does_not_come(status):
    """S 3.5/3, U 12."""
    b = Bench().start().run(2)
    b.csms.boot["status"] = status
    b.station.tag(1, "A1")
    if status:
        b.online(2)
    else:
        b.run(12)
        assert not b.station.verdicts
        b.run(2)
    assert verdict(b) == "Invalid" and not b.sent("Authorize")


def test_pre_authorize_starts_without_waiting():
    """S 3.5/1, U 33."""
    b = Bench(LocalPreAuthorize=True).online().charge().run(3)
    b.stop().run(2)
    b.charge().run(2)
    assert len(b.sent("Authorize")) == 1 and len(b.sent("StartTransaction")) == 2


def test_without_pre_authorize_known_cards_are_asked_about_too():
    """S 3.5/2."""
    b = Bench().online().charge().run(3)
    b.stop().run(2)
    b.charge().run(2)
    assert len(b.sent("Authorize")) == 2


def test_a_card_known_as_bad_is_asked_about_online():
    """S 3.5.1/4."""
    b = Bench(LocalPreAuthorize=True).online()
    b.csms.idtag = {"status": "Blocked"}
    b.charge().run(2)
    b.csms.idtag = {"status": "Accepted"}
    b.charge().run(2)
    assert len(b.sent("Authorize")) == 2 and b.sent("StartTransaction")


@pytest.mark.parametrize(
    "known, offline, unknown, result",
    [
        ("Accepted", True, False, "Accepted"),
        ("Accepted", False, False, "Invalid"),
        ("Accepted", False, True, "Accepted"),
        ("Blocked", True, True, "Blocked"),
        ("Blocked", False, True, "Blocked"),
        (None, True, False, "Invalid"),
        (None, True, True, "Accepted"),
        (None, False, True, "Accepted"),
    ],
)
def test_offline_rules(known, offline, unknown, result):
    """S 3.5.4/1, S 3.5.4/3, U 33."""
    b = Bench(LocalAuthorizeOffline=offline, AllowOfflineTxForUnknownId=unknown).online()
    b.offline()
    if known:
        authorise.remember(b.store, "A1", known, None, None, 10)
    b.charge("A1")
    assert verdict(b) == result


def test_a_card_whose_time_has_run_out_is_refused_offline():
    """S 3.5.1/2."""
    b = Bench(AllowOfflineTxForUnknownId=True).online()
    b.csms.idtag = {"status": "Accepted", "expiryDate": iso(WALL + 100)}
    b.charge().run(3)
    b.stop()
    b.offline()
    b.run(97 - b.clock.now)
    b.charge("A1")
    assert verdict(b) == "Accepted"
    b.stop()
    b.run(100 - b.clock.now)
    b.charge("A1")
    assert verdict(b) == "Expired"


def test_cache_ignores_case():
    """S 3.9, E 3.74."""
    b = Bench().online().charge("abC1").run(2)
    b.stop(id_tag="abC1")
    b.offline()
    b.charge("ABc1")
    assert verdict(b) == "Accepted"


def test_cache_survives_a_power_cut():
    """E 3.4."""
    b = Bench().online().charge().run(2)
    b.stop().run(2)
    b = b.reboot().start()
    b.charge("A1")
    assert verdict(b) == "Accepted"


def test_cache_disabled_is_neither_read_nor_written():
    """E 3.23."""
    b = Bench(AuthorizationCacheEnabled=False).online().charge().run(2)
    assert "cards" not in b.store.files
    b.stop().run(2)
    b.offline()
    b.charge("A1")
    assert verdict(b) == "Invalid"


def test_start_and_stop_answers_update_the_cache():
    """S 3.5.1/1."""
    b = Bench(StopTransactionOnInvalidId=False).online()
    b.csms.replies["StartTransaction"] = {"transactionId": 1, "idTagInfo": {"status": "Blocked"}}
    b.charge().run(2)
    assert authorise.cached(b.store, "A1", None)[0] == "Blocked"
    b.csms.replies["StopTransaction"] = {"idTagInfo": {"status": "Expired"}}
    b.stop().run(2)
    assert authorise.cached(b.store, "A1", None)[0] == "Expired"


def test_clear_cache():
    """S 5.4, E 3.23, U 15."""
    b = Bench().online().charge().run(2)
    assert b.call("ClearCache") == {"status": "Accepted"}
    assert authorise.cached(b.store, "A1", None) is None
    b.config.set("AuthorizationCacheEnabled", "false")
    assert b.call("ClearCache") == {"status": "Rejected"}


def test_a_full_cache_lets_bad_ones_go_first_then_the_oldest():
    """S 3.5.1/3."""
    store = Store()
    for tag, status in (("A", "Accepted"), ("B", "Blocked"), ("C", "Accepted")):
        authorise.remember(store, tag, status, None, None, 3)
    authorise.remember(store, "D", "Accepted", None, None, 3)
    assert [bool(authorise.cached(store, t, None)) for t in "ABCD"] == [True, False, True, True]
    authorise.remember(store, "E", "Invalid", None, None, 3)
    assert [bool(authorise.cached(store, t, None)) for t in "ACDE"] == [False, True, True, True]


def test_a_cache_of_no_entries_keeps_none():
    """S 3.5.1/3."""
    store = Store()
    authorise.remember(store, "A", "Accepted", None, None, 0)
    assert authorise.cached(store, "A", None) is None


def test_tokens_may_hold_anything():
    """S 3.9."""
    store = Store()
    for tag in ('a"b', "x\\y", "1,2", "tab\there", "line\nfeed", "é"):
        authorise.remember(store, tag, "Accepted", None, None, 20)
        assert authorise.cached(store, tag, None) == ["Accepted", None]


def test_an_unchanged_verdict_costs_no_flash():
    """E 3.4."""
    store = Store()
    authorise.remember(store, "A", "Accepted", None, None, 3)
    before = store.changes
    authorise.remember(store, "a", "Accepted", None, None, 3)
    assert store.changes == before


def test_authorize_without_answer_is_decided_as_offline():
    """S 3.5/3."""
    b = Bench(MessageTimeout=10).online().charge().run(2)
    b.stop().run(2)
    b.csms.silent = ("Authorize",)
    b.charge("A1")
    b.run(9)
    assert len(b.station.verdicts) == 1
    b.run(2)
    b.csms.pending = []
    b.cp.alive(b.clock.now)
    assert verdict(b) == "Accepted" and len(b.station.verdicts) == 2


def test_an_authorize_answer_only_just_too_late_is_used():
    """S 3.5/3."""
    b = Bench(MessageTimeout=10).online()
    b.csms.silent = ("Authorize",)
    b.charge("A1").run(11)
    b.cp.receive(b.csms.answer(b.csms.pending.pop()), b.clock.now)
    assert b.station.verdicts == [(1, "A1", "Accepted", None)]


def test_authorize_with_callerror_is_decided_as_offline():
    """S 3.5/3."""
    b = Bench().online()
    b.csms.replies["Authorize"] = Error("InternalError")
    b.charge("A1")
    assert verdict(b) == "Invalid"


def test_a_line_that_breaks_while_asking_does_not_keep_the_customer_waiting():
    """S 3.5/3."""
    b = Bench(AllowOfflineTxForUnknownId=True, connectors=2).online()
    b.csms.silent = ("Authorize",)
    b.charge("A1", 1).charge("B1", 2)
    b.offline()
    assert [v[:3] for v in b.station.verdicts] == [(1, "A1", "Accepted"), (2, "B1", "Accepted")]


def test_another_card_may_stop_if_the_parent_is_the_same():
    """S 4.1/2, S 4.1/3."""
    b = Bench().online()
    b.csms.idtag = {"status": "Accepted", "parentIdTag": "P"}
    b.charge("A1").run(2)
    b.charge("A2").run(2)
    stop = b.sent("StopTransaction")[0]
    assert (stop["idTag"], stop["reason"]) == ("A2", "Local")
    assert b.sent("Authorize") == [{"idTag": "A1"}, {"idTag": "A2"}]


def test_without_a_central_system_the_own_cards_decide():
    b = Bench(LocalCards="A1,b2")
    authorise.serve(b.station, b.config, b.bus)
    for tag, result in (
        ("a1", "Accepted"),
        ("B2", "Accepted"),
        ("A", "Invalid"),
        ("1,b", "Invalid"),
    ):
        b.station.tag(1, tag)
        assert b.station.verdicts[-1][2] == result
        b.station.connector(1).session = None
