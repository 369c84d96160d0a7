"""Stand-ins for the shell's services: settings, clock, log and records in memory."""

from ocppj.v16 import keys as ocpp_keys
from station import keys as station_keys


class Settings:
    """The configuration tables with their real defaults; `set` takes typed values."""

    def __init__(self, **values):
        self.values = {}
        for table in (station_keys.KEYS, ocpp_keys.KEYS):
            for line in table.decode().strip().split("\n"):
                name, kind, default = line.split(" ")[:3]
                self.values[name] = _typed(kind, default)
        for key, value in values.items():
            self.set(key, value)

    def get(self, key):
        return self.values[key]

    def text(self, key):
        value = self.values[key]
        return str(value).lower() if isinstance(value, bool) else str(value)

    def set(self, key, value, origin="test"):
        if key not in self.values:
            raise KeyError(key)
        self.values[key] = value
        return "ok"


def _typed(kind, text):
    if kind == "int":
        return int(text)
    if kind == "bool":
        return text == "true"
    return "" if text == "-" else text


class Clock:
    """Virtual time: whole uptime seconds and a wall clock that may be unknown."""

    def __init__(self, wall=1_800_000_000):
        self.ms = 0
        self.zero = wall

    def uptime_s(self):
        return self.ms // 1000

    def wall(self):
        return None if self.zero is None else self.zero + self.ms // 1000

    def wall_at(self, uptime_s):
        return None if self.zero is None else self.zero + uptime_s

    def set_wall(self, epoch_s, source):
        self.zero = epoch_s - self.ms // 1000
        return True


class Log:
    """Collects lines as (level, text)."""

    def __init__(self):
        self.lines = []

    def __getattr__(self, level):
        if level.startswith("_"):
            raise AttributeError(level)
        return lambda text, *args: self.lines.append((level, text % args if args else text))

    def on(self, level):
        return True


class Store:
    """Records in memory; survives a World that is thrown away (a power cut)."""

    def __init__(self):
        self.files = {}

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = bytes(data)

    def delete(self, name):
        self.files.pop(name, None)

    def free(self):
        return 1_000_000
