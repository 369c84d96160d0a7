"""Does the MCP2515 driver keep what two receive buffers can keep?

The model is fakes/fake_mcp2515.py.
"""

import gc
import sys

import can_names as names
import fake_chip
import micropython
import mt
from fake_mcp2515 import Mcp2515

sys.modules["machine"] = fake_chip

from drivers import can

EXT = names.FLAG_EXT_ID
DATA = b"\x03\x48\x02\x58\x00\x00\x00\x00"
CS = 5
INT = 34


def opened(bit_rate=250000, mhz=8, wired=True, present=True):
    fake_chip.fresh()
    chip = fake_chip.devices[CS] = Mcp2515(mhz)
    chip.present = present
    fake_chip.drive(INT, 1)
    if wired:
        chip.int_pin = lambda level: fake_chip.drive(INT, level)
    params = {"spi": 2, "cs": CS, "sck": 18, "mosi": 23, "miso": 19, "mhz": mhz}
    if wired:
        params["int"] = INT
    driver = can.open("mcp2515", params, bit_rate)
    driver.set_filters(None)
    return driver, chip


def received(driver):
    frames = []
    frame = [0, None, 0, 0]
    while driver.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2]))
    return frames


def pumped(driver, chip, turns=20):
    for _ in range(turns):
        chip.finish()
        driver.pump()


def test_the_bit_rate_is_the_one_asked_for():
    for mhz in (8, 16):
        for rate, bit_us in ((125000, 8), (250000, 4), (500000, 2)):
            _, chip = opened(rate, mhz)
            assert chip.bit_us() == bit_us
    assert opened(1000000, 16)[1].bit_us() == 1
    mt.raises(ValueError, opened, 1000000, 8)
    mt.raises(ValueError, opened, 250000, 20)
    mt.raises(ValueError, opened, 100000, 8)


def test_every_kind_of_frame_comes_out_as_it_was_sent():
    for wired in (True, False):
        driver, chip = opened(wired=wired)
        frames = [
            (0x1806E5F4, DATA, EXT),
            (0x1FFFFFFF, b"\xff" * 8, EXT),
            (0x5AAAA, b"\x01\x02\x03", EXT),
            (0, b"", EXT),
            (0x7FF, b"\x01\x02\x03", 0),
            (0x123, b"\0\0", names.FLAG_RTR),
            (0x433F01, b"\0" * 8, EXT | names.FLAG_RTR),
        ]
        for frame in frames:
            chip.arrive(*frame)
            driver.pump()
        assert received(driver) == frames


def test_with_int_wired_many_frames_are_kept_in_order():
    driver, chip = opened()
    for n in range(60):
        chip.arrive(n, DATA)
    assert [f[0] for f in received(driver)] == list(range(60))
    assert driver.get_counters()[7] == 0


def test_without_int_two_are_kept_and_the_loss_is_counted_and_told():
    driver, chip = opened(wired=False)
    for n in range(5):
        chip.arrive(n, DATA)
    assert [f[0] for f in received(driver)] == [0, 1]
    assert driver.get_counters()[7] == 1
    chip.arrive(9, DATA)
    frame = driver.recv()
    assert (frame[0], frame[3]) == (9, 2)
    assert driver.errors == 1


def test_a_frame_that_comes_while_one_is_read_is_neither_lost_nor_out_of_order():
    for wired in (True, False):
        driver, chip = opened(wired=wired)
        chip.during = lambda chip=chip: chip.arrive(2, DATA)  # into buffer 1: 0 is still full
        chip.arrive(1, DATA)
        driver.pump()
        chip.during = lambda chip=chip: chip.arrive(4, DATA)
        chip.arrive(3, DATA)
        assert [f[0] for f in received(driver)] == [1, 2, 3, 4]
        assert driver.get_counters()[7] == 0


def test_a_frame_that_comes_while_one_is_sent_does_not_wait_for_the_next_poll():
    driver, chip = opened()
    real = driver._feed

    def interrupted(control):
        driver._feed = real
        chip.arrive(5, DATA)  # INT falls, but the driver is in the middle of a talk
        real(control)

    driver._feed = interrupted
    driver.send(1, DATA, EXT)
    assert chip.regs[0x2C] & 3 == 0
    assert [f[0] for f in received(driver)] == [5]


def test_an_idle_bus_costs_one_look_at_a_pin():
    driver, chip = opened()
    chip.start = None  # any talk on SPI would fail
    driver.pump()


