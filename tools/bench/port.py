"""How does a measurement run a script on the 32-bit MicroPython port?

Scripts lie in device/; they see the firmware as source (build/py: the .mpy tree is the same
bytecode, but what is private or constant has lost its name there) or as a board has it (build/mpy)
and, where they need a battery and a module, the models of tests_host/world. Each prints one
JSON object.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import build, micropython
from tools.sim import machine

ROOT = Path(__file__).resolve().parents[2]
DEVICE = Path(__file__).with_name("device")
BITS = 32
TIMEOUT_S = 120
HEAP = "4M"


class ScriptError(Exception):
    """The script failed; the text is the end of what it said."""


def command(script: str, *arguments, heap: str = HEAP, bits=BITS) -> list[str]:
    """The command line that runs device/SCRIPT."""
    port = str(micropython.path(bits))
    # As tools/build.py compiles: without asserts.
    return [port, "-O2", "-X", f"heapsize={heap}", str(DEVICE / script), *map(str, arguments)]


def environment(form: str) -> dict[str, str]:
    """Where the scripts find what they import: the tree of `form` first."""
    tree = build.tree(form)
    path = [tree, tree / "lib", ROOT / "tests_host", machine.launcher(), ".frozen"]
    return {"MICROPYPATH": ":".join(map(str, path)), "PATH": "/usr/bin:/bin"}


def run(script: str, *arguments, form: str = "py", heap: str = HEAP, bits: int = BITS, files=None):
    """What device/SCRIPT prints, read as JSON. ScriptError if it fails.

    files: the folder for its files, that of temporary ones by default.
    """
    done = _run(command(script, *arguments, heap=heap, bits=bits), form, files)
    return json.loads(done.stdout.splitlines()[-1])


def instructions(script: str, *arguments) -> int | None:
    """Instructions that the whole run executes under callgrind; None without valgrind."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        return None
    under = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = _run([*under, *command(script, *arguments)], "py")
    found = re.search(r"refs:\s+([\d,]+)", done.stderr)
    if not found:
        raise ScriptError(f"callgrind counted nothing: {done.stderr[-300:]}")
    return int(found[1].replace(",", ""))


def instructions_each(script: str, *arguments, count: int) -> float | None:
    """Instructions of one round: the difference of runs with `count` and twice as many rounds."""
    once = instructions(script, *arguments, count)
    if once is None:
        return None
    return (instructions(script, *arguments, 2 * count) - once) / count


def _run(words, form, files=None):
    with tempfile.TemporaryDirectory(prefix="galvani-bench-", dir=files) as folder:
        done = subprocess.run(
            words,
            cwd=folder,
            env=environment(form),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    if done.returncode:
        raise ScriptError((done.stderr + done.stdout).strip()[-600:])
    return done
