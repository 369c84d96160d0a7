"""How is a text changed at places that its syntax tree names, without moving a line?"""


class Edits:
    """Replacements in a text at positions the syntax tree gives; lines keep their numbers."""

    def __init__(self, text: str):
        self._lines = [line.encode() for line in text.split("\n")]
        self._edits: set[tuple[int, int, int, str]] = set()

    def span(self, line: int, start: int, end: int, new: str) -> None:
        """Replace bytes start..end of a line (counted from 1)."""
        self._edits.add((line - 1, start, end, new))

    def word(self, line: int, old: str, new: str) -> None:
        """Replace the first `old` of a line, as in `def old(` or `global old`."""
        start = self._lines[line - 1].find(b" " + old.encode()) + 1
        self.span(line, start, start + len(old.encode()), new)

    def text(self) -> str:
        """The result."""
        lines = list(self._lines)
        for line, start, end, new in sorted(self._edits, reverse=True):
            lines[line] = lines[line][:start] + new.encode() + lines[line][end:]
        return b"\n".join(lines).decode()
