"""Does the next start know how the last one ended, and does health tell all figures?"""

import vtime

from core import log
from core.clock import Clock
from core.health import Health
from core.restart import Restart
from core.supervisor import Supervisor


class Store:
    def __init__(self):
        self.files = {}

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = data

    def delete(self, name):
        self.files.pop(name, None)


def test_the_first_start_is_a_power_on():
    r = Restart(Store())
    assert (r.count, r.cause, r.bad, r.minimal, r.trace) == (1, "power", 0, False, "")


def test_a_noted_reason_shows_after_the_restart_and_only_then():
    store = Store()
    Restart(store).note("Soft: SoftReset")
    r = Restart(store)
    assert (r.count, r.cause, r.bad) == (2, "Soft: SoftReset", 0)
    r = Restart(store)
    assert (r.count, r.cause) == (3, "power")


def test_a_bite_of_the_dog_is_told_from_a_power_cut():
    store = Store()
    Restart(store)
    store.write("dog", b"bite")
    r = Restart(store)
    assert (r.cause, r.bad) == ("watchdog", 1)
    assert Restart(store).cause == "power"


def test_five_bad_runs_in_a_row_lead_to_the_minimal_mode():
    store = Store()
    for n in range(5):
        r = Restart(store)
        assert not r.minimal
        r.note("crash: control", "Traceback %d" % n)
    r = Restart(store)
    assert r.minimal
    assert r.trace == "Traceback 4"
    assert r.cause == "crash: control"


def test_who_crashed_is_remembered_until_a_good_run():
    store = Store()
    for name in ("csms", "session", "csms"):
        Restart(store).note("crash: %s ValueError()" % name)
    r = Restart(store)
    assert (r.bad, r.blamed) == (3, "csms session")
    r.tick(600)
    r = Restart(store)
    assert (r.bad, r.blamed) == (0, "")


def test_an_ordered_reset_ends_the_row_of_bad_runs():
    store = Store()
    for _ in range(6):
        Restart(store).note("crash: csms x")
    r = Restart(store)
    assert r.minimal
    r.note("Soft: SoftReset")
    r = Restart(store)
    assert (r.minimal, r.bad, r.blamed) == (False, 0, "")


def test_bites_that_go_on_in_the_minimal_mode_lead_to_the_console_alone():
    store = Store()
    seen = []
    for _ in range(10):
        r = Restart(store)
        seen.append((r.minimal, r.bare))
        if r.bare:
            r.stable()  # as wiring.tasks does: the run after it is a normal one
        store.write("dog", b"bite")
    assert seen == [(False, False)] * 5 + [(True, False)] * 3 + [(True, True), (False, False)]


def test_the_chip_tells_what_lies_outside_of_the_heap():
    import sys

    class Esp32:
        HEAP_DATA = 4

        def idf_heap_info(kind):
            assert kind == 4
            return [
                (7288, 0, 0, 0),
                (16648, 4, 0, 4),
                (79912, 35712, 31744, 35108),
                (15072, 9000, 8000, 1),
            ]

    vtime.start = vtime._now = 0
    clock = Clock(vtime.ticks, vtime.diff, lambda: 0)
    health = Health(clock, Supervisor(clock, None, log.get("SYS"), None), Restart(Store()))
    sys.modules["esp32"] = Esp32
    try:
        found = health.snapshot()
    finally:
        sys.modules.pop("esp32")
    assert (found["idf_free"], found["idf_largest"]) == (44716, 31744)
    assert "idf_free" not in health.snapshot()


def test_ten_minutes_of_life_make_a_run_a_good_one():
    for uptime, bad in ((599, 4), (600, 0)):
        store = Store()
        for _ in range(4):
            Restart(store).note("crash: x")
        r = Restart(store)
        r.tick(uptime)
        assert r.bad == bad
        assert Restart(store).bad == bad


def test_a_torn_restart_record_counts_anew():
    for data in (b"", b"{", b"[]", b"\xff\xfe", b'{"n":3'):
        store = Store()
        store.write("boot", data)
        assert Restart(store).count == 1


def test_a_long_traceback_is_bounded():
    store = Store()
    Restart(store).note("crash: x", "y" * 5000 + "end")
    assert len(store.files["boot"]) < 600
    assert Restart(store).trace.endswith("end")


def test_health_tells_all_figures():
    vtime.start = vtime._now = 0
    clock = Clock(vtime.ticks, vtime.diff, lambda: 0)
    sup = Supervisor(clock, None, log.get("SYS"), None)
    store = Store()
    Restart(store).note("Hard: HardReset")
    health = Health(clock, sup, Restart(store))
    sup.add("control", None, 2, True)
    sup.lag_ms = 7
    sup.lag_max_ms = 40
    before = health.snapshot()
    keep = bytearray(5000)
    h = health.snapshot()
    assert h["heap_used"] >= before["heap_used"] + 5000
    assert h["heap_free_min"] <= h["heap_free"]
    del keep
    assert health.snapshot()["heap_used_max"] >= h["heap_used"]
    assert (h["lag_ms"], h["lag_max_ms"]) == (7, 40)
    assert (h["reset_cause"], h["reboots"]) == ("Hard: HardReset", 1)
    assert "control" in h["beats"]
    assert h["uptime_s"] == 0
