"""Where does the planner run: in this Python, or in a MicroPython of its own?"""

import json
import subprocess
import sys
import types
from pathlib import Path

from tools import micropython

ROOT = Path(__file__).resolve().parents[2]


class EngineError(Exception):
    """The planner did not answer; the text says why."""


class Here:
    """lib/planner in this process."""

    def __init__(self):
        if "micropython" not in sys.modules:
            sys.modules["micropython"] = types.ModuleType("micropython")
            sys.modules["micropython"].const = lambda value: value
        if str(ROOT / "lib") not in sys.path:
            sys.path.insert(1, str(ROOT / "lib"))
        from tools.plans import solve

        self._solve = solve.solve

    def solve(self, numbers: dict) -> dict:
        """The answer of solve.py."""
        try:
            return self._solve(numbers)
        except Exception as error:  # one bad problem must not end the others
            raise EngineError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Nothing to end."""


class OnMicroPython:
    """lib/planner in the Unix port; one that has died is started again for the next problem."""

    def __init__(self, bits: int = 64):
        self._bits = bits
        self._process = None

    def _start(self):
        try:
            port = micropython.path(self._bits)
        except micropython.BuildError as error:
            raise EngineError(str(error)) from error
        pipe = subprocess.PIPE
        here = Path(__file__).parent
        self._process = subprocess.Popen(
            [str(port), "-X", "heapsize=16M", str(here / "device.py")],
            stdin=pipe,
            stdout=pipe,
            text=True,
            env={"MICROPYPATH": f"{here}:{ROOT / 'lib'}:.frozen"},
        )

    def solve(self, numbers: dict) -> dict:
        """The answer of solve.py."""
        if self._process is None:
            self._start()
        try:
            self._process.stdin.write(json.dumps(numbers) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            self.close()
            raise EngineError("MicroPython has ended")
        answer = json.loads(answer)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
            self._process = None
