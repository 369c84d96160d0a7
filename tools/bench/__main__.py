"""Prints the figures: one JSON line each on stdout, progress on stderr. See tools/bench."""

import argparse
import sys

from tools import build, micropython
from tools.bench import figures, port, table


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", help="names with this text, or by wildcards")
    parser.add_argument("--list", action="store_true", help="the names and limits, no figures")
    parser.add_argument("--table", action="store_true", help="a markdown table instead of JSON")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a limit is not met")
    return parser.parse_args(arguments)


def prepare() -> None:
    """Builds what is not up to date, so that no figure has to wait for it."""
    micropython.path(port.BITS)
    micropython.path(port.BITS, frozen=True)
    build.tree("mpy")


def main(arguments: list[str] | None = None) -> int:
    """Runs what was asked for; the exit code."""
    options = parse(arguments)
    if options.list:
        for name in table.names():
            if figures.selects(options.only, name):
                limit = figures.limits.limit_of(name)
                print(name if limit is None else f"{name}  (at most {limit})")
        return 0
    prepare()
    found = []

    def emit(figure):
        found.append(figure)
        if not options.table:
            print(figure.line(), flush=True)

    failures = figures.run(options.only, emit)
    if options.table:
        print(table.markdown(found))
    for failure in failures:
        figures.say(f"failed: {failure}")
    if not found:
        figures.say(f"no figure is called {options.only}; --list names them")
        return 2
    missed = [figure.name for figure in found if figure.ok is False]
    if missed:
        figures.say(f"limits not met: {', '.join(sorted(missed))}")
    worse = [figure.name for figure in found if figures.limits.worse(figure.name, figure.value)]
    if worse:
        figures.say(f"worse than they were: {', '.join(sorted(worse))}")
    return 1 if worse or options.strict and (missed or failures) else 0


if __name__ == "__main__":
    sys.exit(main())
