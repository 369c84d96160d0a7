"""Are crashed, hung and silent tasks dealt with, and is the dog fed only when all is well?"""

import asyncio

import mt
import vtime

from core import log
from core.clock import Clock
from core.supervisor import Supervisor


class Reset(BaseException):
    """What ends a run here: no except of a task may swallow it."""


class World:
    """A supervisor with a counted dog; tasks are added by the tests."""

    def __init__(self):
        self.fed = []
        self.safed = []
        self.clock = Clock(vtime.ticks, vtime.diff, lambda: 0)
        self.sup = Supervisor(self.clock, self, log.get("SYS"), self.reset)
        self.sup.app = self

    def feed(self):
        self.fed.append(vtime.elapsed_ms())

    def safe(self):
        self.safed.append(vtime.elapsed_ms())

    def reset(self, why, trace=""):
        raise Reset(why, trace, vtime.elapsed_ms())

    async def beats(self, name, every_ms=100, until_s=1 << 20):
        while vtime.elapsed_ms() < until_s * 1000:
            self.sup.beat(name)
            await asyncio.sleep_ms(every_ms)
        await asyncio.sleep(86400)

    async def control(self, app):
        await self.beats("control")

    def run(self, s):
        async def scenario():
            asyncio.create_task(self.sup.run())
            await asyncio.sleep(s)

        log.flush(1 << 20)
        vtime.run(scenario())


def world(start=0):
    vtime.start = start
    vtime._now = start
    return World()


def test_the_dog_is_fed_twice_a_second_while_all_is_well():
    w = world()
    w.sup.add("control", w.control, 2, True)
    w.run(10)
    assert 18 <= len(w.fed) <= 20
    assert w.safed == []


def test_no_beat_of_control_no_food():
    w = world()

    async def control(app):
        await w.beats("control", until_s=5)

    w.sup.add("control", control, 2, True)
    w.run(6)
    assert 9 <= len(w.fed) <= 10
    assert w.fed[-1] <= 5500


def test_control_that_falls_silent_means_outputs_off_and_a_new_start():
    w = world()
    starts = []

    async def control(app):
        starts.append(vtime.elapsed_ms())
        await w.beats("control", until_s=5 if len(starts) == 1 else 1 << 20)

    w.sup.add("control", control, 2, True)
    w.run(20)
    assert len(starts) == 2
    assert 7000 <= w.safed[0] <= 7600  # deadline 2 s after the last beat at 5 s
    assert starts[1] <= 8200
    assert w.fed[-1] > 19000


def test_a_crash_of_control_means_outputs_off_at_once():
    w = world()

    async def control(app):
        await w.beats("control", until_s=3)

    async def crash(app):
        for _ in range(30):
            w.sup.beat("control")
            await asyncio.sleep_ms(100)
        raise RuntimeError("bug in the step")

    w.sup.add("control", crash, 2, True)
    error = mt.raises(Reset, w.run, 60)
    assert w.safed[0] == 3000
    assert error.args[0] == "crash: control RuntimeError('bug in the step',)"
    assert "bug in the step" in error.args[1]
    assert error.args[2] < 25000  # six runs of 3 s, half a second between


def test_another_task_is_started_again_later_each_time_then_the_machine_restarts():
    w = world()
    starts = []

    async def csms(app):
        starts.append(vtime.elapsed_ms())
        raise ValueError("always")

    w.sup.add("control", w.control, 2, True)
    w.sup.add("csms", csms, 30)
    error = mt.raises(Reset, w.run, 120)
    assert [starts[i + 1] - starts[i] for i in range(5)] == [1000, 2000, 4000, 8000, 16000]
    assert "csms" in error.args[0]
    assert w.safed == [31000]  # only in the end: until then charging went on
    assert len(w.fed) > 60


def test_crashes_far_apart_are_forgiven():
    w = world()
    starts = []

    async def csms(app):
        starts.append(1)
        await asyncio.sleep(601)
        raise ValueError("now and then")

    w.sup.add("control", w.control, 2, True)
    w.sup.add("csms", csms, 0)
    w.run(7200)
    assert len(starts) == 12


def test_a_task_that_ends_is_started_again():
    w = world()
    starts = []

    async def ends(app):
        starts.append(1)
        await asyncio.sleep(700)

    w.sup.add("control", w.control, 2, True)
    w.sup.add("ends", ends, 0)
    w.run(1500)
    assert len(starts) == 3


