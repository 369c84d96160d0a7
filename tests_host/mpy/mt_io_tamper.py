"""Is an opened housing told once, whatever shakes it?"""

import sys

import fake_chip
import mt

sys.modules["machine"] = fake_chip

from drivers import tamper


class Cp:
    """Keeps its alarms."""

    def __init__(self):
        self.told = []

    def alarm(self, name, info=""):
        self.told.append(name)


class App:
    """A charge point, or none in a station without a central system."""

    cp = None


def part():
    fake_chip.fresh()
    App.cp = Cp()
    one = tamper.open({"pin": 27}, None)
    wire(0)
    return one


def wire(level):
    """1: the housing is open."""
    fake_chip.outside[27] = level


def poll(one, ms):
    for _ in range(ms // 20):
        one.poll(App, 20)


def test_each_opening_is_told_once():
    one = part()
    poll(one, 1000)
    assert not App.cp.told
    wire(1)
    poll(one, 180)
    assert not App.cp.told
    poll(one, 20)
    assert App.cp.told == ["TamperDetectionActivated"] and one.open
    poll(one, 60000)
    wire(0)
    poll(one, 1000)
    assert not one.open and len(App.cp.told) == 1
    wire(1)
    poll(one, 1000)
    assert len(App.cp.told) == 2


def test_what_shakes_it_opens_nothing():
    one = part()
    for _ in range(100):
        wire(1)
        poll(one, 160)
        wire(0)
        poll(one, 20)
    assert not App.cp.told


def test_a_station_that_starts_open_says_so_and_one_alone_tells_nobody():
    one = part()
    wire(1)
    poll(one, 400)
    assert App.cp.told == ["TamperDetectionActivated"]
    one = part()
    App.cp = None
    wire(1)
    poll(one, 400)
    assert one.open


def test_a_board_must_name_its_pin():
    mt.raises(KeyError, tamper.open, {}, None)
