"""Console: diagnostics. What does somebody need who repairs this station from afar?"""

import json

from console import cmd_info, cmd_status
from core import lazy


def diagnostics(app, args, session):
    """Status, health, faults, settings (without secrets), buses, the last lines of the log."""
    if cmd_status.want_json(args):
        data = cmd_status.summary(app)
        data["faults"] = list(cmd_info.faults(app, (), session))
        conf = app.config
        data["config"] = {k: conf.text(k) for k in conf.values}
        data["limits"] = [[list(claim) for claim in c.limits.claims()] for c in _guns(app)]
        data["trace"] = app.restart.trace
        data["logs"] = list(lazy.load("core.logview").lines(30))
        # Piece by piece: the whole text in one string would need a block of several KB.
        sign = "{"
        for key in data:
            yield '%s"%s": %s' % (sign, key, json.dumps(data[key]))
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
    for line in lazy.load("core.logview").lines(50):
        yield line


def _guns(app):
    return app.station.connectors
