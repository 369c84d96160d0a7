"""What text is compiled, and which line of it came from where?

Statements that follow each other share a line, and so does `if x:` with what it does: each line of
a function costs a byte or two of RAM, and a traceback that names four statements still leads to
the place.
"""

import ast
import re
from collections.abc import Iterator

from tools.link.program import Module

_TOGETHER = 4  # statements on a line
_HEAD = re.compile(r" *(async |if |elif |else|for |while |try|except|finally|with )[^#]*:$")
_COMPOUND = re.compile(r" *(async |if |elif |for |while |try:|with |def |class |@|import |from )")
_SIMPLE = (
    ast.Assign
    | ast.AugAssign
    | ast.Expr
    | ast.Return
    | ast.Raise
    | ast.Delete
    | ast.Pass
    | ast.Break
    | ast.Continue
)


def text_of(module: Module) -> tuple[str, list[list]]:
    """(the text of a tree, rows [line, file, line there, function] for its map)."""
    tree = ast.fix_missing_locations(module.tree)
    text = ast.unparse(tree)
    places = {
        new.lineno: (old, name, isinstance(new, _SIMPLE))
        for new, old, name in _pairs(ast.parse(text).body, tree.body, "")
    }
    lines: list[str] = []
    rows: list[list] = []
    together = 0  # statements on the last line; 0: nothing may follow there
    for number, line in enumerate(text.split("\n"), 1):
        old, name, simple = places.get(number, (None, "", False))
        bare = line.strip()
        indent = line[: len(line) - len(bare)]
        if simple and 0 < together < _TOGETHER and _indent(lines[-1]) == indent:
            lines[-1] += ";" + bare
            together += 1
            continue
        lines.append(line)
        together = 1 if simple else 0
        if old is not None:
            file = getattr(old, "file", module.path)
            rows.append([len(lines), file, getattr(old, "line", old.lineno), name])
    return _one_line(lines, rows)


def _one_line(lines: list[str], rows: list[list]) -> tuple[str, list[list]]:
    """`if x:` and the one line below it become one line."""
    place = {row[0]: row for row in rows}
    out: list[str] = []
    kept: list[list] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        row = place.get(at + 1)
        body = lines[at + 1] if at + 1 < len(lines) else ""
        follows = next((more for more in lines[at + 2 :] if more), "")
        deeper = len(_indent(body)) > len(_indent(line)) >= len(_indent(follows))
        if _HEAD.match(line) and deeper and not _COMPOUND.match(body):
            at += 1
            line += body.strip()
            row = row or place.get(at + 1)
        out.append(line)
        at += 1
        if row:
            kept.append([len(out), *row[1:]])
    return "\n".join(out) + "\n", kept


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def mark(tree: ast.Module, file: str) -> None:
    """Notes in every statement where it came from, before anything is renamed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            node.file, node.line = file, node.lineno
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                node.long = node.name


def _pairs(new: list[ast.stmt], old: list[ast.stmt], name: str) -> Iterator[tuple]:
    """(statement of the text, statement of the tree, name of the function it is in)."""
    for one, other in zip(new, old, strict=True):
        inner = name
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{name}.{other.long}" if name else getattr(other, "long", one.name)
        yield one, other, name
        for block in ("body", "orelse", "finalbody"):
            yield from _pairs(getattr(one, block, []), getattr(other, block, []), inner)
        for left, right in zip(
            getattr(one, "handlers", []), getattr(other, "handlers", []), strict=True
        ):
            yield from _pairs(left.body, right.body, inner)
