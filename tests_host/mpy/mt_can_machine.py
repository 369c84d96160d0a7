"""Does the machine.CAN driver keep every frame of a controller with a short queue?"""

import sys

import can_names as names
import fake_can
import mt

from drivers import can

sys.modules["machine"] = fake_can
EXT = names.FLAG_EXT_ID


def opened():
    driver = can.open("machine", {"id": 1}, 250000)
    driver.set_filters(None)
    return driver, fake_can.CAN.made[-1]


def received(driver):
    frames = []
    frame = [0, None, 0, 0]
    while driver.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2]))
    return frames


def test_it_opens_the_controller_it_was_told():
    driver, chip = opened()
    assert (chip.number, chip.bitrate) == (1, 250000)
    assert driver.state() == names.STATE_ACTIVE


def test_the_interrupt_empties_the_short_queue_into_the_ring():
    driver, chip = opened()
    for n in range(64):
        chip.arrive(n, b"\x01\x02")
    assert chip.get_counters()[7] == 0
    assert driver.get_counters()[6] == 64
    assert received(driver) == [(n, b"\x01\x02", EXT) for n in range(64)]


def test_a_lost_interrupt_delays_frames_but_loses_none():
    driver, chip = opened()
    chip.interrupts = False
    for n in range(5):
        chip.arrive(n, b"")
    assert [frame[0] for frame in received(driver)] == [0, 1, 2, 3, 4]


def test_losses_of_the_controller_and_of_the_ring_are_added():
    driver, chip = opened()
    for n in range(66):
        chip.arrive(n, b"")
    chip.interrupts = False
    received(driver)
    for n in range(8):
        chip.arrive(n, b"")
    assert [frame[0] for frame in received(driver)] == [0, 1, 2, 3, 4]
    assert driver.get_counters()[7] == 2 + 3
    assert driver.errors == 2  # the queue was full, frames were lost before the first


def test_an_interrupt_in_the_middle_of_a_drain_does_not_mix_up_frames():
    driver, chip = opened()
    chip.interrupts = False
    chip.arrive(1, b"\x01" * 8)
    chip.arrive(2, b"\x02" * 8)
    chip.interrupts = True
    real = chip.recv
    calls = []

    def recv_interrupted(out):
        result = real(out)
        if not calls:
            calls.append(1)
            chip.arrive(3, b"\x03" * 8)  # interrupts here, before frame 1 is stored
        return result

    chip.recv = recv_interrupted
    assert received(driver) == [(n, bytes([n]) * 8, EXT) for n in (1, 2, 3)]


def test_filters_go_to_hardware_as_far_as_they_fit_and_to_software_beyond():
    driver, chip = opened()
    few = ((1, 0x1FFFFFFF, EXT), (2, 0x1FFFFFFF, EXT))
    driver.set_filters(few)
    assert chip.filters == few
    many = few + ((3, 0x1FFFFFFF, EXT),)
    driver.set_filters(many)
    assert chip.filters is None
    for n in range(6):
        chip.arrive(n, b"")
    assert [frame[0] for frame in received(driver)] == [1, 2, 3]


def test_sending():
    driver, chip = opened()
    for n in range(3):
        assert driver.send(n, b"\x07", EXT) is not None
    assert driver.send(3, b"\x07", EXT) is None  # full
    assert chip.queue == [(n, b"\x07", EXT) for n in range(3)]


def test_bus_off_stays_until_restart():
    driver, chip = opened()
    chip.enter(names.STATE_BUS_OFF)
    assert driver.send(1, b"", EXT) is None  # not an exception
    assert driver.state() == names.STATE_BUS_OFF
    assert driver.get_counters()[4] == 1
    driver.restart()
    assert driver.state() == names.STATE_ACTIVE
    assert driver.send(1, b"", EXT) is not None


def test_counters_come_from_the_controller():
    driver, chip = opened()
    chip.counters[0] = 97
    counters = [0] * 8
    assert driver.get_counters(counters) is counters
    assert counters == [97, None, 0, 0, 0, 0, 0, 0]


def test_state_changes_reach_a_handler():
    driver, chip = opened()
    seen = []
    driver.irq(lambda d: seen.append(d.flags()), 8)
    chip.enter(names.STATE_PASSIVE)
    driver.state()
    assert seen == [8]


def test_a_port_with_other_constants_is_refused():
    fake_can.CAN.FLAG_EXT_ID = 4
    try:
        mt.raises(ValueError, can.open, "machine", {"id": 1})
    finally:
        fake_can.CAN.FLAG_EXT_ID = 2


def test_deinit_stops_it():
    driver, chip = opened()
    driver.deinit()
    assert driver.state() == names.STATE_STOPPED
    assert driver.send(1, b"", EXT) is None
