# heapsize: 1500k
"""Does the WebSocket core keep to its memory and do the same on MicroPython as on CPython?"""

import gc
import sys

import mt

from ws import bulk, frames, utf8
from ws.frames import BINARY, ERROR, OVERSIZE, TEXT, Reader, put_head

try:
    from ws import bulk_fast
except (ImportError, ValueError, SyntaxError):
    bulk_fast = None

KEYS = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x01\x80\x7f\xfe", b"\xde\xad\xbe\xef")


# Overlong forms, surrogates, beyond U+10FFFF, cut short by something else; the last four are not
# complete, but can no longer become valid.
BAD = [b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xed\xa0\x80"]
BAD += [b"\xed\xbf\xbf", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"]
BAD += [b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff", b"\xc3(", b"\xe2\x82(", b"\xf0\x9f\x94("]
BAD += [b"\xf4\x90", b"\xed\xa0", b"\xe0\x9f", b"\xf0\x8f"]


def text_frame(body, first=0x81):
    size = len(body)
    return bytes([first, 126, size >> 8, size & 255]) + body


def feed(reader, stream, step):
    """Feed a stream in pieces of `step` bytes; return its events."""
    seen = []
    at = 0
    while at < len(stream):
        room = reader.room()
        count = min(step, len(room), len(stream) - at)
        room[:count] = stream[at : at + count]
        at += count
        reader.received(count)
        event = reader.poll()
        while event:
            seen.append((event, reader.data))
            if event == ERROR:
                return seen
            event = reader.poll()
    return seen


# Masking


def test_the_port_has_the_fast_mask_and_takes_it():
    if bulk_fast is None:
        mt.skip("this port has no viper emitter")
    assert frames.mask is bulk_fast.mask


def test_both_masks_are_xor_with_the_key_in_turn():
    for routine in (bulk, bulk_fast):
        if routine is None:
            mt.skip("this port has no viper emitter")
        for key in KEYS:
            for count in (0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 125, 1000, 1021, 1024):
                plain = bytes([(i * 7 + count) & 255 for i in range(1024)])
                buf = bytearray(16) + plain
                put_head(buf, TEXT, count, key)
                head = bytes(buf[:16])
                routine.mask(buf, count)
                assert bytes(buf[:16]) == head
                assert bytes(buf[16 : 16 + count]) == bytes(
                    [plain[i] ^ key[i & 3] for i in range(count)]
                )
                rounded = (count + 3) // 4 * 4
                assert bytes(buf[16 + rounded :]) == plain[rounded:]


def test_both_tell_ascii_from_the_rest_wherever_the_other_byte_stands():
    for routine in (bulk, bulk_fast):
        if routine is None:
            mt.skip("this port has no viper emitter")
        text = bytearray(b"\x7f\x00" * 20)
        view = memoryview(text)
        for start in range(5):
            for end in range(start + 1, 40):
                assert routine.is_ascii(view[start:end], end - start) is True
                text[end - 1] |= 0x80
                assert routine.is_ascii(view[start:end], end - start) is False
                text[end - 1] &= 0x7F
                text[end] |= 0x80
                assert routine.is_ascii(view[start:end], end - start) is True
                text[end] &= 0x7F


def test_masking_allocates_nothing():
    buf = bytearray(16 + 1024)
    for routine in (bulk, bulk_fast):
        if routine:
            routine.mask(buf, 1024)
            assert allocated(routine.mask, buf, 1024) == 0


# UTF-8, which MicroPython's own decoder checks only by shape


def test_what_no_strict_decoder_takes_is_refused():
    for bad in BAD:
        assert utf8.check(b"", b"ab" + bad) is None, bad
        tail = b""
        for byte in b"ab" + bad:  # octet by octet
            tail = utf8.check(tail, bytes([byte]))
            if tail is None:
                break
        assert tail is None, bad


def test_what_is_valid_passes_at_every_cut():
    text = b"a\x00\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
    text += b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xe0\xbf\xbf"
    for cut in range(len(text)):
        tail = utf8.check(b"", memoryview(text)[:cut])
        assert text[:cut].endswith(tail)
        assert utf8.check(tail, memoryview(text)[cut:]) == b""


# Messages


def test_events_do_not_depend_on_how_the_stream_is_cut():
    stream = b"\x81\x05hello\x01\x03\xe2\x82\xac\x89\x01p\x80\x02\xc3\xa9" + text_frame(b"x" * 700)
    stream += b"\x82\x00\x01\x00\x00\x00\x80\x03end" + text_frame(b"y" * 900) + b"\x83\x00"
    expected = feed(Reader(800, True), stream, 1)
    assert [kind for kind, _ in expected] == [1, 9, 1, 1, 2, 1, OVERSIZE, ERROR]
    assert expected[2][1] == "\u20ac\u00e9"
    for step in (2, 3, 5, 64, 511, 4096):
        assert feed(Reader(800, True), stream, step) == expected


def test_a_text_can_be_changed_by_nobody_after_its_delivery():
    reader = Reader()
    first = feed(reader, b"\x81\x05first", 99)[0][1]
    feed(reader, b"\x81\x06second\x82\x05third", 99)
    assert first == "first"
    assert hash(first) == hash("first")


def test_a_message_that_the_heap_cannot_hold_is_oversize():
    reader = Reader(1 << 29, True)
    size = 900000
    keep = bytearray(gc.mem_free() - 600000)
    seen = feed(reader, b"\x81\x7f" + size.to_bytes(8, "big"), 99)
    chunk = b"0123456789" * 50
    for _ in range(size // 500):
        assert seen == []
        seen = feed(reader, chunk, 500)
    assert (seen, reader.length) == ([(OVERSIZE, (chunk * 2)[:128])], size)
    assert len(keep) > 200000


# Memory (design: no allocation above 4 KB but for the message itself)


def allocated(function, *args):
    """Bytes that a call allocates, garbage included."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    function(*args)
    after = gc.mem_alloc()
    gc.enable()
    return after - before


def test_a_message_of_12_kb_costs_its_own_length_and_little_more():
    reader = Reader()
    stream = memoryview(text_frame(b"t" * 12288))

    def receive():
        at = 0
        while not reader.poll():
            room = reader.room()
            count = min(len(room), len(stream) - at)
            room[:count] = stream[at : at + count]
            at += count
            reader.received(count)

    feed(Reader(), b"\x81\x02hi", 9)
    assert allocated(receive) < 12288 + 2048
    assert len(reader.data) == 12288


def test_a_small_message_costs_little():
    reader = Reader()
    stream = b"\x81\x40" + b"s" * 64

    def receive():
        room = reader.room()
        room[: len(stream)] = stream
        reader.received(len(stream))
        assert reader.poll() == TEXT

    receive()
    word = 4 if sys.maxsize >> 40 == 0 else 8
    # 6 words of it are for forgetting the hash, see frames._memory().
    assert allocated(receive) <= 80 + 56 * word


def test_no_single_allocation_is_above_4_kb_but_the_message():
    # A heap in which no 4 KB are left in one piece, but 12 KB once.
    body = b"\xc3\xa9" * 6144  # not ASCII: the check copies its pieces
    reader = Reader()
    stream = memoryview(text_frame(body))
    reader.room()[:256] = stream[:256]
    reader.received(256)
    assert reader.poll() == 0  # the memory of the message is taken now
    keep = fill_the_heap(4096)
    at = 256
    event = 0
    while not event:
        room = reader.room()
        count = len(room)
        room[:] = stream[at : at + count]
        at += count
        reader.received(count)
        event = reader.poll()
    keep = None
    assert (event, len(reader.data), keep) == (TEXT, 6144, None)


def fill_the_heap(size):
    """Take all memory in pieces of `size`, then give every second piece back."""
    keep = [None] * 1000
    count = 0
    try:
        while count < 1000:
            keep[count] = bytearray(size)
            count += 1
    except MemoryError:
        pass
    for i in range(0, count, 2):
        keep[i] = None
    gc.collect()
    mt.raises(MemoryError, bytearray, 3 * size)
    return keep


def test_binary_of_any_length_is_delivered_as_bytes():
    for head, body in (
        (b"\x82\x00", b""),
        (b"\x82\x02", b"\x00\xff"),
        (b"\x82\x7e\x03\xe8", bytes(1000)),
    ):
        seen = feed(Reader(), head + body, 77)
        assert seen == [(BINARY, body)]
        assert type(seen[0][1]) is bytes


def test_a_received_text_equals_its_like_and_is_found_in_a_dict():
    for body in (b"y" * 127, b"x" * 200):
        reader = Reader(4096, True)
        stream = text_frame(body)
        reader.room()[: len(stream)] = stream
        reader.received(len(stream))
        assert reader.poll() == TEXT
        assert reader.data == body.decode()
        assert {body.decode(): 1}.get(reader.data) == 1


def test_a_received_binary_equals_its_like():
    reader = Reader(4096, True)
    stream = text_frame(b"\x01\x02" * 100, 0x82)
    reader.room()[: len(stream)] = stream
    reader.received(len(stream))
    assert reader.poll() == BINARY
    assert reader.data == b"\x01\x02" * 100
