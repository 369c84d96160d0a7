"""The local authorisation list on flash: S 3.5.2, 3.5.4, 3.9, 5.10, 5.15, 7.47, 9.2."""

import random

import pytest

from ocppj import authlist
from v16_station import PowerCut, Store

MOST = 1000


def update(store, number, full, rows, most):
    """All turns of an update; what comes of it."""
    rows = [authlist.pack(*row) for row in rows]
    turns = list(authlist.changes(store, number, full, rows, most))
    assert turns[:-1] == [None] * (len(turns) - 1)
    return turns[-1]


def fill(store, number=1, count=3, first=0, status="Accepted"):
    rows = [("TAG%d" % n, status, None, None) for n in range(first, first + count)]
    return update(store, number, True, rows, MOST)


def diff(store, number, *rows):
    return update(store, number, False, list(rows), MOST)


def status(store, tag, wall=None):
    found = authlist.find(store, tag, wall)
    return found and found[0]


def book(store, tags):
    """Everything that can be seen of a list."""
    return [authlist.version(store), authlist.size(store)] + [
        authlist.find(store, tag, None) for tag in tags
    ]


def test_an_empty_list_has_version_0_and_knows_nobody():
    """S 5.10."""
    store = Store()
    assert authlist.version(store) == authlist.size(store) == 0
    assert authlist.find(store, "A", None) is None


def test_a_full_list_replaces_what_was_there():
    """S 5.15/1."""
    store = Store()
    assert fill(store, 5) == "Accepted"
    assert (authlist.version(store), authlist.size(store)) == (5, 3)
    assert fill(store, 2, 2, first=2) == "Accepted"  # any version: it is a new list
    assert authlist.version(store) == 2
    assert [status(store, "TAG%d" % n) for n in range(5)] == [
        None,
        None,
        "Accepted",
        "Accepted",
        None,
    ]


def test_an_empty_full_list_removes_all():
    """S 5.15/1."""
    store = Store()
    fill(store, 5)
    assert update(store, 9, True, [], MOST) == "Accepted"
    assert authlist.version(store) == authlist.size(store) == 0
    assert status(store, "TAG1") is None
    assert diff(store, 1, ("A", "Accepted", None, None)) == "Accepted"  # 1 is above 0
    assert authlist.version(store) == 1


def test_a_differential_list_adds_changes_and_deletes():
    """S 5.15/2."""
    store = Store()
    fill(store)
    rows = (
        ("NEW", "Accepted", None, "P"),
        ("TAG1", "Blocked", None, None),
        ("TAG2", None, None, None),
    )
    assert diff(store, 2, *rows) == "Accepted"
    assert (authlist.version(store), authlist.size(store)) == (2, 3)
    assert authlist.find(store, "NEW", None) == ["Accepted", "P"]
    assert status(store, "TAG1") == "Blocked"
    assert status(store, "TAG2") is None and status(store, "TAG0") == "Accepted"


def test_to_delete_who_is_not_there_is_no_error():
    """S 5.15/2."""
    store = Store()
    fill(store)
    assert diff(store, 2, ("WHO", None, None, None)) == "Accepted"
    assert authlist.size(store) == 3


@pytest.mark.parametrize("number, result", [(4, "VersionMismatch"), (5, "VersionMismatch")])
def test_a_differential_list_of_no_newer_version_does_not_fit(number, result):
    """S 5.15/3."""
    store = Store()
    fill(store, 5)
    before = dict(store.files)
    assert diff(store, number, ("NEW", "Accepted", None, None)) == result
    assert store.files == before
    assert diff(store, 6, ("NEW", "Accepted", None, None)) == "Accepted"


def test_an_empty_differential_list_changes_nothing_but_the_version():
    """S 5.15/2."""
    store = Store()
    fill(store, 5)
    assert diff(store, 6) == "Accepted"
    assert (authlist.version(store), authlist.size(store)) == (6, 3)


@pytest.mark.parametrize("full", [True, False])
def test_a_token_twice_is_refused_in_whatever_case(full):
    """S 5.15/4."""
    store = Store()
    fill(store, 5)
    before = dict(store.files)
    rows = [("abc", "Accepted", None, None), ("ABC", "Blocked", None, None)]
    assert update(store, 6, full, rows, MOST) == "Failed"
    assert store.files == before


def test_tokens_ignore_case():
    """S 3.9."""
    store = Store()
    diff(store, 1, ("abC", "Blocked", None, None))
    assert status(store, "ABc") == "Blocked"
    diff(store, 2, ("ABC", "Accepted", None, None))
    assert status(store, "abc") == "Accepted" and authlist.size(store) == 1


def test_tokens_may_hold_anything():
    """S 3.9."""
    store = Store()
    tags = ['a"b', "x\\y", "1,2", "tab\there", "line\nfeed", "é", "日本語", "\x00", "a" * 20]
    rows = [(tag, "Accepted", None, tag[:20]) for tag in tags]
    assert diff(store, 1, *rows) == "Accepted"
    for tag in tags:
        assert authlist.find(store, tag, None) == ["Accepted", tag[:20]]


def test_time_runs_out():
    """S 3.5.1/2."""
    store = Store()
    diff(store, 1, ("A", "Accepted", 1000, None), ("B", "Blocked", 1000, None))
    assert status(store, "A", 999) == "Accepted"
    assert status(store, "A", 1000) == status(store, "A", 1001) == "Expired"
    assert status(store, "A", None) == "Accepted"  # nobody knows the time
    assert status(store, "B", 2000) == "Blocked"


