"""How does the firmware live inside the bench? Run by the MicroPython Unix port, before main.

The firmware must not know that it is simulated, so everything is done from outside, here:

- virtual time: the bench grants it over a link, a few milliseconds at a time, and waits for the
  station to have used them (tools/sim/pace.py). Computing costs no virtual time, waiting jumps.
  A station that has not waited for a while counts as hung: its time then runs on by itself, or no
  watchdog would ever bite;
- a board's clock that knows no time at power-up (2000-01-01), and that `clock N` moves;
- the CSMS lives in real time: what it says the time is, is moved to bench time;
- every look-up of a name or an address asks the bench, which puts its cable in between;
- a bench that has died takes the station with it.

Environment: GALVANI_BENCH port of the link, GALVANI_SPEED, GALVANI_SKEW (bench time minus real
time at the start, ms). Arguments by the variable `tree` of the command line, see machine.py.
It lives in tools/ and is part of no build.
"""

import os
import select
import sys
import time

_RTC_AT_POWER_UP = 946684800

_real = time.ticks_ms
_sleep = time.sleep_ms
_diff = time.ticks_diff
_add = time.ticks_add
_speed = float(os.getenv("GALVANI_SPEED") or 1)
# The same as in pace.py: real ms without a wait until time runs on by itself, first for the boot.
_hung_ms = 100 if _speed <= 1 else 20000
_skew_ms = int(os.getenv("GALVANI_SKEW") or 0)
_link = None
_poller = None
_buffer = bytearray(64)
_text = None
_route = None
# An hour ahead of the real ticks: asyncio's C queue stamps what is due "now" with real ones.
_now = _start = _add(_real(), 3600000)
_credit = 0
_acked = True
_waiting = False
_stamp = _real_start = _real()
_up_s = _up_ms = 0
_up_last = _now
_rtc_shift = 0
_main = None


def _connect():
    import socket

    global _link
    _link = socket.socket()
    _link.connect(socket.getaddrinfo("127.0.0.1", int(os.getenv("GALVANI_BENCH")))[0][-1])
    _link.setblocking(False)


def _receive():
    # What the bench says: 1..0xEF grants as many ms; 0xF0 begins a text that LF ends.
    global _credit, _acked, _text
    count = _link.readinto(_buffer)
    if count == 0:
        os.system("kill -9 $PPID")
    for at in range(count or 0):
        byte = _buffer[at]
        if _text is not None:
            if byte == 10:
                text, _text = _text, None
                _told(text.decode())
            else:
                _text.append(byte)
        elif byte == 0xF0:
            _text = bytearray()
        else:
            _credit += byte
            _acked = False


def _told(text):
    global _rtc_shift, _route
    if text[0] == "c":
        _rtc_shift += int(text[1:])
    else:
        _route = text[1:]


# -- time ---------------------------------------------------------------------------------------


def _ticks():
    if not _waiting:
        late = _diff(_real(), _stamp)
        if late > _hung_ms:
            return _add(_now, int(late * _speed))
    return _now


def _fold():
    # Time that ran by itself is owed to the bench.
    global _now, _credit
    now = _ticks()
    if now != _now:
        _credit -= _diff(now, _now)
        _now = now


def _dispatch(queue, timeout):
    # asyncio's wait_io_event, which also hears the bench. True when a task became ready.
    hit = False
    for stream, event in queue.poller.ipoll(timeout):
        if stream is _link:
            _receive()
            continue
        hit = True
        waiting = queue.map[id(stream)]
        if event & ~select.POLLOUT and waiting[0] is not None:
            _asyncio._task_queue.push(waiting[0])
            waiting[0] = None
        if event & ~select.POLLIN and waiting[1] is not None:
            _asyncio._task_queue.push(waiting[1])
            waiting[1] = None
        if waiting[0] is None and waiting[1] is None:
            queue._dequeue(stream)
        elif waiting[0] is None:
            queue.poller.modify(stream, select.POLLOUT)
        else:
            queue.poller.modify(stream, select.POLLIN)
    return hit


