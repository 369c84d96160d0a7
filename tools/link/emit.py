"""What text is compiled, and which line of it came from where?"""

import ast
from collections.abc import Iterator

from tools.link.program import Module


def text_of(module: Module) -> tuple[str, list[list]]:
    """(the text of a tree, rows [line, file, line there, function] for its map)."""
    tree = ast.fix_missing_locations(module.tree)
    text = ast.unparse(tree) + "\n"
    rows: list[list] = []
    for new, old, name in _pairs(ast.parse(text).body, tree.body, ""):
        file = getattr(old, "file", module.path)
        if not rows or rows[-1][0] != new.lineno:
            rows.append([new.lineno, file, getattr(old, "line", old.lineno), name])
    return text, rows


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
