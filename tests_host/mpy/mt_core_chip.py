"""Does the core use the chip's watchdog, reset cause and clock as the ESP32 has them?

The fakes behave as ports/esp32 does: time starts in 2000, WDT can be made anew with a longer
time-out, reset() does not return.
"""

import sys
import time as real_time

import mt

from core.restart import Restart, reboot


class ChipReset(BaseException):
    """machine.reset()."""


class Chip:
    """The module machine of an ESP32."""

    WDT_RESET = 3
    PWRON_RESET = 1
    cause = 1
    dogs = []
    set_to = None

    class WDT:
        def __init__(self, timeout):
            Chip.dogs.append([timeout, 0])

        def feed(self):
            Chip.dogs[0][1] += 1

    class RTC:
        def datetime(self, parts):
            Chip.set_to = parts

    def reset_cause():
        return Chip.cause

    def reset():
        raise ChipReset


class Time2000:
    """The module time of the chip: seconds since 2000-01-01."""

    now = 0
    ticks_ms = real_time.ticks_ms
    ticks_diff = real_time.ticks_diff

    def time():
        return Time2000.now

    def gmtime(s):
        return real_time.gmtime(s + 946684800)


class Store:
    def __init__(self):
        self.files = {}

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = data

    def delete(self, name):
        self.files.pop(name, None)


kept = {}


def setup():
    for name, fake in (("machine", Chip), ("time", Time2000)):
        kept[name] = sys.modules.get(name)
        sys.modules[name] = fake
    sys.modules.pop("drivers.wdt", None)
    Chip.dogs.clear()
    Chip.cause = 1
    Chip.set_to = None


def teardown():
    sys.modules.pop("drivers.wdt", None)
    for name in kept:
        if kept[name] is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = kept[name]


def test_the_chip_s_own_watchdog_is_used_and_can_only_be_slowed():
    from drivers import wdt

    dog = wdt.open(20000, "dog")
    dog.feed()
    dog.feed()
    assert Chip.dogs == [[20000, 2]]
    dog.stop()
    assert Chip.dogs[1][0] == 3600000  # an hour for a person at the REPL, then it comes back
    dog.wait(0)
    assert Chip.dogs[2][0] == 20000


def test_a_watchdog_reset_is_told_from_power_on():
    store = Store()
    assert Restart(store).cause == "power"
    Chip.cause = 3
    r = Restart(store)
    assert (r.cause, r.bad) == ("watchdog", 1)


def test_a_noted_reason_outranks_the_chip_s():
    store = Store()
    Restart(store).note("Soft: SoftReset")
    Chip.cause = 3
    assert Restart(store).cause == "Soft: SoftReset"


def test_reboot_resets_the_chip():
    mt.raises(ChipReset, reboot, "Soft")
    mt.raises(ChipReset, reboot, "Hard")


def test_time_starts_in_2000_on_the_chip():
    from core.clock import board_clock, iso

    Time2000.now = 100
    told = []
    clock = board_clock(Store(), lambda topic, value: told.append(value))
    assert clock.wall() is None
    assert clock.set_wall(1763640000, "csms")
    assert Chip.set_to == (2025, 11, 20, 3, 12, 0, 0, 0)
    assert clock.wall() == 1763640000
    assert told == [None]
    assert iso(1763640000) == "2025-11-20T12:00:00Z"
    Time2000.now = 1763640000 - 946684800
    assert board_clock(Store(), None).wall() == 1763640000


def test_a_process_ends_with_the_code_of_its_reset():
    del sys.modules["machine"]
    assert mt.raises(SystemExit, reboot, "Soft").args == (3,)
    assert mt.raises(SystemExit, reboot, "Hard").args == (4,)
