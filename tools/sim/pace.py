"""How fast does bench time run, and how do plant and station keep the same time?

Bench time moves in steps of `quantum_ms`. For each step the plant is integrated, then the
station is granted the same time and reports when it has used it up and waits. So a loaded
machine makes the bench slower, never unfair: no BMS seems silent because a process was not
scheduled. A station that does not report within HUNG_S is hung or busy; time runs on without it.
"""

import asyncio
import time

HUNG_S = {True: 10.0, False: 0.1}  # faster than real time or not; the same as in launch.py
BOOT_S = 20.0  # for a boot, faster than real time
MAX_LAG_S = 0.25  # real time the bench may owe before it forgets it


class Pace:
    """Bench time `now_ms` at `speed` times real time; `advance(ms)` moves the plant.

    `speed` may be any number above 0. At most one station is linked at a time.
    """

    def __init__(self, speed: float, advance):
        self.speed = speed
        self.now_ms = 0
        # Each step costs a turn of both processes: fewer where time flies.
        self.quantum_ms = 20 if speed <= 10 else 50 if speed <= 30 else 100
        self.slipped_s = 0.0  # real time lost because the machine was too slow
        self.advance = advance
        self.resolve = None  # async (host, port) -> (host, port) or None
        self.origin = time.monotonic()
        self._writer = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._hung = False
        self._booting = False  # its first wait may be long in coming

    def skew_ms(self) -> int:
        """Bench time minus real time since the bench was started."""
        return self.now_ms - int((time.monotonic() - self.origin) * 1000)

    async def run(self) -> None:
        """Let time pass, for ever."""
        begin, begin_ms = time.monotonic(), self.now_ms
        while True:
            due_ms = begin_ms + (time.monotonic() - begin) * 1000 * self.speed
            ahead_ms = self.now_ms + self.quantum_ms - due_ms
            if ahead_ms > 0:
                await asyncio.sleep(ahead_ms / 1000 / self.speed)
            elif -ahead_ms > MAX_LAG_S * 1000 * self.speed + self.quantum_ms:
                self.slipped_s += -ahead_ms / 1000 / self.speed
                begin, begin_ms = time.monotonic(), self.now_ms
            await self._step()

    async def _step(self) -> None:
        self.now_ms += self.quantum_ms
        self.advance(self.quantum_ms)
        if self._writer is None or self._hung:
            if self._writer is not None:
                self._writer.write(bytes((self.quantum_ms,)))
            # Others want the loop too when the bench is behind its time.
            await asyncio.sleep(0)
            return
        self._idle.clear()
        self._writer.write(bytes((self.quantum_ms,)))
        try:
            fast = self.speed > 1
            async with asyncio.timeout(BOOT_S if fast and self._booting else HUNG_S[fast]):
                await self._idle.wait()
        except TimeoutError:
            self._hung = True

    def shift_clock(self, seconds: int) -> bool:
        """Move the station's board clock, not its ticks; False when no station runs."""
        if self._writer is None:
            return False
        self._writer.write(b"\xf0c%d\n" % seconds)
        return True

    def cut(self) -> None:
        """The station is gone: time no longer waits for it."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._hung = False
        self._idle.set()

    async def serve(self, reader, writer) -> None:
        """The link of one station (see launch.py for the other end)."""
        self.cut()
        self._writer = writer
        self._booting = True
        try:
            while byte := await reader.read(1):
                if byte == b"a":
                    self._hung = self._booting = False
                    self._idle.set()
                elif byte == b"r":
                    await self._route((await reader.readline()).decode(), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        if self._writer is writer:
            self.cut()

    async def _route(self, request: str, writer) -> None:
        host, port = request.split()
        found = await self.resolve(host, int(port))
        writer.write(
            b"\xf0r%s\n" % (b"-" if found is None else b"%s %d" % (found[0].encode(), found[1]))
        )
