"""Does the SocketCAN driver speak the kernel's can_frame? (And the kernel itself, where it can.)

Without CAN sockets in the kernel a pair of UDP sockets carries the same 16 bytes.
"""

import socket
from struct import pack, unpack

import can_names as names
import mt

from drivers import can

EXT = names.FLAG_EXT_ID
RTR = names.FLAG_RTR


def pair():
    """The driver and the socket at its other end."""
    ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    base = 20000 + (id(ends) >> 4) % 20000
    addresses = []
    for n, end in enumerate(ends):
        for port in range(base + n * 500, base + n * 500 + 500):
            address = socket.getaddrinfo("127.0.0.1", port)[0][-1]
            try:
                end.bind(address)
                break
            except OSError:
                pass
        addresses.append(address)
    ends[0].connect(addresses[1])
    ends[1].connect(addresses[0])
    ends[1].setblocking(False)
    driver = can.open("socketcan", {"stream": ends[0]})
    driver.set_filters(None)
    return driver, ends[1]


def kernel_frame(can_id, data):
    return pack("<IB3x8s", can_id, len(data), data)


def received(driver):
    frames = []
    frame = [0, None, 0, 0]
    while driver.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2]))
    return frames


def test_frames_of_the_kernel_are_read():
    driver, other = pair()
    other.send(kernel_frame(0x9806E5F4, b"\x03\x48\x02\x58\0\0\0\0"))
    other.send(kernel_frame(0x123, b"\x11"))
    other.send(kernel_frame(0xDFFFFFFF, b""))
    other.send(kernel_frame(0x400007FF, b""))
    assert received(driver) == [
        (0x1806E5F4, b"\x03\x48\x02\x58\0\0\0\0", EXT),
        (0x123, b"\x11", 0),
        (0x1FFFFFFF, b"", EXT | RTR),
        (0x7FF, b"", RTR),
    ]


def test_frames_for_the_kernel_are_written():
    driver, other = pair()
    for args in (
        (0x1806E5F4, b"\x03\x48\x02\x58\0\0\0\x01", EXT),
        (0x123, memoryview(b"\x11"), 0),
        (0x7FF, b"\0\0\0", RTR),
    ):
        assert driver.send(*args) is not None
    assert [unpack("<IB3x8s", other.recv(100)) for _ in range(3)] == [
        (0x9806E5F4, 8, b"\x03\x48\x02\x58\0\0\0\x01"),
        (0x123, 1, b"\x11" + b"\0" * 7),
        (0x400007FF, 3, b"\0" * 8),
    ]


def test_error_frames_become_state_and_counters():
    driver, other = pair()
    for can_id, control, state in (
        (0x20000004, 0x08, names.STATE_WARNING),
        (0x20000004, 0x20, names.STATE_PASSIVE),
        (0x20000004, 0x40, names.STATE_ACTIVE),
        (0x20000004, 0x01, names.STATE_ACTIVE),  # receive overflow
        (0x20000040, 0x00, names.STATE_BUS_OFF),
        (0x20000100, 0x00, names.STATE_ACTIVE),  # the kernel has restarted it
    ):
        other.send(kernel_frame(can_id, bytes([0, control, 0, 0, 0, 0, 0, 0])))
        assert received(driver) == []
        assert driver.state() == state
    other.send(kernel_frame(0x20000200, bytes([0, 0, 0, 0, 0, 0, 130, 7])))
    received(driver)
    assert driver.get_counters() == [130, 7, 1, 1, 1, 0, 0, 1]
    assert driver.errors == 7


def test_a_frame_longer_than_8_is_dropped():
    driver, other = pair()
    other.send(pack("<IB3x8s", 0x80000001, 9, b"12345678"))
    other.send(kernel_frame(0x80000002, b""))
    assert received(driver) == [(2, b"", EXT)]


def test_an_interface_that_is_not_there_is_bus_off():
    driver = can.open("socketcan", {"iface": "nosuch0"})
    assert driver.state() == names.STATE_BUS_OFF
    driver.restart()
    assert driver.state() == names.STATE_BUS_OFF
    assert driver.send(1, b"", EXT) is None
    assert driver.recv() is None


def test_two_nodes_on_a_virtual_interface_of_the_kernel():
    try:
        socket.socket(29, 3, 1).close()
    except OSError as e:
        mt.skip("this kernel has no CAN sockets (errno %d)" % e.errno)
    one = can.open("socketcan", {"iface": "vcan0"})
    if one.state() == names.STATE_BUS_OFF:
        mt.skip("no interface vcan0: ip link add vcan0 type vcan && ip link set vcan0 up")
    two = can.open("socketcan", {"iface": "vcan0"})
    one.set_filters(None)
    two.set_filters(None)
    one.send(0x1806E5F4, b"\x03\x48\x02\x58\0\0\0\0", EXT)
    two.send(0x123, b"\x01", 0)
    assert received(two) == [(0x1806E5F4, b"\x03\x48\x02\x58\0\0\0\0", EXT)]
    assert received(one) == [(0x123, b"\x01", 0)]
    one.deinit()
    two.deinit()
