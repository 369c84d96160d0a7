"""What does a start mean for security? Certificates that were provisioned, and what the last run
died of. Called once by wiring.py, when the charge point is there.
"""

import lazy
from core import log


def boot(app):
    """Give provisioned certificates their names; tell of the start and how the last run ended."""
    _adopt(app)
    cp = app.cp
    if cp is None:
        return
    cause = app.restart.cause
    if cause != "power":
        cp.alarm("ResetOrReboot", _evidence(app, cause))
    cp.alarm("StartupOfTheDevice", "%s, %s" % (app.VERSION, cause.split(":")[0]))


def _evidence(app, cause):
    """Cause and, where the run did not end in order, its last words (core/blackbox.py)."""
    text = log.scrub(cause)
    if cause == "watchdog" or cause.startswith("crash"):
        try:
            last = ""
            for line in lazy.load("core.blackbox").lines(app.store):
                last = line
            trace = app.restart.trace.strip().split("\n")
            if cause.startswith("crash") and trace[-1]:
                text += "; " + ", ".join([line.strip() for line in trace[-3:]])
            if last:
                text += "; last line: " + last
        except (ValueError, IndexError) as e:
            log.get("SYS").warn("last lines: %s", str(e))
        finally:
            lazy.drop("core.blackbox")
    return text


def _adopt(app):
    from core.journal import FileStore

    files = app.cp.certs if app.cp else FileStore("certs")
    if not files.names():
        return
    from security import forget, shelf

    try:
        if shelf.foreign(files):
            from security import store

            for wrong in store.adopt(files):
                log.get("NET").error("certs/%s", wrong)
    except OSError as e:
        log.get("NET").error("certificates: %s", str(e))
    finally:
        forget()