@pytest.mark.parametrize("expiry", [1, 2**31, 2**32 - 1, 2**40, -5])
def test_dates_of_every_size(expiry):
    store = Store()
    assert diff(store, 1, ("A", "Accepted", expiry, None)) == "Accepted"
    if expiry > 0:
        assert status(store, "A", min(expiry, 2**32 - 1) - 1) == "Accepted"
        assert status(store, "A", min(expiry, 2**32 - 1)) == "Expired"


def test_the_limit():
    """S 5.15/4."""
    store = Store()
    rows = [("T%d" % n, "Accepted", None, None) for n in range(10)]
    assert update(store, 1, True, rows, 10) == "Accepted"
    before = dict(store.files)
    more = [("M", "Accepted", None, None)]
    assert update(store, 2, False, more, 10) == "Failed"
    assert update(store, 3, True, rows + more, 10) == "Failed"
    assert store.files == before
    swap = [("T3", None, None, None)] + more
    assert update(store, 2, False, swap, 10) == "Accepted"


def test_a_thousand_tokens_in_parts():
    """U 34, S 9.2.2."""
    store = Store()
    tags = ["%020d" % (n * 7919) for n in range(1000)]
    for n in range(0, 1000, 50):
        rows = [(t, "Accepted", 1_800_000_000, "PARENT%014d" % n) for t in tags[n : n + 50]]
        assert update(store, n // 50 + 1, n == 0, rows, MOST) == "Accepted"
    assert (authlist.version(store), authlist.size(store)) == (20, 1000)
    assert all(status(store, tag) == "Accepted" for tag in tags)
    assert status(store, "1") is None
    assert max(len(data) for data in store.files.values()) <= 4096
    assert len(store.files) <= 33 and sum(map(len, store.files.values())) < 60_000
    assert diff(store, 21, ("ONE MORE", "Accepted", None, None)) == "Failed"


def test_a_flash_that_refuses_leaves_the_old_list():
    """S 3.5.2/1."""
    store = Store()
    fill(store, 1, 20)
    before = dict(store.files)
    tags = ["TAG%d" % n for n in range(40)]
    old = book(store, tags)

    def refuse(name, data, write=store.write):
        if name == "local":
            raise OSError(28)
        write(name, data)

    store.write = refuse
    assert fill(store, 2, 40) == "Failed"
    assert store.files == before  # what was written for nothing is gone
    assert book(store, tags) == old


@pytest.mark.parametrize("free, result", [(32768 + 4095, "Failed"), (32768 + 4096, "Accepted")])
def test_the_list_leaves_the_journal_its_room(free, result):  # S 3.7: charges come first
    store = Store()
    store.free_bytes = free
    assert fill(store, 1, 1) == result


def test_a_damaged_part_is_not_believed():
    """S 3.5.2/1."""
    store = Store()
    fill(store, 1, 1)
    name = next(n for n in store.files if n != "local")
    data = bytearray(store.files[name])
    for n in range(len(data)):
        torn = bytearray(data)
        torn[n] ^= 1
        store.files[name] = bytes(torn)
        assert status(store, "TAG0") is None
    for n in range(len(data)):
        store.files[name] = bytes(data[:n])
        assert status(store, "TAG0") is None


def scenarios():
    yield "full over full", lambda s: fill(s, 2, 30, 5, "Blocked"), 5
    yield "full to empty", lambda s: update(s, 2, True, [], MOST), 5
    changes = [("TAG3", None, None, None), ("TAG4", "Expired", None, "P")]
    changes += [("N%d" % n, "Accepted", 5, None) for n in range(10)]
    yield "differential", lambda s: diff(s, 2, *changes), 5
    yield "first list", lambda s: fill(s, 2, 12), 0


@pytest.mark.parametrize("name, change, old", list(scenarios()), ids=lambda v: str(v)[:16])
def test_a_power_cut_at_any_write_leaves_the_old_list_or_the_new(name, change, old):
    """S 3.5.2/1."""
    tags = ["TAG%d" % n for n in range(40)] + ["N%d" % n for n in range(10)]
    origin = Store()
    if old:
        fill(origin, 1, 20)
    whole = Store(origin.files)
    assert change(whole) == "Accepted"
    good = [book(origin, tags), book(whole, tags)]
    seen = set()
    for cut in range(whole.changes):
        store = Store(origin.files)
        store.left = cut
        with pytest.raises(PowerCut):
            change(store)
        after = Store(store.files)  # the next boot
        seen.add(good.index(book(after, tags)))
        assert change(after) in ("Accepted", "VersionMismatch")  # the CSMS sends it again
        assert book(after, tags) == good[1]
    assert 0 in seen
    assert seen == {0, 1} or not old


def test_random_updates_agree_with_a_dict():
    """S 5.15/2."""
    rnd = random.Random(16)
    store = Store()
    model = {}
    number = 0
    for _ in range(150):
        number += 1
        tags = rnd.sample(range(400), rnd.randrange(1, 40))
        full = rnd.random() < 0.05
        rows = []
        if full:
            model = {}
        for tag in tags:
            word = rnd.choice(["Accepted", "Blocked", "Invalid", None])
            word = word or ("Expired" if full else None)
            rows.append(("tag%d" % tag, word, None, None))
            model.pop(tag, None)
            if word:
                model[tag] = word
        assert update(store, number, full, rows, MOST) == "Accepted"
        assert authlist.size(store) == len(model)
        if not model:
            number = 0
    for tag in range(400):
        assert status(store, "TAG%d" % tag) == model.get(tag)
