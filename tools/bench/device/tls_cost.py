"""What does a TLS connection cost? Runs on MicroPython: tls_cost.py URL FILE-OF-ROOT; prints JSON.

time: microseconds of the best connection, handshake and WebSocket; context, open: bytes held by
the context alone, and with the connection; left: bytes that ten connections have left.
"""

import asyncio
import gc
import json
import os
import sys
import time

import lazy
from net import trust
from net.websocket import ws_connect

ROUNDS = 12


def live():
    """Bytes that are in use."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


async def main(url, root):
    """The figures."""
    try:
        os.mkdir("certs")
    except OSError:
        pass
    with open(root, "rb") as f, open("certs/csms-0123456789abcdef.der", "wb") as out:
        out.write(f.read())
    found = {"time": 1 << 29}
    left = []
    before = live()
    for n in range(ROUNDS):
        context = trust.context()
        if not n:  # what was before may lie about for a while: the first tells
            found["context"] = live() - before
        began = time.ticks_us()
        ws = await ws_connect(url, ("ocpp1.6",), None, context)
        found["time"] = min(found["time"], time.ticks_diff(time.ticks_us(), began))
        if not n:
            found["open"] = live() - before
        ws.drop("")
        ws = context = None
        await asyncio.sleep_ms(5)
        lazy.forget(0)
        left.append(live())
    found["left"] = left[-1] - left[1]
    print(json.dumps(found))


asyncio.run(main(sys.argv[1], sys.argv[2]))
