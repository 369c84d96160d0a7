"""Do all CAN drivers share a receive ring that loses nothing silently and allocates nothing?"""

# heapsize: 112k

import gc

import can_names as names
import micropython
import mt

from drivers import can

EXT = names.FLAG_EXT_ID


class Wire(can.Driver):
    """A driver whose other end is a list: what the base class does is all there is."""

    def __init__(self):
        super().__init__()
        self.arriving = []
        self.sent = []
        self.accepts = True
        self.set_filters(None)
        self._enter(names.STATE_ACTIVE)

    def pump(self):
        while self.arriving:
            can_id, flags, data = self.arriving.pop(0)
            self.put(can_id, flags, data, len(data))

    def _transmit(self, can_id, data, flags):
        self.sent.append((can_id, bytes(data), flags))
        return self.accepts


def received(wire):
    frames = []
    frame = [0, None, 0, 0]
    while wire.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2], frame[3]))
    return frames


def test_frames_come_out_as_they_went_in():
    wire = Wire()
    wire.arriving = [
        (0x1FFFFFFF, EXT, b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        (0x7FF, 0, b"\xff"),
        (0, EXT, b""),
        (0x123, names.FLAG_RTR, b"\x09\x09\x09"),
    ]
    assert received(wire) == [
        (0x1FFFFFFF, b"\x01\x02\x03\x04\x05\x06\x07\x08", EXT, 0),
        (0x7FF, b"\xff", 0, 0),
        (0, b"", EXT, 0),
        (0x123, b"\0\0\0", names.FLAG_RTR, 0),
    ]
    assert wire.recv() is None


def test_recv_without_a_list_makes_one():
    wire = Wire()
    wire.arriving = [(5, EXT, b"ab")]
    frame = wire.recv()
    assert frame[0] == 5
    assert bytes(frame[1]) == b"ab"
    assert frame[2:] == [EXT, 0]


def test_nothing_is_received_before_set_filters():
    wire = Wire()
    wire.set_filters(())
    wire.arriving = [(5, EXT, b"ab")]
    assert received(wire) == []


def test_filters_tell_standard_and_extended_ids_apart():
    wire = Wire()
    wire.set_filters(((0x300, 0x700, 0), (0x50700, 0x1FFFFFFF, EXT)))
    wire.arriving = [
        (0x2FF, 0, b""), (0x300, 0, b""), (0x3FF, 0, b""), (0x400, 0, b""), (0x300, EXT, b""),
        (0x50700, EXT, b""), (0x50701, EXT, b""),
    ]  # fmt: skip
    assert [frame[0] for frame in received(wire)] == [0x300, 0x3FF, 0x50700]


def test_the_ring_holds_64_and_counts_what_it_loses():
    for count, lost in ((63, 0), (64, 0), (65, 1), (100, 36)):
        wire = Wire()
        wire.arriving = [(n, EXT, b"") for n in range(count)]
        frames = received(wire)
        assert [frame[0] for frame in frames] == list(range(count - lost))
        assert wire.get_counters()[7] == lost
        assert frames[-1][3] == (1 if count >= 64 else 0)  # RECV_ERR_FULL on the 64th
        wire.arriving = [(0x100, EXT, b""), (0x101, EXT, b"")]
        assert [frame[3] for frame in received(wire)] == [2 if lost else 0, 0]  # OVERRUN, once


def test_the_ring_turns_over_without_confusing_full_and_empty():
    wire = Wire()
    for turn in range(300):
        wire.arriving = [(turn * 3 + n, EXT, b"x") for n in range(3)]
        assert [frame[0] for frame in received(wire)] == [turn * 3 + n for n in range(3)]
    assert wire.get_counters()[7] == 0


def test_the_counters_show_what_waits():
    wire = Wire()
    wire.arriving = [(n, EXT, b"") for n in range(5)]
    wire.recv()
    counters = [9] * 8
    assert wire.get_counters(counters) is counters
    assert counters == [0, 0, 0, 0, 0, 0, 4, 0]


def test_send_is_refused_in_bus_off_and_when_the_queue_is_full():
    wire = Wire()
    assert wire.send(5, b"ab", EXT) is not None
    wire.accepts = False
    assert wire.send(5, b"ab", EXT) is None
    wire.accepts = True
    for state in (names.STATE_BUS_OFF, names.STATE_STOPPED):
        wire._enter(state)
        assert wire.send(5, b"ab", EXT) is None
    assert len(wire.sent) == 2


def test_states_that_get_worse_are_counted():
    wire = Wire()
    for state in (2, 3, 2, 3, 4, 1, 4, 4):
        wire._enter(state)
    assert wire.get_counters()[2:5] == [1, 2, 2]


def test_irq_calls_the_handler_for_what_it_was_asked():
    wire = Wire()
    calls = []
    irq = wire.irq(lambda driver: calls.append(driver.irq().flags()), 2)
    assert irq is wire.irq()
    wire._enter(names.STATE_WARNING)
    assert calls == []
    wire.arriving = [(5, EXT, b"")]
    wire.recv()
    assert calls == [2]
    assert wire.flags() == 0


def test_the_tap_sees_what_is_received_and_what_is_sent():
    wire = Wire()
    seen = []
    wire.tap = lambda can_id, data, flags: seen.append((can_id, bytes(data), flags))
    wire.arriving = [(5, EXT, b"ab")]
    wire.recv()
    wire.send(6, b"cd", EXT)
    wire.accepts = False
    wire.send(7, b"ef", EXT)
    assert seen == [(5, b"ab", EXT), (6, b"cd", EXT)]


def test_receiving_allocates_nothing():
    wire = Wire()
    frame = [0, None, 0, 0]
    data = bytearray(b"\x03\x48\x02\x58\x00\x00\x00\x00")

    def turn():
        for _ in range(70):
            wire.put(0x1806E5F4, EXT, data, 8)
        while wire.recv(frame):
            pass

    turn()
    gc.collect()
    micropython.heap_lock()
    try:
        turn()
    finally:
        micropython.heap_unlock()


def test_an_unknown_kind_is_named():
    error = mt.raises(ValueError, can.open, "lin", {})
    assert "expected machine, twai, mcp2515, slcan or socketcan" in str(error)


# --- can dump ---


class Clock:
    """A clock whose ticks wrap at 1000, so that wrapping is tested too."""

    def __init__(self, wall):
        self.now = 990
        self.start = wall

    def ticks_ms(self):
        return self.now

    def diff(self, a, b):
        return (a - b + 500) % 1000 - 500

    def wall(self):
        return self.start

    def uptime_s(self):
        return 77


def test_candump_lines():
    from drivers.candump import Dump

    lines = []
    clock = Clock(1700000000)
    dump = Dump(clock, lines.append)
    dump(0x1806E5F4, memoryview(b"\x03\x48\x02\x58\0\0\0\0"), EXT)
    clock.now = 2
    dump(0x7F, b"\xab", 0)
    for _ in range(4):
        clock.now = (clock.now + 300) % 1000
        dump(0x433F01, b"", EXT)
    dump(0x123, b"\0\0\0", names.FLAG_RTR)
    assert lines == [
        "(1700000000.000000) can0 1806E5F4#0348025800000000",
        "(1700000000.012000) can0 07F#AB",
        "(1700000000.312000) can0 00433F01#",
        "(1700000000.612000) can0 00433F01#",
        "(1700000000.912000) can0 00433F01#",
        "(1700000001.212000) can0 00433F01#",
        "(1700000001.212000) can0 123#R3",
    ]


def test_candump_uses_the_uptime_while_the_time_is_unknown():
    from drivers.candump import Dump

    lines = []
    Dump(Clock(None), lines.append, "can3")(1, b"", EXT)
    assert lines == ["(77.000000) can3 00000001#"]
