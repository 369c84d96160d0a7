"""Does lib/ stay pure, and does the device's code stay what MicroPython can run?

lib/ decides, firmware/ waits: lib never imports firmware's modules, the board, or anything that
does I/O, waits or tells the time, and never calls open, print or input. Read from the syntax tree,
so a forbidden import inside a function is found too, and one spelled `__import__("time")`.
"""

import ast
from pathlib import Path

from tools.check import python_files

# What needs a machine. MicroPython also knows the old names with a leading u.
IMPURE = "machine network esp32 asyncio socket ssl tls time os select".split()
IMPURE += ["u" + name for name in IMPURE]
IMPURE += "_thread ffi termios vfs neopixel ntptime".split()
# CPython modules that MicroPython does not have.
HOST_ONLY = "dataclasses enum typing functools abc logging threading pathlib subprocess".split()
HOST_TREES = ("tools", "tests_host", "boards", "lib", "firmware")
FORBIDDEN_CALLS = ("open", "print", "input", "exec", "eval")


def problems(root: Path) -> list[str]:
    """One line `file:line: what` for each breach in lib/ and firmware/."""
    firmware = {path.stem for path in (root / "firmware").glob("*") if path.stem != "README"}
    pure = {name: "does I/O, waits or tells the time" for name in IMPURE}
    pure |= {name: "belongs to firmware/" for name in firmware | {"board"}}
    device = {name: "does not exist on MicroPython" for name in HOST_ONLY}
    device |= {name: "is no module on the device" for name in HOST_TREES}
    found = []
    for top, forbidden, calls in (
        ("lib", device | pure, FORBIDDEN_CALLS),
        ("firmware", device, ()),
    ):
        for path in python_files(root, (top,)):
            where = path.relative_to(root)
            for line, what in _breaches(path, forbidden, calls):
                found.append(f"{where}:{line}: {top}/ must not {what}")
    return found


def _breaches(path: Path, forbidden: dict[str, str], calls: tuple[str, ...]):
    """Yields (line, what is wrong) for one file."""
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        names = []
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "__import__":
            # A computed name is how rare handlers are loaded on demand; a literal one is checked.
            names = [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module]
        elif isinstance(node, ast.Name) and node.id in calls and isinstance(node.ctx, ast.Load):
            yield node.lineno, f"use {node.id}"
        for name in names:
            top = name.split(".")[0]
            if top in forbidden:
                yield node.lineno, f"import {name}: it {forbidden[top]}"
