"""Do events reach who asked for them, and only them?"""

from core import log, logview
from core.bus import Bus


def test_listeners_are_told_in_order():
    bus = Bus()
    seen = []
    bus.on(1, lambda v: seen.append(("a", v)))
    bus.on(1, lambda v: seen.append(("b", v)))
    bus.on(2, lambda v: seen.append(("c", v)))
    bus.emit(1, 7)
    assert seen == [("a", 7), ("b", 7)]


def test_a_failing_listener_is_logged_and_stops_nobody():
    bus = Bus()
    seen = []

    def bad(value):
        raise RuntimeError("broken listener")

    errors = log.counts[4]
    bus.on(1, bad)
    bus.on(1, seen.append)
    bus.emit(1, 5)
    assert seen == [5]
    assert log.counts[4] > errors
    assert "broken listener" in list(logview.lines(1))[0]


def test_off_forgets_a_bound_method():
    class Ear:
        def __init__(self):
            self.heard = 0

        def hear(self, value):
            self.heard += 1

    bus = Bus()
    ear = Ear()
    bus.on(3, ear.hear)
    bus.off(3, ear.hear)
    bus.off(3, ear.hear)
    bus.emit(3)
    assert ear.heard == 0


def test_a_listener_that_leaves_during_the_event_does_not_hide_the_next():
    bus = Bus()
    seen = []

    def once(value):
        seen.append("once")
        bus.off(1, once)

    bus.on(1, once)
    bus.on(1, lambda v: seen.append("other"))
    bus.emit(1)
    bus.emit(1)
    assert seen == ["once", "other", "other"]


def test_an_event_nobody_waits_for_is_no_error():
    Bus().emit(9, None)
