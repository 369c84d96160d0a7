"""Does an update survive a power cut at any byte of any write? docs/updates.md, "Where it goes".

firmware/ota/ and what boot.py chooses run on the file system of power_disk.py, which keeps every
primitive step: manifest, files, the marker `whole`, the file `slot`, the count of the trial. Both
of its models of a cut are played: written through (each byte), and as LittleFS (old or new).
test_update_station.py runs the same code on the ports; mpy/mt_ota_app.py has app images.
"""

import contextlib
import hashlib
import json

import pytest

import lazy
from power_disk import Disk, images
from ws_peers import ROOT

from v16_station import journal  # noqa: F401  isort: skip (the path of firmware/)
from ota import place, slots  # isort: skip

NEW = {
    "main.py": b"print('new')\n",
    "lib/update/bundle.mpy": bytes(range(200)),
    "lib/empty.mpy": b"",
    "core/log.mpy": b"log" * 30,
}
SHARED = {"config.json": b"{}", "journal/tx": b"record", "certs/maker.der": b"root"}
CABLE = {"main.py": b"cable", "boot.py": b"boot", "lib/old.mpy": b"old", "core/log.mpy": b"c"}


def bundle(files):
    """A bundle whose signature the stand-in for ota/signer.py believes."""
    head = {"version": "1.1.0", "board": "TEST", "kind": "files", "min": "0.1", "build": "x"}
    head = json.dumps(head).encode()
    lines = b"".join(
        b"%s %d %s\n" % (path.encode(), len(data), hashlib.sha256(data).hexdigest().encode())
        for path, data in sorted(files.items())
    )
    sizes = (len(head), 1, 1, 0, len(lines))
    front = b"GALVANI1" + b"".join(n.to_bytes(2, "big") for n in sizes) + head + b"cs"
    return front + lines + b"".join(data for _, data in sorted(files.items()))


class Tree:
    """`os` and `open` of a Disk with folders; they are wherever a file is."""

    def __init__(self, disk):
        self.disk = disk

    def ilistdir(self, folder):
        head = folder + "/"
        found = {}
        for path in self.disk.files:
            if path.startswith(head):
                name, deeper, _ = path[len(head) :].partition("/")
                found[name] = 0x4000 if deeper else 0x8000
        if not found:
            raise OSError(2)
        return [(name, kind, 0) for name, kind in sorted(found.items())]

    def stat(self, path):
        if path not in self.disk.files:
            self.ilistdir(path)

    def mkdir(self, path):
        pass

    def rmdir(self, path):
        assert not any(p.startswith(path + "/") for p in self.disk.files), "not empty: " + path

    def remove(self, path):
        if path not in self.disk.files:
            raise OSError(2)
        self.disk.step("remove", path)

    def rename(self, old, new):
        self.disk.step("rename", old, new)

    def open(self, path, mode="r"):
        return _Writer(self.disk, path) if "w" in mode else _Reader(self.disk, path, mode)


class _Writer:
    def __init__(self, disk, path):
        self.disk, self.path, self.data = disk, path, b""
        disk.step("open", path)

    def write(self, data):
        data = data.encode() if isinstance(data, str) else bytes(data)
        self.data += data
        self.disk.step("write", self.path, data)

    def close(self):
        self.disk.step("close", self.path, self.data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Reader:
    def __init__(self, disk, path, mode):
        if path not in disk.files:
            raise OSError(2)
        self.data = disk.files[path] if "b" in mode else disk.files[path].decode()

    def read(self):
        return self.data

    def __iter__(self):
        return iter(self.data.splitlines(True))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Board:
    NAME = "TEST"


class App:
    board = Board
    VERSION = "1.0.0"

    class store:
        free_bytes = 10_000_000

        @classmethod
        def free(cls):
            return cls.free_bytes


class Asyncio:
    @staticmethod
    async def sleep_ms(ms):
        pass


async def _believe(self):
    pass


@contextlib.contextmanager
def on(disk):
    """firmware/ota and boot.py work on this disk."""
    tree = Tree(disk)
    kept = [(m, m.os) for m in (place, slots)]
    for module, _ in kept:
        module.os, module.open = tree, tree.open
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, "asyncio", Asyncio)
        patch.setattr(place.Update, "_judge", _believe)
        patch.setattr(lazy, "drop", lambda module: None)  # they stay patched
        patch.setitem(__import__("sys").modules, "os", tree)
        try:
            yield
        finally:
            for module, os in kept:
                module.os = os
                del module.open


def run(steps):
    """A coroutine that never waits."""
    with pytest.raises(StopIteration):
        steps.send(None)


def take(disk, data, pieces=120, room=True):
    """The station takes an update and installs it."""

    async def story():
        one = place.Update(App())
        if room:
            await one.make_room()
        await one.begin()
        for at in range(0, len(data), pieces):
            await one.write(data[at : at + pieces])
        one.install()

    with on(disk):
        run(story())


def _choose():
    """boot.py's own functions, as it is shipped."""
    text = (ROOT / "firmware/boot.py").read_text()
    start = text.index("def there("), text.index("def choose(")
    end = text.index("def finish("), text.index("_slot = choose()")
    space = {}
    exec("\n".join(text[a:b] for a, b in zip(start, end)), space)
    return space


BOOT = _choose()


