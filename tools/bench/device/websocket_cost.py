"""How fast is a WebSocket masked, sent and received? Runs on MicroPython, prints JSON.

Sending goes through net/websocket.WebSocket into a stream that takes everything at once;
receiving through lib/ws from a server's unmasked frames. No socket, so no kernel in the figures.
"""

import asyncio
import gc
import json
import time

from net.websocket import WebSocket
from ws import bulk, bulk_fast, frames

MASKED = 1024
TEXT = "x" * 300  # a MeterValues.req is about that long
BATCHES = 5


class Sink:
    """A stream that is never full."""

    def write(self, buf):
        """Takes it."""

    async def drain(self):
        """Nothing waits."""


def best_us(go, rounds):
    """Microseconds of one round: the best batch."""
    best = 1 << 29
    for _ in range(BATCHES):
        gc.collect()
        began = time.ticks_us()
        go(rounds)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    return best / rounds


def masking(function):
    """MB/s of one of the two routines."""
    buf = bytearray(frames.PAYLOAD + MASKED)
    buf[12:16] = b"\x5a\xa5\x3c\xc3"

    def go(rounds):
        for _ in range(rounds):
            function(buf, MASKED)

    return MASKED / best_us(go, 200)


def receiving():
    """Microseconds for one message, read into the memory that the reader lends."""
    wire = memoryview(b"\x81\x7e\x01\x2c" + TEXT.encode())
    reader = frames.Reader()

    def go(rounds):
        for _ in range(rounds):
            at = 0
            while True:
                if reader.poll():
                    break
                room = reader.room()
                count = min(len(room), len(wire) - at)
                room[:count] = wire[at : at + count]
                reader.received(count)
                at += count
            if len(reader.data) != len(TEXT):
                raise ValueError(reader.data)

    return best_us(go, 200)


async def sending():
    """Microseconds for one message: copied, masked, handed to the stream."""
    ws = WebSocket(frames.Reader(), 0, 30)
    ws.stream = Sink()
    best = 1 << 29
    for _ in range(BATCHES):
        gc.collect()
        began = time.ticks_us()
        for _ in range(200):
            await ws.send_str(TEXT)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    return best / 200


print(
    json.dumps(
        {
            "mask_plain": masking(bulk.mask),
            "mask_fast": masking(bulk_fast.mask),
            "receive": receiving(),
            "send": asyncio.run(sending()),
        }
    )
)
