"""What does each call of the central system hold on the heap: before, during, after? Prints JSON.

    handlers_cost.py FILE

FILE: a text of a call in each line. A whole station in virtual time
(life.py). Before: nothing was asked for a while. During: the answer is out, nothing else has
happened. After: a while later; what the call left for good is in it (a profile, a setting).
"""

import gc
import json
import sys

from life import COARSE_MS, Life

QUIET_S = 20


def live():
    """Bytes that live."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def main():
    """Measure and print."""
    life = Life()
    cp = life.cp
    count = 0
    rows = [[0, 0, 0] for _ in range(60)]  # made first: nothing may grow while it is measured
    with open(sys.argv[1]) as f:
        for row in rows:
            life.run(QUIET_S, COARSE_MS)
            row[0] = live()
            text = f.readline()
            if not text:
                break
            count += 1
            now = life.clock.uptime_s()
            cp.receive(text, now)
            text = None
            _answered(cp, now)
            row[1] = live()
            life.exchange(now)
            life.run(QUIET_S, COARSE_MS)
            row[2] = live()
    print(json.dumps([rows[n] for n in range(count)]))


def _answered(cp, now):
    """Take the answer; ValueError if it is a CALLERROR."""
    answer = None
    for _ in range(1000):  # some take several turns
        answer = answer or cp.poll(now)
    if isinstance(answer, list):  # a long one comes in pieces
        answer = str(answer[0], "utf8")
    if answer[1] != "3":
        raise ValueError(answer)


main()
