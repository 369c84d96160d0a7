"""Does the slcan driver read whatever an adapter sends, without blocking or inventing frames?"""

# heapsize: 112k

import gc

import can_names as names
import micropython
import mt

from drivers import can
from drivers.can_slcan import Slcan

EXT = names.FLAG_EXT_ID
RTR = names.FLAG_RTR


class Adapter:
    """A stream as machine.UART gives it: None when nothing is there; takes `room` bytes."""

    def __init__(self):
        self.answers = b""
        self.taken = b""
        self.room = 10000
        self.chunk = 10000
        self.broken = False

    def write(self, buf, offset, length):
        if self.broken:
            raise OSError(5)
        length = min(length, self.room)
        if not length:
            return None
        self.room -= length
        self.taken += bytes(buf[offset : offset + length])
        return length

    def readinto(self, buf):
        if self.broken:
            raise OSError(5)
        part = self.answers[: min(len(buf), self.chunk)]
        self.answers = self.answers[len(part) :]
        buf[: len(part)] = part
        return len(part) or None


def connected(bit_rate=250000):
    adapter = Adapter()
    driver = can.open("slcan", {"stream": adapter}, bit_rate)
    driver.set_filters(None)
    return adapter, driver


def received(driver):
    frames = []
    frame = [0, None, 0, 0]
    while driver.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2]))
    return frames


def test_it_sets_the_bit_rate_and_opens_the_channel():
    for rate, code in ((10000, b"S0"), (125000, b"S4"), (250000, b"S5"), (1000000, b"S8")):
        adapter, driver = connected(rate)
        assert adapter.taken == b"\rC\r" + code + b"\rO\r"
        assert driver.state() == names.STATE_ACTIVE
    mt.raises(ValueError, connected, 300000)


def test_it_is_stopped_until_the_adapter_has_taken_the_commands():
    adapter = Adapter()
    adapter.room = 4
    driver = can.open("slcan", {"stream": adapter})
    assert driver.state() == names.STATE_STOPPED
    assert driver.send(1, b"", EXT) is None
    adapter.room = 100
    assert driver.recv() is None
    assert driver.state() == names.STATE_ACTIVE
    assert adapter.taken.startswith(b"\rC\rS5\rO\r")


def test_the_four_kinds_of_frames_are_read():
    adapter, driver = connected()
    adapter.answers = (
        b"T1806E5F480348025800000000\rt12321122\rR1fffffff8\rr7FF0\rt0000\r"
        b"T000000008ffeeDDccBBaa9988\r"
    )
    assert received(driver) == [
        (0x1806E5F4, b"\x03\x48\x02\x58\0\0\0\0", EXT),
        (0x123, b"\x11\x22", 0),
        (0x1FFFFFFF, b"\0" * 8, EXT | RTR),
        (0x7FF, b"", RTR),
        (0, b"", 0),
        (0, b"\xff\xee\xdd\xcc\xbb\xaa\x99\x88", EXT),
    ]
    assert driver.errors == 0


def test_timestamps_of_an_adapter_in_mode_z1_are_ignored():
    adapter, driver = connected()
    adapter.answers = b"t1231AA1F40\rT000000010BEEF\rR0000000180000\r"
    assert received(driver) == [(0x123, b"\xaa", 0), (1, b"", EXT), (1, b"\0" * 8, EXT | RTR)]


def test_acknowledges_versions_and_serial_numbers_are_not_errors():
    adapter, driver = connected()
    adapter.answers = b"\r\rz\rZ\rV1013\rNA123\rt1000\r"
    assert received(driver) == [(0x100, b"", 0)]
    assert driver.errors == 0


def test_lines_may_come_in_any_pieces():
    text = b"T1806E5F480348025800000000\rz\r\x07F00\rt12321122\r"
    for chunk in range(1, 20):
        adapter, driver = connected()
        adapter.chunk = chunk
        adapter.answers = text
        frames = []
        while adapter.answers:
            frames += received(driver)
        assert frames == [(0x1806E5F4, b"\x03\x48\x02\x58\0\0\0\0", EXT), (0x123, b"\x11\x22", 0)]
        assert driver.errors == 1  # the BEL


def test_after_junk_the_next_whole_line_is_read():
    for junk in (
        b"\x00\xff\x80garbage\r",
        b"x" * 500 + b"\r",
        b"T1806E5F48034802580000\r",  # short
        b"T1806E5F4803480258000000000\r",  # one digit too many
        b"T1806E5F4803480258000000000000000000\r",
        b"T2806E5F40\r",  # 30 bits
        b"TFFFFFFFF0\r",
        b"t8000\r",  # 12 bits
        b"t1239\r",  # DLC 9
        b"t123:\r",
        b"t123\r",
        b"t12\r",
        b"t12G0\r",
        b"T1806E5F48034802580000000G\r",
        b"T\r",
        b"t1231`0\r",
        b"t12310`\r",
        b"t1231@0\r",
        b"t12310:\r",
        b"t1231/0\r",
        b"t1231\x100\r",
        b"t12310\xb1\r",
        b"t12`0\r",
        b"F1\r",
        b"FGG\r",
        b"T1806E5F4803480\x07",  # broken off by an error
        b"T1806E5F480348025800000000t1000\r",  # a lost CR
    ):
        adapter, driver = connected()
        adapter.answers = junk + b"t12321122\r"
        assert received(driver) == [(0x123, b"\x11\x22", 0)]
        assert driver.errors == 1, junk