def test_a_crash_for_which_there_is_no_memory_to_tell_is_one_all_the_same():
    w = world()
    starts = []

    async def crashes(app):
        starts.append(1)
        if len(starts) < 3:
            raise MemoryError
        await asyncio.sleep(86400)

    def no_memory(*args):
        raise MemoryError

    w.sup.add("control", w.control, 2, True)
    w.sup.add("hungry", crashes, 0)
    tell, log.traceback = log.traceback, no_memory
    warn = w.sup._log
    w.sup._log = Mute()
    try:
        w.run(10)
    finally:
        log.traceback = tell
        w.sup._log = warn
    assert len(starts) == 3


class Mute:
    def warn(self, *args):
        raise MemoryError

    error = exc = critical = warn


def test_a_silent_task_is_cancelled_after_its_own_deadline():
    w = world()
    starts = []

    async def hangs(app):
        starts.append(vtime.elapsed_ms())
        w.sup.beat("hangs")
        await asyncio.sleep(86400)

    w.sup.add("control", w.control, 2, True)
    w.sup.add("hangs", hangs, 30)
    w.run(33)
    assert len(starts) == 2
    assert 31000 <= starts[1] <= 32500
    assert w.safed == []


def test_a_beat_may_ask_for_more_time():
    w = world()
    starts = []

    async def slow(app):
        starts.append(1)
        w.sup.beat("slow", 60)
        await asyncio.sleep(80)
        w.sup.beat("slow")
        await asyncio.sleep(86400)

    w.sup.add("control", w.control, 2, True)
    w.sup.add("slow", slow, 30)
    w.run(109)
    assert len(starts) == 1
    w2 = world()
    starts.clear()
    w2.sup.add("control", w2.control, 2, True)
    w2.sup.add("slow", slow, 5)
    w = w2
    w.run(70)
    assert len(starts) == 2


def test_a_task_that_ignores_its_cancellation_starves_the_dog():
    w = world()

    async def stubborn(app):
        while True:
            try:
                await asyncio.sleep(86400)
            except asyncio.CancelledError:
                pass

    w.sup.add("control", w.control, 2, True)
    w.sup.add("stubborn", stubborn, 10)
    w.run(40)
    assert 19000 <= w.fed[-1] <= 20500


def test_deadlines_hold_over_the_wrap_of_the_ticks():
    w = world(vtime.PERIOD - 15000)
    starts = []

    async def hangs(app):
        starts.append(vtime.elapsed_ms())
        await asyncio.sleep(86400)

    w.sup.add("control", w.control, 2, True)
    w.sup.add("hangs", hangs, 30)
    w.run(62)
    assert len(starts) == 2
    assert w.fed[-1] > 60000
    vtime.start = 0


def test_thirteen_days_of_life_are_no_reason_to_restart_anything():
    w = world()
    starts = []

    async def slow(app):
        starts.append(1)
        while True:
            w.sup.beat("slow")
            await asyncio.sleep(1800)

    async def patient(app):
        starts.append(1)
        while True:
            await asyncio.sleep(86400)

    async def scenario():
        w.sup._fed = vtime.ticks()
        for row in w.sup._rows.values():
            w.sup._start(row)
        for _ in range(13 * 48):
            w.sup.check()
            w.clock.tick()
            await asyncio.sleep(1800)

    w.sup.add("slow", slow, 3600)
    w.sup.add("patient", patient, 0)
    vtime.run(scenario())
    assert len(starts) == 2
    assert w.clock.uptime_s() == 13 * 86400


def test_a_stray_task_is_logged_and_harms_nobody():
    w = world()
    before = log.counts[4]

    async def control(app):
        asyncio.create_task(stray())
        await w.beats("control")

    async def stray():
        raise OSError(104)

    w.sup.add("control", control, 2, True)
    w.run(5)
    assert log.counts[4] > before
    assert w.safed == []
    assert w.fed[-1] >= 4500


def test_a_beat_and_a_check_allocate_nothing():
    import gc

    w = world()
    w.sup.add("control", w.control, 2, True)
    w.sup._fed = vtime.ticks()
    w.sup._clock = Quick
    w.sup.beat("control")
    w.sup.check()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(100):
        w.sup.beat("control")
    after = gc.mem_alloc()
    gc.enable()
    assert after - before == 0


class Quick:
    ticks_ms = staticmethod(lambda: 5)
    diff = staticmethod(lambda a, b: a - b)
