"""Does the TWAI driver do what the controller's registers ask for? (model: fakes/fake_twai.py)"""

import sys

import can_names as names
import fake_twai
import mt

from drivers import can

sys.modules["machine"] = fake_twai
EXT = names.FLAG_EXT_ID
DATA = b"\x03\x48\x02\x58\x00\x00\x00\x00"


def opened(bit_rate=250000, **more):
    chip = fake_twai.fresh()
    params = {"tx": 21, "rx": 22}
    params.update(more)
    driver = can.open("twai", params, bit_rate)
    driver.set_filters(None)
    return driver, chip


def received(driver):
    frames = []
    frame = [0, None, 0, 0]
    while driver.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2]))
    return frames


def pumped(driver, chip, us=20000):
    """The task's polling while `us` go by."""
    for _ in range(us // 1000):
        chip.run(1000)
        driver.pump()


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


# -- sending


def test_frames_are_sent_in_order_and_as_given():
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


def test_a_remote_frame_carries_no_data():
    driver, chip = opened()
    driver.send(0x123, b"\0\0\0", EXT | names.FLAG_RTR)
    pumped(driver, chip)
    assert chip.sent == [(0x123, b"", EXT | names.FLAG_RTR)]


def test_sixteen_frames_wait_and_no_more():
    driver, chip = opened()
    assert [driver.send(n, DATA, EXT) is not None for n in range(17)] == [True] * 16 + [False]
    assert driver.get_counters()[5] == 16
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == list(range(16))


def test_more_than_8_bytes_are_refused():
    driver, chip = opened()
    mt.raises(ValueError, driver.send, 5, b"123456789", EXT)
    assert driver.send(5, b"12345678", EXT) is not None


def test_without_anybody_on_the_bus_old_frames_do_not_go_out_later():
    driver, chip = opened()
    chip.acks = False
    driver.send(1, DATA, EXT)
    driver.send(2, DATA, EXT)
    pumped(driver, chip)
    driver.sent -= 101  # that much time has gone by
    driver.pump()
    chip.acks = True
    pumped(driver, chip)
    assert chip.sent == []
    driver.send(3, DATA, EXT)
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == [3]


def test_a_frame_waits_100_ms_for_an_acknowledgement():
    driver, chip = opened()
    chip.acks = False
    driver.send(1, DATA, EXT)
    pumped(driver, chip)
    chip.acks = True
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == [1]


def test_self_test_hears_itself_without_a_second_node():
    driver, chip = opened(mode=4)
    chip.acks = False
    driver.send(5, DATA, EXT)
    pumped(driver, chip)
    assert received(driver) == [(5, DATA, EXT)]


def test_a_listener_does_not_send():
    driver, chip = opened(mode=2)
    assert driver.send(5, DATA, EXT) is None
    assert driver.state() == names.STATE_ACTIVE
    chip.arrive(6, DATA)
    assert received(driver) == [(6, DATA, EXT)]


# -- errors


def test_error_states_follow_the_controller_s_counters():
    driver, chip = opened()
    for tec, state in ((95, 1), (96, 2), (127, 2), (128, 3), (255, 3)):
        chip.regs[15] = tec
        assert driver.state() == state
        assert driver.get_counters()[0] == tec
    chip.regs[15] = 0
    for rec, state in ((95, 1), (96, 2), (127, 2), (128, 3)):
        chip.regs[14] = rec
        assert driver.state() == state
    assert driver.get_counters()[:4] == [0, 128, 2, 2]


def test_alone_on_the_bus_is_error_passive_and_not_bus_off():
    driver, chip = opened()
    chip.acks = False
    driver.send(1, DATA, EXT)
    pumped(driver, chip, 50000)
    assert driver.state() == names.STATE_PASSIVE
    assert driver.resets == 0  # errors of sending are no reason for it
    assert driver.errors > 0


def go_bus_off(driver, chip):
    chip.breaks = True
    driver.send(1, DATA, EXT)
    driver.send(2, DATA, EXT)
    pumped(driver, chip, 40000)
    chip.breaks = False


def test_bus_off_stays_until_restart_and_drops_what_waited():
    driver, chip = opened()
    go_bus_off(driver, chip)
    assert driver.state() == names.STATE_BUS_OFF
    assert driver.send(3, DATA, EXT) is None
    assert driver.get_counters()[4] == 1
    pumped(driver, chip, 100000)
    assert driver.state() == names.STATE_BUS_OFF
    driver.restart()
    assert driver.state() == names.STATE_BUS_OFF  # for 128 times 11 bits
    driver.restart()  # an impatient caller does not start the count again
    pumped(driver, chip, 7000)
    assert driver.state() == names.STATE_ACTIVE
    pumped(driver, chip)
    assert chip.sent == []
    driver.send(3, DATA, EXT)
    chip.arrive(4, DATA)
    pumped(driver, chip)
    assert [f[0] for f in chip.sent] == [3]
    assert received(driver) == [(4, DATA, EXT)]


def test_filters_set_during_bus_off_hold_after_it():
    driver, chip = opened()
    go_bus_off(driver, chip)
    driver.set_filters(((5, 0x1FFFFFFF, EXT),))
    driver.restart()
    pumped(driver, chip)
    chip.arrive(6, DATA)
    chip.arrive(5, DATA)
    assert [f[0] for f in received(driver)] == [5]


def test_bus_off_while_a_frame_is_read_does_not_invent_a_frame():
    for access in range(1, 24):
        driver, chip = opened()
        chip.arrive(0x1806E5F4, DATA)
        chip.at_access = (access, chip._go_bus_off)
        try:
            frames = received(driver)
        except fake_twai.Forbidden:  # the window has gone; the real chip answers something
            frames = received(driver)
        assert frames in ([], [(0x1806E5F4, DATA, EXT)])
        assert driver.state() == names.STATE_BUS_OFF


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
