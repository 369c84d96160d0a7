"""Do the PLC and power-module codecs work on MicroPython, and allocate nothing there?"""

# heapsize: 112k

import gc

import micropython

from canproto import maxwell, plc, plc_v1, plc_v3
from canproto.crc8 import crc8


class Orders:
    present_dv = max_dv = 15_000
    present_da = max_da = 9_000
    present_w = max_w = 400_000
    faults = 63
    bits = 1023
    relays = mask = 7
    seq = 255


def quiet(function):
    """Runs it with the heap locked: any allocation raises MemoryError."""
    function()
    gc.collect()
    micropython.heap_lock()
    try:
        function()
    finally:
        micropython.heap_unlock()


def sealed(data):
    data = bytearray(data)
    data[7] = crc8(data, 7)
    return data


KINDS = (0x10, 0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x19, 0x1A, 0x1C, 0x20, 0x21, 0x22, 0x23, 0x25)
BODIES = (bytes(8), b"\xff" * 8, b"\x01" * 8, b"\x5a\x00\xff\xff\xff\xff\x02\x00", b"CCCCCCC\x00")


def test_receive_allocates_nothing():
    p = plc.Plc()
    frames = []
    for kind in KINDS + (0x41, 0x43, 0x44, 0x45, 0x46, 0x9000, 0x18, 0x28, 0x999):
        for body in BODIES:
            frames.append((kind << 4, sealed(body)))
            frames.append((kind << 4, bytearray(body)))

    def all():
        for can_id, data in frames:
            p.receive(can_id, data, 8)
            p.receive(can_id, data, 7)

    quiet(all)
    assert max(p.at) < 1 << 30


def test_packers_allocate_nothing():
    buf = bytearray(8)
    o = Orders()

    def all():
        plc_v1.limits(buf, o)
        plc_v1.present(buf, o)
        plc_v1.relay(buf, o)
        plc_v1.config(buf, 20, 0x3FFFFFFF)
        plc_v1.gcmc(buf, o, 15)
        plc_v3.fast(buf, o)
        plc_v3.slow(buf, o, 3)
        maxwell.read(buf, maxwell.VOLTAGE)
        maxwell.set_tenths(buf, maxwell.SET_VOLTAGE, 10_000)
        maxwell.set_part(buf, maxwell.SET_FRACTION, 999, 1000)
        maxwell.set_output(buf, True)

    quiet(all)


def test_module_answers_allocate_nothing():
    frames = (
        b"\x41\xf0\x00\x01\x43\xc8\x00\x00",
        b"\x41\xf0\x00\x02\x7f\xff\xff\xff",
        b"\x41\xf0\x00\x04\xc1\xa0\x00\x00",
        b"\x42\xf0\x00\x40\xff\xff\xff\xff",
        b"\x10" * 8,
    )
    found = [0] * len(frames)

    def all():
        for i in range(len(frames)):
            data = frames[i]
            register = maxwell.register_of(data, 8)
            if register == maxwell.ALARMS:
                found[i] = maxwell.severe(data)
            elif register >= 0:
                found[i] = maxwell.tenths(data, register)
            maxwell.source_of(0x060F8008)

    quiet(all)
    assert found == [4000, -1, 0, True, 0]


def test_vectors_on_this_port():
    p = plc.Plc()
    assert p.receive(0x460, b"\x63\xb2\xea\x3a\x05\x39\x28\x16", 8)
    assert (p.at[plc.TARGET_DV], p.at[plc.TARGET_DA]) == (8000, 1605)
    buf = bytearray(8)
    maxwell.set_tenths(buf, maxwell.SET_VOLTAGE, 4000)
    assert buf == b"\x03\x00\x00\x21\x43\xc8\x00\x00"
