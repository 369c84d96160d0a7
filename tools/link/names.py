"""Which names does the program get that cost nothing on a board?

A name in a .mpy file that MicroPython does not have in flash takes its letters and 8 to 11 bytes
of RAM, for ever. So the program's own names are replaced by names that are there (rom.py) and that
it does not use otherwise. Three kinds of names never meet, and each uses the whole stock:

- names of the joined module, which only it and `galvani.NAME` know;
- attributes, methods and public names of other modules: one name means the same everywhere;
- names of one function: parameters and variables.

Left alone are MicroPython's names, words that stand in any text (getattr, tables, JSON), names
that some call gives to an argument, and the names of the board's data and of started files.
"""

import ast
import builtins
import itertools
import keyword
import string
from collections import Counter
from collections.abc import Iterator

from tools.link import rom
from tools.link.join import JOINED
from tools.link.owners import Owners
from tools.link.program import FUNCTIONS, Module, Scope, Walker, arguments, words

BUILTIN = frozenset(dir(builtins)) | frozenset(keyword.kwlist)
# Attributes of exceptions, and what the compiler gives a meaning.
_RESERVED = ("args", "errno", "value", "strerror", "const")
_SHORT = 3  # letters of a stock name that is given to parameters


class Names:
    """The new names. modules: all of them, the joined one too; kept: names to leave alone."""

    def __init__(self, modules: list[Module], kept: set[str]):
        self.modules = modules
        self.apart = {module.name for module in modules} - {JOINED}
        self.called: set[str] = set()  # arguments that some call names
        self.asked: set[str] = set()  # attributes of anything
        self.kept = set(kept)
        self.used: set[str] = set()  # every name that stands anywhere
        for module in modules:
            self._read(module.tree)
        self.kept |= self.called
        self.used |= self.kept | self.asked
        self.kept |= BUILTIN | rom.foreign()
        common = [n for n in rom.groups()["common"] if n not in BUILTIN and n not in _RESERVED]
        common = [n for n in common if n[0] != "_"]  # which lazy.method() never gives
        self.stock = [n for n in common if n not in self.used and len(n) > _SHORT]
        taken = self.called.union(*(module.top.bound for module in modules))
        letters = [n for n in common if n not in taken and len(n) <= _SHORT]
        more = itertools.takewhile(lambda n: len(n) < _SHORT, _shorts(""))
        self.locals = letters + [n for n in more if n not in taken and n not in letters]
        self.of_joined = self._number(self._globals()) | self._errors()
        self.attributes = self._colour(self._shared())
        self.private = {module.name: self._private(module) for module in modules}

    def _read(self, tree: ast.Module) -> None:
        self.kept.update(words(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                self.used.add(node.id)
            elif isinstance(node, ast.Attribute):
                self.asked.add(node.attr)
            elif isinstance(node, ast.keyword) and node.arg:
                self.called.add(node.arg)
            elif isinstance(node, ast.arg):
                self.used.add(node.arg)
            elif isinstance(node, ast.ImportFrom):
                self.asked.update(alias.name for alias in node.names)
            elif isinstance(node, ast.alias):
                self.used.update((node.asname or node.name).split("."))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.used.add(node.name)
                if isinstance(node, ast.ClassDef) and any(map(elsewhere, node.bases)):
                    self.kept.update(n.name for n in ast.walk(node) if isinstance(n, FUNCTIONS))

    def _number(self, count: Counter[str]) -> dict[str, str]:
        """Old to new, the most frequent first; what the stock has no name for gets a short one."""
        free = itertools.chain(self.stock, self._more())
        return dict(zip([name for name, _ in count.most_common()], free, strict=False))

    def _colour(self, count: Counter[str]) -> dict[str, str]:
        """As _number, but attributes that no object has together share a name (owners.py)."""
        owners = Owners(self.modules)
        apart = owners.conflicts()
        given: dict[str, str] = {}
        reserved: set[str] = set()
        stock = [*self.stock, *itertools.islice(self._more(), len(count))]
        wild = [name for name, _ in count.most_common() if name in owners.wild]
        for name in wild + [name for name, _ in count.most_common() if name not in owners.wild]:
            taken = {given.get(other) for other in apart.get(name, ())} | reserved
            given[name] = next(new for new in stock if new not in taken)
            if name in owners.wild:
                reserved.add(given[name])
        return given

    def _more(self) -> Iterator[str]:
        return (n + d for n in _shorts("") for d in string.digits if n + d not in self.used)

    def _globals(self) -> Counter[str]:
        """Names that the joined module gives, by how often they stand anywhere."""
        count: Counter[str] = Counter()
        for module in self.modules:
            own = module.top.bound if module.name == JOINED else ()
            for node in ast.walk(module.tree):
                count.update(name for name in spoken(node) if name in own and "__" in name)
                if _of_joined(node):
                    count[node.attr] += 1
        return count

    def _errors(self) -> dict[str, str]:
        """The joined module's exceptions keep their names: a log line may show them."""
        return {
            node.name: node.name.rpartition("__")[2]
            for module in self.modules
            if module.name == JOINED
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
            if any(getattr(base, "id", "").endswith(("Error", "Exception")) for base in node.bases)
        }

    def _shared(self) -> Counter[str]:
        """Attributes and public names that the program gives; the joined module's come first."""
        made: set[str] = set()
        count: Counter[str] = Counter()
        for module in self.modules:
            weight = 1000 if module.name == JOINED else 1
            for scope in module.scopes.values():
                outer = scope is module.top and module.name != JOINED
                if outer or isinstance(scope.node, ast.ClassDef):
                    made.update(
                        n
                        for n in scope.bound
                        if n not in scope.imports and not (outer and self._private_to(n))
                    )
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Attribute) and not _of_joined(node):
                    count[node.attr] += weight
                    if not isinstance(node.ctx, ast.Load):
                        made.add(node.attr)
                elif isinstance(node, FUNCTIONS) and hasattr(node, "name"):
                    count[node.name] += weight
                elif isinstance(node, ast.ClassDef | ast.Name | ast.alias):
                    count.update(spoken(node))
        return Counter({n: c for n, c in count.items() if n in made and self._may(n)})

    def _private_to(self, name: str) -> bool:
        """Is it a name of one module that nobody asks an object for?"""
        return _own(name) and name not in self.asked

    def _may(self, name: str) -> bool:
        return name not in self.kept and not name.startswith("__")

    def _private(self, module: Module) -> dict[str, str]:
        """Names with an underscore of one module that stands apart, which share a stock too."""
        if module.name == JOINED:
            return {}
        own = Counter(
            name
            for node in ast.walk(module.tree)
            for name in spoken(node)
            if _own(name) and name in module.top.bound and name not in self.kept | self.asked
        )
        taken = set(self.attributes.values())
        free = (n for n in itertools.chain(self.stock, _shorts("_")) if n not in self.used)
        stays = {self.attributes.get(n) for n in module.top.bound} & taken
        return dict(
            zip(
                [n for n, _ in own.most_common()],
                (n for n in free if n not in stays),
                strict=False,
            )
        )

    def apply(self) -> None:
        """Renames in all trees."""
        for module in self.modules:
            _Renamer(self, module).visit(module.tree)


def _shorts(prefix: str) -> Iterator[str]:
    """prefix + a, b, ... z, aa, ab, ..."""
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_lowercase, repeat=length):
            word = prefix + "".join(letters)
            if word not in BUILTIN:
                yield word


