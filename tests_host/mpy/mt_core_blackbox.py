"""Do the last lines of a run that died reach the next one, whatever ended it?"""
# heapsize: 400k

import sys

from console_world import fresh_log

from core import blackbox, log, logview
from core.restart import Restart


class Store:
    def __init__(self):
        self.files = {}
        self.writes = []

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = bytes(data)
        self.writes.append(name)

    def delete(self, name):
        self.files.pop(name, None)


class Clock:
    up = 0
    date = None

    def uptime_s(self):
        return self.up

    def wall(self):
        return self.date

    def wall_at(self, up):
        return None if self.date is None else self.date - (self.up - up)


class Chip:
    """A chip whose RTC memory outlives everything but a power cut."""

    kept = b""

    class RTC:
        def memory(self, *data):
            if not data:
                return Chip.kept
            assert len(data[0]) <= 2048
            Chip.kept = bytes(data[0])


def setup():
    fresh_log()
    log.clock = Clock()
    Clock.up = 100
    Clock.date = None
    Chip.kept = b""
    sys.modules["machine"] = Chip


def teardown():
    sys.modules.pop("machine")


def last(store):
    return list(blackbox.lines(store))


def test_a_crash_leaves_its_last_lines_and_the_heap_in_a_file():
    sys.modules["machine"] = Store
    store = Store()
    log.get("CAN").warn("lost %d of %s", 3, "can0")
    Restart(store).note("crash: control x", "Traceback")
    Restart(store)
    assert last(store) == ["+0:01:40 W CAN lost 3 of can0"]
    head = blackbox.head(store)
    assert (head["run"], head["uptime_s"], head["time"]) == (1, 100, None)
    assert head["heap_used"] > 1000 and head["heap_free"] > 1000
    assert "last" not in store.files


def test_a_watchdog_bite_keeps_them_in_rtc_memory_without_a_write_to_flash():
    store = Store()
    r = Restart(store)
    store.writes.clear()
    for n in range(40):
        Clock.up += 60
        log.get("SYS").info("line %d", n)
        r.tick(Clock.up)
    assert store.writes == []
    Restart(store)
    assert last(store)[-1].endswith("line 39")
    assert len(last(store)) == 40
    assert Chip.kept == b""


def test_without_rtc_memory_errors_reach_the_flash_at_most_once_a_minute():
    sys.modules["machine"] = Store
    store = Store()
    r = Restart(store)
    store.writes.clear()
    log.get("SYS").error("first")
    r.tick(5)  # a run's first error is written at once
    assert store.writes == ["last"]
    log.get("SYS").error("second")
    r.tick(5 + 59)
    assert store.writes == ["last"]
    r.tick(5 + 60)
    assert store.writes == ["last"] * 2
    log.get("SYS").info("no error")
    r.tick(5 + 3600)
    assert store.writes == ["last"] * 2


def test_quiet_lines_reach_the_flash_once_an_hour():
    store = Store()
    r = Restart(store)
    store.writes.clear()
    for now in range(0, 4 * 3600, 60):
        log.get("SYS").info("chatter")
        Clock.up = now
        r.tick(now)
    assert store.writes == ["last"] * 4
    log.get("SYS").info("more")
    r.tick(now + 7200)
    r.tick(now + 14400)
    assert store.writes == ["last"] * 5  # at the second there was nothing new to tell


def test_the_newer_of_rtc_memory_and_file_counts():
    store = Store()
    r = Restart(store)
    log.get("SYS").info("old")
    blackbox.save(r, store, True)
    log.get("SYS").info("new")
    blackbox.save(r, store, False)
    Restart(store)
    assert [text.split()[-1] for text in last(store)] == ["old", "new"]


def test_fifty_lines_at_most_and_the_oldest_give_way_to_the_size():
    store = Store()
    r = Restart(store)
    for n in range(80):
        log.get("SYS").info("number %d", n)
    blackbox.save(r, store, True)
    Restart(store)
    assert [int(text.split()[-1]) for text in last(store)] == list(range(30, 80))
    fresh_log()
    for n in range(60):
        log.get("SYS").info("%d %s", n, "x" * 100)
    data = blackbox.pack({"run": 1, "made": 1, "uptime_s": 0, "time": None})
    assert 1800 < len(data) <= 2000
    store.files["prev"] = data
    assert last(store)[-1].split()[-2] == "59"


def test_lines_of_a_run_that_knew_the_date_show_it():
    store = Store()
    r = Restart(store)
    log.get("SYS").info("before")
    Clock.up = 160
    Clock.date = 1763640060
    blackbox.save(r, store, False)
    Clock.date = None
    Clock.up = 3
    Restart(store)
    assert last(store) == ["2025-11-20T12:00:00Z I SYS before"]


def test_text_of_formats_that_were_one_too_many_and_of_any_language():
    store = Store()
    r = Restart(store)
    for n in range(110):
        log.get("UI").info("ä%d %%s" % n, "ö")
    blackbox.save(r, store, True)
    Restart(store)
    assert last(store)[-1].endswith("ä109 ö")


def test_a_torn_or_foreign_memory_is_no_evidence():
    store = Store()
    r = Restart(store)
    log.get("SYS").info("whole")
    blackbox.save(r, store, False)
    whole = Chip.kept
    for size in range(0, len(whole), 7):
        Chip.kept = whole[:size]
        fresh = Store()
        Restart(fresh)
        assert blackbox.head(fresh) is None and last(fresh) == []
    for at in range(0, len(whole), 5):
        Chip.kept = whole[:at] + bytes((whole[at] ^ 4,)) + whole[at + 1 :]
        fresh = Store()
        Restart(fresh)
        assert blackbox.head(fresh) is None


def test_secrets_are_no_part_of_it():
    store = Store()
    log.hidden["WiFiPassword"] = "topsecret1"
    log.get("NET").info("joins %s", "with topsecret1")
    blackbox.save(Restart(store), store, False)
    assert b"topsecret1" not in Chip.kept and b"joins" in Chip.kept
    log.hidden.clear()


def test_records_across_the_ring_s_end_are_whole():
    store = Store()
    r = Restart(store)
    logview.setup("debug", "INFO", 512)
    for n in range(100):
        log.get("CAN").info("%d %s", n, "y" * (n % 23))
        blackbox.save(r, store, True)
        store.files["prev"] = store.files["last"]
        assert last(store) == list(logview.lines())[-50:]
