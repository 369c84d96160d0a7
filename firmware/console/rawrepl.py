"""How do mpremote and other tools work on a station that runs?

The raw mode of MicroPython's REPL, spoken by the firmware itself: Ctrl-A begins, Ctrl-D executes,
Ctrl-B leaves, Ctrl-E A Ctrl-A is the raw paste mode, whose windows lose nothing at any speed. Code
runs between two control steps, in a name space of its own that holds `app`. Ctrl-D with nothing
before it (mpremote without `resume`) stops the station, outputs off, and the raw mode goes on
alone with the memory free. MicroPython's own protocol: docs/reference/repl.rst there.
"""

import asyncio
import gc
import io
import select
import sys

from micropython import const

_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_WINDOW = const(128)  # two of them fit into the ESP32's receive ring of 260 bytes
_RUN_MS = const(600_000)  # the dog's patience with one execution
_BLIND_MS = const(1000)  # so long an output may be on while code keeps control from its steps
MINUTES = 10  # of maintenance mode after the last execution

scope = {"__name__": "__main__"}  # what the code sees; lasts as long as this module


def talk(out, execute):
    """Generator of the protocol: send() it one byte after the other; it ends with Ctrl-B.

    out(bytes) writes at once; execute(source) runs code and answers. Raises KeyboardInterrupt
    ("raw") when the station shall stop and the raw mode go on.
    """
    out(_BANNER)
    source = bytearray()
    while True:
        c = yield
        if c == 2:
            out(b"\r\n")
            return
        if c == 4:
            if not source:
                raise KeyboardInterrupt("raw")
            out(b"OK")
            code, source = source, None
            execute(code)
        elif c == 5 and not source:
            # 'A' and Ctrl-A follow; other sub-modes do not exist
            if (yield) == 65 and (yield) == 1:
                out(b"R\x01" + bytes((_WINDOW, 0, 1)))
                code = bytearray()
                left = _WINDOW
                while True:
                    c = yield
                    if c == 3 or c == 4:
                        break
                    code.append(c)
                    left -= 1
                    if not left:
                        out(b"\x01")
                        left = _WINDOW
                out(b"\x04")
                execute(code if c == 4 else b"raise KeyboardInterrupt")
                code = None
            else:
                out(b"R\x00")
                continue
        elif c == 1:
            out(b"\r\n" + _BANNER)
            source = bytearray()
            continue
        elif c == 3:
            source = bytearray()
            continue
        else:
            source.append(c)
            continue
        source = bytearray()
        gc.collect()
        out(b">")


def run_code(out, source):
    """Execute and answer: output, Ctrl-D, the traceback if there is one, Ctrl-D."""
    trace = io.StringIO()
    try:
        _interrupt(3)
        exec(source, scope)
        _interrupt(-1)
    except SystemExit:
        raise
    except BaseException as e:
        _interrupt(-1)
        sys.print_exception(e, trace)
    out(b"\x04" + trace.getvalue().replace("\n", "\r\n").encode() + b"\x04")


def _interrupt(char):
    """Ctrl-C interrupts (3) or is a byte like any other (-1); only the chip's port needs it."""
    if sys.platform != "linux":
        import micropython

        micropython.kbd_intr(char)


def write(data):
    """Bytes to the serial port as they are: no line end is translated."""
    sys.stdout.buffer.write(data)


async def serve(app, typed):
    """The raw mode beside the running station, until Ctrl-B or the maintenance mode ends.

    typed: a poll object of stdin.
    """
    from core import maintenance

    scope["app"] = app
    maintenance.begin(app, MINUTES, "raw")
    # A session that the other end has left in the middle ends with the maintenance mode.
    steps = talk(write, lambda source: _beside(app, source))
    next(steps)
    idle = 0
    while app.maintenance:
        await asyncio.sleep_ms(1 if idle < 100 else 20)
        idle += 1
        for _ in range(_WINDOW):
            if not typed.poll(0):
                break
            idle = 0
            key = sys.stdin.buffer.read(1)
            try:
                if not key:
                    return
                steps.send(key[0])
            except StopIteration:
                return


def _beside(app, source):
    """Run code while the station lives: dog and supervisor wait, an output does not."""
    from core import maintenance

    maintenance.begin(app, MINUTES, "raw")
    timer = None
    app.dog.wait(_RUN_MS)
    charging = any([c.active() for c in app.station.connectors])
    if charging:
        timer = _timer(lambda _: app.station.safe())
    began = app.clock.ticks_ms()
    try:
        run_code(write, source)
    finally:
        if timer:
            timer.deinit()
        if charging and app.clock.diff(app.clock.ticks_ms(), began) > _BLIND_MS:
            app.station.safe()  # an output nobody has looked after for that long
        app.dog.wait(0)
        for name in [row[0] for row in app.supervisor.ages()]:
            app.supervisor.beat(name)


def _timer(fn):
    """A one-shot timer whose callback runs between two byte codes of whatever runs, or None."""
    import machine

    if not hasattr(machine, "Timer"):
        return None
    for n in (-1, 3):  # a virtual one, or the last of the ESP32's
        try:
            return machine.Timer(n, mode=machine.Timer.ONE_SHOT, period=_BLIND_MS, callback=fn)
        except (ValueError, OSError):
            pass


def alone(app=None):
    """The raw mode after the station `app` has stopped: blocking, its memory given back."""
    scope.pop("app", None)
    for bus in app.cans if app else ():
        try:
            bus.deinit()  # its timer would call into what is cleared below
        except Exception as e:
            sys.print_exception(e)
    # Tasks that never run again hold them, and who calls us the app: all are emptied. delattr()
    # would leave the value in the table.
    for one in list(app.__dict__.values()) + [app] if app else ():
        for name in getattr(one, "__dict__", ()):
            try:
                setattr(one, name, None)
            except (AttributeError, TypeError):
                pass  # a module, a class
    # The old loop holds every task, its handler the supervisor.
    asyncio.new_event_loop().set_exception_handler(None)
    asyncio.core.cur_task = None
    if hasattr(sys, "atexit"):
        sys.atexit(None)  # it would call into what is cleared now
    here = sys.modules.pop("console.rawrepl")
    for name in list(sys.modules):
        gone = sys.modules[name]
        if not name.startswith("asyncio") and gone is not here:
            sys.modules.pop(name)
            try:
                gone.__dict__.clear()  # its functions may still be on the way out
            except (TypeError, AttributeError):
                pass  # built in
    gc.collect()
    write(b"\r\nMPY: soft reboot\r\n")
    while True:
        steps = talk(write, lambda source: run_code(write, source))
        next(steps)
        try:
            while True:
                key = sys.stdin.buffer.read(1)
                if not key:
                    return
                steps.send(key[0])
        except StopIteration:
            _interrupt(3)
            return
        except KeyboardInterrupt:  # once more from the beginning, as a soft reset does
            scope.clear()
            scope["__name__"] = "__main__"
            gc.collect()
            write(b"\r\nMPY: soft reboot\r\n")


def ready():
    """A poll object that tells whether a byte has come on stdin."""
    poll = select.poll()
    poll.register(sys.stdin.buffer, select.POLLIN)
    return poll
