"""What happened, told cheaply: how are 200 lines kept in 4 KB, or half of them in 2 KB?

A line is not kept as text. The ring holds time, level, tag, the number of its format string and
the packed arguments, about 16 bytes instead of 80; text is made only when somebody reads it
(core/logview.py, a console that follows). Format strings are constants of the code: they cost
nothing more. The same number carries the rate limit: one message may come 12 times in 10 s, then
it is counted and the count reported. Secrets (`hidden`) never enter the ring.
"""

import sys

from micropython import const

TAGS = "CAN BMS CHG OCPP SYS NET UI OTA"
LEVELS = "TRACE DEBUG INFO WARN ERROR CRITICAL SILENT"
_INFO = const(2)
_ERROR = const(4)

_LINES = const(200)
_FORMATS = const(100)  # distinct messages; the rest is packed as text with number 255
_BURST = const(12)  # one line for each gun of the largest station
_WINDOW_S = const(10)
_ARG_MAX = const(120)  # bytes of one text argument; a record has at most 255

counts = [0, 0, 0, 0, 0, 0, 0, 0]  # errors and criticals by tag
sinks = [print]  # fn(line) for every line as it is made; the console puts itself here
limit = True  # rate limit; the debug profile turns it off
clock = None  # set by main: until then all lines are of second 0
levels = bytearray(b"\x02" * 8)
_loggers = [None] * 8
formats = []
_seen = bytearray(_FORMATS)  # how often in this window, by format number
_window = 0
hidden = {}  # name of a secret key: its value, '' while unset; neither enters the ring
ring = bytearray(2048)  # LogBuffer takes its place where there is memory (tasks/upkeep.py)
made = 0  # bytes ever written: where the next record goes, modulo the ring
used = 0  # bytes held
held = 0  # records held


def get(tag: str):
    """The Log of a tag (one of TAGS)."""
    i = TAGS.split().index(tag)
    if _loggers[i] is None:
        _loggers[i] = Log(i)
    return _loggers[i]


class Log:
    """Writes lines of one tag: trace debug info warn error critical(fmt, *args), exc(e, ...)."""

    def __init__(self, tag):
        self.tag = tag

    def on(self, level: int) -> bool:
        """Would a line of that level be kept? Asked where making the arguments costs."""
        return level >= levels[self.tag]

    def trace(self, fmt, *args):
        """Every message and frame."""
        emit(0, self.tag, fmt, args)

    def debug(self, fmt, *args):
        """What a developer follows."""
        emit(1, self.tag, fmt, args)

    def info(self, fmt, *args):
        """What an operator follows."""
        emit(2, self.tag, fmt, args)

    def warn(self, fmt, *args):
        """Unusual, handled."""
        emit(3, self.tag, fmt, args)

    def error(self, fmt, *args):
        """Something does not work; counted."""
        emit(_ERROR, self.tag, fmt, args)

    def critical(self, fmt, *args):
        """Safety or the life of the station; counted."""
        emit(5, self.tag, fmt, args)

    def exc(self, e, fmt, *args):
        """An error line, then the traceback line by line (the last six)."""
        emit(_ERROR, self.tag, fmt, args)
        for line in traceback(e).split("\n")[-6:]:
            emit(_ERROR, self.tag, "  %s", (line,))


def traceback(e) -> str:
    """Traceback of an exception as text without its last newline; its type if memory is short."""
    import io

    try:
        f = io.StringIO()
        sys.print_exception(e, f)
        return f.getvalue().strip()
    except MemoryError:
        return e.__class__.__name__


def emit(level, tag, fmt, args):
    """Keep a line and hand it to the sinks; the methods of Log end here."""
    if level >= _ERROR:
        counts[tag] += 1
    if level < levels[tag]:
        return
    now = clock.uptime_s() if clock else 0
    flush(now)
    n = 255
    if fmt in formats:
        n = formats.index(fmt)
    elif len(formats) < _FORMATS:
        n = len(formats)
        formats.append(fmt)
    if n < 255:
        if _seen[n] < 255:
            _seen[n] += 1
        if limit and _seen[n] > _BURST:
            return
    _keep(now, level, tag, n, fmt, args)


