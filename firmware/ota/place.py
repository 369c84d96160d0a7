"""Where does an update go while it comes? Into the spare folder, or the spare app partition.

Nothing of it can run before the whole of it is there and right: `slot` names the folder, or the
boot loader the partition, only when Update.install() says so.
"""

import asyncio
import hashlib
import os

from micropython import const

import lazy
from update import bundle

_NO_ROOM = const(28)  # ENOSPC
_ROOM = const(1_000_000)  # bytes that a build of .mpy files takes in blocks of 4 KB, and some
_MAGIC = const(0xE9)  # the first byte of an app image
_MANIFEST = const(0x20000)  # more than all that a bundle has before its files
_SPARE = const(65536)  # bytes of flash that no download takes
_ROOT = ("lib", "core", "drivers", "tasks", "console", "net", "ota", "parts")


class Folder:
    """A place of lib/update/bundle.py: the files of a build below `path`."""

    def __init__(self, path):
        self.path = path
        self.file = open(path + "/files", "wb")

    def note(self, data):
        """A part of the manifest."""
        self.file.write(data)

    def lines(self):
        """The manifest, line by line."""
        self.file.close()
        with open(self.path + "/files", "rb") as f:
            for line in f:
                yield line

    def open(self, path, size):
        """The next file; its folders are made."""
        made = self.path
        for part in path.split("/")[:-1]:
            made += "/" + part
            try:
                os.mkdir(made)
            except OSError:
                pass  # it is there; if not, open() says so
        self.file = open(self.path + "/" + path, "wb")

    def write(self, data):
        """Its content."""
        self.file.write(data)

    def close(self):
        """Its end, also when it was given up in its middle."""
        self.file.close()


class App:
    """A place for an app image: the partition that the boot loader would start next.

    part: that partition. chip: bytes 12 and 13 of the image that runs, which name its chip.
    """

    def __init__(self, part, chip):
        self.part = part
        self.chip = chip
        self.rows = []
        self.block = bytearray(4096)
        self.used = self.number = 0

    def note(self, data):
        """A part of the manifest, which has one line."""
        self.rows.append(bytes(data))

    def lines(self):
        """That line."""
        return iter(b"".join(self.rows).split(b"\n")[:-1])

    def open(self, path, size):
        """The image."""
        if path != "app.bin" or self.number or self.used:
            raise bundle.Refused("format", "an app update has one file, app.bin")
        if size > self.part.info()[3]:
            text = "an image of %d bytes, the partition has %d"
            raise bundle.Refused("board", text % (size, self.part.info()[3]))

    def write(self, data):
        """Its bytes, a block of flash at a time."""
        at = 0
        while at < len(data):
            part = data[at : at + 4096 - self.used]
            self.block[self.used : self.used + len(part)] = part
            self.used += len(part)
            at += len(part)
            if self.used == 4096:
                self._flush()

    def _flush(self):
        if not self.number:
            if self.block[0] != _MAGIC:
                raise bundle.Refused("format", "this is no app image")
            if self.block[12:14] != self.chip:
                raise bundle.Refused("board", "an app image of another chip")
        self.part.writeblocks(self.number, self.block)  # it erases first
        self.number += 1
        self.used = 0

    def close(self):
        """Its end; what does not fill a block is followed by erased flash."""
        if self.used:
            for i in range(self.used, 4096):
                self.block[i] = 255
            self._flush()


