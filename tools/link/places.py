"""Under which names do modules lie on the flash that only the program itself asks for?

A module's dotted name, its last word and its path stay in RAM once it was loaded. What is only
ever named whole, in an import or to lib/lazy.py, is put to /lib under one name that MicroPython
has in flash. Modules that are found by a composed name ("drivers." + kind) keep their places.
"""

import ast
from collections.abc import Iterator

from tools.link import rom
from tools.link.program import Module

# Names of modules that MicroPython has, or may have.
_TAKEN = frozenset(
    """
    array asyncio binascii bluetooth btree builtins cmath collections core cryptolib deflate errno
    esp esp32 espnow event ffi framebuf funcs gc hashlib heapq io json lock lwip machine math
    micropython mip network neopixel onewire os platform random re requests select socket ssl
    stream struct sys time termios tls uctypes vfs websocket
    """.split()
)
_LAZY = ("lazy__load", "lazy__get", "lazy__call", "lazy__drop", "lazy__method", "lazy")
# Loaded by name from outside, or by a name that is put together.
_STAY = (
    "console.",
    "drivers.",
    "ocppj.v16.calls.",
    "ota.",
    "security.",
    "planner.",
    "gateway.",
    "ws.",
)
_ALONE = frozenset("main boot board wiring galvani launch microdot slots".split())


def names(used: set[str]) -> Iterator[str]:
    """Free names for modules, all of them in MicroPython's flash."""
    for name in rom.groups()["common"]:
        plain = name.islower() and name.isalpha() and len(name) > 3
        if plain and name not in _TAKEN and name not in used:
            yield name


def move(modules: list[Module], free: Iterator[str]) -> None:
    """Gives modules new places, and all that names them the new names."""
    movable = {
        module.name: module
        for module in modules
        if "." in module.name and not module.package and not module.name.startswith(_STAY)
    }
    for module in modules:
        for name in _fixed(module.tree):
            prefix = name if name.endswith(".") else name + "\n"
            for other in [n for n in movable if n == name or n.startswith(prefix)]:
                del movable[other]
    moved = {name: next(free) for name in sorted(movable)}
    for name, module in movable.items():
        module.name, module.path = moved[name], f"lib/{moved[name]}.py"
    for module in modules:
        _Namer(moved).visit(module.tree)


def _fixed(tree: ast.Module) -> Iterator[str]:
    """Texts that name a module, or the begin of one, in a way that cannot be changed."""
    free = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _LAZY:
            free.update(id(argument) for argument in node.args)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if not alias.asname)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in free:
            yield node.value


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


class _Namer(ast.NodeTransformer):
    """Puts the new names into imports and calls of lazy."""

    def __init__(self, moved: dict[str, str]):
        self.moved = moved

    def visit_Call(self, node):
        """`lazy.get("station.desk")`."""
        if _called(node) in _LAZY:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and argument.value in self.moved:
                    argument.value = self.moved[argument.value]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        """`from ocppj.v16 import boot` and `from ocppj.v16.rivot import Rivot`."""
        if node.module in self.moved:
            node.module = self.moved[node.module]
            return node
        out: list[ast.stmt] = []
        rest = []
        for alias in node.names:
            new = self.moved.get(f"{node.module}.{alias.name}")
            if new is None:
                rest.append(alias)
                continue
            plain = ast.Import([ast.alias(new, alias.asname or alias.name)])
            out.append(ast.copy_location(plain, node))
        for part in out:
            part.file, part.line = getattr(node, "file", ""), getattr(node, "line", node.lineno)
        node.names = rest
        return [*out, *([node] if rest else [])]
