# heapsize: 2m
"""Are long messages received into a file, read from there as from memory, and sent in pieces?"""

import asyncio
import gc
import json
import os

import mt

from core.longtext import LongText
from net.websocket import WebSocket
from ocppj import rpc
from ocppj.rows import Rows
from ocppj.v16.schemas import BLOB
from ws.frames import ERROR, OVERSIZE, PAYLOAD, TEXT, Reader

WINDOW = 256


def stored(data, step=100):
    text = LongText("in0~")
    for at in range(0, len(data), step):
        text.write(memoryview(data)[at : at + step])
    return text.finish()


def entry(n):
    return {"idTag": "T%d" % n, "idTagInfo": {"status": "Accepted", "parentIdTag": "\u00e4%d" % n}}


def send_local_list(count):
    payload = {
        "listVersion": 1,
        "updateType": "Full",
        "localAuthorizationList": [entry(n) for n in range(count)],
    }
    return json.dumps([2, "7", "SendLocalList", payload]).encode()


# -- the text in a file


def test_it_is_indexed_sliced_and_searched_like_bytes():
    data = bytes([33 + n % 90 for n in range(3 * WINDOW + 5)])
    text = stored(data)
    assert len(text) == len(data)
    for at in (0, 1, WINDOW - 1, WINDOW, WINDOW + 1, len(data) - 1):
        assert text[at] == data[at]
        for size in (0, 1, 2, WINDOW - 1, WINDOW, WINDOW + 1, 2000):
            assert text[at : at + size] == data[at : at + size], (at, size)
        assert text[at:] == data[at:]
    for what in (b"!", b"z", b" "):
        for at in (0, 5, WINDOW - 1, WINDOW, 2 * WINDOW, len(data)):
            assert text.find(what, at) == data.find(what, at), (what, at)
    mt.raises(IndexError, lambda: text[len(data)])
    text.drop()


def test_dropped_it_leaves_no_file_and_may_be_dropped_twice():
    text = stored(b"x")
    assert "in0~" in os.listdir()
    text.drop()
    text.drop()
    assert "in0~" not in os.listdir()


def test_what_stands_in_the_file_from_before_is_gone():
    stored(b"long ago" * 500)
    assert stored(b"now")[:] == b"now"


# -- read as a message


def test_a_message_in_a_file_means_what_it_means_in_memory():
    event = rpc.Rpc(BLOB, "p").receive(stored(send_local_list(60)), 0)
    assert event[0] == rpc.CALL
    rows = event[3]["localAuthorizationList"]
    assert isinstance(rows, Rows) and len(rows) == 60
    assert list(rows) == [entry(n) for n in range(60)]
    assert list(rows) == [entry(n) for n in range(60)]  # and once more


def test_what_is_wrong_is_found_and_told_alike():
    good = send_local_list(40)
    broken = [good[:cut] for cut in range(0, len(good), 331)]
    broken.append(good.replace(b'"T39"', b'"%s"' % (b"x" * 21)))
    broken.append(good.replace(b'"T39"', b"39"))
    broken.append(good.replace(b'"status"', b'"state"'))
    broken.append(good.replace(b"T38", b"\\u12"))
    for data in broken:
        assert rpc.Rpc(BLOB, "p").receive(stored(data), 0) == rpc.Rpc(BLOB, "p").receive(data, 0)


def test_rows_within_rows_do_not_disturb_each_other():
    text = b'[2,"7","DataTransfer",%s]' % json.dumps([[n, [n, n]] for n in range(400)]).encode()
    event = rpc.Rpc(BLOB, "p").receive(text, 0)
    assert event[0] == rpc.REFUSED  # a payload is no array; but look at how arrays are read
    reader = rpc.Reader(BLOB, json.dumps([[n, [n, n]] for n in range(400)]))
    seen = []
    for row in reader.read(0, 0):
        seen.append([list(part) if isinstance(part, Rows) else part for part in row])
    assert seen == [[n, [n, n]] for n in range(400)]


def test_a_long_list_takes_no_more_memory_than_a_short_one():
    def held(count):
        text = stored(send_local_list(count))
        gc.collect()
        before = gc.mem_alloc()
        event = rpc.Rpc(BLOB, "p").receive(text, 0)
        gc.collect()
        after = gc.mem_alloc()
        assert event[0] == rpc.CALL
        return after - before

    held(40)
    assert held(150) <= held(40) + 64


# -- received by the WebSocket's reader


def frame(body, first=0x81):
    size = len(body)
    return bytes([first, 126, size >> 8, size & 255]) + body