class Update:
    """Takes the bytes of an update from net/files.py: begin(), write(data), count; then install().

    Refused (a ValueError) says why it is none for this station. sha: SHA-256 of all its bytes.
    later: True: whose signature it is will be judged before install(), by proof() (ota/solo.py).
    """

    later = False
    bundle = None

    def __init__(self, app):
        self.app = app
        self.count = 0
        self.place = self.folder = None
        self.slot = spare_app() if getattr(app.board, "APP_UPDATES", False) else None

    def most(self):
        """Bytes that a download may have."""
        if self.slot:
            return self.slot[0].info()[3] + _MANIFEST
        free = self.app.store.free()
        return 1 << 29 if free is None else max(free - _SPARE, 0)

    async def make_room(self):
        """Before the first byte: what lay in the spare folder goes.

        A flash of 2 MB holds two builds. Where there is no room for a third, the one that came by
        cable goes, but for boot.py, main.py and the board's data: the update that runs has proved
        itself (boot.py finds it without the file `slot`, too).
        """
        if self.slot:
            return
        slots = lazy.load("ota.slots")
        lazy.drop("ota.slots")
        await clear(slots.spare())
        current, left, _ = slots.read()
        free = self.app.store.free()
        if current in "ab" and left == "ok" and free is not None and free < _ROOM:
            for folder in _ROOT:
                await clear(folder)

    async def begin(self):
        """All that has come before is thrown away."""
        slots = lazy.load("ota.slots")
        lazy.drop("ota.slots")
        self.let_go()
        self.count = 0
        self.sha = hashlib.sha256()
        if self.slot:
            self.place = App(*self.slot)
        else:
            self.folder = slots.spare()
            await clear(self.folder)
            os.mkdir(self.folder)
            self.place = Folder(self.folder)
        self.bundle = bundle.Bundle(self.place)

    async def write(self, data):
        """The next bytes."""
        try:
            view = memoryview(data)
            self.sha.update(view)
            self.count += len(view)
            while view:
                size = self.bundle.feed(view)
                view = view[size:]
                if self.bundle.state == bundle.DUE:
                    await self._judge()
                    self.bundle.accept()
                elif view and not size:
                    raise bundle.Refused("format", "bytes behind the end")
        except OSError as e:
            if e.errno == _NO_ROOM:
                raise ValueError("no room on the flash")
            raise

    async def _judge(self):
        app = self.app
        kinds = "app" if self.folder is None else "files"
        bundle.judge(self.bundle.head, app.board.NAME, app.VERSION, kinds)
        if self.later:
            return
        await lazy.load("ota.signer").check(app, self.bundle)
        lazy.drop("ota.signer")
        app.log("OTA").info("update to %s, signed", self.bundle.head["version"])

    def proof(self):
        """What a judgement of its signatures needs, as bytes: see ota/signer.py's late()."""
        one = self.bundle
        size = len(one.certificates)
        head = bytes((size >> 8, size & 255))
        return one.digest + self.sha.digest() + head + one.certificates + one.signature

    def end(self):
        """OSError unless all of it has come."""
        self.bundle.end()

    def install(self):
        """The next start is the new build's, on trial."""
        if self.bundle:
            self.end()
        elif not self.slot:  # it lies there since an earlier start
            self.folder = lazy.call("ota.slots", "spare")
        if self.folder:
            with open(self.folder + "/whole", "w"):
                pass  # boot.py asks for it where the file `slot` is lost
            lazy.call("ota.slots", "switch", self.folder)
        else:
            part = self.slot[0]
            lazy.call("ota.slots", "switch_app", part.info()[4])
            try:
                part.set_boot()
            except OSError:  # the chip finds no image in it: what runs stays, and nothing is tried
                lazy.call("ota.slots", "known")
                raise

    def let_go(self):
        """Close what is open."""
        if self.folder and self.place:
            self.place.close()


def spare_app():
    """(partition for an app image, chip) of App; None on a chip that has one slot only."""
    from esp32 import Partition

    runs = Partition(Partition.RUNNING)
    try:
        part = runs.get_next_update()
    except OSError:  # none at all
        return None
    if part.info()[2] == runs.info()[2]:  # itself: by no means
        return None
    head = bytearray(16)
    runs.readblocks(0, head)
    return part, head[12:14]


async def clear(folder: str):
    """Delete a folder with all that is in it, if it is there; control comes between two files."""
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    # The sign that a build is whole goes first.
    entries.sort(key=lambda entry: entry[0] != "whole")
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            await clear(path)
        else:
            os.remove(path)
        await asyncio.sleep_ms(0)
    os.rmdir(folder)
