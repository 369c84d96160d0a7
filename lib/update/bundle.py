"""What is an update made of, and is what arrives whole, signed and for this station?

A bundle is one file that is read once, from its first byte to its last (docs/updates.md):

    8   b"GALVANI1"
    2   size of the head, at most 1024              }
    2   size of the certificates, at most 4096      }  big-endian
    2   size of the signature, at most 512          }
    4   size of the manifest, at most 65536         }
    head          JSON object: version, board, kind ("files" or "app"), min, build
    certificates  DER, the signer's first, then those between it and a root
    signature     of head and manifest, by the key of the first certificate, with SHA-256
    manifest      a line for each file: path, size, SHA-256 in hex, one blank between them
    contents      the files, in the manifest's order

Nothing of the contents is taken before the signature was found good, and no file is right unless
its hash is. tools/release.py makes bundles.
"""

import hashlib
import json
from binascii import hexlify

from micropython import const

MAGIC = b"GALVANI1"
_PREFIX = const(18)
_FILES_MOST = const(1000)
_NAME_MOST = const(80)
_SIZE_MOST = const(0x3FFFFFF)  # bytes of a file: more than any flash
_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"

_START = const(0)
_FRONT = const(1)
_MANIFEST = const(2)
DUE = const(3)  # head and manifest are here: judge them, then accept()
_CONTENTS = const(4)
OVER = const(5)


class Refused(ValueError):
    """This is no update for this station, and trying again changes nothing.

    kind: "format", "board", "version", "signature" (or its certificate), "hash".
    """

    def __init__(self, kind: str, text: str):
        super().__init__(text)
        self.kind = kind


class Bundle:
    """Takes a bundle apart while it comes.

    place: note(data) keeps a part of the manifest, lines() gives it back line by line (bytes);
    open(path, size), write(data), close() put a file where it belongs. Attributes: state; once it
    is DUE head (dict), certificates and signature (bytes), digest (SHA-256 of head and manifest).
    """

    def __init__(self, place):
        self.place = place
        self.state = _START
        self.front = bytearray()
        self.hash = hashlib.sha256()
        self.left = _PREFIX  # bytes until the state changes
        self.path = None

    def feed(self, data) -> int:
        """Take bytes of a memoryview: how many; not all of them when `state` is DUE or OVER.

        Refused for what is no bundle, or a file whose hash is wrong; OSError of the place.
        """
        at = 0
        while at < len(data) and self.state != DUE and self.state != OVER:
            part = data[at : at + self.left]
            at += len(part)
            self.left -= len(part)
            if self.state < _MANIFEST:
                self.front.extend(part)
            else:
                self.hash.update(part)
                if self.state == _MANIFEST:
                    self.place.note(part)
                else:
                    self.place.write(part)
            if not self.left:
                self._next()
        return at

    def _next(self):
        if self.state == _START:
            if bytes(self.front[:8]) != MAGIC:
                raise Refused("format", "no update of this kind of station")
            sizes = [self.front[i] << 8 | self.front[i + 1] for i in (8, 10, 12, 14, 16)]
            self.sizes = sizes[0], sizes[1], sizes[2], sizes[3] << 16 | sizes[4]
            for size, most in zip(self.sizes, (1024, 4096, 512, 65536)):
                if not 0 < size <= most:
                    raise Refused("format", "a part of %d bytes: expected 1 to %d" % (size, most))
            self.front = bytearray()
            self.left = sum(self.sizes[:3])
            self.state = _FRONT
        elif self.state == _FRONT:
            self._divide()
            self.left = self.sizes[3]
            self.state = _MANIFEST
        elif self.state == _MANIFEST:
            self.digest = self.hash.digest()
            self.state = DUE
        else:
            self._file_ends()

    def _divide(self):
        front = bytes(self.front)
        self.front = None
        head = front[: self.sizes[0]]
        self.hash.update(head)
        try:
            self.head = json.loads(head)
        except ValueError:
            self.head = None
        if not isinstance(self.head, dict):
            raise Refused("format", "the head is no JSON object")
        for key in ("version", "board", "kind", "min", "build"):
            if not isinstance(self.head.get(key), str):
                raise Refused("format", "head, %s: expected a text" % key)
        end = self.sizes[0] + self.sizes[1]
        self.certificates = front[self.sizes[0] : end]
        self.signature = front[end:]

    def accept(self):
        """The signature is good and the update is for this station: go on with the contents."""
        self.lines = self.place.lines()
        self.count = 0
        self.state = _CONTENTS
        self._file_begins()

    def _file_begins(self):
        """Open the next file of the manifest, or be OVER; files without content are made here."""
        while True:
            line = next(self.lines, None)
            if line is None:
                if not self.count:
                    raise Refused("format", "the manifest names no file")
                self.state = OVER
                return
            self.count += 1
            self.path, self.left, self.wanted = _entry(line)
            if self.count > _FILES_MOST:
                raise Refused("format", "more than %d files" % _FILES_MOST)
            self.hash = hashlib.sha256()
            self.place.open(self.path, self.left)
            if self.left:
                return
            self._file_closes()

    def _file_ends(self):
        self._file_closes()
        self._file_begins()

    def _file_closes(self):
        self.place.close()
        if hexlify(self.hash.digest()) != self.wanted:
            raise Refused("hash", "%s is not what the manifest says" % self.path)

    def end(self):
        """The stream is over: OSError if anything is missing (a cut, not a wrong update)."""
        if self.state != OVER:
            raise OSError("the update is not whole")


def _entry(line):
    """(path, size, hash in hex) of a line of the manifest."""
    try:
        path, size, wanted = line.strip().split(b" ")
        path = path.decode()
        size = int(size)
    except ValueError:
        path = wanted = ""
        size = 0
    ok = 0 < len(path) <= _NAME_MOST and len(wanted) == 64 and 0 <= size <= _SIZE_MOST
    for part in path.split("/"):
        ok = ok and part not in ("", ".", "..")
    for char in path:
        ok = ok and char in _CHARS
    if not ok:
        raise Refused("format", "manifest: expected path, size and SHA-256")
    return path, size, wanted


def number(version: str):
    """A version as a tuple of numbers, the part behind - or + left out. Refused for no version."""
    text = version.split("+")[0].split("-")[0]
    try:
        found = tuple([int(part) for part in text.split(".")])
    except ValueError:
        found = ()
    if not 1 <= len(found) <= 4 or min(found) < 0:
        raise Refused("version", "version %s: expected one like 1.2.3" % version[:40])
    return found


def judge(head, board: str, running: str, kinds):
    """Refused unless the update is for this board, of a kind it takes, and goes forward.

    running: the version that runs. kinds: what the board has room for, of "files" and "app".
    """
    if head["board"] != board:
        raise Refused("board", "made for %s, this is %s" % (head["board"][:40], board))
    if head["kind"] not in kinds:
        raise Refused("board", "an update of %s, this board takes %s" % (head["kind"], kinds))
    new = number(head["version"])
    now = number(running)
    if new < now:
        raise Refused("version", "%s is older than %s, which runs" % (head["version"], running))
    if now < number(head["min"]):
        text = "%s needs %s to update from, %s runs"
        raise Refused("version", text % (head["version"], head["min"], running))
