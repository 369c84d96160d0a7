"""Does the receive task feed the path, and bring a bus that went off back with patience?"""

# heapsize: 112k

import asyncio
import gc

import can_names as names
import micropython

from drivers import can
from tasks import can_rx

EXT = names.FLAG_EXT_ID


class Bus(can.Driver):
    """A driver whose state and frames the test sets."""

    def __init__(self):
        super().__init__()
        self.restarts = 0
        self._enter(names.STATE_ACTIVE)

    def pump(self):
        pass

    def restart(self):
        self.restarts += 1


class Path:
    def __init__(self):
        self.frames = []
        self.told = []

    def receive(self, can_id, data, length):
        self.frames.append((can_id, bytes(data), length))

    def can_state(self, ok):
        self.told.append(ok)


class Log:
    def __init__(self):
        self.lines = []

    def warn(self, form, *args):
        self.lines.append(form % args)


def linked():
    bus = Bus()
    path = Path()
    return bus, path, can_rx.Link(bus, path, Log(), 1)


def test_only_extended_data_frames_reach_the_path():
    bus = Bus()
    path = Path()
    bus.set_filters(None)
    for can_id, flags, data in (
        (0x1806E5F4, EXT, b"12345678"),
        (0x123, 0, b"1"),
        (0x1806E5F4, EXT | names.FLAG_RTR, b""),
        (0x433F01, EXT, b"123"),
    ):
        bus.put(can_id, flags, data, len(data))
    assert can_rx.drain(bus, path, [0, None, 0, 0]) == 4
    assert path.frames == [(0x1806E5F4, b"12345678", 8), (0x433F01, b"123", 3)]


def test_the_path_is_told_at_once_and_then_only_changes():
    bus, path, link = linked()
    for state, told in (
        (names.STATE_ACTIVE, [True]),
        (names.STATE_ACTIVE, [True]),
        (names.STATE_WARNING, [True]),
        (names.STATE_BUS_OFF, [True, False]),
        (names.STATE_BUS_OFF, [True, False]),
        (names.STATE_STOPPED, [True, False]),
        (names.STATE_ACTIVE, [True, False, True]),
    ):
        bus._enter(state)
        link.step(500, 5)
        assert path.told == told
    assert link.log.lines == [
        "can1 usable, state 1",
        "can1 lost, state 4",
        "can1 usable, state 1",
    ]


def test_bus_off_is_retried_after_1_2_4_8_16_30_30_seconds():
    bus, path, link = linked()
    link.step(500, 1)
    bus._enter(names.STATE_BUS_OFF)
    waits = []
    seconds = 0
    while len(waits) < 7:
        before = bus.restarts
        link.step(500, 0)
        seconds += 0.5
        if bus.restarts > before:
            waits.append(seconds)
            seconds = 0
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert path.told == [True, False]


def test_the_back_off_begins_anew_only_after_10_steady_seconds():
    for steady, restarts in ((19, 0), (20, 1)):  # half seconds
        bus, path, link = linked()
        bus._enter(names.STATE_BUS_OFF)
        for _ in range(6):
            link.step(500, 0)
        assert bus.restarts == 2  # after 1 and 2 s; the next would come after 4
        bus._enter(names.STATE_ACTIVE)
        for _ in range(steady):
            link.step(500, 1)
        bus._enter(names.STATE_BUS_OFF)
        link.step(500, 0)
        link.step(500, 0)
        assert bus.restarts == 2 + restarts


def test_error_passive_is_lost_only_when_nobody_is_heard():
    bus, path, link = linked()
    link.step(500, 3)
    bus._enter(names.STATE_PASSIVE)
    for _ in range(10):
        link.step(500, 3)
    assert path.told == [True]
    link.step(500, 0)
    assert path.told == [True]
    link.step(500, 0)  # 1 s of silence
    assert path.told == [True, False]
    for _ in range(100):
        link.step(500, 0)
    assert bus.restarts == 0  # the controller works: there is nothing to restart
    link.step(500, 1)
    assert path.told == [True, False, True]


def test_silence_alone_is_not_a_lost_bus():
    bus, path, link = linked()
    for _ in range(100):
        link.step(500, 0)
    assert path.told == [True]


class App:
    """What the task uses of the application."""

    class clock:
        now = 0

        @classmethod
        def ticks_ms(cls):
            return cls.now

        @staticmethod
        def diff(a, b):
            return a - b

    def __init__(self):
        self.cans = [None, Bus()]
        self.paths = [None, Path()]
        self.beats = []
        self.supervisor = self
        self.logs = Log()

    def log(self, tag):
        assert tag == "CAN"
        return self.logs

    def beat(self, name):
        self.beats.append((name, self.clock.now))


async def test_the_task_polls_beats_and_survives_a_flood():
    app = App()
    clock = app.clock
    clock.now = 5
    bus = app.cans[1]
    task = asyncio.create_task(can_rx.run(app, 2))
    await asyncio.sleep_ms(0)
    assert app.beats == [("can2", 5)]
    assert app.paths[1].told == [True]
    for n in range(130):
        bus.put(n, EXT, b"12345678", 8)
        if n == 63:  # the ring is full: the task gets a turn
            await asyncio.sleep_ms(15)
    await asyncio.sleep_ms(25)
    assert len(app.paths[1].frames) == 128
    assert bus.get_counters()[7] == 2
    clock.now = 504
    await asyncio.sleep_ms(25)
    assert len(app.beats) == 1
    clock.now = 505
    await asyncio.sleep_ms(25)
    assert app.beats[1:] == [("can2", 505)]
    task.cancel()


def test_dump_shows_what_passes_on_one_bus_until_it_is_stopped():
    class Clock:
        def ticks_ms(self):
            return 0

        def diff(self, a, b):
            return a - b

        def wall(self):
            return 1700000000

    app = App()
    app.clock = Clock()
    bus = app.cans[1]
    bus.set_filters(None)
    lines = []
    can_rx.dump(app, 2, lines.append)
    bus.put(0x433F01, EXT, b"\x01", 1)
    bus.recv()
    can_rx.dump(app, 2, None)
    bus.put(0x433F01, EXT, b"\x02", 1)
    bus.recv()
    assert lines == ["(1700000000.000000) can2 00433F01#01"]


def test_from_ring_to_codec_allocates_nothing():
    from canproto.rivot import Rivot

    bus = Bus()
    bus.set_filters(None)
    codec = Rivot()
    frame = [0, None, 0, 0]
    data = bytearray(b"\x03\x48\x02\x58\x00\x00\x00\x00")

    def turn():
        for _ in range(10):
            bus.put(0x1806E5F4, EXT, data, 8)
        return can_rx.drain(bus, codec, frame)

    assert turn() == 10
    gc.collect()
    micropython.heap_lock()
    try:
        turn()
    finally:
        micropython.heap_unlock()
    assert codec.bms_vmax_dv == 840
