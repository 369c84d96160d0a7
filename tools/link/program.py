"""What does each name in the program's files mean?"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_ROW = re.compile(r"\n(\w+)\|\w+\|")
_WORD = re.compile(r"[^\W\d]\w*")
_SCOPES = FUNCTIONS | COMPREHENSIONS | ast.ClassDef


class LinkError(Exception):
    """Something that cannot be linked, with file and line."""


@dataclass(frozen=True)
class Import:
    """What an import bound: a module (name "") or a name of one."""

    module: str
    name: str = ""


@dataclass
class Scope:
    """What a function, class, comprehension or module binds.

    bound: how often each name is bound; imports: the names that imports bound, with what.
    """

    node: ast.AST
    bound: Counter = field(default_factory=Counter)
    imports: dict[str, list[Import]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)  # declared global
    nonlocals: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)  # bound by `import package.module`

    def binds(self, name: str) -> bool:
        """Is it a name of this scope?"""
        return name in self.bound and name not in self.outer and name not in self.nonlocals

    def origin(self, name: str) -> Import | None:
        """What the name is imported from, if that is all that it is ever bound to."""
        found = self.imports.get(name, [])
        return found[0] if len(set(found)) == 1 and self.bound[name] == len(found) else None


class Module:
    """One file: its dotted name, its place on the flash, its tree and its scopes by node."""

    def __init__(self, name: str, path: str, tree: ast.Module, known: set[str]):
        self.name = name
        self.path = path
        self.tree = tree
        self.package = path.endswith("__init__.py")
        self.scopes: dict[ast.AST, Scope] = {}
        self._known = known
        self.top = self._read(self.tree)
        for scope in self.scopes.values():
            for name in scope.outer:
                self.top.bound[name] += 2  # set at some time: never only an import

    def _read(self, node: ast.AST) -> Scope:
        scope = self.scopes[node] = Scope(node)
        if isinstance(node, FUNCTIONS):
            for arg in arguments(node):
                scope.bound[arg.arg] += 1
        for part in inside(node):
            self._bind(part, scope)
        return scope

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        """One node of a scope, and the scopes that begin below it."""
        if isinstance(node, _SCOPES):
            if hasattr(node, "name"):
                scope.bound[node.name] += 1
            self._read(node)
            for part in outside(node):
                self._bind(part, scope)
            return
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            scope.bound[node.id] += 1
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.bound[node.name] += 1
        elif isinstance(node, ast.Global):
            scope.outer.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name, origin = self.imported(node, alias)
                scope.bound[name] += 1
                scope.imports.setdefault(name, []).append(origin)
                if isinstance(node, ast.Import) and "." in alias.name and not alias.asname:
                    scope.packages.add(name)
        for child in ast.iter_child_nodes(node):
            self._bind(child, scope)

    def imported(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> tuple[str, Import]:
        """(the name that is bound, what it is bound to)."""
        if isinstance(node, ast.Import):
            if alias.asname:
                return alias.asname, Import(alias.name)
            return alias.name.split(".")[0], Import(alias.name.split(".")[0])
        base = self.base(node)
        whole = f"{base}.{alias.name}" if base else alias.name
        origin = Import(whole) if whole in self._known else Import(base, alias.name)
        return alias.asname or alias.name, origin

    def base(self, node: ast.ImportFrom) -> str:
        """The module that `from ... import` names, with its leading dots resolved."""
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        parts = parts[: len(parts) - node.level + self.package]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def where(self, node: ast.AST) -> str:
        """File and line for a message."""
        return f"{self.path}, line {getattr(node, 'lineno', '?')}"


def arguments(node) -> list[ast.arg]:
    """Every parameter, the starred ones too."""
    a = node.args
    stars = [part for part in (a.vararg, a.kwarg) if part]
    return [*a.posonlyargs, *a.args, *a.kwonlyargs, *stars]


def inside(node: ast.AST) -> list[ast.AST]:
    """The parts of a scope that see its names."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    if isinstance(node, COMPREHENSIONS):
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for number, one in enumerate(node.generators):
            parts += [one.target, *one.ifs, *([one.iter] if number else [])]
        return parts
    return node.body


