"""Which settings does this station have, what are they now, and who may change them?

One table row a key (lib/station/keys.py, lib/ocppj/v16/keys.py): validation, GetConfiguration,
storage, console and docs/config.md derive from it. Held in RAM and stored are only the values
that differ from their default. config.json carries a format version; a file that does not hold
against the table, key by key, is not used: the last known good one (config.bak) is, and `faults`
says which key, which value and what was expected.
"""

import os

from core import log
from station.topics import CONFIG

VERSION = 1  # of the file's format; older ones go through core/migrate.py


class ConfigError(Exception):
    """A value that cannot be: .key, .value (text), .expected (what would be right)."""

    def __init__(self, key, value, expected):
        super().__init__("%s: %s is wrong, expected %s" % (key, value, expected))
        self.key = key
        self.value = value
        self.expected = expected


class Config:
    """Typed settings over the key tables. path: the JSON file; emit(CONFIG, key) on a change.

    `guards`: list of fn(key, value) -> None or the expectation, for rules that no row can state
    (measurands, prerequisites of a security profile). `faults`: list of str found at load.
    """

    def __init__(self, path: str, tables, emit):
        self._path = path
        self._tables = tables
        self._emit = emit
        self.values = {}
        self.unknown = {}
        self.faults = []
        self.guards = []
        self._load()
        for key in self.keys():  # what the log must never write
            if self.access(key) == "W":
                log.hidden[key] = self.get(key)

    # -- the table

    def row(self, key: str):
        """[name, type, default, min, max, access, flags, unit] of a key (any case), or None."""
        if " " in key or "\n" in key:
            return None  # it would match inside a row
        for table in self._tables:
            at = table.find(b"\n" + key.encode() + b" ")
            if at >= 0:
                return _split(table, at + 1)
        for name in self.keys():
            if name.lower() == key.lower() and name != key:
                return self.row(name)

    def keys(self, flag: str = ""):
        """Generator of all names in the order of the tables; with a flag only the rows with it."""
        for table in self._tables:
            at = 0
            while at >= 0:
                row = _split(table, at + 1)
                if flag in row[6]:
                    yield row[0]
                at = table.find(b"\n", at + 1)

    def access(self, key: str):
        """'RW', 'R' or 'W' (never shown); None for a key that does not exist."""
        row = self.row(key)
        return row and row[5]

    # -- values

    def get(self, key: str):
        """The value: int, bool or str (csl: str with commas). KeyError for an unknown key.

        Looks the row up each time: keep what is needed often and follow CONFIG.
        """
        if key in self.values:
            return self.values[key]
        row = self.row(key)
        if row is None:
            raise KeyError(key)
        return self.values[row[0]] if row[0] in self.values else _parse(row, row[2])

    def default(self, key: str):
        """The default value, typed like get()."""
        row = self.row(key)
        return _parse(row, row[2])

    def text(self, key: str) -> str:
        """The value as ChangeConfiguration and the console write it; '***' for a secret."""
        value = self.get(key)
        if self.row(key)[5] == "W":
            return "***" if value else ""
        return _text(value)

    def set(self, key: str, text: str, origin: str = "console") -> str:
        """Check and store a value. 'ok', or 'reboot' when it counts from the next start on.

        Raises ConfigError: unknown key, read-only (for every origin but 'station'), wrong value.
        OSError: the flash refused; the value is in force all the same.
        """
        row = self.row(key)
        if row is None:
            raise ConfigError(key, log.scrub(text), "a known key")
        key = row[0]
        if row[5] == "R" and origin != "station":
            raise ConfigError(key, log.scrub(text), "no change: the key is read-only")
        value = _parse(row, text)
        for guard in self.guards:
            expected = guard(key, value)
            if expected:
                raise ConfigError(key, _shown(row, text), expected)
        if value != self.get(key):
            self._put(row, value)
            if row[5] == "W":
                log.hidden[key] = value
            log.get("SYS").info("config %s = %s by %s", key, _shown(row, text), origin)
            try:
                self._save()
            finally:
                self._emit(CONFIG, key)
        return "reboot" if "r" in row[6] else "ok"

    def factory_reset(self) -> str:
        """All values to their defaults but those flagged k; says what was kept."""
        gone = [k for k in self.values if "k" not in self.row(k)[6]]
        for key in gone:
            del self.values[key]
            if key in log.hidden:
                log.hidden[key] = ""
        self.unknown = {}
        self._save()
        for key in gone:
            self._emit(CONFIG, key)
        return ", ".join(sorted(self.values)) or "no setting"

    def _put(self, row, value):
        if value == _parse(row, row[2]):
            self.values.pop(row[0], None)
        else:
            self.values[row[0]] = value

    # -- the file

    def _load(self):
        fault = self._read(self._path)
        if fault is None:
            raw = _raw(self._path)
            if raw != _raw(self._path[:-5] + ".bak"):  # it loaded: now it is the last known good
                _write(self._path[:-5] + ".bak", raw)
            return
        if fault:
            good = self.values, self.unknown
            if self._read(self._path[:-5] + ".bak") is None:
                fault += "; the last known good configuration is used"
            else:
                self.values, self.unknown = good
                fault += "; the default is used"
            self.faults.append(fault)
            log.get("SYS").error("%s", fault)

    def _read(self, path):
        """Load a file: None when all is well, '' when there is none, else what is wrong."""
        import json

        self.values = {}
        self.unknown = {}
        try:
            with open(path) as f:
                data = json.load(f)
        except OSError:
            return ""
        except ValueError:
            return path + ": not JSON"
        try:
            if data.get("version") != VERSION or not isinstance(data.get("values"), dict):
                from core import migrate

                data = migrate.upgrade(data, VERSION)
        except (AttributeError, ValueError) as e:
            return "%s: %s" % (path, e)
        fault = None
        for key, value in data["values"].items():
            row = self.row(key)
            try:
                if row:
                    self._put(row, _parse(row, _text(value)))
                else:
                    self.unknown[key] = value
                    log.get("SYS").warn("config: unknown key %s is kept", key)
            except ConfigError as e:
                fault = (fault + "; " if fault else path + ": ") + str(e)
        return fault

    def _save(self):
        """Write config.json, then config.bak, each by rename: a cut leaves at least one good."""
        import json

        out = {k: _text(v) for k, v in self.values.items()}
        out.update(self.unknown)
        raw = json.dumps({"version": VERSION, "values": out})
        for path in (self._path, self._path[:-5] + ".bak"):
            _write(path, raw)


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


def _split(table, at):
    """The row that begins at an index, as text fields; '-' stands for nothing."""
    end = table.find(b"\n", at)
    row = str(table[at : end if end >= 0 else len(table)], "utf-8").split(" ")
    for i in range(2, 8):
        if row[i] == "-":
            row[i] = ""
    return row


def _text(value) -> str:
    """A value as text: true and false as OCPP writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _shown(row, text):
    return "***" if row[5] == "W" else text


def _parse(row, text):
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
        if scheme not in ("ws", "wss") or not host.strip("/") or " " in text or size > high:
            expected = "ws://host[:port][/path] or wss://.., at most %d characters" % high
    elif size < low or size > high:
        expected = "%d..%d characters" % (low, high)
    for c in text:
        if ord(c) < 32:
            expected = "text without control characters"
    return text, expected
