"""Does the Rivot codec work on MicroPython, and allocate nothing there?"""

# heapsize: 112k

import gc

import micropython

from canproto import rivot
from canproto.fields import f32_deci

# One frame of every kind and branch, and what makes each of them invalid.
FRAMES = (
    (0x1806E5F4, b"\x03\x48\x02\x58\x00\x03\x1d\x00", 1),
    (0x1806E5F4, b"\xff\xff\xff\xff\xff\xff\xff\xff", 0),
    (0x160B8001, b"\x3f\xff\xff\xff\x00\x00\x00\x00", 2),
    (0x160B8001, b"\xff\xff\xff\xff\x00\x00\x00\x00", 0),
    (0x160D8001, b"\x00\x12\xd6\x87\x00\x00\x00\x00", 3),
    (0x160D8001, b"\x40\x00\x00\x00\x00\x00\x00\x00", 0),
    (0x0681817E, b"\x01\x32\x00\x00\x00\x00\x00\x00", 4),
    (0x0681817E, b"\x01\x00\x00\x00\x00\x01\x50\x00", 4),
    (0x0681817E, b"\x01\x03\x00\x00\x00\x00\x07\x26", 4),
    (0x0681817E, b"\x01\x03\x00\x00\xff\xff\xff\xff", 0),
    (0x0681827E, b"\x01\x84\x00\x00\x00\x01\x50\x00", 5),
    (0x0681827E, b"\x01\x84\x00\x00\xff\xff\xff\xff", 0),
    (0x0681827E, b"\x01\x82\x00\x00\x00\x00\xf0\x00", 5),
    (0x0681827E, b"\x01\x82\x00\x00\x7f\xff\xff\xff", 0),
    (0x0681827E, b"\x01\x80\x00\x00\x00\x01\x7c\x00", 5),
    (0x0681827E, b"\x01\x80\x00\x00\xff\xff\xd8\x00", 5),
    (0x0681827E, b"\x01\x80\x00\x00\xff\xff\xff\xff", 0),
    (0x0681827E, b"\x01\x79\x00\x00\x00\x00\xff\xff", 5),
    (0x0681827E, b"\x01\x83\x00\x00\x42\x98\xeb\x85", 5),
    (0x0681827E, b"\x01\x83\x00\x00\x7f\xc0\x00\x00", 0),
    (0x00433F01, b"\x42\x98\xeb\x85\x3f\xe8\xf5\xc3", 6),
    (0x00433F01, b"\x45\xff\xff\xff\x45\xff\xff\xff", 0),
    (0x00433F01, b"\x80\x00\x00\x01\x00\x7f\xff\xff", 6),
    (0x00473F01, b"\x00\x00\x00\x00\x00\x00\x03\x02", 7),
    (0x18FF50E5, b"\x00\x00\x00\x00\x08\x00\x00\x00", 0),
    (0x18904001, b"\x00\x00\x00\x00\x00\x00\x02\xee", 9),
    (0x1FFFFFFF, b"\xff\xff\xff\xff\xff\xff\xff\xff", 0),
)


def allocated_by(function):
    """Bytes on the heap after function() that were not there before; no allocation may fail it.

    heap_lock makes any allocation at all raise MemoryError, also one that is freed again.
    """
    function()  # the first call may grow an instance's dictionary
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    micropython.heap_lock()
    try:
        function()
    finally:
        micropython.heap_unlock()
        after = gc.mem_alloc()
        gc.enable()
    return after - before


def test_every_kind_of_frame_is_read_without_allocating():
    codec = rivot.Rivot()
    frames = [(can_id, memoryview(data), kind) for can_id, data, kind in FRAMES]
    wrong = []

    def read_all():
        i = 0
        while i < len(frames):
            frame = frames[i]
            if codec.receive(frame[0], frame[1], 8) != frame[2]:
                wrong.append(i)
            i += 1

    read_all()
    assert wrong == []
    assert allocated_by(read_all) == 0


def test_the_older_generations_read_without_allocating():
    seed = rivot.Rivot("seed", "u16/1024", "u16/1000")
    head = rivot.Rivot("head", "u16/10", "u16/1000")
    frames = [(can_id, memoryview(data)) for can_id, data, _ in FRAMES]

    def read_all():
        i = 0
        while i < len(frames):
            frame = frames[i]
            seed.receive(frame[0], frame[1], 8)
            head.receive(frame[0], frame[1], 8)
            i += 1

    assert allocated_by(read_all) == 0


def test_packing_allocates_nothing():
    codec = rivot.Rivot()
    buf = bytearray(8)

    def pack_all():
        codec.pack_status(buf, 65535, 65535, 31)
        codec.pack_output(buf, True)
        codec.pack_voltage(buf, 2000)
        codec.pack_current(buf, 6000)
        codec.pack_request(buf, 0x84)
        codec.pack_ah_request(buf, 1)

    assert allocated_by(pack_all) == 0


def test_the_vectors():
    codec = rivot.Rivot()
    codec.receive(0x1806E5F4, memoryview(b"\x03\x48\x02\x58\x00\x00\x00\x00"), 8)
    assert (codec.bms_vmax_dv, codec.bms_imax_da, codec.bms_permit) == (840, 600, 1)
    codec.receive(0x00433F01, memoryview(b"\x42\x98\xeb\x85\x3f\xe8\xf5\xc3"), 8)
    assert (codec.term_v_dv, codec.term_i_da) == (765, 18)
    buf = bytearray(8)
    assert codec.pack_voltage(buf, 840) == 0x068181FE
    assert buf == b"\x01\x00\x00\x00\x00\x01\x50\x00"
    codec.pack_current(buf, 600)
    assert buf == b"\x01\x03\x00\x00\x00\x00\x07\x26"
    codec.pack_output(buf, False)
    assert buf == b"\x01\x32\x00\x01\x00\x00\x00\x00"


def test_float32_on_this_port():
    for data, tenths in (
        (b"\x42\x98\xeb\x85", 765),
        (b"\x3d\x00\x00\x00", 0),
        (b"\x45\xff\xff\xff", 81920),
        (b"\x46\x00\x00\x00", -1),
        (b"\x7f\x80\x00\x00", -1),
        (b"\xff\xc0\x00\x00", -1),
        (b"\x80\x00\x00\x00", 0),
        (b"\xbf\x80\x00\x00", -1),
    ):
        assert f32_deci(data, 0) == tenths