def outside(node: ast.AST) -> list[ast.AST]:
    """The parts that are evaluated where the scope stands: defaults, bases, the first iterable."""
    if isinstance(node, COMPREHENSIONS):
        return [node.generators[0].iter]
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *node.keywords, *node.decorator_list]
    parts = [*node.args.defaults, *[d for d in node.args.kw_defaults if d]]
    return parts + list(getattr(node, "decorator_list", ()))


def strip(tree: ast.Module) -> None:
    """Takes out what leaves no trace on a board: docstrings, annotations, asserts."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                kept = [part for part in block if not _silent(part)]
                need = name == "body" and not isinstance(node, ast.Module)
                if not kept and block and need:
                    kept = [ast.copy_location(ast.Pass(), block[0])]
                setattr(node, name, kept)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None


def _silent(node: ast.AST) -> bool:
    plain = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return plain or isinstance(node, ast.Assert)


class Walker(ast.NodeTransformer):
    """Walks one file and knows in which scope it is: self.stack, the innermost last."""

    def __init__(self, module: Module):
        self.module = module
        self.stack = [module.scopes[module.tree]]

    def scope_of(self, name: str, read: bool = False) -> Scope | None:
        """The scope whose name this is here; None for what is built in."""
        for scope in reversed(self.stack):
            if name in scope.outer:
                return self.module.top
            if read and isinstance(scope.node, ast.ClassDef) and self.module.top.binds(name):
                continue  # `class App: VERSION = VERSION`
            # A class's names are not seen by the functions in it.
            hidden = isinstance(scope.node, ast.ClassDef) and scope is not self.stack[-1]
            if scope.binds(name) and not hidden:
                return scope
        return None

    def _each(self, parts: list) -> list:
        out = []
        for part in parts:
            new = self.visit(part) if part is not None else None
            out += new if isinstance(new, list) else [new]
        return out

    def _block(self, parts: list) -> list:
        return [part for part in self._each(parts) if part is not None]

    def function(self, node):
        """A function, its defaults in the scope where it stands."""
        a = node.args
        a.defaults = self._each(a.defaults)
        a.kw_defaults = self._each(a.kw_defaults)
        if not isinstance(node, ast.Lambda):
            node.decorator_list = self._each(node.decorator_list)
        self.stack.append(self.module.scopes[node])
        for arg in arguments(node):
            self.visit(arg)
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = self._block(node.body)
        self.stack.pop()
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = function

    def visit_ClassDef(self, node):
        """A class, its bases in the scope where it stands."""
        node.bases = self._each(node.bases)
        self.stack.append(self.module.scopes[node])
        node.body = self._block(node.body)
        self.stack.pop()
        return node

    def comprehension(self, node):
        """A comprehension; the first iterable belongs to where it stands."""
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        self.stack.append(self.module.scopes[node])
        for number, one in enumerate(node.generators):
            one.target = self.visit(one.target)
            if number:
                one.iter = self.visit(one.iter)
            one.ifs = self._each(one.ifs)
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                setattr(node, name, self.visit(getattr(node, name)))
        self.stack.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension


class Program:
    """All files together. texts: path on the flash to text; names: path to dotted name."""

    def __init__(self, texts: dict[str, str], names: dict[str, str]):
        known = set(names.values())
        known |= {name.rpartition(".")[0] for name in known}
        self.ours = known  # modules and packages, those that are left as they are too
        self.modules: dict[str, Module] = {}
        for path, text in texts.items():
            tree = ast.parse(text)
            strip(tree)
            self.modules[names[path]] = Module(names[path], path, tree, known)


def words(tree: ast.AST) -> Iterator[str]:
    """Every word of the texts in a tree that getattr() may be given, or that are cells of a table.

    A sentence is for people: a text with blanks and no line feed, unless it is split into words.
    """
    split = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "split"
    }
    for node in ast.walk(tree):
        value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if isinstance(value, bytes):  # of these tables only the console's has names of functions
            yield from _ROW.findall(value.decode("latin-1"))
        if isinstance(value, str):
            if " " not in value or "\n" in value or id(node) in split:
                yield from _WORD.findall(value)


def words_of(tree: ast.AST) -> set[str]:
    """Every name that stands in a tree."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for name in ("id", "attr", "name", "arg"):
            word = getattr(node, name, None)
            if isinstance(word, str):
                found.add(word)
    return found
