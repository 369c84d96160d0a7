"""Does the station know what time it is, for months, over tick wraps and unset clocks?"""

import vtime

from core.clock import Clock, board_clock, iso
from station.topics import TIME

T0 = 1763640000  # 2025-11-20T12:00:00Z
DAY = 86400


class Store:
    def __init__(self, data=None):
        self.data = data
        self.writes = 0

    def read(self, name):
        assert name == "clock"
        return self.data

    def write(self, name, data):
        self.data = data
        self.writes += 1


class Machine:
    """A board: ticks that wrap at 2^30, an RTC that runs on."""

    def __init__(self, rtc=T0, ticks=0, store=None):
        self.ms = ticks
        self.rtc = rtc * 1000
        self.told = []
        self.store = store or Store()
        self.clock = Clock(
            lambda: self.ms & 0x3FFFFFFF,
            vtime.diff,
            lambda: self.rtc // 1000,
            self.store,
            lambda topic, value: self.told.append((topic, value)),
        )

    def run(self, s, step_s=60):
        while s > 0:
            dt = min(s, step_s)
            self.ms += dt * 1000
            self.rtc += dt * 1000
            s -= dt
            self.clock.tick()


def test_uptime_counts_seconds_from_boot_wherever_the_ticks_begin():
    for ticks in (0, 12345, 0x3FFFFFFF - 500):
        m = Machine(ticks=ticks)
        assert m.clock.uptime_s() == 0
        m.ms += 999
        assert m.clock.uptime_s() == 0
        m.ms += 1
        assert m.clock.uptime_s() == 1


def test_uptime_is_exact_after_13_and_60_days():
    m = Machine(ticks=0x3FFFFFFF - 5000)
    m.run(13 * DAY)
    assert m.clock.uptime_s() == 13 * DAY
    m.run(47 * DAY)
    assert m.clock.uptime_s() == 60 * DAY
    assert m.clock.wall() == T0 + 60 * DAY


def test_uptime_keeps_the_milliseconds_between_calls():
    m = Machine()
    for _ in range(10000):
        m.ms += 333
        m.clock.uptime_s()
    assert m.clock.uptime_s() == 3330


def test_uptime_survives_a_gap_of_six_days_and_no_more():
    m = Machine()
    m.ms += 6 * DAY * 1000
    assert m.clock.uptime_s() == 6 * DAY


def test_ticks_that_step_back_do_not_turn_uptime_back():
    m = Machine(ticks=100000)
    m.ms += 5000
    assert m.clock.uptime_s() == 5
    m.ms -= 3000
    assert m.clock.uptime_s() == 5
    m.ms += 4000
    assert m.clock.uptime_s() == 6


def test_a_board_clock_before_2025_is_no_time():
    for rtc, known in ((946684800, False), (1735689599, False), (1735689600, True), (T0, True)):
        assert (Machine(rtc=rtc).clock.wall() is not None) == known


def test_a_board_clock_behind_the_last_known_time_is_no_time():
    for floor, known in ((T0, True), (T0 + 60, True), (T0 + 61, False)):
        m = Machine(store=Store(str(floor).encode()))
        assert (m.clock.wall() is not None) == known
        assert m.clock.floor == floor


def test_a_torn_floor_record_is_ignored():
    m = Machine(store=Store(b"17\x00x"))
    assert m.clock.wall() == T0
    assert m.clock.floor == 0


def test_set_wall_tells_the_jump_and_dates_what_came_before():
    m = Machine(rtc=946684800)
    m.run(100)
    assert m.clock.wall_at(40) is None
    assert m.clock.set_wall(T0, "csms")
    assert m.told == [(TIME, None)]
    assert m.clock.wall() == T0
    assert m.clock.wall_at(40) == T0 - 60
    assert m.clock.source == "csms"
    m.run(10)
    assert m.clock.wall() == T0 + 10
    assert m.clock.set_wall(T0 + 3610, "csms")
    assert m.told[-1] == (TIME, 3600)


def test_one_second_of_latency_moves_nothing():
    for by, moved in ((-2, True), (-1, False), (0, False), (1, False), (2, True)):
        m = Machine()
        m.clock.set_wall(T0 + by, "csms")
        assert (m.clock.wall() != T0) == moved
        assert (m.told != []) == moved


def test_a_time_before_2025_is_refused():
    m = Machine()
    assert not m.clock.set_wall(1735689599, "csms")
    assert m.clock.wall() == T0


def test_somebody_else_moving_the_board_clock_is_told():
    m = Machine()
    m.run(60)
    m.rtc += 3600000
    m.run(5, 5)
    assert m.told == [(TIME, 3600)]
    assert m.clock.uptime_s() == 65
    m.run(60)
    assert len(m.told) == 1


def test_the_floor_goes_to_flash_once_an_hour():
    m = Machine()
    m.run(3599, 1)
    assert m.store.writes == 0
    m.run(1)
    assert m.store.writes == 1
    assert m.store.data == str(T0 + 3600).encode()
    m.run(DAY)
    assert m.store.writes == 25


def test_a_flash_that_refuses_does_not_stop_the_clock():
    class Full(Store):
        def write(self, name, data):
            raise OSError(28)

    m = Machine(store=Full())
    m.run(7200)
    assert m.clock.wall() == T0 + 7200


def test_time_is_written_in_utc():
    assert iso(T0) == "2025-11-20T12:00:00Z"
    assert iso(1709164800) == "2024-02-29T00:00:00Z"
    assert iso(4102444799) == "2099-12-31T23:59:59Z"


def test_the_machine_s_own_clock_stands_in_unix_time():
    import time

    before = int(time.time())
    clock = board_clock(None, None)
    assert before <= clock.wall() <= time.time() + 1
    assert clock.uptime_s() <= time.time() + 1 - before
