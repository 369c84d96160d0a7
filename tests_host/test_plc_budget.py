"""Is the bus budget the worst case, and is what does not fit refused with its figures?"""

import random

import pytest

from canproto import budget


@pytest.mark.parametrize("length, bits", [(8, 160), (0, 80), (7, 150), (1, 90)])
def test_worst_case_bits_of_an_extended_frame(length, bits):
    """54 + 8n bits can be stuffed, one after each 4 but the first; 13 more cannot."""
    assert budget.worst_bits(length) == bits


@pytest.mark.parametrize("length, bits", [(8, 135), (0, 55)])
def test_worst_case_bits_of_a_base_frame(length, bits):
    assert budget.worst_bits(length, extended=False) == bits


def stuff(bits):
    """Bit stuffing: after five equal bits the opposite one is put in, and counts from there."""
    out, run = [], 0
    for bit in bits:
        run = run + 1 if out and out[-1] == bit else 1
        out.append(bit)
        if run == 5:
            out.append(1 - bit)
            run = 1
    return out


def test_the_worst_case_is_reached_and_not_exceeded():
    """Five equal bits, then four of each kind in turn: each run ends in a stuff bit."""
    length = 54 + 64
    worst = ([0] * 5 + ([1] * 4 + [0] * 4) * 15)[:length]
    assert len(stuff(worst)) + 13 == budget.worst_bits(8)
    dice = random.Random(1)
    for _ in range(200):
        bits = [dice.random() < 0.1 for _ in range(length)]
        assert len(stuff(bits)) + 13 <= budget.worst_bits(8)


def test_twelve_guns_of_v1_do_not_fit_125_kbit():
    """b.10 #14."""
    with pytest.raises(ValueError, match=r"768 of 781 frames/s, 98.4 % of 125 kbit/s: at most 80"):
        budget.check(12, 1, 0, 125_000)


def test_twelve_guns_of_v3_with_24_modules_fit_250_kbit():
    assert budget.check(12, 3, 24, 250_000) == (
        "12 guns (contract v3), 24 modules: 245 of 1562 frames/s, 15.7 % of 250 kbit/s"
    )


@pytest.mark.parametrize("guns, fits", [(9, True), (10, False)])
def test_the_edge_at_125_kbit(guns, fits):
    if fits:
        budget.check(guns, 1, 0, 125_000)
    else:
        with pytest.raises(ValueError):
            budget.check(guns, 1, 0, 125_000)


def test_modules_keep_to_their_20_kbit():
    """b.4: with the contract's estimate of 150 bits a frame, and with the worst case of 160."""
    assert budget.frames(0, 3, 64) * 160 <= 20_000
    assert budget.frames(0, 3, 2) == 40
