"""Is a PLC told what it has to know, in time, and does the station know that it was heard?"""

import pytest

from canproto import plc, plc_v1
from canproto.crc8 import crc8
from station.plc_link import PlcLink


class Talk:
    """A link and the frames it has sent; `hear` brings one of the PLC's."""

    def __init__(self, version, number=2):
        self.sent = []
        self.link = PlcLink(number, version, lambda can_id, buf: self.sent.append((can_id, *buf)))
        self.number = number

    def step(self, steps=1):
        for _ in range(steps):
            self.link.step(100)
        return self

    def hear(self, kind, *body):
        body = bytes(body).ljust(7, b"\0")[:7]
        return self.link.receive(kind << 4 | self.number, body + bytes([crc8(body, 7)]), 8)

    def relay_status(self, seq, uptime=5):
        return self.hear(0x16, 0, seq, 0x10, 0, uptime)

    def telemetry(self, count):
        return self.hear(0x46, 2, 0, 8, (count & 31) << 3, count >> 5)

    def of(self, kind):
        return [frame[1:] for frame in self.sent if frame[0] == kind << 4 | self.number]

    def flush(self):
        self.sent.clear()
        return self


# --- rhythm ---


@pytest.mark.parametrize(
    "version, active, counts",
    [
        (1, False, {0x31: 30, 0x34: 30, 0x30: 3, 0x38: 3}),
        (1, True, {0x31: 30, 0x34: 30, 0x30: 6, 0x38: 3}),
        (2, True, {0x32: 30, 0x33: 6, 0x38: 6}),
        (3, False, {0x32: 6, 0x33: 2, 0x38: 0}),
        (3, True, {0x32: 10, 0x33: 2, 0x38: 0}),
    ],
)
def test_frames_in_three_seconds(version, active, counts):
    t = Talk(version)
    t.link.active = active
    t.step(10)
    t.relay_status(t.link.seq)  # acknowledged: nothing but the rhythm
    t.telemetry(1)
    t.flush().step(30)
    assert {kind: len(t.of(kind)) for kind in counts} == counts


def test_what_changes_does_not_wait_for_its_turn():
    t = Talk(3).step(10).flush()
    t.link.relays = t.link.mask = 2
    assert t.step().of(0x32)
    t.flush()
    t.link.bits |= plc_v1.GRANTED
    assert t.step().of(0x33)


# --- numbers and acknowledgement (b.5, b.10 #9) ---


def test_a_number_changes_only_with_the_content():
    t = Talk(1).step(3)
    seq = t.link.seq
    t.step(50)
    assert t.link.seq == seq
    t.link.relays, t.link.mask = 1, 1
    t.step(5)
    assert t.link.seq == seq + 1
    t.link.bits |= plc_v1.SYS_ENABLE
    t.step()
    assert t.link.seq == seq + 2


def test_a_stale_number_does_not_acknowledge_a_matching_one_does():
    t = Talk(1).step(2)
    t.relay_status(t.link.seq)
    t.link.relays = 1
    t.step(2)
    t.relay_status(t.link.seq - 1)
    t.hear(0x15, 0, 0, 0, 0, 0, t.link.seq - 1)
    t.step(20)
    assert t.link.unheard
    t.hear(0x15, 0, 0, 0, 0, 0, 0, t.link.seq)
    assert t.link.unheard is True, "received is not applied"
    t.hear(0x15, 0, 0, 0, 0, 0, t.link.seq)
    assert not t.link.unheard


@pytest.mark.parametrize("steps, unheard", [(12, False), (13, True)])
def test_three_repeats_then_it_counts_as_unheard(steps, unheard):
    """300 ms each, counted from the first sending although the frame goes out each 100 ms."""
    t = Talk(1).step(steps)
    assert t.link.unheard is unheard


def test_repeats_do_not_begin_anew_with_each_sending():
    t = Talk(1).step(60)
    assert t.link.unheard and len({frame[1] for frame in t.of(0x34)}) == 1


def test_v3_is_acknowledged_by_its_count():
    t = Talk(3).step(2)
    t.telemetry(7)
    t.step(40)
    assert not t.link.unheard
    t.link.relays = 2
    t.step(2)
    t.telemetry(7)  # the same count: it has not heard us
    t.step(40)
    assert t.link.unheard
    t.telemetry(8)
    assert not t.link.unheard