def test_six_filters_of_one_mask_are_in_the_chip():
    driver, chip = opened()
    rows = [(0x1806E5F4 + n, 0x1FFFFFFF, EXT) for n in range(6)]
    for count in range(1, 7):
        driver.set_filters(rows[:count])
        for n in range(7):
            chip.arrive(0x1806E5F4 + n, DATA)
            driver.pump()
        chip.arrive(0x123, DATA, 0)
        assert [f[0] for f in received(driver)] == [0x1806E5F4 + n for n in range(count)]
        assert chip.regs[0x60] & 0x60 == 0  # by the chip


def test_filters_that_do_not_fit_are_sorted_out_here():
    driver, chip = opened()
    for rows in (
        [(n, 0x1FFFFFFF, EXT) for n in range(7)],
        [(1, 0x1FFFFFFF, EXT), (2, 0x1FFFFFF0, EXT)],
        [(1, 0x7FF, 0)],
    ):
        driver.set_filters(rows)
        chip.arrive(0x1000, DATA)
        chip.arrive(*((1, DATA, rows[0][2])))
        assert [f[0] for f in received(driver)] == [1]


def test_frames_are_sent_in_order_as_given_and_once():
    driver, chip = opened()
    frames = [
        (0x18FF50E5, DATA, EXT),
        (0x1FFFFFFF, b"", EXT),
        (0x7FF, b"\x01", 0),
        (0x155, b"\x01\x02\x03\x04\x05\x06\x07", 0),
    ]
    for frame in frames:
        assert driver.send(*frame) is not None
    pumped(driver, chip)
    assert chip.sent == frames
    assert driver.get_counters()[5] == 0


def test_sixteen_frames_wait_and_no_more():
    driver, chip = opened()
    assert [driver.send(n, DATA, EXT) is not None for n in range(17)] == [True] * 16 + [False]
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == list(range(16))
    mt.raises(ValueError, driver.send, 1, b"123456789", EXT)


def test_without_anybody_on_the_bus_old_frames_do_not_go_out_later():
    driver, chip = opened()
    chip.acks = False
    driver.send(1, DATA, EXT)
    driver.send(2, DATA, EXT)
    pumped(driver, chip)
    driver.sent -= 101
    driver.pump()
    chip.acks = True
    pumped(driver, chip)
    assert chip.sent == []
    driver.send(3, DATA, EXT)
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == [3]


def test_error_states_and_bus_off():
    driver, chip = opened()
    for tec, rec, state in (
        (95, 0, 1),
        (96, 0, 2),
        (0, 127, 2),
        (128, 0, 3),
        (0, 128, 3),
        (0, 0, 1),
    ):
        chip.errors(tec, rec)
        assert driver.state() == state
        assert driver.get_counters()[:2] == [tec, rec]
    driver.send(1, DATA, EXT)
    chip.errors(256, 0)
    assert driver.state() == names.STATE_BUS_OFF
    assert driver.send(2, DATA, EXT) is None
    chip.errors(0, 0)  # the chip would have recovered by itself
    assert driver.state() == names.STATE_BUS_OFF
    driver.restart()
    assert driver.state() == names.STATE_ACTIVE
    pumped(driver, chip)
    assert chip.sent == []
    chip.arrive(5, DATA)
    assert len(received(driver)) == 1


def test_a_chip_that_does_not_answer_is_stopped_until_it_does():
    driver, chip = opened(present=False)
    assert driver.state() == names.STATE_STOPPED
    assert driver.send(1, DATA, EXT) is None
    assert driver.recv() is None
    chip.present = True
    driver.restart()
    assert driver.state() == names.STATE_ACTIVE
    assert chip.bit_us() == 4
    driver.deinit()
    assert driver.state() == names.STATE_STOPPED


class Quiet:
    """SPI and pins that allocate nothing: two full buffers, then none."""

    def __init__(self):
        self.left = 0

    def __call__(self, level):
        pass

    def write(self, data):
        pass

    def write_readinto(self, out, into):
        if out[0] == 3:
            into[2] = 3 if self.left else 0
            into[3] = into[6] = 0
        else:
            self.left = 0
            into[1] = into[2] = 0xFF
            into[5] = 8


def test_receiving_and_sending_allocate_nothing():
    driver, chip = opened(wired=False)
    driver.spi = driver.cs = quiet = Quiet()
    frame = [0, None, 0, 0]

    def turn():
        quiet.left = 1
        got = driver.recv(frame)
        driver.recv(frame)
        driver.send(0x1FFFFFFF, DATA, EXT)
        driver.pump()
        return got

    assert turn()
    gc.collect()
    micropython.heap_lock()
    try:
        for _ in range(20):
            got = turn()
    finally:
        micropython.heap_unlock()
    assert got and len(got[1]) == 8
