"""What do twenty charging profiles of fifty periods cost? Runs on MicroPython, prints JSON.

Records lie in files, as on the board. Every profile changes its limit every minute of the day
that is asked for; the composite schedule is that of the whole day.
"""

import gc
import json
import time

from core.journal import FileStore
from ocppj import allowance, composite, profiles
from station import keys
from station.connector import CLAIMS
from station.limits import Limits

WALL = 1800000000 // 86400 * 86400
COUNT = 20


class Station:
    """A station with one connector without a charge, which is also that connector."""

    id = 1
    session = None

    def __init__(self):
        self.connectors = [self]
        self.limits = Limits(CLAIMS)
        for name in CLAIMS:
            self.limits.clear(name)
        self.limits.claim("board", 1000, 9000)

    def connector(self, cid):
        """As station.station."""
        return self


class ChargePoint:
    """What ocppj/profiles.py and allowance.py need of one."""

    slots = 0
    limit_at = None
    limit_up = 0

    def __init__(self):
        self.station = Station()
        self.clock = self.config = self.log = self
        self.store = FileStore("flash")

    def uptime_s(self):
        """As core.clock."""
        return 5

    def wall(self):
        """As core.clock."""
        return WALL

    def get(self, key):
        """As core.config: the defaults."""
        at = keys.KEYS.find(b"\n" + key.encode() + b" ")
        row = keys.KEYS[at:].decode().split(" ", 3)
        return int(row[2]) if row[1] == "int" else row[2] == "true" if row[1] == "bool" else row[2]


def install(cp):
    """18 defaults and 2 of the station; one above the other rules for 50 minutes each."""
    for n in range(COUNT):
        rows = [(60 * i, 60 + (i + n) % 26 * 10, 3) for i in range(50)]
        purpose = composite.DEFAULT if n < COUNT - 2 else composite.STATION
        start = WALL + n * 3000
        valid = (0, composite.NEVER)
        data = profiles.pack(
            purpose, composite.DAILY, composite.A, 0, n, n, start, -1, valid, 3000, rows
        )
        if not profiles.put(cp, data, COUNT):
            raise ValueError(n)


def walk(cp):
    """(microseconds of each turn of 16 changes, the first with what prepares it; periods)"""
    found = []

    def put(start, limit):
        found.append(start)
        return True

    turns = []
    turn = time.ticks_us()
    schedule = allowance.walk(cp, 1, WALL, WALL + 86400, None)[0]
    done = False
    while not done:
        done = schedule.more(16, put)
        now = time.ticks_us()
        turns.append(time.ticks_diff(now, turn))
        turn = now
    return turns, len(found)


def main():
    """Measure and print."""
    cp = ChargePoint()
    install(cp)
    gc.collect()
    held = gc.mem_alloc()
    allowance.apply(cp)
    best = 1 << 29
    for _ in range(5):
        gc.collect()
        began = time.ticks_us()
        allowance.apply(cp)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    gc.collect()
    held = max(gc.mem_alloc() - held, 0)
    runs = [walk(cp) for _ in range(5)]
    # The same turn of each run: what the machine did besides is left out.
    turns = [min(times) for times in zip(*[run[0] for run in runs])]
    print(
        json.dumps(
            {
                "apply": best,
                "walk": sum(turns),
                "turns": len(turns),
                "periods": runs[0][1],
                "turn": max(turns),
                "held": held,
                "bytes": sum([len(cp.store.read(name)) for name in cp.store.names()]),
            }
        )
    )


main()
