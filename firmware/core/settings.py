"""Is this value right, and how does it reach the flash? The rare half of core/config.py.

config.json: {"version": 1, "values": {KEY: text}}. Every value is checked against its row at load;
a file with a wrong one is not used, config.bak is. Written by rename, first the one, then the
other: a power cut leaves at least one good file.
"""

import os

from core import log
from core.config import ConfigError, plain
from core.config import text as as_text
from station.topics import CONFIG

VERSION = 1  # of the file's format; older ones go through core/migrate.py


def load(conf):
    """Fill conf.values, .unknown and .faults from the files; tell the log the secrets."""
    fault = _read(conf, conf.path)
    if fault is None:
        raw = _raw(conf.path)
        if raw != _raw(_bak(conf)):  # it loaded: now it is the last known good one
            _write(_bak(conf), raw)
    elif fault:
        good = conf.values, conf.unknown
        if _read(conf, _bak(conf)) is None:
            fault += "; the last known good configuration is used"
        else:
            conf.values, conf.unknown = good
            fault += "; the default is used"
        conf.faults.append(fault)
        log.get("SYS").error("%s", fault)
    for key in conf.keys():
        if conf.access(key) == "W":
            log.hidden[key] = conf.get(key)


def change(conf, key, text, origin):
    """Config.set(): check, keep, store, tell."""
    row = conf.row(key)
    if row is None:
        raise ConfigError(key, log.scrub(text), "a known key")
    key = row[0]
    if row[5] == "R" and origin != "station":
        raise ConfigError(key, log.scrub(text), "no change: the key is read-only")
    value = parse(row, text)
    for guard in conf.guards:
        expected = guard(key, value)
        if expected:
            raise ConfigError(key, _shown(row, text), expected)
    if value != conf.get(key):
        conf.unknown.pop(key, None)  # what a newer build had said about it
        _put(conf, row, value)
        if row[5] == "W":
            log.hidden[key] = value
        log.get("SYS").info("config %s = %s by %s", key, _shown(row, text), origin)
        try:
            _save(conf)
        finally:
            conf.emit(CONFIG, key)
    return "reboot" if "r" in row[6] else "ok"


def recheck(conf):
    """Once all guards are there: a stored value that none of them takes falls to its default."""
    for key in list(conf.values):
        for guard in conf.guards:
            expected = guard(key, conf.values[key])
            if expected:
                row = conf.row(key)
                text = log.scrub(_shown(row, str(conf.values.pop(key))))
                fault = str(ConfigError(key, text, expected)) + "; the default is used"
                conf.faults.append(fault)
                log.get("SYS").error("%s", fault)
                conf.emit(CONFIG, key)
                break


def factory_reset(conf):
    """Config.factory_reset(): names of the settings that were kept."""
    gone = [k for k in conf.values if "k" not in conf.row(k)[6]]
    for key in gone:
        del conf.values[key]
        if key in log.hidden:
            log.hidden[key] = ""
    conf.unknown = {}
    _save(conf)
    for key in gone:
        conf.emit(CONFIG, key)
    return ", ".join(sorted(conf.values)) or "no setting"


def _put(conf, row, value):
    if value == plain(row):
        conf.values.pop(row[0], None)
    else:
        conf.values[row[0]] = value


def _bak(conf):
    return conf.path[:-5] + ".bak"


def _read(conf, path):
    """Load a file: None when all is well, '' when there is none, else what is wrong."""
    import json

    conf.values = {}
    conf.unknown = {}
    try:
        with open(path) as f:
            data = json.load(f)
    except OSError:
        return ""
    except ValueError:
        return path + ": not JSON"
    try:
        if data.get("version") != VERSION or not isinstance(data.get("values"), dict):
            import lazy

            data = lazy.call("core.migrate", "upgrade", data, VERSION)
    except (AttributeError, ValueError) as e:
        return "%s: %s" % (path, e)
    wrong = []
    for key, value in data["values"].items():
        if not isinstance(key, str):  # MicroPython's json takes a number for one
            wrong.append("a key that is no text")
            continue
        row = conf.row(key)
        try:
            if row:
                _put(conf, row, parse(row, as_text(value)))
            else:
                conf.unknown[key] = value
                log.get("SYS").warn("config: unknown key %s is kept", key)
        except ConfigError as e:
            if data["version"] > VERSION:  # a newer build's way to say it: kept for that build
                conf.unknown[key] = value
                log.get("SYS").warn("config: %s", str(e))
            else:
                wrong.append(str(e))
    return "%s: %s" % (path, "; ".join(wrong)) if wrong else None


def _save(conf):
    import json

    values = {k: as_text(v) for k, v in conf.values.items()}
    values.update(conf.unknown)
    raw = json.dumps({"version": _version(conf.path), "values": values}).encode()
    _write(conf.path, raw)
    _write(_bak(conf), raw)


def _version(path):
    """Of the format to write: a newer build's file stays one, its values wait for that build."""
    import json

    try:
        with open(path) as f:
            version = json.load(f)["version"]
        return max(version, VERSION)
    except (OSError, ValueError, KeyError, TypeError):
        return VERSION


def _raw(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return None


def _write(path, raw):
    with open(path + "~", "wb") as f:
        f.write(raw)
    os.rename(path + "~", path)


def _shown(row, text):
    return "***" if row[5] == "W" else text


def parse(row, text):
    """Text to a value of the row's type; ConfigError tells what was expected."""
    kind = row[1]
    low = row[3]
    high = row[4]
    text = text.strip()
    expected = None
    if kind == "int":
        digits = text[1:] if text[:1] in ("-", "+") else text
        if digits.isdigit() and len(digits) < 10:
            value = int(text)
            if (not low or value >= int(low)) and (not high or value <= int(high)):
                return value
        expected = "a whole number %s..%s %s" % (low, high, row[7])
    elif kind == "bool":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        expected = "true or false"
    elif "|" in kind:
        for value in kind.split("|"):
            if value.lower() == text.lower():
                return value
        expected = "one of " + kind.replace("|", ", ")
    else:
        value, expected = _parse_text(kind, text, int(low or 0), int(high or 500))
        # nothing at all is right wherever nothing is the default
        if not expected or not text and not row[2]:
            return value
    raise ConfigError(row[0], _shown(row, text), expected.strip())


def _parse_text(kind, text, low, high):
    """(value, None or the expectation) of the types that are text: str csl hex url secret."""
    expected = None
    size = len(text)
    if kind == "csl":
        items = [item.strip() for item in text.split(",")]
        text = ",".join(items)
        size = len(items) if text else 0
        if "" in items and text or size > high or size < low:
            expected = "%d..%d items with commas between" % (low, high)
    elif kind == "hex":
        for c in text.lower():
            if c not in "0123456789abcdef":
                size = 0
        if size < low or size > high or size & 1:
            expected = "%d..%d hexadecimal digits, an even number" % (low, high)
    elif kind == "url":
        scheme, _, host = text.partition("://")
        if scheme not in ("ws", "wss") or not host.split("/")[0] or " " in text or size > high:
            expected = "ws://host[:port][/path] or wss://.., at most %d characters" % high
    elif size < low or size > high:
        expected = "%d..%d characters" % (low, high)
    for c in text:
        if ord(c) < 32:
            expected = "text without control characters"
    return text, expected
