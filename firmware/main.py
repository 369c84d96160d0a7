"""Galvani: how does a run begin, and how does it end?

wiring.py builds every object and names every task; this file is what stays of the start.
"""

if globals().get("locked"):  # boot.py's word; MicroPython has given Ctrl-C its meaning back since
    import micropython

    micropython.kbd_intr(-1)

import asyncio  # noqa: E402
import gc  # noqa: E402

import lazy  # noqa: E402
from core import log, restart  # noqa: E402
from core.journal import FileStore  # noqa: E402

VERSION = "0.1.0"
PAUSE_S = 5  # before the next attempt of a start that failed
# A collection each time a 32nd of the heap was handed out, and not only when it is full: what
# lives long then lies together at the heap's begin, not where the garbage of its day ended.
_SHARE = 32
_EXT_ID = 2  # as in drivers/can.py


class App:
    """Everything that runs, by name: what a task gets to work with. Attributes are set once."""

    VERSION = VERSION
    maintenance = 0  # uptime at which the maintenance mode ends (core/maintenance.py)
    provisioning = False  # the set-up page is open (tasks/provision.py)
    link = None  # net.link.Link of a board with a network of its own
    dog = None  # drivers.wdt; it cannot be stopped once it is there
    login_fails = 0  # wrong passwords at a locked console, in a row

    # What others call back is here, not in wiring.py: a function keeps its whole module alive.

    def sender(self, driver):
        """send(can_id, buf) of a power path on that bus."""
        return lambda can_id, buf: driver.send(can_id, buf, _EXT_ID)

    def switch(self, cid):
        """contactor(on) of a power path."""
        return lambda on: self.io.contactor(cid, on)

    def configured(self, key):
        """CONFIG."""
        self.station.reload()

    def end(self, ending):
        """RESET: (kind, reason)."""
        self.reset_kind, reason = ending
        self.restart.note("%s: %s" % ending)
        self.supervisor.ending = True

    def crash(self, why, trace=""):
        """When restarts of a task don't help: outputs off, note why, reset."""
        self.station.safe()
        try:
            lazy.forget(0)  # it may be memory that was missing
            gc.collect()
            self.restart.note(why, trace)
        finally:  # the reset must come, with a note or without
            restart.reboot("Hard")


def build():
    """The App with every object made and wired; nothing runs yet."""
    global app
    app = App()
    if FileStore("journal").read("update"):
        lazy.call("ota.solo", "run", app)  # where an update needs all of the memory
    lazy.call("wiring", "build", app)
    return app


def _stillborn(e):
    """The station could not even be built: note why and try again, at last leave the REPL alone.

    Outputs are off since boot.py. The pause keeps the loop slow, and a person's Ctrl-C possible.
    """
    import time

    log.get("SYS").exc(e, "start failed")
    again = restart.Restart(FileStore("journal"), False)
    again.note("crash: start " + repr(e), log.traceback(e))
    if not again.bare:
        time.sleep(PAUSE_S)
        restart.reboot("Hard")
    if app.dog:
        app.dog.stop()


async def main(app):
    """Run until a reset is ordered; what is in flight gets ten seconds to arrive (S 5.14)."""
    lazy.call("wiring", "tasks", app)
    gc.collect()
    await app.supervisor.run()
    for _ in range(100):
        if app.cp is None or app.cp.drained(app.clock.uptime_s()):
            break
        await asyncio.sleep_ms(100)
    if app.cp is not None:
        app.cp.flush()
    app.station.safe()
    restart.reboot(app.reset_kind)


def run():
    """Start the station. Ctrl-C leaves to the REPL with the outputs off."""
    gc.threshold((gc.mem_alloc() + gc.mem_free()) // _SHARE)
    try:
        build()
    except KeyboardInterrupt:  # a tool that comes while the station starts
        if app.dog:
            app.dog.stop()
        raise
    except Exception as e:
        _stillborn(e)
        raise
    gc.collect()
    after = None
    try:
        asyncio.run(main(app))
    except KeyboardInterrupt as e:
        app.dog.stop()
        if e.args:  # mpremote's soft reset: it goes on in the raw mode
            after = "console.rawrepl"
        else:
            print("stopped: outputs are off, the REPL is yours (import main; main.run())")
    except Exception as e:  # not a task's: the supervisor deals with those
        app.crash("crash: main " + repr(e), log.traceback(e))
    finally:
        app.station.safe()
    if after:
        __import__(after, None, None, ("",)).alone(app)


if __name__ == "__main__":
    run()
