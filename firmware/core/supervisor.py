"""Are all tasks alive, and what happens to one that is not?

Every task beats within its own deadline. One that crashed or is overdue is started again, later
each time; when it keeps failing the station goes to its safe state and the machine restarts. The
dog is fed only while control has beaten since the last feed and nobody is beyond help: a hung
loop, or a crash loop that goes on without control, ends in a reset by hardware.
"""

import asyncio

from micropython import const

from core import log

_EVERY_MS = const(500)  # between two checks
_CAP = const(5)  # restarts of one task within ten minutes
_FORGET_S = const(600)
_FORGIVE = const(2)  # deadlines a cancelled task has to get out of the way

# fields of a task's row: lists cost less than objects with named fields
_FN = const(0)
_DEADLINE = const(1)  # ms; 0: waits as long as it likes; below zero: of a critical task
_BEAT = const(2)  # ticks of the last beat, or of its end
_TASK = const(3)
_STARTS = const(4)  # failed runs lately
_SINCE = const(5)  # uptime of the last start: it may be longer ago than ticks can tell
_STATE = const(6)  # 0 runs, 1 waits to be started, 2 cancelled because overdue
_EXTRA = const(7)  # ms that the task asked for beyond its deadline, until its next beat


class Supervisor:
    """Tasks by name. app is handed to every task; app.safe() puts all outputs into safety.

    reset(why, trace) ends the run: it must not return. clock: core.clock.Clock. `ending`, set from
    outside, ends run(). lag_ms, lag_max_ms: how late the loop woke a sleeper, the last time and
    the worst of this run.
    """

    pause_ms = 500  # before a critical task is started again

    def __init__(self, clock, wdt, log, reset):
        self._clock = clock
        self._wdt = wdt
        self._log = log
        self._reset = reset
        self._rows = {}
        self._fed = None  # ticks of the last feed; None: not begun
        self._over = None  # _ended, as tasks are given it
        self.app = None
        self.ending = False
        self.lag_ms = self.lag_max_ms = 0

    def add(self, name: str, fn, deadline_s: int, critical: bool = False):
        """Register `async def fn(app)`; a critical task down means outputs off at once.

        Started by run(), or now when run() is under way.
        """
        deadline_ms = deadline_s * 1000
        self._rows[name] = [fn, -deadline_ms if critical else deadline_ms, 0, None, 0, 0, 0, 0]
        if self._fed is not None:
            self._start(self._rows[name])

    def _start(self, row):
        row[_STATE] = row[_EXTRA] = 0
        row[_BEAT] = self._clock.ticks_ms()
        row[_SINCE] = self._clock.uptime_s()
        row[_TASK] = task = asyncio.create_task(row[_FN](self.app))
        # As asyncio.gather() does: called with task and exception when the task is over. A task
        # around each task, to wait for its end, would cost 130 bytes.
        task.state = self._over

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
        """Start all tasks and look after them until `ending`.

        If this loop ends in any other way nobody feeds the dog. Stray tasks' exceptions are logged
        from here on.
        """
        asyncio.get_event_loop().set_exception_handler(self._stray)
        self._over = self._ended
        self._fed = self._clock.ticks_ms()
        for row in self._rows.values():
            self._start(row)
        while not self.ending:
            before = self._clock.ticks_ms()
            await asyncio.sleep_ms(_EVERY_MS)
            self.lag_ms = self._clock.diff(self._clock.ticks_ms(), before) - _EVERY_MS
            self.lag_max_ms = max(self.lag_max_ms, self.lag_ms)
            self.check()

    def check(self) -> bool:
        """Twice a second: start what waits, cancel what is overdue; if all is well, feed the dog
        (True)."""
        now = self._clock.ticks_ms()
        good = True
        for name, row in self._rows.items():
            deadline = row[_DEADLINE]
            critical = deadline < 0
            deadline = abs(deadline)
            age = self._clock.diff(now, row[_BEAT]) - row[_EXTRA]
            if critical and self._clock.diff(row[_BEAT], self._fed) <= 0:
                good = False
            if row[_STATE] == 1:
                # Safety does not wait; the others give the cause time to pass: 1, 2, 4, 8, 16 s.
                if age >= (self.pause_ms if critical else self.pause_ms << row[_STARTS]):
                    try:
                        self._start(row)
                    except MemoryError:
                        row[_STATE] = 1  # the next check tries again
            elif deadline and age > deadline:
                if row[_STATE] == 0:
                    self._log.error("task %s is overdue: no beat for %d ms", name, age)
                    row[_STATE] = 2
                    if critical:
                        self.app.safe()
                    row[_TASK].cancel()
                elif age > deadline * _FORGIVE:
                    good = False  # it ignores the cancellation: only a reset helps
        if good:
            self._fed = now
            self._wdt.feed()
        return good

    def _ended(self, task, e):
        """asyncio: `task` is over, by returning (StopIteration), cancellation or an exception."""
        name = [name for name in self._rows if self._rows[name][_TASK] is task][0]
        row = self._rows[name]
        overdue = row[_STATE] == 2
        row[_STATE] = 1
        row[_EXTRA] = 0
        row[_BEAT] = self._clock.ticks_ms()
        why = "overdue" if overdue else "ended"
        trace = ""
        if isinstance(e, Exception) and not isinstance(e, StopIteration):
            why = "crashed"
            try:
                why = repr(e)
                trace = log.traceback(e)
                self._log.exc(e, "task %s crashed", name)
            except MemoryError:
                pass  # to tell of it must not end the loop
        try:
            self._failed(name, row, why, trace)
        except MemoryError:
            pass

    def _failed(self, name, row, why, trace):
        if row[_DEADLINE] < 0:
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
        try:
            self._log.exc(context["exception"], "stray task")
        except MemoryError:
            pass  # as in _ended
