"""Where is a message that is too long for the memory? In a file, read through a small window.

A SendLocalList of fifty entries has 8 KB: no station with 56 KB of heap has them in one piece.
Such a text goes to the flash as it arrives and is read from there, character by character and a
string at a time; ocppj/schema.py needs no more of a bytes object than this class has.
"""

import os

from micropython import const

_WINDOW = const(256)


class LongText:
    """A text on its way in (write); after finish() what a reader of bytes needs of it."""

    def __init__(self, path: str):
        self._path = path
        self._file = open(path, "w+b")
        self._size = 0
        self._window = bytearray(_WINDOW)
        self._begin = -_WINDOW  # of what the window shows; nothing yet

    def write(self, chunk):
        """The next bytes of it. OSError if the flash refuses."""
        self._file.write(chunk)
        self._size += len(chunk)

    def finish(self):
        """It is complete: returns what is to be read."""
        self._file.flush()
        return self

    def drop(self):
        """Nobody reads it any more."""
        if self._file:
            self._file.close()
            self._file = None
            os.remove(self._path)

    def __len__(self):
        return self._size

    def __getitem__(self, key):
        """A byte as int, or a slice without a step as bytes."""
        if isinstance(key, int):
            if not 0 <= key < self._size:
                raise IndexError("bytes index out of range")  # as bytes say it
            self._show(key)
            return self._window[key - self._begin]
        start = key.start or 0
        stop = self._size if key.stop is None else min(key.stop, self._size)
        self._show(start)
        if stop <= self._begin + _WINDOW:
            return bytes(memoryview(self._window)[start - self._begin : stop - self._begin])
        self._file.seek(start)
        return self._file.read(stop - start)

    def find(self, what, start):
        """Index of a byte, given as bytes of length 1, from `start` on; -1 if there is none."""
        while start < self._size:
            self._show(start)
            at = self._window.find(what, start - self._begin, self._size - self._begin)
            if at >= 0:
                return self._begin + at
            start = self._begin + _WINDOW
        return -1

    def _show(self, at):
        """Move the window so that the byte `at` is in it."""
        begin = at - at % _WINDOW
        if begin != self._begin:
            self._file.seek(begin)
            self._file.readinto(self._window)
            self._begin = begin
