"""Does a power cut leave the old record or the new one, never half of one?"""

import os

import mt

from core.journal import FileStore


def test_records_come_back_sorted_and_whole():
    store = FileStore("flash/records")
    store.write("s0000002", b"two")
    store.write("s0000001", b"one" * 400)
    store.write("ids", b"")
    assert store.names() == ["ids", "s0000001", "s0000002"]
    assert store.read("s0000001") == b"one" * 400
    assert store.read("ids") == b""
    assert store.read("nothing") is None


def test_a_record_is_replaced_and_deleted():
    store = FileStore("flash/replace")
    store.write("a", b"1")
    store.write("a", b"22")
    assert store.read("a") == b"22"
    store.delete("a")
    store.delete("a")
    assert store.names() == []


def test_a_write_cut_before_its_end_leaves_the_old_record():
    store = FileStore("flash/cut")
    store.write("a", b"old")
    with open("flash/cut/a~", "wb") as f:  # what a cut between write and rename leaves
        f.write(b"ne")
    again = FileStore("flash/cut")
    assert again.names() == ["a"]
    assert again.read("a") == b"old"
    assert "a~" not in os.listdir("flash/cut")


def test_the_old_record_stands_until_the_rename():
    store = FileStore("flash/order")
    store.write("a", b"old")
    really = os.rename

    seen = []
    import core.journal

    class Os:
        def __getattr__(self, name):
            return getattr(os, name)

        def rename(self, a, b):
            seen.append(store.read("a"))
            really(a, b)

    core.journal.os = Os()
    try:
        store.write("a", b"new")
    finally:
        core.journal.os = os
    assert seen == [b"old"]
    assert store.read("a") == b"new"


def test_free_space_is_told_in_bytes():
    assert FileStore("flash").free() > 1000000


def test_directories_are_not_records():
    store = FileStore("flash/dirs")
    os.mkdir("flash/dirs/inner")
    assert store.names() == []


def test_a_flash_that_refuses_is_an_oserror():
    store = FileStore("flash/refuse")
    mt.raises(OSError, store.write, "no/such/dir", b"1")
