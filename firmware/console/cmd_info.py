"""Console: help, version, faults. What is there, and what is wrong?"""

import json
import sys

import lazy


def help(app, args, session):
    """All commands, or one."""
    table = lazy.once("console.table")
    if args:
        row = table.find(args[0].lower())
        if row is None:
            raise ValueError("no command '%s'" % args[0])
        yield "%s %s: %s" % (row[0], row[1], row[2])
        return
    for row in table.rows():
        yield "%s: %s" % ((row[0] + " " + row[1]).strip(), row[2])


def version(app, args, session):
    """Firmware, board, MicroPython."""
    build = _build()
    yield "Galvani %s on board %s%s" % (app.VERSION, app.board.NAME, build and ", build " + build)
    name, release = sys.implementation[0], sys.implementation[1]
    word = 32 if sys.maxsize < 1 << 40 else 64
    yield "%s %d.%d.%d, %s, %d bit" % (
        name,
        release[0],
        release[1],
        release[2],
        sys.platform,
        word,
    )


def _build():
    """The build id that `make deploy` left, '' where the files came another way."""
    for path in ("build.json", "/rom/build.json"):
        try:
            with open(path) as f:
                return json.load(f)["build"]
        except (OSError, ValueError, KeyError):
            pass
    return ""


def faults(app, args, session):
    """What is wrong now; the configuration's faults; why the last run ended."""
    count = 0
    for cid in range(len(app.station.connectors) + 1):
        c = app.station.connector(cid)
        if c.error_code != "NoError":
            count += 1
            yield "connector %d: %s %s %s" % (cid, c.status, c.error_code, c.info or "")
    for fault in app.config.faults:
        count += 1
        yield "configuration: " + fault
    for key in app.config.unknown:
        count += 1
        yield "configuration: unknown key %s is kept" % key
    if app.restart.minimal:
        count += 1
        yield "minimal mode: outputs stay off, run after run ended badly"
    if app.restart.cause.startswith(("crash", "watchdog")):
        count += 1
        yield "last run ended by %s" % app.restart.cause
        for line in app.restart.trace.split("\n"):
            if line:
                yield "  " + line
    if not count:
        yield "no faults"