def _own(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def elsewhere(base: ast.expr) -> bool:
    """True for a base class that may share its names with others: not an exception, not ours."""
    return isinstance(base, ast.Attribute) and getattr(base.value, "id", "") != JOINED


def _of_joined(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == JOINED


def spoken(node: ast.AST) -> list[str]:
    """The names that a node itself says, but for attributes."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Global):
        return node.names
    if isinstance(node, ast.alias):
        return [node.name, *([node.asname] if node.asname else [])]
    return []


class _Renamer(Walker):
    """Renames in one module."""

    def __init__(self, names: Names, module: Module):
        super().__init__(module)
        self.names = names
        if module.name == JOINED:
            self.globals = names.of_joined
        else:
            self.globals = names.attributes | names.private[module.name]
        self.maps: dict[int, dict[str, str]] = {id(module.top): self.globals}

    def _map(self, scope: Scope) -> dict[str, str]:
        """Old to new of one scope; made when it is first met, from the outside in."""
        found = self.maps.get(id(scope))
        if found is None:
            if isinstance(scope.node, ast.ClassDef):
                found = self.names.attributes
            else:
                found = self._locals(scope)
            self.maps[id(scope)] = found
        return found

    def _locals(self, scope: Scope) -> dict[str, str]:
        taken = {"self"}
        for outer in self.stack:
            if not isinstance(outer.node, ast.Module | ast.ClassDef) and outer is not scope:
                taken.update(self._map(outer).values())
                taken.update(outer.bound)
        first = []
        if isinstance(scope.node, FUNCTIONS):
            first = [arg.arg for arg in arguments(scope.node)]
        stay = {n for n in scope.bound if n == "self" or n in first and n in self.names.called}
        stay |= scope.packages
        stay |= {n for n in scope.bound if not scope.binds(n)}
        free = iter(n for n in self.names.locals if n not in taken | stay)
        order = [*first, *(n for n in scope.bound if n not in first)]
        return {n: next(free, n) for n in order if n not in stay}

    def _new(self, name: str, read: bool = False) -> str:
        scope = self.scope_of(name, read)
        return self._map(scope).get(name, name) if scope else name

    def visit_Name(self, node):
        """A name, by the scope it belongs to."""
        node.id = self._new(node.id, isinstance(node.ctx, ast.Load))
        return node

    def visit_arg(self, node):
        """A parameter."""
        node.arg = self._new(node.arg)
        return node

    def visit_Attribute(self, node):
        """An attribute; `galvani.x` is a name of the joined module."""
        table = self.names.of_joined if _of_joined(node) else self.names.attributes
        node.attr = table.get(node.attr, node.attr)
        return self.generic_visit(node)

    def function(self, node):
        """A function and its name."""
        new = self._new(node.name) if hasattr(node, "name") else None
        self._map_later(node)
        super().function(node)
        if new:
            node.name = new
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = function

    def _map_later(self, node):
        """The new names of a function are chosen when its outer scopes are known."""
        self._map(self.module.scopes[node])

    def visit_ClassDef(self, node):
        """A class and its name."""
        new = self._new(node.name)
        super().visit_ClassDef(node)
        node.name = new
        return node

    def comprehension(self, node):
        """A comprehension's own names."""
        self._map_later(node)
        return super().comprehension(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension

    def visit_ExceptHandler(self, node):
        """`except X as name`."""
        if node.name:
            node.name = self._new(node.name)
        return self.generic_visit(node)

    def visit_Global(self, node):
        """Names of the module."""
        node.names = [self.globals.get(name, name) for name in node.names]
        return node

    def visit_Nonlocal(self, node):
        """Names of an outer function."""
        node.names = [self._new(name) for name in node.names]
        return node

    def visit_Import(self, node):
        """`import a.b` binds a: left alone; `import a` in a function is one of its names."""
        for alias in node.names:
            name, _ = self.module.imported(node, alias)
            new = self._new(name)
            if new != name and "." not in alias.name:
                alias.asname = new
        return node

    def visit_ImportFrom(self, node):
        """What a module that stands apart calls its names, and how they are called here."""
        for alias in node.names:
            name, origin = self.module.imported(node, alias)
            new = self._new(name)
            if origin.name and origin.module in self.names.apart:
                alias.name = self.names.attributes.get(alias.name, alias.name)
            alias.asname = new if new != alias.name else None
        return node
