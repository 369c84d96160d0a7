"""Does the frame reader take every byte stream as RFC 6455 says, however it is cut up?"""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ws import bulk, frames, utf8
from ws.frames import BINARY, CLOSE, ERROR, OVERSIZE, PING, PONG, TEXT, Reader
from ws_peers import close_frame, frame


def events(stream, cuts=(), **options):
    """The events of a byte stream that arrives in pieces, as (type, data)."""
    reader = Reader(**options)
    seen = []
    edges = [0, *sorted(cuts), len(stream)]
    for start, end in zip(edges, edges[1:], strict=False):
        while start < end:
            room = reader.room()
            count = min(len(room), end - start)
            assert count, "room() must never be empty"
            room[:count] = stream[start : start + count]
            start += count
            reader.received(count)
            while event := reader.poll():
                seen.append((event, reader.data))
                if event in (CLOSE, ERROR):
                    return seen
    return seen


def failure(stream, **options):
    """The close code with which a stream fails, None if it does not."""
    last = (events(stream, **options) or [(0, None)])[-1]
    return last[1] if last[0] == ERROR else None


# 5.2 Base framing


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_every_payload_length_arrives(size):
    data = bytes(i & 0x7F for i in range(size))
    assert events(frame(BINARY, data), max_message=70000) == [(BINARY, data)]
    assert events(frame(TEXT, data), max_message=70000) == [(TEXT, data.decode())]


@pytest.mark.parametrize("size, length", [(2, 0), (2, 125), (8, 0), (8, 126), (8, 65535)])
def test_a_length_not_in_its_shortest_form_is_refused(size, length):
    assert failure(frame(BINARY, bytes(length), size=size), max_message=70000) == 1002


@pytest.mark.parametrize("size, length", [(2, 126), (8, 65536)])
def test_the_shortest_length_of_each_form_is_taken(size, length):
    stream = frame(BINARY, bytes(length), size=size)
    assert failure(stream, max_message=70000) is None


def test_a_length_with_the_highest_bit_is_refused():
    assert failure(frame(BINARY, length=1 << 63, size=8)) == 1002
    assert failure(frame(BINARY, length=(1 << 63) - 1, size=8)) == 1009


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
def test_reserved_bits_are_refused(rsv, opcode):
    assert failure(frame(opcode, rsv=rsv)) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_reserved_opcodes_are_refused_at_the_first_byte(opcode):
    assert failure(frame(opcode)[:1]) == 1002


def test_a_masked_frame_from_the_server_is_refused():
    assert failure(frame(TEXT, b"abc", mask=b"1234")) == 1002


def test_what_came_before_an_error_is_delivered():
    stream = frame(TEXT, b"one") + frame(PING, b"two") + frame(3)
    assert events(stream) == [(TEXT, "one"), (PING, b"two"), (ERROR, 1002)]


# 5.4 Fragmentation, 5.5 Control frames


def test_fragments_become_one_message_and_control_frames_pass_between_them():
    stream = frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(0, b"b", fin=False)
    stream += frame(PONG) + frame(0, b"", fin=False) + frame(0, b"c") + frame(BINARY, b"d")
    assert events(stream) == [(PING, b"p"), (PONG, b""), (TEXT, "abc"), (BINARY, b"d")]


def test_a_continuation_of_nothing_is_refused():
    assert failure(frame(0, b"x")) == 1002
    assert failure(frame(0, b"x", fin=False)) == 1002
    assert failure(frame(TEXT, b"a", fin=False) + frame(0, b"b") + frame(0, b"c")) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_new_message_inside_another_is_refused(opcode):
    assert failure(frame(TEXT, b"a", fin=False) + frame(opcode, b"b")) == 1002


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_control_frames_are_not_fragmented_and_at_most_125_bytes(opcode):
    assert failure(frame(opcode, fin=False)) == 1002
    assert failure(frame(opcode, bytes(126))) == 1002
    assert failure(frame(opcode, length=70000)) == 1002


def test_control_frames_of_125_bytes_are_taken():
    assert events(frame(PING, bytes(125)) * 9) == [(PING, bytes(125))] * 9


# 5.5.1, 7.4 Close


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1014, 3000, 3999, 4000, 4999]
)
def test_close_codes_that_may_be_sent(code):
    assert events(close_frame(code, "é".encode())) == [(CLOSE, code)]


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
)
def test_close_codes_that_may_not_be_sent(code):
    assert failure(close_frame(code)) == 1002


def test_a_close_without_a_code_reads_1005_and_nothing_follows_it():
    assert events(frame(CLOSE) + frame(TEXT, b"late")) == [(CLOSE, 1005)]


def test_half_a_close_code_and_a_reason_that_is_no_text_are_refused():
    assert failure(frame(CLOSE, b"\x03")) == 1002
    assert failure(close_frame(1000, b"\xce")) == 1007
    assert failure(close_frame(1000, b"\xed\xa0\x80")) == 1007


# 8.1 UTF-8


def test_a_character_may_be_cut_by_fragments():
    text = "κόσμε \U0001f50c \u20ac".encode()
    stream = b"".join(frame(TEXT if i == 0 else 0, text[i : i + 1], fin=False) for i in range(18))
    assert events(stream + frame(0, text[18:])) == [(TEXT, text.decode())]


def test_bad_text_fails_before_its_frame_is_complete():
    assert failure(frame(TEXT, b"ab\xf4\x90", length=20)) == 1007
    assert failure(frame(TEXT, b"ab\xf4", length=20)) is None
    assert failure(frame(TEXT, b"\xed\xa0", fin=False)) == 1007


