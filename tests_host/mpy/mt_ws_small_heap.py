# heapsize: 100k
"""A small heap lies elsewhere in a Linux process (0x56000000) than a large one (0xf7000000)."""

from ws import frames


def test_a_received_text_equals_its_like_in_a_small_heap():
    reader = frames.Reader()
    for text in (b"same text", b"x" * 100):
        room = reader.room()
        frame = bytes((0x81, len(text))) + text
        room[: len(frame)] = frame
        reader.received(len(frame))
        assert reader.poll() == frames.TEXT
        assert {str(bytes(text), "utf8"): 1}.get(reader.data) == 1
