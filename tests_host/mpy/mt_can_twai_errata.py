"""Are the errata of the classic ESP32's TWAI controller worked around, each of them?

tests_host/errata_mutants.py deletes each workaround and shows that its test here fails.
"""

# heapsize: 112k

import gc
import sys
from array import array

import can_names as names
import micropython
import twai_bench
from twai_bench import DATA, EXT, pumped


def opened(mode=0):
    return twai_bench.opened(mode=mode)


def received(driver):
    return [frame[:2] for frame in twai_bench.received(driver)]


# -- 1 BUS_OFF_REC


def test_bus_off_is_left_although_rec_was_not_zero():
    for rec in (0, 1, 9, 127):
        driver, chip = opened()
        chip.rec_left = rec
        chip.breaks = True
        driver.send(1, DATA, EXT)
        pumped(driver, chip, 40000)
        chip.breaks = False
        assert driver.state() == names.STATE_BUS_OFF
        driver.restart()
        pumped(driver, chip, 10000)
        assert driver.state() == names.STATE_ACTIVE
        assert driver.get_counters()[:2] == [0, 0]


# -- 2 TX_INTR_LOST


def test_a_lost_transmit_interrupt_does_not_stop_sending():
    driver, chip = opened()
    driver.send(1, DATA, EXT)
    driver.send(2, DATA, EXT)
    chip.lose_ti = True
    driver.pump()
    assert not chip.lose_ti  # it happened
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == [1, 2]


# -- 3 RX_FRAME_INVALID


def harmful(segment, kind):
    driver, chip = opened()
    chip.arrive(1, DATA)
    assert received(driver) == [(1, DATA)]
    chip.receive_error(segment, kind)
    chip.arrive(2, DATA)  # corrupt: the chip's fault
    chip.run(3000)
    driver.pump()
    chip.arrive(3, DATA)
    return driver, chip


def test_the_frame_after_an_error_in_data_or_crc_is_not_believed():
    for segment, kind in ((8, 2), (10, 0), (10, 2), (27, 3)):
        driver, chip = harmful(segment, kind)
        assert received(driver) == [(3, DATA)]
        assert driver.get_counters()[7] == 1  # the corrupt one is counted
        assert driver.resets == 1
        assert driver.errors == 1


def test_other_receive_errors_cost_nothing():
    for segment, kind in ((3, 2), (9, 2), (11, 2), (27, 1), (24, 1)):
        driver, chip = harmful(segment, kind)
        assert received(driver) == [(2, DATA), (3, DATA)]
        assert driver.resets == 0
        assert driver.errors == 1


def test_an_error_that_strikes_before_the_next_frame_heals_in_time():
    driver, chip = opened()
    chip.receive_error(10)
    driver.pump()
    chip.arrive(2, DATA)
    assert received(driver) == [(2, DATA)]


def test_a_harmful_error_hidden_behind_a_harmless_one_is_seen():
    driver, chip = opened()
    chip.receive_error(3)  # this one is captured
    chip.receive_error(10)  # this one only shows in REC
    chip.arrive(2, DATA)
    driver.pump()
    assert received(driver) == []
    chip.receive_error(3)
    driver.pump()
    chip.receive_error(10)  # and after the capture was read, the next one is
    chip.arrive(3, DATA)
    assert received(driver) == []


def test_a_harmful_error_while_a_frame_is_read_is_seen():
    for access in range(1, 40):
        driver, chip = opened()
        chip.arrive(1, DATA)

        def strike(chip=chip):
            chip.receive_error(8)
            chip.arrive(2, DATA)

        chip.at_access = (access, strike)
        for frame in received(driver) + received(driver):
            assert frame[1] == DATA