# --- time-outs ---


@pytest.mark.parametrize("version, active, limit", [(1, 0, 450), (3, 1, 1050), (3, 0, 3150)])
def test_a_plc_that_is_silent_is_lost(version, active, limit):
    t = Talk(version)
    t.link.active = active
    assert t.link.lost(), "nothing is known at the start"
    if version == 3:
        t.telemetry(1)
    else:
        t.relay_status(1)
    t.step(limit // 100)
    assert not t.link.lost()
    t.step()
    assert t.link.lost()


def test_a_frame_refreshes_only_what_it_says():
    """b.10 #8: a meter that is well is no sign that the safety chain is."""
    t = Talk(1)
    t.relay_status(1)
    for _ in range(10):
        t.step()
        t.link.receive(0x172, b"\x00\x01\xa2\x0f" + bytes(4), 8)
    assert t.link.lost()
    assert t.link.age(5) == 0, "the meter's age"


# --- handshake, authorisation ---


def configs(t, param):
    return [frame[2] for frame in t.of(0x38) if frame[0] == param]


def test_handshake_is_repeated_each_second_until_the_version_is_echoed():
    t = Talk(1).step(30)
    assert configs(t, 91) == [1, 1, 1] and t.link.agreed == 0
    assert not configs(t, 20), "nothing is configured before the versions are known to match"
    t.hear(0x1A, 91, 0, 1)
    t.flush().step(30)
    assert t.link.agreed == 1 and not configs(t, 91)


@pytest.mark.parametrize("status, value", [(1, 1), (0, 2), (0xFF, 1)])
def test_another_version_is_no_agreement(status, value):
    t = Talk(1).step(10)
    t.hear(0x1A, 91, status, value)
    assert t.link.agreed == -1
    assert configs(t.flush().step(20), 91), "it keeps asking"


def test_a_plc_that_has_started_anew_is_asked_again():
    t = Talk(1).step(10)
    t.relay_status(t.link.seq, uptime=90)
    t.hear(0x1A, 91, 0, 1)
    assert t.link.agreed == 1
    t.relay_status(t.link.seq, uptime=1)
    assert t.link.agreed == 0
    t.hear(0x1A, 91, 0, 1)
    t.hear(0x9000, 1, 2, 3)
    assert t.link.agreed == 0


def test_authorisation_and_lock_are_refreshed_each_second():
    t = Talk(1).step(10)
    t.hear(0x1A, 91, 0, 1)
    t.link.bits |= plc_v1.PENDING | plc_v1.LOCK
    t.flush().step(30)
    assert configs(t, 20) == [0, 0, 0]
    assert configs(t, 21) == configs(t, 30) == [1, 1, 1]
    t.link.bits = plc_v1.GRANTED
    t.flush().step(20)
    assert configs(t, 20) == [1, 1] and configs(t, 21) == configs(t, 30) == [0, 0]


def test_the_plc_does_not_authorise_itself():
    """b.10 #12: its bit overwrote the controller's."""
    t = Talk(1).step(10)
    t.hear(0x1A, 91, 0, 1)
    t.link.receive(0x102, bytes((9, plc.AUTH_GRANTED)) + bytes(6), 8)
    t.flush().step(20)
    assert configs(t, 20) == [0, 0] and not t.link.bits & plc_v1.GRANTED


def test_clear_faults_is_asked_for_and_ends():
    t = Talk(1).step(5)
    t.relay_status(t.link.seq)
    t.flush().step(20)
    assert not any(frame[0] & 0x20 for frame in t.of(0x34)), "never by itself"
    t.link.clear()
    t.flush().step(30)
    asked = [frame for frame in t.of(0x34) if frame[0] & 0x20]
    assert asked and not t.of(0x34)[-1][0] & 0x20


def test_an_identity_comes_whole():
    t = Talk(3)
    t.link.receive(0x242, bytes((6, 2, 0, 1, 2, 3, 4, 5)), 8)
    assert t.link.whole is None
    t.link.receive(0x242, bytes((6, 2, 1, 6, 0, 0, 0, 0)), 8)
    assert t.link.whole == bytes((1, 2, 3, 4, 5, 6)) and t.link.parts.kind == 0x24
    t.step()
    assert t.link.parts is None
