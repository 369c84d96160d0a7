"""How do CAN frames reach the power path, and how does a bus that went off come back?

The driver's ring takes 64 frames, 33 ms at 250 kbit/s under full load, so it is emptied each
10 ms. Polling allocates nothing and works alike for an interrupt-driven controller and a socket.
"""

import asyncio

from micropython import const

# As in drivers/can.py; private constants cost no memory.
_EXT_ID = const(2)
_ACTIVE = const(1)
_WARNING = const(2)
_PASSIVE = const(3)

_POLL_MS = const(10)
_CHECK_MS = const(500)
_BURST = const(64)  # frames in one go before other tasks may run
_SILENT_MS = const(1000)  # error-passive for this long without a frame: nobody is there
_STEADY_MS = const(10_000)  # usable for this long: the next bus-off waits 1 s again
_WAIT_MAX_S = const(30)


class Link:
    """Is the bus usable (path.can_state), and when is it restarted? 1 s, doubling to 30 s."""

    def __init__(self, can, path, log, n):
        self.can = can
        self.path = path
        self.log = log
        self.n = n
        self.ok = None
        self.wait_s = 1
        self.down_ms = self.silent_ms = self.steady_ms = 0

    def step(self, dt_ms, heard):
        """Called about each 500 ms: `heard` frames have come in the last `dt_ms`."""
        can = self.can
        state = can.state()
        self.silent_ms = 0 if heard else self.silent_ms + dt_ms
        ok = state == _ACTIVE or state == _WARNING
        if state == _PASSIVE:
            # Passive is still working while others are heard. A node alone on a cut bus is
            # passive for ever: nobody acknowledges, and that never leads to bus-off.
            ok = self.silent_ms < _SILENT_MS
        if ok is not self.ok:
            self.ok = ok
            self.log.warn("can%d %s, state %d", self.n, "usable" if ok else "lost", state)
            self.path.can_state(ok)
        if ok:
            self.down_ms = 0
            self.steady_ms = min(self.steady_ms + dt_ms, _STEADY_MS)
            if self.steady_ms == _STEADY_MS:
                self.wait_s = 1
            return
        self.steady_ms = 0
        if state == _PASSIVE:
            return
        self.down_ms += dt_ms
        if self.down_ms >= self.wait_s * 1000:
            self.down_ms = 0
            self.wait_s = min(self.wait_s * 2, _WAIT_MAX_S)
            can.restart()


def drain(can, path, frame):
    """Hands every waiting frame (at most 64) to the path; returns how many. `frame`: a list of 4.

    Only extended data frames: every contract here has 29-bit ids, and none asks by remote frame.
    """
    heard = 0
    while heard < _BURST and can.recv(frame):
        heard += 1
        if frame[2] == _EXT_ID:
            path.receive(frame[0], frame[1], len(frame[1]))
    return heard


def dump(app, n: int, sink):
    """`can dump` of bus n (1..): sink(line) for every frame received and sent; None ends it."""
    tap = None
    if sink:
        from drivers.candump import Dump

        tap = Dump(app.clock, sink, "can%d" % n)
    app.cans[n - 1].tap = tap


def runner(n: int):
    """run(app) of bus n, for the supervisor."""
    return lambda app: run(app, n)


async def run(app, n: int):
    """The task of bus n (1..): app.cans[n - 1] into app.paths[n - 1]. Beats "can<n>"."""
    can = app.cans[n - 1]
    path = app.paths[n - 1]
    clock = app.clock
    name = "can%d" % n
    link = Link(can, path, app.log("CAN"), n)
    frame = [0, None, 0, 0]
    can.set_filters(None)
    checked = clock.ticks_ms()
    since = _CHECK_MS  # so that the first turn checks
    heard = 0
    while True:
        heard += drain(can, path, frame)
        if since >= _CHECK_MS:
            link.step(since, heard)
            app.supervisor.beat(name)
            heard = 0
            checked = clock.ticks_ms()
        await asyncio.sleep_ms(_POLL_MS)
        since = clock.diff(clock.ticks_ms(), checked)
