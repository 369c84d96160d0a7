"""How do the test functions of a mt_*.py file reach MicroPython, and their verdicts come back?

One process runs all wanted functions of a file; when it dies or hangs, the function it was in has
failed and a fresh process goes on with the rest. The protocol is described in device.py.

Comment lines at the left margin set a file's options: `# heapsize: 112k` (as on a 32-bit device;
the 64-bit port gets twice that, as its objects take), `# timeout: 60` (seconds without news),
`# mark: long`.
"""

import ast
import dataclasses
import json
import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RUNNER = Path(__file__).resolve().parent
MPY_PATH = [ROOT / name for name in "tests_host/mpy tests_host/mpy/fakes lib firmware".split()]
OPTION = re.compile(r"^# (heapsize|timeout|mark): *(\S+)", re.MULTILINE)
OPERATORS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


@dataclasses.dataclass
class Verdict:
    """What became of one test: outcome "pass", "fail" or "skip"; trace or reason; its prints."""

    outcome: str
    text: str = ""
    output: str = ""


class TestFile:
    """One mt_*.py file: its options, its tests and its source as it will run."""

    __test__ = False

    def __init__(self, path: Path):
        self.path = path
        self.source = path.read_text()
        self.tree = ast.parse(self.source, filename=str(path))
        options = dict(OPTION.findall(self.source))
        self.heapsize = options.get("heapsize", "1m")
        self.timeout_s = float(options.get("timeout", 90))
        self.mark = options.get("mark")

    def tests(self) -> dict[str, int]:
        """Name and line of every test function, in order."""
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        return {
            node.name: node.lineno
            for node in self.tree.body
            if isinstance(node, functions) and node.name.startswith("test")
        }

    def run(self, binary: Path, names: list[str]) -> dict[str, Verdict]:
        """Runs the named tests on one port; every name gets a verdict."""
        verdicts: dict[str, Verdict] = {}
        remaining = list(names)
        while remaining:
            verdicts |= _Process(self, binary, remaining).verdicts()
            remaining = [name for name in remaining if name not in verdicts]
        return verdicts


class _Process:
    """One MicroPython process that runs some tests of one file."""

    def __init__(self, file: TestFile, binary: Path, names: list[str]):
        self.file = file
        self.binary = binary
        self.names = names
        self.done: dict[str, Verdict] = {}
        self.current: str | None = None
        self.output: list[str] = []

    def verdicts(self) -> dict[str, Verdict]:
        """Runs to the end, or to the death of the process; at least one test is settled."""
        with tempfile.TemporaryDirectory(prefix="mt-") as scratch:
            source = Path(scratch) / self.file.path.name
            source.write_text(explain_asserts(self.file.source, self.file.tree))
            work_dir = Path(scratch) / "flash"  # a test's files do not meet another file's
            work_dir.mkdir()
            number = re.fullmatch(r"(\d+)([kKmM]?)", self.file.heapsize)
            if not number:
                return self._all_failed(f"heapsize {self.file.heapsize}: expected like 112k or 1m")
            process = subprocess.Popen(
                [self.binary, "-X", f"heapsize={number[1]}w{number[2]}", RUNNER / "device.py"]
                + [source, os.path.relpath(self.file.path, ROOT), *self.names],
                cwd=work_dir,
                env=os.environ | {"MICROPYPATH": ":".join([*map(str, MPY_PATH), ".frozen"])},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                self._follow(process)
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)  # and what a test has started
                except ProcessLookupError:
                    pass
                process.wait()
                process.stdout.close()
        return self.done

    def _all_failed(self, reason: str) -> dict[str, Verdict]:
        output = "".join(self.output)
        return {name: Verdict("fail", reason, output) for name in self.names}

    def _follow(self, process: subprocess.Popen) -> None:
        """Reads events until all tests are settled, the process ends, or it hangs."""
        selector = selectors.DefaultSelector()
        selector.register(process.stdout, selectors.EVENT_READ)
        pending, deadline = b"", time.monotonic() + self.file.timeout_s
        while len(self.done) < len(self.names):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                self._died(f"no end within {self.file.timeout_s:g} s: killed")
                return
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                self._died(_exit_text(process.wait()))
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                if self._take(line.decode(errors="replace")):
                    deadline = time.monotonic() + self.file.timeout_s

    def _take(self, line: str) -> bool:
        """Takes one line of output; True if it was an event."""
        if not line.startswith("\x01"):
            if line:
                self.output.append(line + "\n")
            return False
        kind, *facts = json.loads(line[1:])
        if kind == "start":
            self.current, self.output = facts[0], []
        elif kind == "broken":
            self.done |= self._all_failed(facts[0])
        else:
            text = facts[1] if len(facts) > 1 else ""
            self.done[facts[0]] = Verdict(kind, _own_frames(text), "".join(self.output))
            self.current = None
        return True

    def _died(self, how: str) -> None:
        if self.current is None:
            self.done = self._all_failed(f"MicroPython ended before the tests: {how}") | self.done
        else:
            self.done[self.current] = Verdict("fail", how, "".join(self.output))


def _own_frames(trace: str) -> str:
    """The traceback without the runner's frames."""
    return "".join(line for line in trace.splitlines(True) if f'"{RUNNER}/' not in line)


def _exit_text(code: int) -> str:
    return f"MicroPython died of signal {-code}" if code < 0 else f"MicroPython exited with {code}"


def explain_asserts(source: str, tree: ast.Module) -> str:
    """The source with each plain `assert a OP b` as `_check_(a, "OP", b)`, line numbers kept.

    MicroPython's own AssertionError says nothing; this one shows both values.
    """
    lines = source.encode().splitlines(keepends=True)  # the tree's columns count bytes
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    text = b"".join(lines)

    def offset(line, column):
        return starts[line - 1] + column

    def is_plain(node):
        return (
            isinstance(node, ast.Assert)
            and node.msg is None
            and isinstance(node.test, ast.Compare)
            and len(node.test.ops) == 1
        )

    edits = []
    for node in filter(is_plain, ast.walk(tree)):
        left, right = node.test.left, node.test.comparators[0]
        operator = OPERATORS[type(node.test.ops[0])]
        start = offset(node.lineno, node.col_offset)
        left_start = offset(left.lineno, left.col_offset)
        left_end = offset(left.end_lineno, left.end_col_offset)
        right_start = offset(right.lineno, right.col_offset)
        right_end = offset(right.end_lineno, right.end_col_offset)
        between = b" ".join(text[left_end:right_start].split()).decode()
        if text[start:left_start].split() == [b"assert"] and between == operator:
            if right_end == offset(node.end_lineno, node.end_col_offset):
                comma = f', "{operator}", '.encode()
                newlines = b"\n" * text[left_end:right_start].count(b"\n")
                edits.append((right_end, right_end, b")"))
                edits.append((left_end, right_start, comma + newlines))
                edits.append((start, left_start, b"_check_("))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text.decode()
