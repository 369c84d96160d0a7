"""What does the CSMS hear first of a connector at which a vehicle waits when the power comes?

Not that it is free: the first StatusNotification waits until the plug has told how it is (its
debounce takes 500 ms, the first frames of a battery a moment), at most a second.
"""

import pytest

from v16_world import V16World


class Waking(V16World):
    """The world at the moment in which the power comes: no step has been taken yet."""

    asleep = True

    def pass_time(self, seconds):
        if not self.asleep:
            super().pass_time(seconds)


def waking(plug, battery=True, **settings):
    w = Waking(**settings)
    w.asleep = False
    w.io.plugs[1] = plug
    w.wire.bms_on = battery
    w.linked = True
    w.cp.connected(w.clock.now)
    return w


def heard_after(w):
    """Tenths of a second until the first status of connector 1, and which it was."""
    for tenths in range(1, 100):
        w.pass_time(0.1)
        if w.told():
            return tenths, w.told()[0]


@pytest.mark.parametrize("duration", [0, 5])
def test_a_vehicle_that_is_plugged_at_the_start_is_the_first_news(duration):
    w = waking(True, MinimumStatusDuration=duration)
    tenths, first = heard_after(w)
    assert first == "Preparing" and 5 <= tenths <= 10
    w.pass_time(20)
    assert w.told() == ["Preparing"]


def test_without_a_plug_input_the_battery_s_first_frames_are_waited_for():
    tenths, first = heard_after(waking(None))
    assert first == "Preparing" and tenths <= 11


def test_an_input_that_says_free_is_believed_at_once():
    assert heard_after(waking(False, battery=False)) == (1, "Available")


def test_where_nothing_tells_a_second_is_enough():
    tenths, first = heard_after(waking(None, battery=False))
    assert first == "Available" and 9 <= tenths <= 11


def test_all_later_news_are_told_at_once_and_in_order():
    w = waking(False)
    w.pass_time(2)
    w.plug()
    w.pass_time(2)
    w.unplug()
    w.pass_time(5)
    assert w.told() == ["Available", "Preparing", "Available"]


def test_where_no_control_loop_runs_the_status_is_told_all_the_same():  # the minimal mode
    w = waking(True)
    w.station.step = lambda dt_ms: None
    w.pass_time(9)
    assert w.told() == []
    w.pass_time(3)
    assert w.told() == ["Available"]
