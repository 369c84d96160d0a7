# heapsize: 250k
"""A local list of 1,000 tokens on the chip's build: it lives in flash, not on the heap."""

import gc
import os

import mt

from core.journal import FileStore
from ocppj import authlist


def setup():
    if "flash" in os.listdir():
        for name in os.listdir("flash"):
            os.remove("flash/" + name)


def update(store, number, full, rows, most):
    rows = [row if isinstance(row, bytes) else authlist.pack(*row) for row in rows]
    return list(authlist.changes(store, number, full, rows, most))[-1]


def tag(n):
    return "%020d" % (n * 7919)


def rows(first, count, status="Accepted"):
    return [(tag(n), status, 1800000000, "PARENT%014d" % n) for n in range(first, first + count)]


def fill(store, count=1000):
    for n in range(0, count, 50):
        assert update(store, n // 50 + 1, n == 0, rows(n, 50), 1000) == "Accepted"


def held():
    gc.collect()
    return gc.mem_alloc()


def test_a_thousand_tokens_hold_no_memory():
    store = FileStore("flash")
    assert update(store, 1, True, rows(0, 1), 1000) == "Accepted"
    assert authlist.find(store, tag(0), None)
    before = held()
    fill(store)
    for n in range(0, 1000, 37):
        assert authlist.find(store, tag(n), 1799999999) == ["Accepted", "PARENT%014d" % n]
        assert authlist.find(store, tag(n), 1800000000)[0] == "Expired"
    assert authlist.find(store, "nobody", None) is None
    assert held() <= before
    assert (authlist.version(store), authlist.size(store)) == (20, 1000)


def test_the_files_are_few_and_small():
    store = FileStore("flash")
    fill(store)
    assert len(store.names()) == 33
    sizes = [os.stat("flash/" + name)[6] for name in store.names()]
    assert max(sizes) < 4096 and sum(sizes) < 60000


def test_no_piece_of_memory_above_4_kb_is_asked_for():
    store = FileStore("flash")
    fill(store)
    change = [authlist.pack(*row) for row in rows(500, 20, "Blocked")]
    mt.raises(MemoryError, bytearray, 1 << 24)  # whatever it takes to raise one is there now
    keep = [None] * 1000
    count = 0
    try:
        while count < 1000:
            keep[count] = bytearray(4096)
            count += 1
    except MemoryError:
        pass
    for i in range(0, count, 2):
        keep[i] = None
    gc.collect()
    mt.raises(MemoryError, bytearray, 3 * 4096)
    # Now there are pieces of 4 KB only.
    assert authlist.find(store, tag(999), None)
    assert update(store, 21, False, change, 1000) == "Accepted"
    keep = None
    assert authlist.find(store, tag(519), None)[0] == "Blocked"
    assert authlist.find(store, tag(520), None)[0] == "Accepted"


def test_a_power_cut_at_every_write_on_files():
    store = FileStore("flash")
    fill(store, 50)

    class Cut(Exception):
        pass

    class Failing(FileStore):
        left = 0

        def write(self, name, data):
            if not self.left:
                raise Cut()
            self.left -= 1
            FileStore.write(self, name, data)

        def delete(self, name):
            if not self.left:
                raise Cut()
            self.left -= 1
            FileStore.delete(self, name)

    left = 0
    seen = []
    while True:
        failing = Failing("flash")
        failing.left = left
        try:
            answer = update(failing, 2, False, rows(25, 40, "Blocked"), 1000)
        except Cut:
            answer = None
        store = FileStore("flash")
        new = authlist.version(store) == 2
        assert authlist.size(store) == (65 if new else 50)
        for n in range(65):
            found = authlist.find(store, tag(n), None)
            wanted = "Blocked" if new and n >= 25 else "Accepted" if n < 50 else None
            assert (found and found[0]) == wanted
        seen.append(new)
        if new:
            break
        left += 1
    assert left > 10 and answer in (None, "Accepted")


def test_what_a_token_may_be():
    store = FileStore("flash")
    tags = ('a"b', "é", "日本語", "\x00", "x" * 20)
    assert update(store, 1, True, [(t, "Accepted", None, t) for t in tags], 1000) == "Accepted"
    for t in tags:
        assert authlist.find(store, t, None) == ["Accepted", t]
    for expiry in (1, 1 << 30, (1 << 32) - 1):
        assert update(store, expiry, True, [("A", "Accepted", expiry, None)], 9)
        assert authlist.find(store, "a", expiry)[0] == "Expired"
        assert authlist.find(store, "a", expiry - 1)[0] == "Accepted"
