"""What time is it: since boot, and on the wall?

The only file that knows the epochs (2000 on the chip, 1970 on Linux) and the tick wrap. Ticks of
the 32-bit ports wrap at 2^30 ms (12.4 days) and differences are good to half of that, so
nothing holds a longer duration as ticks: it asks uptime_s(), which never wraps.
"""

from micropython import const

from station.topics import TIME

_KNOWN = const(1735689600)  # 2025-01-01: a clock before that was never set
_SAVE_S = const(3600)  # the floor goes to flash that often


class Clock:
    """Uptime in whole seconds, wall time in Unix seconds.

    ticks_ms, ticks_diff: as in `time`. rtc_time() -> Unix seconds of the board's own clock, which
    runs on but may be wrong. floor_store: a Store for the last known time (record "clock").
    emit(TIME, jump) tells of a change. rtc_set(epoch) sets the board's clock where it has one.
    """

    def __init__(self, ticks_ms, ticks_diff, rtc_time, floor_store=None, emit=None, rtc_set=None):
        self.ticks_ms = ticks_ms
        self.diff = ticks_diff
        self._rtc = rtc_time
        self._rtc_set = rtc_set
        self._store = floor_store
        self._emit = emit
        self._last = ticks_ms()
        self._ms = 0
        self._up = 0
        self._shift = 0  # wall minus the board's clock
        self.floor = 0  # no earlier time can be true: certificates are judged by it
        self.source = None  # who set the wall clock: 'rtc', 'csms', 'console'; None: unknown
        self._saved = 0
        raw = floor_store and floor_store.read("clock") or b"0"
        try:
            self.floor = int(raw.rstrip(b"?"))
        except ValueError:
            pass  # a torn record is no floor
        # "?": the board's clock was only given the floor, see assume()
        if raw[-1:] != b"?" and self._rtc() >= max(_KNOWN, self.floor - 60):
            self.source = "rtc"
        self._drift = self._rtc()

    def uptime_s(self) -> int:
        """Whole seconds since boot; never wraps. Ask (or tick) at least every six days."""
        now = self.ticks_ms()
        dt = self.diff(now, self._last)
        if dt > 0:
            self._last = now
            dt += self._ms
            self._up += dt // 1000
            self._ms = dt % 1000
        return self._up

    def wall(self):
        """Unix seconds, or None while the time is unknown."""
        return self._rtc() + self._shift if self.source else None

    def wall_at(self, uptime_s: int):
        """Unix seconds of a moment of this boot, or None while the time is unknown."""
        now = self.wall()
        return None if now is None else now - (self.uptime_s() - uptime_s)

    def set_wall(self, epoch_s: int, source: str) -> bool:
        """Set the wall clock; False (and unchanged) for a time before 2025.

        A difference of one second is latency and not an error of the clock: it is left alone so
        that time stamps do not jump back. A real change emits TIME with the jump.
        """
        if epoch_s < _KNOWN:
            return False
        old = self.wall()
        jump = None if old is None else epoch_s - old
        self.source = source
        if jump is None or not -2 < jump < 2:
            if self._rtc_set:
                self._rtc_set(epoch_s)
            self._shift = epoch_s - self._rtc()
            self._drift = self._rtc() - self.uptime_s()
            self._save(epoch_s)
            if self._emit:
                self._emit(TIME, jump)
        return True

    def tick(self):
        """Called every few seconds: extends the uptime, saves the floor, sees the clock moved."""
        up = self.uptime_s()
        now = self._rtc()
        jump = now - up - self._drift
        if jump > 2 or jump < -2:  # somebody else set the board's clock
            self._drift += jump
            if self.source and self._emit:
                self._emit(TIME, jump)
        if self.source and up - self._saved >= _SAVE_S:
            self._save(self.wall())

    def assume(self):
        """Nobody tells the time and TLS needs one: the board's clock begins at the floor.

        Certificates are then judged by the last time that was known; wall() stays None.
        """
        if self.source is None and self._rtc_set and self._rtc() < self.floor:
            self._rtc_set(self.floor)
            self._drift = self._rtc() - self.uptime_s()
            self._save(self.floor, "?")

    def _save(self, epoch_s, mark=""):
        self._saved = self.uptime_s()
        self.floor = epoch_s
        if self._store:
            try:
                self._store.write("clock", (str(epoch_s) + mark).encode())
            except OSError:
                pass  # a floor that is an hour older does no harm


def iso(epoch_s: int) -> str:
    """'2025-11-20T12:54:03Z' of Unix seconds."""
    import time

    t = time.gmtime(epoch_s - _epoch(time))
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (t[0], t[1], t[2], t[3], t[4], t[5])


def _epoch(time):
    """Unix seconds at the port's zero: 946684800 where time starts in 2000."""
    return 946684800 if time.gmtime(0)[0] == 2000 else 0


def board_clock(floor_store, emit) -> Clock:
    """The Clock of the machine this runs on."""
    import time

    zero = _epoch(time)

    def rtc_time():
        return int(time.time()) + zero

    rtc_set = None
    try:
        from machine import RTC

        def rtc_set(epoch_s):
            t = time.gmtime(epoch_s - zero)
            RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))
    except ImportError:
        pass  # Linux: the system's clock is not ours to set; the shift is ours
    return Clock(time.ticks_ms, time.ticks_diff, rtc_time, floor_store, emit, rtc_set)
