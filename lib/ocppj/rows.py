"""How is a long array of a message gone through without having it in memory?

Of a long text (schema.Reader) an array is checked but not kept: what stays is where it begins. Who
handles the message reads it again, entry by entry; the text has to live as long as that.
"""

from .schema import ANY


class Rows:
    """The array that begins at `pos` of a Reader's text, behind its bracket: len(), iteration."""

    def __init__(self, reader, pos: int, count: int):
        self._reader = reader
        self._pos = pos
        self._count = count

    def __len__(self):
        return self._count

    def __iter__(self):
        """Generator of the entries, as Reader.read gives them."""
        reader = self._reader
        pos = self._pos
        for _ in range(self._count):
            reader.pos = pos
            value = reader.read(ANY, 0)
            reader.peek()
            pos = reader.pos + 1  # behind the comma
            yield value
