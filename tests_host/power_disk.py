"""A file system in memory that remembers every primitive step: power may go at any of them.

    disk = Disk(); disk.mount(); FileStore("journal").write("x", b"1"); disk.tape
    for image in cuts(tape): Disk(image).mount() ...

Two models of what a cut leaves behind. Torn: what was written so far is there, byte by byte (a
file system that writes through). Late: as LittleFS, a file is what it was until it is closed;
since then all of it is there; names change atomically. The product's own files run on it:
core/journal.py and core/settings.py get this module's `open` and `os`.
"""

import contextlib

import lazy
from v16_station import core_settings, journal, log

_DIRECTORY = 0x4000


class Disk:
    """files: path -> bytes. tape: (step, path, data) of every step since `tape` was emptied.

    `note`, if set, is called after each step is on the tape: the world adds what it knows.
    """

    def __init__(self, files=None):
        self.files = dict(files or {})
        self.tape = []
        self.note = None

    def step(self, kind, path, data=None):
        """One primitive step happens."""
        self.tape.append((kind, path, data))
        apply(self.files, kind, path, data, True)
        if self.note:
            self.note()

    def mount(self):
        """The product's files lie on this disk from now on."""
        _mounted[0] = self
        return self


_mounted = [None]


def apply(files, kind, path, data, torn):
    """What one whole step of a tape changes, in the model `torn` or in the late one."""
    if kind == "open":  # truncated; LittleFS makes a new name at once, keeps an old content
        if torn or path not in files:
            files[path] = b""
    elif kind == "write":
        if torn:
            files[path] += data
    elif kind == "close":
        files[path] = data
    elif kind == "rename":
        files[data] = files.pop(path)
    elif kind == "remove":
        del files[path]


class _Writer:
    """A file open for writing."""

    def __init__(self, path):
        self.path = path
        self.data = b""
        _mounted[0].step("open", path)

    def write(self, data):
        self.data += bytes(data)
        _mounted[0].step("write", self.path, bytes(data))
        return len(data)

    def flush(self):
        _mounted[0].step("close", self.path, self.data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.flush()


class _Reader:
    def __init__(self, path, binary):
        if path not in _mounted[0].files:
            raise OSError(2)
        data = _mounted[0].files[path]
        self.data = data if binary else data.decode()

    def read(self):
        return self.data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def _open(path, mode="r"):
    return _Writer(path) if "w" in mode else _Reader(path, "b" in mode)


class _Os:
    """What core/ needs of `os`."""

    @staticmethod
    def ilistdir(folder):
        head = folder + "/"
        for path in list(_mounted[0].files):
            if path.startswith(head):
                yield path[len(head) :], 0x8000, 0

    @staticmethod
    def mkdir(path):
        raise OSError(17)

    @staticmethod
    def rename(old, new):
        if old not in _mounted[0].files:
            raise OSError(2)
        _mounted[0].step("rename", old, new)

    @staticmethod
    def remove(path):
        if path not in _mounted[0].files:
            raise OSError(2)
        _mounted[0].step("remove", path)

    @staticmethod
    def statvfs(path):
        return [4096, 4096, 500, 0, _mounted[0].free_blocks]


Disk.free_blocks = 400


@contextlib.contextmanager
def in_place():
    """While this is entered, core/journal.py and core/settings.py work on the mounted disk.

    Modules that were imported on demand stay: others test that they go, and the source of one
    takes longer to read than a boot.
    """
    kept = [(m, m.os, m.__dict__.get("open")) for m in (journal, core_settings)]
    sinks, log.sinks = log.sinks, []
    drop, lazy.drop = lazy.drop, lambda module: None
    for module, _, _ in kept:
        module.os = _Os
        module.open = _open
    try:
        yield
    finally:
        log.sinks, lazy.drop = sinks, drop
        for module, os, opened in kept:
            module.os = os
            if opened is None:
                del module.open
            else:
                module.open = opened


def images(tape, files):
    """Generator over all points of a tape that began with `files`: (index, what, files) each.

    `index` says before which step of the tape the power goes; at len(tape) it is after the last.
    A write has a point after each of its bytes. The dict given out changes afterwards.
    """
    torn, late = dict(files), dict(files)
    for index, (kind, path, data) in enumerate(tape):
        yield index, "torn", torn
        yield index, "late", late
        if kind == "write":
            whole = torn[path]
            for n in range(1, len(data)):
                torn[path] = whole + data[:n]
                yield index, "byte %d" % n, torn
            torn[path] = whole
        apply(torn, kind, path, data, True)
        apply(late, kind, path, data, False)
    yield len(tape), "torn", torn
    yield len(tape), "late", late
