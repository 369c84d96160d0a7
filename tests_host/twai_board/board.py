"""The bench's board UNIX, with the classic ESP32's TWAI controller between firmware and bus.

`machine` is the model of fakes/fake_chip.py; what its controller sends goes to the bench's slcan
hub, and what the hub sends arrives in its FIFO. Timers fire each 2 ms, as on the board.
"""

import asyncio
import os
import sys
from time import ticks_diff, ticks_ms

import fake_chip

from drivers.can_slcan import Slcan

# The real board's file stands beside: boards/UNIX.
with open(os.getenv("GALVANI_UNIX_BOARD")) as _file:
    exec(_file.read())

sys.modules["machine"] = fake_chip
chip = fake_chip.fresh()
HUB = CAN[0][1]  # noqa: F821 (of the executed file)
CAN = [("twai", {"tx": 21, "rx": 22, "timer": 0})]
received = []


async def _bridge():
    hub = Slcan(HUB, CAN_BITRATE)  # noqa: F821
    hub.set_filters(None)
    frame = [0, None, 0, 0]
    last = ticks_ms()
    turn = 0
    while True:
        await asyncio.sleep_ms(2)
        now = ticks_ms()
        chip.run(ticks_diff(now, last) * 1000)
        last = now
        turn += 1
        if turn % 50 == 0:
            chip.acks = hub.state() in (1, 2)
            if hub.state() in (0, 4):
                hub.restart()
        while hub.recv(frame):
            chip.arrive(frame[0], bytes(frame[1]), frame[2])
        while chip.sent:
            hub.send(*chip.sent.pop(0))
        for timer in fake_chip.Timer.made:
            timer.callback(timer)


asyncio.create_task(_bridge())