def choose(disk):
    """The folder that boot.py takes, "" for the root; it counts a trial down."""
    tree = Tree(disk)
    BOOT["open"] = tree.open
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "os", tree)
        return BOOT["choose"]()


def build(files, folder):
    """The files of a build in a folder, without the marks of an update."""
    head = folder + "/" if folder else ""
    found = {p[len(head) :]: d for p, d in files.items() if p.startswith(head)}
    return {p: d for p, d in found.items() if p not in ("files", "whole")}


def below(folder, files):
    return {folder + "/" + path: data for path, data in files.items()}


STALE = {"lib/stale.mpy": b"s", "whole": b"", "files": b"x", "core/log.mpy": b"older"}
# What was there before: name -> (files, folder that runs, folder for the new one).
BEFORE = {
    "by cable": (CABLE, "", "a"),
    "by cable, junk in a": ({**CABLE, **below("a", STALE)}, "", "a"),
    "a runs": ({**CABLE, **below("a", CABLE), "slot": b"a ok -"}, "a", "b"),
    "a runs, b is old": (
        {**CABLE, **below("a", CABLE), **below("b", STALE), "slot": b"a ok -"},
        "a",
        "b",
    ),
    "a on trial": ({**CABLE, **below("a", CABLE), "slot": b"a 2 -"}, "a", "b"),
    "b failed": ({**CABLE, **below("b", STALE), "slot": b"- failed b"}, "", "a"),
}


@pytest.mark.parametrize("name", BEFORE)
def test_the_old_build_or_the_whole_new_one_at_every_byte(name):
    """And the next attempt works, wherever the one before was cut."""
    before, old, new = BEFORE[name]
    files = {**before, **SHARED}
    whole = build(before, old) if old else CABLE
    data = bundle(NEW)
    disk = Disk(files)
    take(disk, data)
    seen, count, last = set(), 0, None
    for index, what, image in images(disk.tape, files):
        count += 1
        found = choose(Disk(image))
        seen.add(found)
        if found == new:
            assert build(image, new) == NEW, (index, what)
        else:
            assert found == old, (index, what)
            assert whole.items() <= build(image, old).items(), (index, what)
        assert SHARED.items() <= image.items(), (index, what)
        if index != last and what == "torn" and found == old and not name.endswith("trial"):
            last = index
            again = Disk(image)
            take(again, data)
            assert choose(again) == new and build(again.files, new) == NEW, (index, what)
    assert seen == {old, new}
    assert count > sum(map(len, NEW.values()))


def test_the_cable_s_build_makes_room_at_every_byte():
    """Its files go while an update that has proved itself runs; that one stays whole."""
    files = {**CABLE, **below("a", CABLE), "a/whole": b"", "slot": b"a ok -", **SHARED}
    disk = Disk(files)
    App.store.free_bytes = 1000
    try:
        take(disk, bundle(NEW))
    finally:
        App.store.free_bytes = 10_000_000
    assert "lib/old.mpy" not in disk.files and disk.files["boot.py"] == b"boot"
    for index, what, image in images(disk.tape, files):
        found = choose(Disk(image))
        wanted = NEW if found == "b" else {**CABLE}
        assert wanted.items() <= build(image, found).items(), (index, what)
        assert found in "ab" and SHARED.items() <= image.items()
        # If the file `slot` is lost besides: never a build that is not whole.
        lost = {path: data for path, data in image.items() if path != "slot"}
        found = choose(Disk(lost))
        if found:
            assert found + "/whole" in lost
            assert (NEW if found == "b" else CABLE).items() <= build(lost, found).items()


@pytest.mark.parametrize("left", [3, 2, 1, 0])
def test_the_count_of_the_trial_at_every_byte(left):
    """A start counts or does not; what is cut never makes a build stay, or another one run."""
    text = b"a %d b" % left
    files = {"slot": text, **below("a", NEW), **below("b", CABLE)}
    disk = Disk(files)
    first = choose(disk)
    assert first == ("b" if left == 0 else "a")
    seen = set()
    for _, _, image in images(disk.tape, files):
        seen.add(image["slot"])
        assert choose(Disk(image)) == ("b" if image["slot"] in (b"a 0 b", b"b failed a") else "a")
    after = b"b failed a" if left == 0 else b"a %d b" % (left - 1)
    assert seen == {text, after}


def test_a_trial_ends_however_often_the_power_goes():
    """Three whole starts at most, with a cut of a start before each."""
    files = {"slot": b"a 3 -", **below("a", NEW), **CABLE}
    starts = []
    for _ in range(4):
        disk = Disk(files)
        choose(disk)
        middle = list(images(disk.tape, dict(files)))[len(disk.tape) // 2][2]
        disk = Disk(middle)
        starts.append(choose(disk))
        files = disk.files
    assert starts[-1] == "" and starts.count("a") <= 3
    assert files["slot"] == b"- failed a"


@pytest.mark.parametrize(
    "before, word, after",
    [
        (b"a 2 -", "confirm", b"a ok -"),
        (b"a 2 -", "give_up", b"- failed a"),
        (b"- failed a", "known", b"- ok -"),
    ],
)
def test_the_verdict_of_a_trial_at_every_byte(before, word, after):
    files = {"slot": before, **below("a", NEW), **CABLE}
    disk = Disk(files)
    with on(disk):
        getattr(slots, word)()
    assert {image["slot"] for _, _, image in images(disk.tape, files)} == {before, after}