def _wait(queue, dt):
    """Replaces IOQueue.wait_io_event: wait up to `dt` virtual ms (-1: for ever) for a stream."""
    global _now, _credit, _acked, _waiting, _stamp, _poller, _hung_ms
    _fold()
    if queue.poller is not _poller:
        _poller = queue.poller
        _poller.register(_link, select.POLLIN)
        _hung_ms = 100 if _speed <= 1 else 10000
    _waiting = True
    try:
        while not _dispatch(queue, 0) and dt:
            if _credit > 0:
                step = dt if 0 < dt < _credit else _credit
                _now = _add(_now, step)
                _credit -= step
                if dt > 0:
                    dt -= step
                    continue
            if not _acked:
                _acked = True
                _link.write(b"a")
            if _dispatch(queue, -1):
                return
    finally:
        _stamp = _real()
        _waiting = False


def _uptime_ms():
    # Virtual ms since the start; whole seconds are kept apart because ticks wrap.
    global _up_s, _up_ms, _up_last
    now = _ticks()
    _up_ms += _diff(now, _up_last)
    _up_last = now
    _up_s += _up_ms // 1000
    _up_ms %= 1000
    return _up_s * 1000 + _up_ms


def _board_time():
    _uptime_ms()
    return _RTC_AT_POWER_UP + _up_s + _rtc_shift


def _sleep_ms(ms):
    # The main loop's sleep takes its virtual time; another thread waits for it to pass.
    global _now, _credit
    ident = _thread.get_ident()
    if ident == _main:
        _sleep(max(1, int(ms / _speed)))
        _now = _add(_now, ms)
        _credit -= ms
        return
    begin = _ticks()
    while _diff(_ticks(), begin) < ms:
        _sleep(max(1, min(50, int(ms / _speed))))


class _Time:
    """The module `time` of the firmware."""

    ticks_ms = _ticks
    time = _board_time
    sleep_ms = _sleep_ms

    def sleep(seconds):
        _sleep_ms(int(seconds * 1000))


class _Socket:
    """The module `socket` of the firmware: addresses come from the bench."""

    def getaddrinfo(host, port, *rest):
        global _route
        _route = None
        _link.write(b"r%s %d\n" % (str(host).encode(), port))
        poller = select.poll()
        poller.register(_link, select.POLLIN)
        while _route is None:
            poller.poll()
            _receive()
        if _route == "-":
            raise OSError(-2)  # EAI_NONAME: nobody answers for that name
        host, port = _route.split(" ")
        return _getaddrinfo(host, int(port), *rest)


def _copy(module, double):
    for name in dir(module):
        if name[0] != "_" and not hasattr(double, name):
            setattr(double, name, getattr(module, name))
    sys.modules[module.__name__] = double


def _patch(found):
    global _asyncio, _getaddrinfo, _thread, _main
    import _thread
    import socket

    _main = _thread.get_ident()
    _getaddrinfo = socket.getaddrinfo
    _copy(time, _Time)
    _copy(socket, _Socket)
    import asyncio.core as _asyncio

    _asyncio.IOQueue.wait_io_event = _wait
    if _speed == 1:
        return
    clock = __import__(found.get("core.clock", "core.clock"), None, None, ("",))
    clock = getattr(clock, found.get("core.clock.Clock", "Clock"))
    method = found.get(".set_wall", "set_wall")
    set_wall = getattr(clock, method)

    def mapped(self, epoch_s, source):
        if source != "console":
            skew = _skew_ms + _uptime_ms() - _diff(_real(), _real_start)
            epoch_s += skew // 1000
        return set_wall(self, epoch_s, source)

    setattr(clock, method, mapped)


def run(path, directory, found=None):
    """Start the firmware found on `path` (a list for sys.path) with its flash in `directory`.

    found: what the build calls the names that are used here, where it gave them others.
    """
    sys.path[:] = path
    os.chdir(directory)
    __import__("boot")  # chooses the build, as on a board
    sys.modules.pop("boot")
    _connect()
    _patch(found or {})
    import main

    main.run()
