"""When may a tie close, and when has it been good for long enough? The rows of b.9, one by one.

A gun charges at 400 V from slot 0; slot 1, free until now, is to join it. The facts are stated by
hand, so that each is the only thing that is wrong.
"""

import pytest

from planner.bank import IS_CLOSED, IS_OPEN, UNKNOWN
from planner.parts import NONE
from planner.sequence import READY, Sequence

TIE = 0  # between slots 0 and 1


def obeyed(seq):
    """Every contactor has done what it was told."""
    for row in (seq.ties, seq.guns, seq.mns):
        for i, on in enumerate(row.cmd):
            if row.fb[i] != UNKNOWN:
                row.fb[i] = IS_CLOSED if on else IS_OPEN


def steps(seq, count):
    """So many steps of 100 ms; each ends with reports."""
    for _ in range(count):
        seq.step(100)
        obeyed(seq)


@pytest.fixture
def seq():
    """Everything good but the current of slot 1: 2.5 A, the limit is 1 A."""
    made = Sequence(4, 2)
    made.home[0], made.home[1] = 0, NONE
    made.owner[0] = made.owner[1] = 0
    made.want[0] = READY
    for s in (0, 1):
        made.able[s] = made.hot[s] = 1
        made.volts_dv[s] = 4000
        made.mns.order(s, 1)
    made.ev_dv[0] = 4000
    made.guns.order(0, 1)
    made.gun_da[0] = made.amps_da[0] = 100
    made.amps_da[1] = 25
    for row in (made.ties, made.guns, made.mns):
        for i in range(len(row.fb)):
            row.fb[i] = IS_OPEN
    obeyed(made)
    steps(made, 40)
    assert not any(made.ties.cmd) and made.match_dv[1] == 0
    return made


@pytest.fixture
def dead(seq):
    """The same without a voltage anywhere: the home slot has no module, and one is still hot."""
    seq.guns.order(0, 0)
    seq.ev_dv[0] = -1
    seq.able[0] = seq.hot[0] = seq.gun_da[0] = 0
    for s in (0, 1):
        seq.mns.order(s, 0)
        seq.volts_dv[s] = seq.amps_da[s] = 0
    obeyed(seq)
    steps(seq, 40)
    assert not any(seq.ties.cmd)
    return seq


def test_conditions_good_at_once_after_100_and_after_250_ms(dead):
    dead.hot[1] = 0
    steps(dead, 1)  # good at 0 ms
    assert not dead.ties.cmd[TIE]
    steps(dead, 1)  # at 100 ms
    assert not dead.ties.cmd[TIE]
    steps(dead, 1)  # for more than 200 ms
    assert dead.ties.cmd[TIE]


def test_a_moment_that_is_not_good_begins_anew(dead):
    dead.hot[1] = 0
    steps(dead, 2)
    dead.hot[1] = 1
    steps(dead, 1)
    dead.hot[1] = 0
    steps(dead, 2)
    assert not dead.ties.cmd[TIE]
    steps(dead, 1)
    assert dead.ties.cmd[TIE]


def test_living_parts_have_to_stand_still_for_half_a_second_as_well(seq):
    seq.amps_da[1] = 0
    steps(seq, 5)
    assert not seq.ties.cmd[TIE]
    steps(seq, 5)
    assert seq.ties.cmd[TIE]


@pytest.mark.parametrize(
    "fact, value, index",
    [
        ("volts_dv", 3500, 1),  # dV 50 V, the limit is 20 V
        ("volts_dv", 4500, 1),
        ("volts_dv", 3799, 1),
        ("amps_da", 25, 1),  # 2.5 A, the limit is 1 A
        ("amps_da", 10, 1),
        ("volts_dv", -1, 1),  # telemetry invalid
        ("ev_dv", -1, 0),
        ("hot", 0, 1),  # nobody holds the voltage
        ("able", 0, 1),
    ],
)
def test_one_thing_that_is_wrong_keeps_it_open(seq, fact, value, index):
    if fact == "ev_dv":
        seq.volts_dv[0] = -1  # else the module at home says what the vehicle has
    if fact != "amps_da":
        seq.amps_da[1] = 0
    getattr(seq, fact)[index] = value
    steps(seq, 60)
    assert not seq.ties.cmd[TIE]


def test_a_voltage_that_is_not_read_anew_does_not_stand_still(seq):
    seq.amps_da[1] = 0
    for _ in range(60):
        seq.still_ms[1] = 0  # what an old reading does (tally.py)
        steps(seq, 1)
    assert not seq.ties.cmd[TIE]


@pytest.mark.parametrize("volts", [3800, 4000, 4200])
def test_it_closes_up_to_twenty_volts(seq, volts):
    seq.volts_dv[1] = volts
    seq.amps_da[1] = 0
    steps(seq, 20)
    assert seq.ties.cmd[TIE]


def test_the_slot_is_brought_to_the_voltage_of_the_island_meanwhile(seq):
    seq.volts_dv[1] = 3500
    seq.amps_da[1] = 0
    steps(seq, 5)
    assert seq.match_dv[1] == 4000


@pytest.mark.parametrize("report", [IS_CLOSED, UNKNOWN])
def test_a_merge_with_another_gun_is_refused(seq, report):
    """Gun 1 lives in slot 1, and its contactor is or may be closed."""
    seq.home[1] = 1
    seq.guns.fb[1] = report
    seq.amps_da[1] = 0
    for _ in range(60):
        seq.step(100)
    assert not seq.ties.cmd[TIE]


@pytest.mark.parametrize("far", [1, 3])
def test_a_slot_with_another_neighbour_is_not_joined(seq, far):
    """Break before make: the tie beyond slot 1, or beyond slot 0, may be closed."""
    seq.ties.fb[far] = UNKNOWN
    seq.amps_da[1] = 0
    steps(seq, 20)
    assert not seq.ties.cmd[TIE]


def test_all_ties_closed_are_one_part_and_two_open_ones_split_it():
    """The seed's island manager: one island of three; MC 1 and MC 2 open: two."""
    three = Sequence(3, 0)
    for ties, parts in (((1, 1, 1), [0, 0, 0]), ((0, 0, 1), [0, 1, 0])):
        three.ties.fb[:] = bytes(ties)
        three.ties.cmd[:] = bytes(ties)
        three.label(three.part, three.may)
        names = list(three.part)
        assert [names.index(name) for name in names] == parts
