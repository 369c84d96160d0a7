"""Do pins become inputs that fail to the safe side, and outputs that begin off?"""

import sys

import fake_chip
import mt

sys.modules["machine"] = fake_chip

from drivers import io_pins


def setup():
    fake_chip.fresh()


def one(**row):
    return io_pins.open({"connectors": (row,)}, 1)


class App:
    """What a part gets: a log that keeps its lines."""

    def __init__(self):
        self.lines = []

    def log(self, tag):
        return self

    def exc(self, e, fmt, *args):
        self.lines.append((type(e), fmt % args))


# -- every input may be missing


def test_an_input_that_is_not_there_is_none_and_an_output_has_no_effect():
    for params in (
        {},
        {"connectors": ({},)},
        {"connectors": ({"plug": None, "contactor": None},)},
    ):
        io = io_pins.open(params, 1)
        assert (io.plug(1), io.lock(1), io.estop()) == (None, None, None)
        io.contactor(1, True)
        io.lock_set(1, True)
        io.sample(20)
        assert io.next_tag() is None
        assert io.next_button() is None
        assert io.alive
    assert fake_chip.pins == {}


def test_more_rows_than_connectors_are_refused():
    mt.raises(ValueError, io_pins.open, {"connectors": ({}, {})}, 1)


# -- inputs


def test_the_emergency_stop_is_a_closed_loop_to_ground():
    io = io_pins.open({"estop": 32}, 1)
    assert io.estop()  # nothing is connected: cut is pressed
    fake_chip.drive(32, 0)
    assert not io.estop()
    fake_chip.drive(32, 1)
    assert io.estop()


def test_active_levels():
    io = one(plug=~26, locked=27)
    assert (io.plug(1), io.lock(1)) == (False, True)  # both pulled up
    fake_chip.drive(26, 0)
    fake_chip.drive(27, 0)
    assert (io.plug(1), io.lock(1)) == (True, False)


def test_pins_without_pulls_rely_on_the_board_s_resistor():
    io = one(plug=~34)
    mt.raises(fake_chip.Floating, io.plug, 1)
    fake_chip.drive(34, 1)
    assert io.plug(1) is False


def test_pin_0_can_be_active_low():
    io = one(plug=~0)
    fake_chip.drive(0, 0)
    assert io.plug(1) is True


# -- outputs


def test_outputs_begin_off_whatever_their_active_level():
    io = one(contactor=25, lock=~27)
    assert fake_chip.pins[25].history == [0]
    assert fake_chip.pins[27].history == [1]
    io.contactor(1, True)
    io.lock_set(1, True)
    assert (fake_chip.pins[25].level, fake_chip.pins[27].level) == (1, 0)
    io.contactor(1, False)
    io.lock_set(1, False)
    assert (fake_chip.pins[25].level, fake_chip.pins[27].level) == (0, 1)


def test_an_output_on_an_input_pin_is_refused_at_boot():
    mt.raises(ValueError, io_pins.open, {"connectors": ({"contactor": 35},)}, 1)


def test_a_lock_motor_runs_for_a_moment_and_never_both_ways():
    io = one(lock=(12, ~14), lock_ms=100)
    lock = fake_chip.pins[12]
    unlock = fake_chip.pins[14]
    io.lock_set(1, True)
    assert (lock.level, unlock.level) == (1, 1)  # unlock is active low: off
    io.sample(60)
    io.lock_set(1, False)
    assert (lock.level, unlock.level) == (0, 0)
    io.sample(99)
    assert unlock.level == 0
    io.sample(1)
    assert (lock.level, unlock.level) == (0, 1)


def test_each_connector_has_its_own_pins():
    io = io_pins.open({"connectors": ({"contactor": 25}, {"contactor": 26})}, 2)
    io.contactor(2, True)
    assert (fake_chip.pins[25].level, fake_chip.pins[26].level) == (0, 1)


# -- buttons


def pressed(io, pattern):
    """Button states for 20 ms each; the presses that were counted."""
    count = 0
    for down in pattern:
        fake_chip.drive(33, 0 if down == "#" else 1)
        io.sample(20)
        while io.next_button():
            count += 1
    return count


def test_a_button_counts_once_when_it_is_let_go_and_only_after_60_ms():
    for pattern, count in (
        ("##...", 0),
        ("###...", 1),
        ("##########", 0),
        ("##########.", 1),
        ("###.###.", 2),
        ("#.#.#.", 0),
    ):
        assert pressed(one(button=~33), pattern) == count


def test_a_button_that_is_held_for_5_s_says_that_and_nothing_else():
    for ticks, told in ((249, [1]), (250, [-1]), (251, [-1]), (4000, [-1])):
        io = one(button=~33)
        fake_chip.drive(33, 0)
        for _ in range(ticks):
            io.sample(20)
        fake_chip.drive(33, 1)
        io.sample(20)
        io.sample(20)
        assert [io.next_button(), io.next_button()] == told + [None]


def test_buttons_and_cards_wait_in_order_and_not_for_ever():
    io = one(button=~33)
    for n in range(12):
        io.shown(1, "T%d" % n)
    assert [io.next_tag() for _ in range(9)] == [(1, "T%d" % n) for n in range(8)] + [None]


# -- parts


class Part:
    made = []

    def __init__(self, params, io):
        self.params = params
        self.calls = []
        self.fails = False
        Part.made.append(self)

    def poll(self, app, ms):
        self.calls.append(ms)
        if self.fails:
            raise OSError(5)


class PartModule:
    open = Part


def test_a_part_that_fails_rests_and_the_others_go_on():
    sys.modules["drivers.part_a"] = sys.modules["drivers.part_b"] = PartModule
    io = io_pins.open({"parts": (("part_a", {"x": 1}), ("part_b", {}))}, 1)
    a, b = Part.made[-2:]
    assert a.params == {"x": 1}
    app = App()
    a.fails = True
    for _ in range(251):
        io.poll(app, 20)
    assert len(a.calls) == 1
    assert len(b.calls) == 251
    assert app.lines == [(OSError, "part_a")]
    a.fails = False
    io.poll(app, 20)
    assert len(a.calls) == 2


async def test_the_task_beats_and_polls():
    import asyncio

    class Clock:
        now = 0

        def ticks_ms(self):
            self.now += 20
            return self.now

        def diff(self, a, b):
            return a - b

    class Supervisor:
        beats = []

        def beat(self, name):
            self.beats.append(name)

    sys.modules["drivers.part_a"] = PartModule
    io = io_pins.open({"parts": (("part_a", {}),)}, 1)
    app = App()
    app.clock = Clock()
    app.supervisor = Supervisor()
    task = asyncio.create_task(io.run(app))
    await asyncio.sleep_ms(70)
    task.cancel()
    assert Part.made[-1].calls[:3] == [20, 20, 20]
    assert set(Supervisor.beats) == {"io"}
