"""Does the TWAI driver do what the controller's registers ask for? Start, reception, timer."""

import can_names as names
import fake_twai
import mt
from twai_bench import DATA, EXT, opened, pumped, received

from drivers import can

# -- init


def test_the_bit_rate_is_the_one_asked_for():
    for rate, bit_us in ((125000, 8), (250000, 4), (500000, 2), (1000000, 1)):
        _, chip = opened(rate)
        assert chip.bit_us() == bit_us
        assert chip.regs[7] & 0x80 == 0  # one sample a bit
    for rate in (0, 100000, 124999, 800000, 1000001):
        mt.raises(ValueError, opened, rate)


def test_the_pins_are_routed_and_the_bus_is_never_held_dominant():
    driver, chip = opened(tx=5, rx=35)
    assert chip.out_sel[5] == 123
    assert chip.in_sel == 35 | 0x80
    assert chip.connected()
    assert chip.dominant == 0


def test_a_pin_that_cannot_send_is_refused():
    mt.raises(ValueError, can.open, "twai", {"tx": 35, "rx": 22}, 250000)


def test_only_a_classic_esp32_is_accepted():
    from drivers.twai_setup import classic

    for name in (
        "Generic ESP32 module with ESP32",
        "TinyPICO with ESP32-PICO-D4",
        "x with ESP32D0WD",
    ):
        assert classic(name)
    for name in ("Generic ESP32S3 module with ESP32S3", "x with ESP32-C3FH4", "y with ESP32-P4",
                 "ESP32S2", "Pico with RP2040", ""):  # fmt: skip
        assert not classic(name)


def test_it_is_active_after_init_and_the_counters_are_zero():
    driver, chip = opened()
    assert driver.state() == names.STATE_ACTIVE
    assert driver.get_counters() == [0] * 8
    assert chip.regs[0] == 8  # operating mode, one filter


# -- receiving


def test_every_kind_of_frame_comes_out_as_it_was_sent():
    driver, chip = opened()
    frames = [
        (0x1806E5F4, DATA, EXT),
        (0x1FFFFFFF, b"\xff" * 8, EXT),
        (0, b"", EXT),
        (0x7FF, b"\x01\x02\x03", 0),
        (0, b"", 0),
        (0x123, b"\0\0", names.FLAG_RTR),
        (0x433F01, b"\0" * 8, EXT | names.FLAG_RTR),
    ]
    for frame in frames:
        chip.arrive(*frame)
        driver.pump()
    assert received(driver) == frames
    assert driver.recv() is None


def test_nothing_comes_in_before_filters_are_set():
    chip = fake_twai.fresh()
    driver = can.open("twai", {"tx": 21, "rx": 22}, 250000)
    chip.arrive(5, b"")
    assert received(driver) == []


def test_a_length_above_8_is_8_bytes():
    driver, chip = opened()
    chip.arrive(5, DATA)
    chip.fifo[0][0][0] |= 15
    assert received(driver) == [(5, DATA, EXT)]


def test_the_fifo_holds_four_extended_frames_of_8_bytes():
    for count, lost in ((3, 0), (4, 0), (5, 1), (6, 2)):
        driver, chip = opened()
        for n in range(count):
            chip.arrive(n, DATA)
        assert [f[0] for f in received(driver)] == list(range(count - lost))
        assert driver.get_counters()[7] == lost


def test_short_frames_fill_the_fifo_later():
    driver, chip = opened()
    for n in range(12):
        chip.arrive(n, b"")  # 5 bytes each
    assert len(received(driver)) == 12
    assert driver.get_counters()[7] == 0
    for n in range(14):
        chip.arrive(n, b"")
    # Twelve fit, but a frame that begins above byte 51 is not trusted after an overrun.
    assert [f[0] for f in received(driver)] == list(range(11))
    assert driver.get_counters()[7] == 3


def test_the_frame_after_a_loss_says_so_and_the_bus_goes_on():
    driver, chip = opened()
    for n in range(6):
        chip.arrive(n, DATA)
    frame = [0, None, 0, 0]
    for _ in range(4):
        assert driver.recv(frame)
    assert driver.recv(frame) is None
    chip.arrive(9, DATA)
    assert driver.recv(frame)
    assert (frame[0], frame[3]) == (9, 2)  # RECV_ERR_OVERRUN


def test_a_long_stall_under_load_is_counted_and_survived():
    driver, chip = opened()
    for n in range(50):
        chip.arrive(n, DATA)
    assert len(received(driver)) == 4
    assert driver.get_counters()[7] == 46
    assert driver.resets == 1
    chip.arrive(7, DATA)
    assert received(driver) == [(7, DATA, EXT)]