def test_text_that_ends_inside_a_character_fails():
    assert failure(frame(TEXT, b"ab\xe2\x82")) == 1007
    assert failure(frame(TEXT, b"\xe2\x82", fin=False) + frame(0)) == 1007


def test_binary_is_not_checked():
    assert events(frame(BINARY, b"\xff\xc0")) == [(BINARY, b"\xff\xc0")]


def oracle(chunks):
    """What CPython's incremental decoder says: None once it failed, else what it holds back."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in chunks:
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return None
    pending = decoder.getstate()[0]
    # It holds back the start of a surrogate (ED A0), which nothing can complete any more.
    ends = [pending + fill * count for fill in (b"\x80", b"\xbf") for count in range(4)]
    return pending if any(decodes(end) for end in ends) else None


def decodes(data):
    """Whether these bytes are complete and valid UTF-8."""
    try:
        return data.decode() is not None
    except UnicodeDecodeError:
        return False


EDGES = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1]
EDGES += [0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF]


CHUNKS = st.lists(st.lists(st.sampled_from(EDGES), max_size=5).map(bytes), max_size=6)


@given(CHUNKS)
@settings(max_examples=500)
def test_the_utf8_check_agrees_with_a_strict_decoder_at_every_cut(chunks):
    agrees(chunks)


@pytest.mark.long
@given(CHUNKS)
@settings(max_examples=5000)
def test_the_utf8_check_agrees_with_a_strict_decoder_for_long(chunks):
    agrees(chunks)


def agrees(chunks):
    tail = b""
    for i, chunk in enumerate(chunks):
        tail = utf8.check(tail, memoryview(chunk))
        assert tail == oracle(chunks[: i + 1])
        if tail is None:
            break


# However the stream is cut


CONTENT = st.one_of(
    st.tuples(st.just(TEXT), st.text(max_size=40).map(str.encode)),
    st.tuples(st.just(TEXT), st.binary(max_size=12)),
    st.tuples(st.just(BINARY), st.binary(max_size=700)),
    st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125)),
    st.tuples(st.sampled_from([0, 3, CLOSE]), st.binary(max_size=4)),
)


@st.composite
def streams(draw):
    """A stream of frames, mostly right."""
    stream = b""
    for opcode, payload in draw(st.lists(CONTENT, max_size=5)):
        cut = draw(st.integers(0, len(payload)))
        if opcode in (TEXT, BINARY) and draw(st.booleans()):
            stream += frame(opcode, payload[:cut], fin=False)
            stream += frame(PING, b"!") if draw(st.booleans()) else b""
            stream += frame(0, payload[cut:])
        else:
            stream += frame(opcode, payload)
    return stream


@given(streams(), st.data(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_split_of_the_stream_gives_the_same_events(stream, data, report):
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    options = {"max_message": 300, "report": report, "size": data.draw(st.integers(160, 600))}
    whole = events(stream, **options)
    assert events(stream, cuts, **options) == whole
    assert events(stream, range(len(stream)), **options) == whole


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_garbage_never_raises_and_never_delivers_after_an_error(stream):
    seen = events(stream)
    assert [kind for kind, _ in seen[:-1] if kind in (CLOSE, ERROR)] == []


# Messages that are too long


def test_the_longest_message_is_taken_and_one_byte_more_is_1009():
    assert events(frame(TEXT, b"x" * 100), max_message=100) == [(TEXT, "x" * 100)]
    assert failure(frame(TEXT, b"x" * 101), max_message=100) == 1009
    parts = frame(TEXT, b"x" * 60, fin=False) + frame(0, b"x" * 41)
    assert failure(parts, max_message=100) == 1009


@pytest.mark.parametrize("cut", [0, 1, 127, 128, 129, 400, 499])
def test_a_reported_oversize_message_gives_its_first_bytes_and_its_length(cut):
    body = bytes(i & 0x7F for i in range(500))
    stream = frame(TEXT, body[:cut], fin=False) + frame(PING) + frame(0, body[cut:])
    seen = events(stream + frame(TEXT, b"next"), max_message=300, report=True)
    assert seen == [(PING, b""), (OVERSIZE, body[:128]), (TEXT, "next")]


def test_the_length_of_an_oversize_message_is_told():
    reader = Reader(max_message=10, report=True)
    stream = frame(TEXT, b"x" * 200)
    reader.room()[: len(stream)] = stream
    reader.received(len(stream))
    assert (reader.poll(), reader.data, reader.length) == (OVERSIZE, b"x" * 128, 200)


def test_a_message_beyond_a_mebibyte_is_not_drained():
    assert failure(frame(BINARY, b"x", length=1 << 20), report=True) is None
    assert failure(frame(BINARY, b"x", length=(1 << 20) + 1), report=True) == 1009


# What a client sends


@pytest.mark.parametrize("length, start", [(0, 10), (125, 10), (126, 8), (65535, 8), (65536, 2)])
def test_a_head_ends_where_the_payload_begins(length, start):
    buf = bytearray(32)
    assert frames.put_head(buf, TEXT, length, b"\x01\x02\x03\x04") == start
    expected = frame(TEXT, length=length, mask=b"\x01\x02\x03\x04")
    assert bytes(buf[start:16]) == expected


@pytest.mark.parametrize("count", range(13))
def test_masking_is_xor_with_the_key_in_turn(count):
    buf = bytearray(12) + b"\x01\x80\xff\x55" + bytes(range(100, 116))
    bulk.mask(buf, count)
    key = b"\x01\x80\xff\x55"
    assert buf[16 : 16 + count] == bytes((100 + i) ^ key[i % 4] for i in range(count))
    assert buf[16 + (count + 3) // 4 * 4 :] == bytes(range(100, 116))[(count + 3) // 4 * 4 :]
