"""How do calls find what has moved to a page (pages.py)?"""

import ast

from tools.link.join import JOINED
from tools.link.program import Module, Walker

FALLBACK = "lazy__paged"
GET, ONCE, METHOD = "lazy__get", "lazy__once", "lazy__method"
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def as_method(node: ast.FunctionDef, name: str) -> ast.FunctionDef:
    """`__init__` as a method that gives the object."""

    class Returns(ast.NodeTransformer):
        def visit_Return(self, part):
            part.value = ast.Name("self", ast.Load())
            return part

        def visit_FunctionDef(self, part):
            return part

        visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    node.body = [Returns().visit(part) for part in node.body]
    node.body.append(ast.copy_location(ast.Return(ast.Name("self", ast.Load())), node.body[-1]))
    node.body[-1].file, node.body[-1].line = node.file, node.lineno
    node.name = name
    return node


class Caller(ast.NodeTransformer):
    """Calls of what has moved, in one tree."""

    def __init__(self, calls: dict, made: dict, apart=False):
        self.calls, self.made, self.apart = calls, made, apart

    def visit_Call(self, node):
        """`f(x)` of a page, `C(x)` of a class whose __init__ is on one."""
        self.generic_visit(node)
        name = name_of(node.func)
        if name in self.calls:
            node.func = self._of_page(self.calls[name], name, node.func)
        elif name in self.made:
            empty = ast.copy_location(ast.Call(node.func, [], []), node)
            if self.made[name]:
                node.args.insert(0, empty)
                node.func = self._of_page(self.made[name], f"init_{name}", node.func)
            else:
                init = ast.Attribute(empty, f"init_{name}", ast.Load())
                node.func = ast.copy_location(init, node.func)
        return node

    def _of_page(self, where, name, like):
        """`lazy.get("p7").name`"""
        get = ast.Name(where[0], ast.Load())
        if self.apart:
            get = ast.Attribute(ast.Name(JOINED, ast.Load()), where[0], ast.Load())
        page = ast.Call(get, [ast.Constant(where[1])], [])
        return ast.copy_location(ast.Attribute(page, name, ast.Load()), like)


class Mover(Walker):
    """What the joined module's names are called from a page."""

    def __init__(self, scopes: Module, page: str, me: str, beside: set[str]):
        super().__init__(scopes)
        self.page, self.me, self.beside = page, me, beside

    def visit_Name(self, node):
        """A name of the joined module."""
        if self.scope_of(node.id) is not self.module.top:
            return node
        base = ast.copy_location(ast.Name(JOINED, ast.Load()), node)
        return ast.copy_location(ast.Attribute(base, node.id, node.ctx), node)

    def visit_Call(self, node):
        """A function of the same page is called by its name.

        So is a method: to find it by the class might load the page a second time.
        """
        target = node.func
        if isinstance(target, ast.Attribute) and getattr(target.value, "id", None) == self.me:
            # Not where a variable has its name: `row = self.row(key)`.
            if target.attr in self.beside and self.scope_of(target.attr) is None:
                node.args.insert(0, target.value)
                node.func = ast.copy_location(ast.Name(target.attr, ast.Load()), target)
                node.args = [self.visit(part) for part in node.args]
                return node
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Call):
            inner = target.value
            if name_of(inner.func) in (GET, ONCE) and inner.args[0].value == self.page:
                node.func = ast.copy_location(ast.Name(target.attr, ast.Load()), target)
                node.args = [self.visit(part) for part in node.args]
                node.keywords = [self.visit(part) for part in node.keywords]
                return node
        return self.generic_visit(node)

    def visit_Global(self, node):
        """They are attributes here."""
        return ast.copy_location(ast.Pass(), node)


class Namer(ast.NodeTransformer):
    """`galvani.NAME` becomes NAME."""

    def __init__(self, name: str):
        self.name = name

    def visit_Attribute(self, node):
        """The one, or what it is part of."""
        if node.attr == self.name and getattr(node.value, "id", "") == JOINED:
            return ast.copy_location(ast.Name(self.name, node.ctx), node)
        return self.generic_visit(node)


def looks_on(holder: ast.ClassDef, page: str, like: ast.stmt) -> None:
    """A class looks for what it does not have on a page; its own __getattr__ comes after that."""
    if any(is_named(part, "page") for part in holder.body):
        return
    place = ast.parse(f"page = {page!r}").body
    getter = next((part for part in holder.body if is_named(part, "__getattr__")), None)
    if getter is None:
        place += ast.parse(f"__getattr__ = {FALLBACK}").body
    else:
        me, name = (arg.arg for arg in getter.args.args)
        first = ast.parse(
            f"try:\n return {METHOD}({me}, {me}.page, {name})\nexcept AttributeError:\n pass"
        ).body[0]
        first.handlers[0].body = getter.body
        getter.body = [first]
        place.append(first)
    for part in place:
        for inner in ast.walk(part):
            if not hasattr(inner, "file"):
                inner.file, inner.line = getattr(like, "file", ""), like.lineno
    holder.body[:0] = place if getter is None else place[:1]


def init_of(holder: ast.ClassDef) -> str:
    """What a class's __init__ is called on a page, where there may be several."""
    return f"init_{holder.name}"


def is_named(node: ast.stmt, name: str) -> bool:
    """Is it the function or the attribute of a class with that name?"""
    if isinstance(node, ast.Assign):
        return name_of(node.targets[0]) == name
    return isinstance(node, FUNCTION) and node.name == name


def name_of(node: ast.AST) -> str:
    """`x` and `galvani.x`: x."""
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == JOINED:
        return node.attr
    return getattr(node, "id", "")