def reader(spill):
    found = Reader(12288, True)
    found.spill = spill
    return found


def feed(found, stream):
    """All events of a stream that comes in pieces of up to 100 bytes: (event, data)."""
    seen = []
    at = 0
    while at < len(stream):
        room = found.room()
        count = min(len(room), 100, len(stream) - at)
        room[:count] = stream[at : at + count]
        at += count
        found.received(count)
        event = found.poll()
        while event and len(seen) < 10:
            seen.append((event, found.data))
            if event == ERROR:
                return seen
            event = found.poll()
    return seen


def test_only_what_is_long_goes_to_the_file():
    body = send_local_list(60)[:2049]
    for size in (2047, 2048):
        ((event, data),) = feed(reader(lambda: LongText("in1~")), frame(body[:size]))
        assert (event, data.encode()) == (TEXT, body[:size])
    ((event, data),) = feed(reader(lambda: LongText("in1~")), frame(body))
    assert event == TEXT and isinstance(data, LongText)
    assert data[:] == body


def test_a_message_in_fragments_moves_to_the_file_when_it_becomes_long():
    body = b"0123456789" * 400
    stream = frame(body[:1500], 0x01) + frame(body[1500:3000], 0x00) + frame(body[3000:], 0x80)
    found = reader(lambda: LongText("in1~"))
    ((event, data),) = feed(found, stream)
    assert event == TEXT and data[:] == body
    # and the next one is an ordinary one
    assert feed(found, frame(b"x" * 200)) == [(TEXT, "x" * 200)]


def test_wrong_utf8_in_a_long_text_ends_the_connection():
    body = b"y" * 2500 + b"\xff" + b"y" * 500
    assert feed(reader(lambda: LongText("in1~")), frame(body)) == [(ERROR, 1007)]


def test_a_flash_that_refuses_leaves_the_memory():
    def refuse():
        raise OSError(28)

    body = send_local_list(60)
    ((event, data),) = feed(reader(refuse), frame(body))
    assert (event, data.encode()) == (TEXT, body)


def test_a_flash_that_becomes_full_costs_the_message_and_not_the_connection():
    class Full(LongText):
        def write(self, chunk):
            if len(self) > 1000:
                raise OSError(28)
            LongText.write(self, chunk)

    found = reader(lambda: Full("in1~"))
    seen = feed(found, frame(send_local_list(60)) + frame(b"z" * 150))
    assert [event for event, _ in seen] == [OVERSIZE, TEXT]
    assert seen[1][1] == "z" * 150


def test_without_memory_a_text_of_any_length_goes_to_the_file():
    keep = []
    stream = frame(b"w" * 1800)
    found = reader(lambda: LongText("in1~"))
    gc.collect()
    try:
        while True:
            keep.append(bytearray(700))
    except MemoryError:
        pass
    for i in range(0, len(keep), 3):
        keep[i] = None  # holes of 700 bytes
    seen = feed(found, stream)
    keep.clear()
    gc.collect()
    ((event, data),) = seen
    assert event == TEXT and isinstance(data, LongText) and len(data) == 1800


# -- sent in pieces


class Stream:
    def __init__(self):
        self.sent = b""

    def write(self, data):
        self.sent += bytes(data)

    async def drain(self):
        pass


def payload_of(sent):
    """The payload of the one frame that was sent."""
    assert sent[0] == 0x81 and sent[1] & 0x80
    size = sent[1] & 0x7F
    at = 2
    if size == 126:
        size = sent[2] << 8 | sent[3]
        at = 4
    key = sent[at : at + 4]
    body = sent[at + 4 :]
    assert len(body) == size
    return bytes([body[i] ^ key[i & 3] for i in range(size)])


async def test_pieces_of_any_size_are_one_frame():
    ws = WebSocket(Reader(), 0, 30)
    room = len(ws._tx) - PAYLOAD
    for sizes in (
        (0,),
        (1,),
        (0, 5, 0),
        (room,),
        (room - 1, 1),
        (room, 1),
        (room + 1,),
        (3, room, 5, 2 * room, 0, 7),
        (100,) * 40,
    ):
        data = [bytes([65 + n % 26]) * size for n, size in enumerate(sizes)]
        ws.stream = Stream()
        await ws.send_str(data)
        assert payload_of(ws.stream.sent) == b"".join(data), sizes
    ws.stream = Stream()
    await ws.send_str("gr\u00fc\u00dfe" * 300)
    assert payload_of(ws.stream.sent) == ("gr\u00fc\u00dfe" * 300).encode()
    await asyncio.sleep(0)
