"""Console: diagnostics. What does somebody need who repairs this station from afar?"""

import json

import lazy
from console import cmd_info, cmd_status


def diagnostics(app, args, session):
    """Status, health, faults, settings (without secrets), the log; and the last run's end."""
    if cmd_status.want_json(args):
        data = cmd_status.summary(app)
        data["faults"] = list(cmd_info.faults(app, (), session))
        conf = app.config
        data["config"] = {k: conf.text(k) for k in conf.values}
        data["limits"] = [[list(claim) for claim in c.limits.claims()] for c in _guns(app)]
        data["trace"] = app.restart.trace
        data["last_run"] = lazy.load("core.blackbox").head(app.store)
        data["undelivered"] = _undelivered(app)
        # Piece by piece: the whole text in one string would need a block of several KB.
        sign = "{"
        for key in data:
            yield '%s"%s": %s' % (sign, key, json.dumps(data[key]))
            sign = ", "
        data = None
        for key, found in (("logs", _lines(30)), ("last_logs", _last(app))):
            yield '%s"%s": [' % (sign, key)
            sign = ""
            for line in found:
                yield sign + json.dumps(line)
                sign = ", "
            yield "]"
            sign = ", "
        yield "}"
        return
    for part in (cmd_info.version, cmd_status.status, cmd_info.faults, cmd_status.health):
        for line in part(app, (), session):
            yield line
    for c in _guns(app):
        for name, da, w in c.limits.claims():
            if da is not None or w is not None:
                yield "limit of connector %d: %s %s da %s W" % (c.id, name, da, w)
    for key in app.config.values:
        yield "%s = %s" % (key, app.config.text(key))
    for row in _undelivered(app):
        yield "given up, not delivered: %s %s %s" % tuple(row)
    last = lazy.load("core.blackbox").head(app.store)
    if last:
        yield "run %d ended after %s by %s, heap %d used (%d free); its last lines:" % (
            last["run"],
            lazy.load("console.cmd_shown").span(last["uptime_s"]),
            app.restart.cause,
            last["heap_used"],
            last["heap_free"],
        )
        for line in _last(app):
            yield "  " + line
    yield "this run:"
    for line in _lines(50):
        yield line


def _undelivered(app):
    """[name, kind, fields] of each message that the central system never took (S 3.7.1)."""
    return [list(row) for row in lazy.call("ocppj.archive", "rows", app.store)]


def _lines(count):
    return lazy.load("core.logview").lines(count)


def _last(app):
    return lazy.load("core.blackbox").lines(app.store)


def _guns(app):
    return app.station.connectors