def test_any_bytes_at_all_never_raise():
    seed = 12345
    adapter, driver = connected()
    alphabet = b"TtRrFzZVN0123456789abcdefABCDEF\r\r\r\x07\x00\xffG "
    for _ in range(200):
        noise = bytearray(64)
        for i in range(64):
            seed = (seed * 1103515245 + 12345) % 2147483648
            noise[i] = alphabet[(seed >> 8) % len(alphabet)]
        adapter.answers = bytes(noise)
        for can_id, data, flags in received(driver):
            assert can_id <= (0x1FFFFFFF if flags & EXT else 0x7FF)
            assert len(data) <= 8
    adapter.answers = b"\rt12321122\r"
    assert received(driver)[-1] == (0x123, b"\x11\x22", 0)


# --- sending ---


def test_frames_are_written_as_lawicel_lines():
    adapter, driver = connected()
    adapter.taken = b""
    driver.send(0x1806E5F4, b"\x03\x48\x02\x58\0\0\xab\xcd", EXT)
    driver.send(0x7, memoryview(b"\x01"), 0)
    driver.send(0x1FFFFFFF, b"\0" * 8, EXT | RTR)
    driver.send(0x7FF, b"", RTR)
    assert adapter.taken == b"T1806E5F48034802580000ABCD\rt007101\rR1FFFFFFF8\rr7FF0\r"


def test_what_the_adapter_does_not_take_waits_and_the_queue_is_bounded():
    adapter, driver = connected()
    adapter.taken = b""
    adapter.room = 0
    results = []
    while len(results) < 100:
        results.append(driver.send(len(results), b"\x11" * 8, EXT))
    accepted = [n for n, result in enumerate(results) if result is not None]
    assert accepted == list(range(9))  # 256 bytes of lines, room for a longest line kept
    assert adapter.taken == b""
    adapter.room = 40  # takes part of a line
    assert driver.recv() is None
    assert driver.send(0x99, b"", EXT) is not None
    adapter.room = 10000
    driver.recv()
    lines = adapter.taken.split(b"\r")
    assert lines == [b"T%08X8" % n + b"11" * 8 for n in range(9)] + [b"T000000990", b""]


def test_deinit_closes_the_channel():
    adapter, driver = connected()
    adapter.taken = b""
    driver.deinit()
    assert adapter.taken == b"C\r"
    assert driver.state() == names.STATE_STOPPED
    assert driver.recv() is None


# --- state ---


def test_the_status_flags_become_the_state():
    adapter, driver = connected()
    for answer, state, errors in (
        (b"F00\r", names.STATE_ACTIVE, 0),
        (b"F04\r", names.STATE_WARNING, 0),
        (b"FA4\r", names.STATE_PASSIVE, 1),
        (b"F20\r", names.STATE_PASSIVE, 1),
        (b"F80\r", names.STATE_ACTIVE, 2),
        (b"F09\r", names.STATE_ACTIVE, 2),
    ):
        adapter.taken = b""
        driver.state()
        assert adapter.taken == b"F\r"
        adapter.answers = answer
        driver.recv()
        assert driver.state() == state
        assert driver.errors == errors
    assert driver.get_counters()[2:5] == [1, 1, 0]


def test_an_adapter_that_knows_no_status_is_not_pestered():
    adapter, driver = connected()
    adapter.taken = b""
    for _ in range(240):
        driver.state()
        driver.recv()
    assert adapter.taken == b"F\r" * 4


def test_a_broken_stream_is_bus_off_until_restart():
    for act in (lambda d: d.recv(), lambda d: d.send(1, b"", EXT), lambda d: d.state()):
        adapter, driver = connected()
        adapter.answers = b"t1000\r"
        adapter.broken = True
        act(driver)
        assert driver.state() == names.STATE_BUS_OFF
        assert driver.send(1, b"", EXT) is None
        assert received(driver) == []
        assert driver.get_counters()[4] == 1
        driver.restart()
        assert driver.state() == names.STATE_BUS_OFF
        adapter.broken = False
        adapter.taken = b""
        driver.restart()
        assert adapter.taken == b"\rC\rS5\rO\r"
        assert driver.state() == names.STATE_ACTIVE
        assert received(driver) == [(0x100, b"", 0)]


def test_half_a_line_from_before_a_restart_is_forgotten():
    adapter, driver = connected()
    adapter.answers = b"T1806E5F4803"
    driver.recv()
    driver.restart()
    adapter.answers = b"t1000\r"
    assert received(driver) == [(0x100, b"", 0)]


def test_a_hub_that_is_not_there_is_bus_off_not_an_error():
    driver = can.open("slcan", {"host": "127.0.0.1", "port": 1})
    for _ in range(10):
        driver.recv()
        driver.state()
    assert driver.state() == names.STATE_BUS_OFF
    driver.restart()
    driver.recv()
    assert driver.state() == names.STATE_BUS_OFF


class Source:
    """A stream that always brings the same 10 lines, without allocating."""

    text = b"T1806E5F480348025800000000\r" * 4 + b"z\r"

    def __init__(self):
        self.full = False

    def write(self, buf, offset, length):
        return length

    def readinto(self, buf):
        if not self.full:
            return None
        self.full = False
        for i in range(len(self.text)):
            buf[i] = self.text[i]
        return len(self.text)


def test_receiving_and_sending_allocate_nothing():
    source = Source()
    driver = Slcan({"stream": source}, 250000)
    driver.set_filters(None)
    frame = [0, None, 0, 0]
    data = bytearray(8)

    def turn():
        source.full = True
        count = 0
        while driver.recv(frame):
            count += 1
        driver.send(0x18FF50E5, data, EXT)
        driver.state()
        return count

    assert turn() == 4
    gc.collect()
    micropython.heap_lock()
    try:
        turn()
        turn()
    finally:
        micropython.heap_unlock()
