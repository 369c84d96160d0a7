"""How do asyncio tasks live through hours in a test that takes milliseconds?

    import vtime

    def test_it_waits_an_hour():
        async def scenario():
            await asyncio.sleep(3600)
        vtime.run(scenario())

Computing costs no virtual time; when every task waits, the clock jumps to the earliest of them.
Streams work, but a wait for one is real (20 ms at most before time goes on). Pass vtime.ticks and
vtime.diff where the product takes time.ticks_ms and time.ticks_diff. vtime.start is the tick
count at the beginning: set it near 2^30 to see the wrap of the 32-bit ports.
"""

import asyncio
import time
from asyncio import core

PERIOD = 1 << 30  # of the 32-bit ports; the tests wrap there on both
start = 0
_now = 0
_base = 0


def ticks() -> int:
    """Virtual ticks_ms, wrapped as on the chip."""
    return _now & (PERIOD - 1)


def diff(a: int, b: int) -> int:
    """ticks_diff with the chip's period."""
    return ((a - b + PERIOD // 2) & (PERIOD - 1)) - PERIOD // 2


def elapsed_ms() -> int:
    """Virtual ms since run() began."""
    return _now - start


def jump(ms: int):
    """Time passes: what sleeps comes nearer to its end. Called by a test it is a stall."""
    global _now
    _now += ms
    # asyncio's own clock stands still and the sleepers are moved instead: so nothing wraps, and
    # what its C code stamps with real ticks is always due.
    queue = core._task_queue
    waiting = []
    while queue.peek():
        waiting.append(queue.pop())
    for task in waiting:
        late = time.ticks_diff(_base, task.ph_key)
        queue.push(task, task.ph_key if late > 0 else time.ticks_add(task.ph_key, -ms))


def run(coro):
    """asyncio.run(coro) in virtual time; what it returns."""
    global _now, _base
    _now = start
    # An hour ahead of the real ticks, which C code stamps on a task that is due at once.
    _base = time.ticks_add(time.ticks_ms(), 3600000)
    kept = core.ticks, core.IOQueue.wait_io_event
    asyncio.new_event_loop()
    core.ticks = lambda: _base
    core.IOQueue.wait_io_event = _wait
    core.IOQueue.wait_real = kept[1]
    try:
        return asyncio.run(coro)
    finally:
        core.ticks, core.IOQueue.wait_io_event = kept
        asyncio.new_event_loop()


def _wait(queue, dt):
    if queue.map:
        head = core._task_queue.peek()
        queue.wait_real(20 if dt else 0)
        if core._task_queue.peek() is not head:
            return  # a stream woke somebody
    if dt > 0:
        jump(dt)
