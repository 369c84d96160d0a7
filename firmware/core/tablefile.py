"""Which bytes stand in a table on flash (core/table.py), and where is a word in it?

Loaded by the first question and forgotten some seconds after the last one, with its open file and
the three pieces of it that were read last.
"""

from micropython import const

_PIECE = const(128)
_MORE = const(48)  # bytes of the next piece: a word of that length is found where two meet
_PIECES = const(3)  # shapes, their names, and one to look through

_folder = __file__.rpartition("/")
_file = open(_folder[0] + _folder[1] + "galvani.tab", "rb")
_pieces = []  # [first byte in the file, bytes], used last first


def opened(table):
    """The table as it is used while a message is read or a setting is looked up."""
    return Opened(table.start, table.size)


def find(table, what, *ends):
    """bytes.find()."""
    return Opened(table.start, table.size).find(what, *ends)


def _piece(at):
    """The bytes of the file from the begin of the piece that has byte `at`."""
    begin = at - at % _PIECE
    for i in range(len(_pieces)):
        if _pieces[i][0] == begin:
            if i:
                _pieces.insert(0, _pieces.pop(i))
            return _pieces[0][1]
    if len(_pieces) < _PIECES:
        _pieces.append([0, bytearray(_PIECE + _MORE)])
    piece = _pieces[-1]
    piece[0] = -1  # while it is neither the one nor the other
    _file.seek(begin)
    _file.readinto(piece[1])
    piece[0] = begin
    _pieces.insert(0, _pieces.pop())
    return piece[1]


class Opened:
    """A bytes object in the file: len(), single bytes, slices without a step, find(), count()."""

    def __init__(self, start: int, size: int):
        self.start = start
        self.size = size

    def opened(self):
        """It is already."""
        return self

    def __len__(self):
        return self.size

    def __getitem__(self, key):
        if isinstance(key, int):
            if not 0 <= key < self.size:
                raise IndexError("bytes index out of range")  # as bytes say it
            at = self.start + key
            return _piece(at)[at % _PIECE]
        at = key.start or 0
        stop = self.size if key.stop is None else min(key.stop, self.size)
        out = b""
        while at < stop:
            first = (self.start + at) % _PIECE
            more = min(stop - at, _PIECE - first)
            out += bytes(memoryview(_piece(self.start + at))[first : first + more])
            at += more
        return out

    def find(self, what, at=0, end=None):
        """Index of the first `what` between two indices, or -1."""
        head = what[:_MORE]  # what is longer is found by its begin
        end = self.size if end is None else min(end, self.size)
        while at + len(what) <= end:
            first = (self.start + at) % _PIECE
            last = min(end - at, _PIECE - first + len(head) - 1) + first
            found = _piece(self.start + at).find(head, first, last)
            if found < 0:
                at += _PIECE - first
                continue
            at += found - first
            if len(what) == len(head) or self[at : at + len(what)] == what:
                return at if at + len(what) <= end else -1
            at += 1
        return -1

    def count(self, what, at, end):
        """How often `what`, one byte, stands between two indices."""
        number = 0
        while at < end:
            first = (self.start + at) % _PIECE
            more = min(end - at, _PIECE - first)
            number += _piece(self.start + at).count(what, first, first + more)
            at += more
        return number
