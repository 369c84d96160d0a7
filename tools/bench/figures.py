"""What is a figure, and how are the functions that measure them found and run?

A measurement is a function that yields Figure; its decorator names what it yields, so that
`--only` and `--list` need not run anything:

    @measures("ws.mask_plain", "ws.mask_fast", alone=True)
    def masking():
        yield Figure("ws.mask_plain", 4.2, "MB/s", "1 KB buffer")
"""

import fnmatch
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.bench import limits

WORKERS = 2


@dataclass
class Figure:
    """One figure. value: a number, or None when it could not be had (source says why)."""

    name: str
    value: float | int | None
    unit: str
    source: str

    @property
    def limit(self):
        """What the value may be at most, or None."""
        return limits.limit_of(self.name)

    @property
    def ok(self):
        """Is the limit met? None where there is none."""
        return limits.verdict(self.name, self.value)

    def line(self) -> str:
        """The JSON line of stdout."""
        row = {"name": self.name, "value": self.value, "unit": self.unit}
        return json.dumps(row | {"limit": self.limit, "ok": self.ok, "source": self.source})


@dataclass
class Measurement:
    """A function that yields figures. names may end in `.*` where the tree decides the rest.

    alone: it takes times, nothing else may run beside it. seconds: how long it takes, about.
    """

    function: Callable[[], Iterator[Figure]]
    names: tuple[str, ...]
    alone: bool
    seconds: int


REGISTRY: list[Measurement] = []


def measures(*names: str, alone: bool = False, seconds: int = 5):
    """Registers the decorated function; see Measurement."""

    def register(function):
        REGISTRY.append(Measurement(function, names, alone, seconds))
        return function

    return register


def say(text: str) -> None:
    """Progress, on stderr."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def selects(pattern: str | None, name: str) -> bool:
    """Does --only PATTERN (shell wildcards, or a part of the name) take this figure?

    `name` may be a registered one with a wildcard of its own: then, could it yield one?
    """
    if not pattern:
        return True
    if name.endswith(".*"):
        stem = name[:-1]
        return pattern.startswith(stem) or selects(pattern, stem + "x") or pattern in stem
    return pattern in name or fnmatch.fnmatchcase(name, pattern)


def run(pattern: str | None, emit: Callable[[Figure], None]) -> list[str]:
    """Runs what `pattern` selects and emits each figure once; returns what went wrong.

    Times are taken first, one after another; the rest runs on both cores.
    """
    chosen = [m for m in REGISTRY if any(selects(pattern, name) for name in m.names)]
    lock = threading.Lock()
    failures = []

    def measure(measurement):
        label = " ".join(measurement.names)
        began = time.monotonic()
        missing = {name for name in measurement.names if not name.endswith(".*")}
        try:
            for figure in measurement.function():
                missing.discard(figure.name)
                if selects(pattern, figure.name):
                    with lock:
                        emit(figure)
            why = "it was not measured"
        except Exception as error:  # one that fails must not take the others with it
            why = f"{type(error).__name__}: {error}"
            failures.append(f"{label}: {why}")
        for name in sorted(missing):
            if limits.limit_of(name) is not None and selects(pattern, name):
                with lock:
                    emit(Figure(name, None, "B", why.splitlines()[-1][:200]))
        say(f"{label}: {time.monotonic() - began:.1f} s")

    for measurement in chosen:
        if measurement.alone:
            measure(measurement)
    longest_first = sorted((m for m in chosen if not m.alone), key=lambda m: -m.seconds)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(measure, longest_first))
    return failures