def test_the_reset_keeps_what_was_set_and_sends_again_what_was_cut_off():
    driver, chip = opened()
    driver.set_filters(((0x10, 0x1FFFFFF0, EXT),))
    driver.send(1, DATA, EXT)
    driver.send(2, DATA, EXT)
    chip.regs[15] = 40
    chip.receive_error(10)
    driver.pump()
    assert driver.resets == 1
    assert chip.bit_us() == 4
    assert driver.get_counters()[:2] == [40, 1]
    chip.arrive(0x20, DATA)
    assert chip.fifo == []
    chip.arrive(0x15, DATA)
    pumped(driver, chip)
    assert received(driver) == [(0x15, DATA)]
    assert [f[0] for f in chip.sent] == [1, 2]


# -- 4 RX_FIFO_CORRUPT


def test_an_overrun_does_not_kill_the_fifo():
    for count in (5, 61, 62, 63, 64, 70, 200):
        driver, chip = opened()
        for n in range(count):
            chip.arrive(n, DATA)
        frames = received(driver)
        assert all([frame == (n, DATA) for n, frame in enumerate(frames)])
        assert len(frames) == (4 if count < 62 else 0)
        counted = min(count, 64)  # a dead FIFO counts no further
        assert driver.get_counters()[7] == counted - len(frames)
        chip.arrive(3, DATA)
        assert received(driver) == [(3, DATA)]


def test_overruns_between_reads_are_not_taken_for_frames():
    driver, chip = opened()
    for n in range(4):
        chip.arrive(n, DATA)
    chip.at_access = (40, lambda: [chip.arrive(10 + n, DATA) for n in range(5)])
    frames = received(driver)
    assert all([frame[1] == DATA for frame in frames])
    assert len(frames) + driver.get_counters()[7] == 9


def test_a_controller_that_the_reset_line_does_not_reach_goes_on_after_an_overrun():
    # A model of it in somebody's emulator, say: DPORT does nothing, only the commands do.
    driver, chip = opened()
    chip.reset = lambda: None
    for n in range(9):
        chip.arrive(n, DATA)
    driver.pump()
    chip.arrive(20, DATA)
    driver.pump()
    assert received(driver)[-1] == (20, DATA)
    assert driver.resets == 1
    assert driver.get_counters()[7] > 0


# -- 5 LISTEN_ONLY_DOM


def test_a_listener_destroys_nobody_s_frame():
    driver, chip = opened(mode=2)
    for segment in (3, 10, 3):
        chip.receive_error(segment)
        chip.arrive(1, DATA)
        driver.pump()
    assert chip.dominant == 0
    assert driver.resets == 1
    assert driver.errors == 3
    assert driver.state() == names.STATE_ACTIVE


# -- 6 CPU-3.16, CPU-3.18


def test_every_access_goes_through_the_dport_bus():
    driver, chip = opened()  # the model refuses every other address
    chip.arrive(1, DATA)
    assert received(driver) == [(1, DATA)]
    driver.send(1, DATA, EXT)
    pumped(driver, chip)
    assert len(chip.sent) == 1


# -- memory


class Flat:
    """mem32 with nothing behind it: registers that stay as they are."""

    def __init__(self):
        self.words = array("i", [0] * 32)

    def __getitem__(self, address):
        return self.words[(address & 127) >> 2]

    def __setitem__(self, address, value):
        if address & 0x7F == 4:
            self.words[2] = 4  # released: the FIFO is empty, the TX buffer free


def test_receiving_and_sending_allocate_nothing():
    driver, chip = opened()
    module = sys.modules["drivers.can_twai"]
    real = module.mem32
    module.mem32 = flat = Flat()
    words = flat.words
    for i, byte in enumerate(b"\x88\xff\xff\xff\xf8" + DATA):
        words[16 + i] = byte
    frame = [0, None, 0, 0]

    def turn():
        words[2] = 5
        got = driver.recv(frame)
        driver.recv(frame)
        driver.send(0x1FFFFFFF, DATA, EXT)
        driver.pump()
        return got

    try:
        assert turn()
        gc.collect()
        micropython.heap_lock()
        try:
            for _ in range(20):
                got = turn()
        finally:
            micropython.heap_unlock()
        assert got and frame[0] == 0x1FFFFFFF
    finally:
        module.mem32 = real
