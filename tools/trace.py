"""Where in the sources did that happen? Reads a log or traceback of a linked station.

    python -m tools.trace [--map build/mpy.map.json] < log

The build joins and renames what goes onto a board (tools/link); this puts the names, files and
lines of the sources back: `File "galvani", line 412, in atan2` becomes
`File "firmware/core/log.py", line 97, in Log.exc`. What it does not know stays as it is.
`--map` is the map of the build that the board runs: it lies beside the tree (build/mpy-BOARD...).
"""

import argparse
import bisect
import json
import re
import sys
from pathlib import Path

from tools import build
from tools.link.join import JOINED

_PLACE = re.compile(r'File "([\w.]+)", line (\d+)(?:, in ([\w<>]+))?')
_NAMED = re.compile(r"(attribute |name |class |argument |import name )'?(\w+)'?|'(\w+)'( object)")


class Map:
    """The way back of one build. table: what Linked.map() gave."""

    def __init__(self, table: dict):
        self.names = table["names"]
        self.rows = {
            build.module_name(path): ([row[0] for row in rows], rows)
            for path, rows in table["lines"].items()
        }

    def place(self, found: re.Match) -> str:
        """A place of a traceback, of the sources if it is known."""
        file, line, short = found[1], int(found[2]), found[3]
        if file not in self.rows:
            return found[0]
        lines, rows = self.rows[file]
        at = bisect.bisect_right(lines, line) - 1
        if at < 0:
            return found[0]
        _, path, old, name = rows[at]
        if file == JOINED and not name.startswith("__"):
            name = name.split("__", 1)[-1]
        inner = name or short or "<module>"
        return f'File "{source_path(path)}", line {old}' + (f", in {inner}" if short else "")

    def name(self, found: re.Match) -> str:
        """A name in a message, with all that it can be."""
        short = found[2] or found[3]
        long = " or ".join(sorted({n.replace("__", ".") for n in self.names.get(short, ())}))
        return found[0].replace(short, long) if long else found[0]

    def line(self, text: str) -> str:
        """One line of a log."""
        return _NAMED.sub(self.name, _PLACE.sub(self.place, text))


def source_path(path: str) -> str:
    """A path on the flash as one of the repository."""
    if (build.ROOT / path).exists():
        return path
    return f"firmware/{path}" if (build.ROOT / "firmware" / path).exists() else path


def main(arguments: list[str] | None = None) -> int:
    """stdin to stdout."""
    parser = argparse.ArgumentParser(prog="python -m tools.trace", description=__doc__)
    parser.add_argument("--map", type=Path, default=build.map_of(build.BUILD / "mpy"))
    options = parser.parse_args(arguments)
    try:
        way = Map(json.loads(options.map.read_text()))
    except OSError as error:
        print(f"trace: no map: {error}; `make mpy` makes one", file=sys.stderr)
        return 2
    for line in sys.stdin:
        sys.stdout.write(way.line(line))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