def full_bus(bit_rate, poll_us, frames=60):
    """Frames back to back, the driver polled each `poll_us`: (received, lost)."""
    driver, chip = opened(bit_rate)
    frame_us = 131 * 1000000 // bit_rate
    heard = 0
    next_poll = poll_us
    for n in range(frames):
        while next_poll <= n * frame_us:
            heard += len(received(driver))
            next_poll += poll_us
        chip.arrive(n, DATA)
    heard += len(received(driver))
    return heard, driver.get_counters()[7]


def test_a_full_bus_is_followed_at_the_timer_s_pace_and_not_at_the_task_s():
    for rate, timer_us in ((125000, 4000), (250000, 2000), (500000, 1000)):
        assert full_bus(rate, timer_us) == (60, 0)
        heard, lost = full_bus(rate, 10000)
        assert heard + lost == 60  # every lost frame is counted
        assert lost > 20


# -- filters


def test_one_filter_is_in_the_controller():
    driver, chip = opened()
    driver.set_filters(((0x1806E5F4, 0x1FFFFFFF, EXT),))
    chip.arrive(0x1806E5F5, DATA)
    chip.arrive(0x0806E5F4, DATA)
    assert chip.fifo == []
    chip.arrive(0x1806E5F4, DATA)
    assert received(driver) == [(0x1806E5F4, DATA, EXT)]


def test_several_filters_share_the_controller_s_and_the_rest_is_sorted_out():
    driver, chip = opened()
    driver.set_filters(
        (
            (0x1806E5F4, 0x1FFFFFFF, EXT),
            (0x160B8001, 0x1FFFFFFF, EXT),
            (0x160D8001, 0x1FFFFFFF, EXT),
        )
    )
    chip.arrive(0x00433F01, DATA)  # differs where all three agree
    assert chip.fifo == []
    for can_id in (0x1806E5F4, 0x160B8001, 0x160D8001, 0x160F8001):
        chip.arrive(can_id, b"")
    assert [f[0] for f in received(driver)] == [0x1806E5F4, 0x160B8001, 0x160D8001]


def test_a_standard_id_opens_the_controller_s_filter():
    driver, chip = opened()
    driver.set_filters(((0x100, 0x7FF, 0), (5, 0x1FFFFFFF, EXT)))
    for flags in (0, EXT):
        for can_id in (5, 0x100):
            chip.arrive(can_id, b"", flags)
    assert [f[0] for f in received(driver)] == [0x100, 5]


def test_setting_the_same_filter_does_not_disturb_the_bus():
    driver, chip = opened()
    chip.arrive(5, DATA)
    driver.set_filters(None)
    assert len(received(driver)) == 1


# -- the timer


def test_the_timer_polls_at_half_of_the_fifo_s_deadline():
    for rate, period in ((125000, 4), (250000, 2), (500000, 1), (1000000, 1)):
        driver, chip = opened(rate, timer=0)
        assert fake_twai.Timer.made[-1].period == period
    chip.arrive(5, DATA)
    fake_twai.Timer.made[-1].callback(None)
    assert chip.fifo == []
    assert received(driver) == [(5, DATA, EXT)]


def test_a_timer_in_the_middle_of_a_send_waits():
    driver, chip = opened(timer=0)
    tick = fake_twai.Timer.made[-1].callback
    chip.arrive(5, DATA)
    for access in range(14):
        chip.at_access = (access, lambda: tick(None))
        assert driver.send(access, bytes([access]) * 8, EXT) is not None
        chip.at_access = None
        pumped(driver, chip, 2000)
    assert chip.sent == [(n, bytes([n]) * 8, EXT) for n in range(14)]
    assert received(driver) == [(5, DATA, EXT)]


def test_an_answer_sent_by_the_handler_of_a_frame_goes_out():
    driver, chip = opened()
    driver.irq(lambda d: d.send(9, b"", EXT), 2)
    chip.arrive(5, DATA)
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == [9]


def test_deinit_leaves_the_bus_and_stops_the_timer():
    driver, chip = opened(timer=1)
    driver.deinit()
    assert driver.state() == names.STATE_STOPPED
    assert chip.regs[0] & 1
    assert fake_twai.Timer.made[-1].callback is None
    assert driver.send(1, b"", EXT) is None
    driver.restart()
    assert driver.state() == names.STATE_ACTIVE
