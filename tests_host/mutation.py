"""Which small mistakes can be put into a Python source? The operators of the mutation check.

A mistake is a comparison that is one off or turned round, an operator that is another, and/or
exchanged, a condition negated, a number one more or one less (a large one twice or half), a return
without its value, or a statement left out. What only says when a generator gives others their turn
stays as it is: yields, conditions of nothing but yields, and the counter `work`;
test_planner_steps.py looks at those.
"""

import ast

EDGE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
TURNED = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OTHER = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
LARGE = 100  # times of a station count in steps of 100 ms: one more or less would be no mistake
LEFT_OUT = (ast.Assign, ast.AugAssign, ast.Raise, ast.Break, ast.Continue, ast.Expr)


def _negated(node, field):
    def change():
        setattr(node, field, ast.UnaryOp(ast.Not(), getattr(node, field)))

    return change


def _set(node, field, value):
    return lambda: setattr(node, field, value)


def _changes(node):
    """Functions that each put one mistake into `node`."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        kind = type(node.ops[0])
        for table in (EDGE, TURNED):
            if kind in table:
                yield _set(node, "ops", [table[kind]()])
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in OTHER:
        yield _set(node, "op", OTHER[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _negated(node, "operand")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _set(node, "op", ast.UAdd())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _set(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        large = abs(node.value) >= LARGE
        yield _set(node, "value", node.value * 2 if large else node.value + 1)
        yield _set(node, "value", node.value // 2 if large else node.value - 1)
    elif isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        yield _set(node, "value", ast.Constant(None))
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            yield _negated(node, "test")


def _without(tree, gone):
    """Put `pass` in the place of a statement."""
    for parent in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and gone in block:
                block[block.index(gone)] = ast.copy_location(ast.Pass(), gone)


def _may_go(node):
    if not isinstance(node, LEFT_OUT):
        return False
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant | ast.Yield)
    return True


def _ways(tree, node):
    found = list(_changes(node))
    if _may_go(node):
        found.append(lambda: _without(tree, node))
    return found


def _text(node):
    """The first line of a node's source, short enough to read."""
    text = ast.unparse(ast.fix_missing_locations(node)).splitlines()[0]
    return text if len(text) < 70 else text[:67] + "..."


def _turns(tree):
    """The nodes that only decide when a generator gives others their turn."""
    found = set()
    for node in ast.walk(tree):
        target = getattr(node, "target", None) or getattr(node, "targets", [None])[0]
        counts = isinstance(target, ast.Name) and target.id == "work"
        if counts or isinstance(node, ast.If) and all(_gives_turn(entry) for entry in node.body):
            found.update(ast.walk(node))
    return found


def _gives_turn(node):
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Yield)
    return isinstance(node, ast.Assign) and ast.unparse(node) == "work = 0"


def places(source: str) -> list[tuple[int, int]]:
    """(number of the node, way) of every mistake that can be put into `source`."""
    tree = ast.parse(source)
    turns = _turns(tree)
    return [
        (i, way)
        for i, node in enumerate(ast.walk(tree))
        if node not in turns
        for way in range(len(_ways(tree, node)))
    ]


def mistake(source: str, place: tuple[int, int]) -> tuple[ast.Module, str]:
    """The tree of `source` with one mistake in it, and what it is."""
    number, way = place
    tree = ast.parse(source)
    node = list(ast.walk(tree))[number]
    ways = _ways(tree, node)
    gone = way == len(ways) - 1 and _may_go(node)
    before = _text(node)
    ways[way]()
    after = "pass" if gone else _text(node)
    return ast.fix_missing_locations(tree), f"{node.lineno}: `{before}` becomes `{after}`"
