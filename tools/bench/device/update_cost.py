"""What does taking an update cost: time, the longest stop, bytes held at once? Prints JSON.

    update_cost.py BUNDLE ROOT NOW

BUNDLE is fed in pieces of 1 KB, as net/files.py does, and put into folder `a`, with the signature
judged by the real code (ROOT: certificate of a Manufacturer root, DER; NOW: Unix seconds). Several
times, the best counts; then with a collection after each piece for what is held.
"""

import asyncio
import gc
import json
import os
import sys
import time

import lazy

PIECE = 1024
_RUNS = 5


class Board:
    """A board of the bench's bundle."""

    NAME = "BENCH"


class Clock:
    """The time is known."""

    @staticmethod
    def wall():
        """NOW."""
        return int(sys.argv[3])


class Log:
    """Nobody listens."""

    def info(self, *args):
        """Nothing."""


class Store:
    """A flash with room."""

    @staticmethod
    def free():
        """It cannot tell."""
        return None


class App:
    """What firmware/ota/ needs of the station."""

    board = Board
    clock = Clock
    store = Store
    VERSION = "0.1.0"

    def log(self, tag):
        """The log of a tag."""
        return Log()


class Steps:
    """Notes the longest time between two moments at which others may run, and the most held."""

    def __init__(self, weigh):
        self.weigh = weigh
        self.longest = self.most = 0
        gc.collect()
        self.start = gc.mem_alloc()
        self.at = time.ticks_us()

    def turn(self):
        """Others may run now."""
        self.longest = max(self.longest, time.ticks_diff(time.ticks_us(), self.at))
        if self.weigh:
            gc.collect()
            self.most = max(self.most, gc.mem_alloc() - self.start)
        self.at = time.ticks_us()

    async def sleep_ms(self, ms):
        """In the place of asyncio's."""
        self.turn()
        await _sleep_ms(ms)


_sleep_ms = asyncio.sleep_ms


async def take(steps):
    """The whole update, but for the restart; microseconds."""
    one = lazy.load("ota.place").Update(App())
    begin = time.ticks_us()
    await one.make_room()
    await one.begin()
    piece = bytearray(PIECE)
    with open(sys.argv[1], "rb") as f:
        while True:
            size = f.readinto(piece)
            if not size:
                break
            await one.write(memoryview(piece)[:size])
            steps.turn()
    one.install()
    took = time.ticks_diff(time.ticks_us(), begin)
    lazy.drop("ota.place")
    os.remove("slot")
    return took


def main():
    """Measure and print."""
    os.mkdir("certs")
    with open(sys.argv[2], "rb") as f, open("certs/maker-0123456789abcdef.der", "wb") as out:
        out.write(f.read())
    found = {"time": 1 << 29, "step": 1 << 29}
    for weigh in (False,) * _RUNS + (True,):
        steps = Steps(weigh)
        asyncio.sleep_ms = steps.sleep_ms
        took = asyncio.run(take(steps))
        if weigh:
            found["live"] = steps.most
        else:
            found["time"] = min(found["time"], took)
            found["step"] = min(found["step"], steps.longest)
    print(json.dumps(found))


main()
