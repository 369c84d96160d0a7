"""How many small mistakes in the code do the tests notice? The mutation check.

    .venv/bin/python tests_host/mutants.py [--sample N] [--seed N] [--wanted N] [part ...]

Draws N mistakes (mutation.py) for each file, puts each into the module in memory and runs the
tests that concern it until the first one fails. A line of JSON a file, at the end a table; exit
code 1 if less than 90 percent were noticed. docs/mutation.md has the last figures.

Each mistake is tried in a process of its own, forked from one that has pytest loaded: nothing is
copied, and the tests that have noticed most so far run first.
"""

import argparse
import ast
import dataclasses
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in ("", "tests_host", "tests_host/shim", "lib"):
    sys.path.insert(0, str(ROOT / folder))

import hypothesis  # noqa: E402, F401
import pytest  # noqa: E402

import mutation  # noqa: E402
import mutation_tests  # noqa: E402

WALL_S = 900
MEMORY = 2 << 30
WANTED = 90


class Mistaken(importlib.machinery.SourceFileLoader):
    """Loads a module from a tree that has a mistake in it."""

    tree: ast.Module

    def get_code(self, fullname):
        """The compiled tree, never a cached file."""
        return compile(self.tree, self.path, "exec")


class Finder:
    """Finds one module, and nothing else."""

    def __init__(self, path: str, tree: ast.Module):
        self.name = module_name(path)
        self.path = str(ROOT / path)
        self.tree = tree

    def find_spec(self, name, path=None, target=None):
        """The mistaken module's spec."""
        if name != self.name:
            return None
        loader = Mistaken(name, self.path)
        loader.tree = self.tree
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


class Watch:
    """Pytest's plugin: orders the tests and says how they ended."""

    def __init__(self, kills: Counter, seconds: dict):
        self.kills = kills
        self.seconds = seconds
        self.failed = None

    def pytest_collection_modifyitems(self, items):
        """Those that have noticed most first, then the quick ones."""
        items.sort(key=lambda i: (-self.kills[i.nodeid], self.seconds.get(i.nodeid, 0)))

    def pytest_runtest_logreport(self, report):
        """Notes how long a test took, and the first that fails."""
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def module_name(path: str) -> str:
    """lib/planner/ring.py is imported as planner.ring."""
    return ".".join(Path(path).with_suffix("").parts[1:])


@dataclasses.dataclass
class Tests:
    """What is known of a set of tests: how often each noticed, how long each takes."""

    names: tuple[str, ...]
    kills: Counter = dataclasses.field(default_factory=Counter)
    seconds: dict = dataclasses.field(default_factory=dict)
    cpu_s: int = 600  # a mistake that never ends is noticed


def tried(path, tree, tests: Tests):
    """(exit code of pytest, first test that failed, seconds a test) with `tree` as the module."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        _child(theirs, path, tree, tests)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        text = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if tree is None:
        tests.cpu_s = 4 + int(2 * (usage.ru_utime + usage.ru_stime))
    return json.loads(text) if text else (2, f"signal {os.WTERMSIG(status)}", {})


def _child(pipe, path, tree, tests):
    """Never returns."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (tests.cpu_s, tests.cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(WALL_S)
    watch = Watch(tests.kills, tests.seconds)
    if tree is not None:
        sys.meta_path.insert(0, Finder(path, tree))
    os.chdir(ROOT)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--dist=no"]
    code = pytest.main(
        [*options, *(f"tests_host/{name}" for name in tests.names)], plugins=[watch]
    )
    os.write(pipe, json.dumps([int(code), watch.failed, watch.seconds]).encode())
    os._exit(0)


def checked(path, sample, seed, state):
    """Tries `sample` mistakes in a file: {"path", "tried", "noticed", "left"}."""
    source = (ROOT / path).read_text()
    names = mutation_tests.tests_of(path)
    tests = state.setdefault(names, Tests(names))
    if not tests.seconds:
        code, failed, measured = tried(path, None, tests)
        if code:
            raise SystemExit(f"{path}: its tests fail without any mistake: {failed}")
        tests.seconds.update(measured)
    found = mutation.places(source)
    drawn = random.Random(f"{seed} {path}").sample(found, min(sample, len(found)))
    left = []
    for place in sorted(drawn):
        tree, text = mutation.mistake(source, place)
        code, failed, _ = tried(path, tree, tests)
        if code:
            tests.kills[failed] += 1
        else:
            left.append(text)
            print(f"{path}:{text}", file=sys.stderr, flush=True)
    return {"path": path, "tried": len(drawn), "noticed": len(drawn) - len(left), "left": left}


def main(arguments: list[str]) -> int:
    """Prints a line a file."""
    parser = argparse.ArgumentParser(prog="mutants.py", allow_abbrev=False)
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wanted", type=int, default=WANTED, help="percent that must be noticed")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args(arguments)
    mutation_tests.prepare()
    state = {}
    rows = []
    for path in mutation_tests.files(ROOT):
        if not options.paths or any(part in path for part in options.paths):
            rows.append(checked(path, options.sample, options.seed, state))
            print(json.dumps(rows[-1]), flush=True)
    tried_all = sum(row["tried"] for row in rows)
    noticed = sum(row["noticed"] for row in rows)
    print(f"{noticed} of {tried_all} mistakes noticed")
    return 0 if 100 * noticed >= options.wanted * tried_all else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
