"""Are all tasks alive, and what happens to one that is not?

Every task beats within its own deadline. One that crashed or is overdue is started again, later
each time; when it keeps failing the station goes to its safe state and the machine restarts. The
dog is fed only while control has beaten since the last feed and nobody is beyond help: a hung
loop, or a crash loop that goes on without control, ends in a reset by hardware.
"""

import asyncio

from micropython import const

from core import log

_CAP = const(5)  # restarts of one task within ten minutes
_FORGET_S = const(600)
_FORGIVE = const(2)  # deadlines a cancelled task has to get out of the way

# fields of a task's row: lists cost less than objects with named fields
_FN = const(0)
_DEADLINE = const(1)  # ms; 0: waits as long as it likes
_CRITICAL = const(2)
_BEAT = const(3)  # ticks of the last beat
_TASK = const(4)
_STARTS = const(5)  # failed runs lately
_SINCE = const(6)  # uptime of the last start: it may be longer ago than ticks can tell
_STATE = const(7)  # 0 runs, 1 waits to be started, 2 cancelled because overdue
_EXTRA = const(8)  # ms that the task asked for beyond its deadline, until its next beat


class Supervisor:
    """Tasks by name. app is handed to every task; app.safe() puts all outputs into safety.

    reset(why, trace) ends the run: it must not return. clock: core.clock.Clock.
    """

    def __init__(self, clock, wdt, log, reset):
        self._clock = clock
        self._wdt = wdt
        self._log = log
        self._reset = reset
        self._rows = {}
        self._fed = None  # ticks of the last feed; None: not begun
        self.app = None

    def add(self, name: str, fn, deadline_s: int, critical: bool = False):
        """Register `async def fn(app)`; a critical task down means outputs off at once.

        Started by run(), or now when run() is under way.
        """
        self._rows[name] = [fn, deadline_s * 1000, critical, 0, None, 0, 0, 0, 0]
        if self._fed is not None:
            self._start(name)

    def _start(self, name):
        row = self._rows[name]
        row[_BEAT] = self._clock.ticks_ms()
        row[_TASK] = asyncio.create_task(self._keep(name, row))

    def beat(self, name: str, extra_s: int = 0):
        """A task lives. extra_s: it announces that its next beat will be that much later."""
        row = self._rows[name]
        row[_BEAT] = self._clock.ticks_ms()
        row[_EXTRA] = extra_s * 1000

    def ages(self):
        """Generator of (name, ms since the last beat, failed runs lately, state 0 1 2)."""
        now = self._clock.ticks_ms()
        for name, row in self._rows.items():
            yield name, self._clock.diff(now, row[_BEAT]), row[_STARTS], row[_STATE]

    async def run(self):
        """Start all tasks, then wait for ever; stray tasks' exceptions are logged from here on."""
        asyncio.get_event_loop().set_exception_handler(self._stray)
        self._fed = self._clock.ticks_ms()
        for name in self._rows:
            self._start(name)
        while True:
            await asyncio.sleep(3600)

    def check(self) -> bool:
        """Called twice a second: cancel what is overdue, feed the dog if all is well (True)."""
        now = self._clock.ticks_ms()
        good = True
        for name, row in self._rows.items():
            age = self._clock.diff(now, row[_BEAT]) - row[_EXTRA]
            if row[_CRITICAL] and self._clock.diff(row[_BEAT], self._fed) <= 0:
                good = False
            if not row[_DEADLINE] or row[_STATE] == 1 or age <= row[_DEADLINE]:
                continue
            if row[_STATE] == 0:
                self._log.error("task %s is overdue: no beat for %d ms", name, age)
                row[_STATE] = 2
                if row[_CRITICAL]:
                    self.app.safe()
                row[_TASK].cancel()
            elif age > row[_DEADLINE] * _FORGIVE:
                good = False  # it ignores the cancellation: only a reset helps
        if good:
            self._fed = now
            self._wdt.feed()
        return good

    async def _keep(self, name, row):
        """Run a task again and again."""
        while True:
            row[_BEAT] = self._clock.ticks_ms()
            row[_SINCE] = self._clock.uptime_s()
            row[_STATE] = row[_EXTRA] = 0
            trace = ""
            try:
                await row[_FN](self.app)
                why = "ended"
            except asyncio.CancelledError:
                if row[_STATE] != 2:
                    raise
                why = "overdue"
            except Exception as e:
                why = "crashed"
                try:
                    why = repr(e)
                    trace = log.traceback(e)
                    self._log.exc(e, "task %s crashed", name)
                except MemoryError:
                    pass  # to tell of it must not end this loop too
            try:
                self._failed(name, row, why, trace)
            except MemoryError:
                pass
            # Safety does not wait; the others give the cause time to pass: 1, 2, 4, 8, 16 s.
            await asyncio.sleep_ms(500 if row[_CRITICAL] else 500 << row[_STARTS])

    def _failed(self, name, row, why, trace):
        row[_STATE] = 1
        if row[_CRITICAL]:
            self.app.safe()
        if self._clock.uptime_s() - row[_SINCE] > _FORGET_S:
            row[_STARTS] = 0
        row[_STARTS] += 1
        if row[_STARTS] > _CAP:
            self.app.safe()
            self._log.critical("task %s failed %d times: restart", name, row[_STARTS])
            self._reset("crash: %s %s" % (name, why), trace)
        self._log.warn("task %s %s, start %d follows", name, why, row[_STARTS] + 1)

    def _stray(self, loop, context):
        """A task that nobody supervises (a client's session) ended with an exception."""
        self._log.exc(context["exception"], "stray task")
