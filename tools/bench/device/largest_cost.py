"""How much free heap does the largest legal message need? Runs on MicroPython, prints JSON.

    largest_cost.py

A SendLocalList of fifty tokens, padded to MessageSizeMax, comes as tasks/csms.py takes it in: into
a file (core/longtext.py). Ballast leaves less and less memory until it is not Accepted any more.
"""

import gc
import json

from life import Life

from core.longtext import LongText

STEP = 256
ENTRY = '{"idTag":"%020d","idTagInfo":{"status":"Accepted","expiryDate":"2099-01-01T00:00:00.000Z"'
ENTRY += ',"parentIdTag":"P%019d"}}'


def _chunks(number, size):
    """The message in pieces; spaces make it `size` long."""
    head = '[2,"l%d","SendLocalList",{"listVersion":%d,"updateType":"Full",' % (number, number)
    sent = 0
    for n in range(50):
        entry = (head + '"localAuthorizationList":[' if n == 0 else ",") + ENTRY % (n, n)
        sent += len(entry)
        yield entry.encode()
    while sent < size - 3:
        yield b" "
        sent += 1
    yield b"]}]"


def _ballast(free):
    """Takes memory, in pieces as large as there are, until no more is free."""
    ballast = None
    piece = 1024
    gc.collect()
    while piece > 16:
        spare = gc.mem_free() - free
        if spare < piece:
            piece //= 2
            continue
        try:
            ballast = (ballast, bytearray(piece - 16))
        except MemoryError:
            piece //= 2
    return ballast


def accepted(life, number, size, free):
    """Is it Accepted with so many bytes free?"""
    cp = life.cp
    now = life.clock.uptime_s()
    life.run(20)
    text = LongText("long")
    for chunk in _chunks(number, size):
        text.write(chunk)
    ballast = _ballast(free)  # takes the rest of the heap
    answer = None
    try:
        cp.receive(text.finish(), now)
        for _ in range(3000):
            answer = answer or cp.poll(now)
    except MemoryError:
        pass
    del ballast
    cp.work = None
    text.drop()
    return answer is not None and answer.find("Accepted") > 0


def main():
    """Search and print."""
    life = Life()
    size = life.config.get("MessageSizeMax")
    number = 1
    if not accepted(life, number, size, 100000):
        raise ValueError("not even with 100 KB")
    low, high = 0, 100000 // STEP
    while low < high:
        number += 1
        middle = (low + high) // 2
        if accepted(life, number, size, middle * STEP):
            high = middle
        else:
            low = middle + 1
    print(json.dumps([size, high * STEP]))


main()
