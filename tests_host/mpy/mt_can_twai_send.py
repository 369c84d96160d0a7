"""Does the TWAI driver send in order, and survive what a bus does to it?"""

import can_names as names
import fake_twai
import mt
from twai_bench import DATA, EXT, opened, pumped, received

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