def flush(now):
    """When a window of the rate limit is over: begin the next, say what was suppressed."""
    global _window
    if now - _window < _WINDOW_S:
        return
    _window = now
    for n in range(len(formats)):
        more = _seen[n] - _BURST
        if more > 0 and limit:
            more = "over 240" if _seen[n] == 255 else more
            _keep(now, _INFO, 4, 255, "%s more in %d s: %s", (more, _WINDOW_S, formats[n]))
        _seen[n] = 0


def _keep(now, level, tag, n, fmt, args):
    global made, used, held
    if n == 255:
        try:
            args = (fmt % args if args else fmt,)
        except Exception:
            args = (fmt + " " + str(args),)
    rec = bytearray((0, level << 4 | tag, n, now & 255, now >> 8 & 255, now >> 16 & 255))
    for a in args:
        if len(rec) > 250:
            break
        _pack(rec, a)
    size = rec[0] = len(rec)
    while used + size > len(ring) or held >= _LINES:
        used -= ring[(made - used) % len(ring)]
        held -= 1
    for i in range(size):
        ring[(made + i) % len(ring)] = rec[i]
    made += size
    used += size
    held += 1
    if sinks:
        text = render(rec)
        for fn in sinks:
            fn(text)


def _pack(rec, a):
    """Append an argument: 0..127 as itself, 24-bit ints as 255 and 3 bytes, else 128 + length."""
    if isinstance(a, int) and not isinstance(a, bool) and -8388608 <= a < 8388608:
        if not 0 <= a < 128:
            rec.extend(bytes((255, a & 255, a >> 8 & 255)))
            a = a >> 16 & 255
        rec.append(a)
        return
    a = scrub(str(a)).encode()
    n = min(len(a), _ARG_MAX, 254 - len(rec))
    while n < len(a) and a[n] & 0xC0 == 0x80:  # never cut inside a character
        n -= 1
    rec.append(128 + n)
    rec.extend(a[:n])


def scrub(text: str) -> str:
    """The text up to a secret value, or up to what follows a secret key's name in JSON."""
    for name in hidden:
        at = text.find(hidden[name]) if hidden[name] else -1
        if at < 0:
            at = text.find(name + '"')
        if at >= 0:
            text = text[:at] + "***"
    return text


def render(rec, known=None, now=0, wall=None) -> str:
    """One record as a line: time, level, tag, message.

    known (format strings), now (uptime), wall: of the run that wrote it, if not this one.
    """
    if known is None:
        known = formats
        if clock:
            now = clock.uptime_s()
            wall = clock.wall_at(now)
    args = []
    i = 6
    while i < len(rec):
        a = rec[i]
        i += 1
        if a == 255:
            a = rec[i] | rec[i + 1] << 8 | rec[i + 2] << 16
            a -= (a & 8388608) << 1
            i += 3
        elif a > 127:
            n = i + a - 128
            a = str(bytes(rec[i:n]), "utf-8")
            i = n
        args.append(a)
    fmt = known[rec[2]] if rec[2] < 255 else "%s"
    try:
        text = fmt % tuple(args) if args else fmt
    except Exception:  # a wrong number or type of arguments must not cost the line
        text = fmt + " " + str(args)
    return "%s %s %s %s" % (
        _when(rec[3] | rec[4] << 8 | rec[5] << 16, now, wall),
        LEVELS.split()[rec[1] >> 4][0],
        TAGS.split()[rec[1] & 15],
        text,
    )


def _when(up, now, wall) -> str:
    """Date and time of a moment of a run, '+12:34:56' of uptime while the date is unknown."""
    up = now - (now - up & 0xFFFFFF)  # 24 bits were kept: right for the last 194 days
    if wall is None:
        return "+%d:%02d:%02d" % (up // 3600, up // 60 % 60, up % 60)
    from core.clock import iso

    return iso(wall - now + up)
