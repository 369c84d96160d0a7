"""Does the ring run on MicroPython, and allocate nothing in a step that changes nothing?"""

# heapsize: 160k

import gc

import micropython

from canproto import plc
from canproto.crc8 import crc8
from planner import sequence
from planner.dispatch import Dispatch
from station import plc_keys
from station.hall import Hall


class Settings:
    def get(self, key):
        at = plc_keys.KEYS.find(b"\n" + key.encode() + b" ")
        kind, value = plc_keys.KEYS[at + 1 :].decode().split(" ", 3)[1:3]
        return int(value) if kind == "int" else value


class Path:
    """What a Hall wants of a gun's path."""

    def identity(self, kind, whole):
        self.whole = whole


def hall(guns, sent):
    made = Hall(guns, 2, (30_000, 1000), sent, sent, Settings())
    for g in range(guns):
        made.paths[g] = Path()
    return made


def telemetry(g, count, relays):
    d = bytearray(8)
    d[0] = 3 | 10 << 3 & 0xFF
    d[1] = relays << 5
    d[2] = 0x88
    d[3] = (count & 31) << 3
    d[4] = count >> 5
    d[7] = crc8(d, 7)
    return 0x460 | g, d


def quiet(function):
    """Runs it with the heap locked: any allocation raises MemoryError."""
    function()
    gc.collect()
    micropython.heap_lock()
    try:
        function()
    finally:
        micropython.heap_unlock()


class Port:
    sent = 0

    def __call__(self, can_id, buf):
        self.sent += 1


def test_a_step_of_twelve_guns_allocates_nothing():
    port = Port()
    h = hall(12, port)
    frames = [telemetry(g, 1, 0) for g in range(12)]

    def step():
        for can_id, data in frames:
            h.receive(can_id, data, 8)
        h.step((), 100, False)

    for _ in range(40):  # until nothing changes any more
        step()
    for _ in range(18):  # every turn of the ring, the guns and the PLCs
        quiet(step)
    assert port.sent and h.rejected == 0


def test_a_segmented_identity_comes_through():
    h = hall(2, Port())
    h.receive(0x241, bytes((6, 2, 0, 1, 2, 3, 4, 5)), 8)
    h.receive(0x241, bytes((6, 2, 1, 6, 0, 0, 0, 0)), 8)
    assert h.paths[1].whole == bytes((1, 2, 3, 4, 5, 6))


def ring():
    """Four slots whose contactors and modules do at once what they are told."""
    d = Dispatch(4, 4, bytes((0, 1, 2, 3)))
    for m in range(4):
        d.ring.rated_w[m], d.ring.current_da[m], d.health_pm[m] = 30_000, 1000, 1000
    for g in range(4):
        d.seq.home[g] = g
    d.seq.ev_dv[0] = 4000
    return d


def obey(d):
    seq = d.seq
    for row in (seq.ties, seq.guns, seq.mns):
        for i in range(4):
            row.fb[i] = row.cmd[i]
    for m in range(4):
        d.volts_dv[m] = min(d.set_dv[m], 4000) if d.on[m] else 0
        d.amps_da[m] = d.set_da[m] if d.on[m] and d.seq.feeds[m] == 0 and seq.guns.cmd[0] else 0


def test_a_gun_charges_over_two_slots():
    d = ring()
    d.ask_dv[0], d.ask_da[0] = 4000, 1400
    d.seq.want[0] = sequence.READY
    for _ in range(300):
        obey(d)
        d.step(100)
    assert d.granted_da[0] == 1400 and sum(d.on) == 2
    assert [s for s in range(4) if d.seq.feeds[s] == 0] in ([0, 3], [0, 1])

    quiet(lambda: d.step(100))


def test_what_a_plc_says_is_in_one_small_array():
    p = plc.Plc()
    before = gc.mem_alloc()
    keep = plc.Plc()
    assert gc.mem_alloc() - before < 700 and keep is not p
