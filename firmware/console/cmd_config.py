"""Console: config. Which settings are there, and what are they?"""

from core.config import ConfigError


def config(app, args, session):
    """config [list [PREFIX]] | get KEY | set KEY VALUE | unset KEY. Secrets show as ***."""
    conf = app.config
    word = args[0].lower() if args else "list"
    if word == "list" and len(args) <= 2:
        prefix = args[1].lower() if len(args) > 1 else ""
        for key in conf.keys():
            if key.lower().startswith(prefix):
                yield _line(conf, key)
        for key in conf.unknown:
            if key.lower().startswith(prefix):
                yield "%s (unknown key, kept)" % key
    elif word == "get" and len(args) == 2:
        _known(conf, args[1])
        yield conf.text(args[1])
    elif word == "set" and len(args) >= 2:
        yield _set(conf, args[1], " ".join(args[2:]))
    elif word == "unset" and len(args) == 2:
        yield _set(conf, args[1], _known(conf, args[1])[2])
    else:
        raise ValueError("expected list, get, set or unset with a key")


def _known(conf, key):
    row = conf.row(key)
    if row is None:
        raise ValueError("no key '%s', 'config list' shows all" % key)
    return row


def _set(conf, key, text):
    row = _known(conf, key)
    try:
        done = conf.set(key, text, "console")
    except ConfigError as e:
        raise ValueError(str(e))
    more = ", counts after: reset soft" if done == "reboot" else ""
    return "%s = %s%s" % (row[0], conf.text(key), more)


def _line(conf, key):
    row = conf.row(key)
    text = "%s = %s" % (key, conf.text(key))
    if row[7] and row[7] != "-":
        text += " " + row[7]
    if key in conf.values:
        text += " (default %s)" % (row[2] or "empty")
    if row[5] == "R":
        text += " (read-only)"
    return text
