"""Whose value is known when the program is built? It stands where the name stood.

`NAME = const(..)` of one file, and a `NAME = 5` that nobody ever sets again, is a constant for
all: `faults.FATAL` and, after `from station.faults import FATAL`, `FATAL` become 4095. What nobody
asks for by name any more is left out, as MicroPython itself does with `_NAME` of one file.
"""

import ast

from tools.link.program import Module, Program, Walker, words

_BOARD = {"board", "boot"}  # what a board is may be changed where it stands
_OPERATORS = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop, ast.Expression)


def inline(program: Program) -> None:
    """Values in place of constants, in all files."""
    known = _values(program)
    kept: set[str] = set()  # what objects are still asked for by name: a module found at run time
    for module in program.modules.values():
        _Placer(module, known).visit(module.tree)
        kept.update(node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute))
        kept.update(words(module.tree))
    for module in program.modules.values():
        module.tree.body = [part for part in module.tree.body if not _gone(part, known, kept)]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Assign) and _is_const(node.value):
                node.value = node.value.args[0]


def _values(program: Program) -> dict[str, dict[str, object]]:
    """{module: {name: int}}; constants made of constants take further rounds."""
    known: dict[str, dict[str, object]] = {name: {} for name in program.modules}
    stored = {
        node.attr
        for module in program.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    growing = True
    while growing:
        growing = False
        for name, module in program.modules.items():
            for node in module.tree.body:
                target = _target(node)
                if target is None or target in known[name] or module.top.bound[target] != 1:
                    continue
                plain = not _is_const(node.value)
                if plain and (target in stored or name in _BOARD):
                    continue
                value = _evaluated(node.value if plain else node.value.args[0], known, module)
                if isinstance(value, int):
                    known[name][target] = value
                    node.constant = True
                    growing = True
    return known


def _target(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        if _is_const(node.value) or _is_number(node.value):
            return getattr(node.targets[0], "id", None)
    return None


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _is_const(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "const"


def _evaluated(node: ast.expr, known, module: Module):
    """The value of an expression of numbers and known constants, or None."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, part):
            value = known[module.name].get(part.id)
            if value is None:
                origin = module.top.origin(part.id)
                value = known.get(origin.module, {}).get(origin.name) if origin else None
            return part if value is None else ast.Constant(value)

        def visit_Attribute(self, part):
            origin = module.top.origin(getattr(part.value, "id", ""))
            value = known.get(origin.module, {}).get(part.attr) if origin else None
            return part if value is None else ast.Constant(value)

    copy = ast.parse(ast.unparse(node), mode="eval")
    copy = ast.fix_missing_locations(Put().visit(copy))
    if not all(isinstance(part, _OPERATORS) for part in ast.walk(copy)):
        return None
    return eval(compile(copy, "const", "eval"), {"__builtins__": {}})


def _gone(node: ast.stmt, known, kept: set[str]) -> bool:
    return getattr(node, "constant", False) and node.targets[0].id not in kept


class _Placer(Walker):
    """Walks one file and puts values in their places."""

    def __init__(self, module: Module, known):
        super().__init__(module)
        self.known = known

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Load):
            return node
        scope = self.scope_of(node.id, True)
        value = None
        if scope is self.module.top:
            value = self.known[self.module.name].get(node.id)
        if value is None and scope:
            origin = scope.origin(node.id)
            if origin and origin.name:
                value = self.known.get(origin.module, {}).get(origin.name)
        return node if value is None else ast.copy_location(ast.Constant(value), node)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            scope = self.scope_of(node.value.id)
            origin = scope.origin(node.value.id) if scope else None
            if origin and not origin.name:
                value = self.known.get(origin.module, {}).get(node.attr)
                if value is not None:
                    return ast.copy_location(ast.Constant(value), node)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        """Constants need not be imported any more."""
        scope = self.stack[-1]
        kept = []
        for alias in node.names:
            name, origin = self.module.imported(node, alias)
            known = origin.name in self.known.get(origin.module, {})
            if not known or scope.origin(name) is None:
                kept.append(alias)
        node.names = kept
        if kept or isinstance(scope.node, ast.Module):
            return node if kept else []
        return ast.copy_location(ast.Pass(), node)
