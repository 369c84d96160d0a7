"""Which settings does this station have, what are they now, and who may change them?

One table row a key (lib/station/keys.py, lib/ocppj/v16/keys.py): validation, GetConfiguration,
storage, console and docs/config.md derive from it. Held in RAM and stored are only the values
that differ from their default. config.json carries a format version; a file that does not hold
against the table, key by key, is not used: the last known good one (config.bak) is, and `faults`
says which key, which value and what was expected. Checking and storing are rare: they stand in
core/settings.py, which is imported for each change and dropped again.
"""

import lazy


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

    table = b""  # where the last row was found, and its place in it: the next is often near
    pos = 0

    def __init__(self, path: str, tables, emit):
        self.path = path
        self._tables = tables
        self.emit = emit
        self.values = {}
        self.unknown = {}
        self.faults = []
        self.guards = []
        lazy.call("core.settings", "load", self)

    # -- the table

    def row(self, key: str):
        """[name, type, default, min, max, access, flags, unit] of a key (any case), or None."""
        if " " in key or "\n" in key:
            return None  # it would match inside a row
        mark = b"\n" + key.encode() + b" "
        at = self.table.find(mark, self.pos)
        if at < 0:
            at = self.table.find(mark, 0, self.pos)
        if at < 0:
            for table in self._tables:
                at = table.find(mark)
                if at >= 0:
                    self.table = table
                    break
        if at >= 0:
            self.pos = at
            return _split(self.table, at + 1)
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
        return self.values[row[0]] if row[0] in self.values else plain(row)

    def text(self, key: str) -> str:
        """The value as ChangeConfiguration and the console write it; '***' for a secret."""
        value = self.get(key)
        if self.row(key)[5] == "W":
            return "***" if value else ""
        return text(value)

    def set(self, key: str, text: str, origin: str = "console") -> str:
        """Check and store a value. 'ok', or 'reboot' when it counts from the next start on.

        Raises ConfigError: unknown key, read-only (for every origin but 'station'), wrong value.
        OSError: the flash refused; the value is in force all the same.
        """
        return lazy.get("core.settings").change(self, key, text, origin)

    def recheck(self):
        """Hold the stored values against the guards, once all of these have been added."""
        if self.values:
            lazy.call("core.settings", "recheck", self)

    def factory_reset(self) -> str:
        """All values to their defaults but those flagged k; says what was kept."""
        return lazy.call("core.settings", "factory_reset", self)


def _split(table, at):
    """The row that begins at an index, as text fields; '-' stands for nothing."""
    end = table.find(b"\n", at)
    row = str(table[at : end if end >= 0 else None], "utf-8").split(" ")
    for i in range(2, 8):
        if row[i] == "-":
            row[i] = ""
    return row


def plain(row):
    """The default of a row, typed. Defaults are known to be right: a test checks every row."""
    if row[1] == "int":
        return int(row[2])
    if row[1] == "bool":
        return row[2] == "true"
    return row[2]


def text(value) -> str:
    """A value as text: true and false as OCPP writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
