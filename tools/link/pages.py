"""How does code that the joined module needs now and then stay on flash?

`cold.txt` names functions that run at the start, at some event, or when something goes wrong.
Those that only ever are called are taken out of the joined module into small ones, a page for
each class or module, which lib/lazy.py loads when they are called and forgets again:

- a method is found by its class's `__getattr__`: `self.oversize(..)` stays as it is;
- `__init__` becomes such a method: `Rpc(a, b)` is built as `Rpc().init_(a, b)`;
- a function of a module is called as `lazy.get("p7").name(..)`;
- what is marked `name!` runs once, at the start: its page has only such functions and is forgotten
  when it is called (`lazy.once("p7").name(..)`), so the start needs little at a time.

Never a page: what the control step needs, the drivers, log, supervisor and lazy itself. They must
work without flash and when there is no memory; tests_host/test_link_control.py holds it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.link import rom
from tools.link.join import JOINED, spelled
from tools.link.program import FUNCTIONS, Module, Walker, words

COLD = Path(__file__).with_name("cold.txt")
_FALLBACK = "lazy__paged"
_GET, _ONCE = "lazy__get", "lazy__once"
# Every class with a page shares this one; `page` is an attribute of the class.
_PAGED = f"""
def {_FALLBACK}(self, name):
    return lazy__method(self, self.page, name)
"""
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def cold() -> Iterator[tuple[str, str, str]]:
    """(module, class or "", function) of the list."""
    return ((module, owner, name.rstrip("!")) for module, owner, name in _rows())


def _rows() -> Iterator[tuple[str, str, str]]:
    for line in COLD.read_text().splitlines():
        if line and not line.startswith("#"):
            module, _, names = line.partition(":")
            for name in names.split():
                owner, _, function = name.rpartition(".")
                yield module, owner, function


class Pages:
    """Takes the cold functions out of the joined module. trees: the pages by name."""

    def __init__(self, joined: ast.Module, apart: list[Module], known, kept: set[str], free):
        self.joined, self.apart, self.known = joined, apart, known
        self.trees: dict[str, ast.Module] = {}
        self.classes = {n.name: n for n in joined.body if isinstance(n, ast.ClassDef)}
        self.functions = {n.name: n for n in joined.body if isinstance(n, _FUNCTION)}
        self._free = free  # names for modules
        self._names: dict[str, str] = {}
        self._there: set[tuple[str, str]] = set()
        self.kept = kept | rom.foreign()  # names that stay as they are
        self._survey()
        # (lazy's function, page) of a function; of a class's __init__, None: its own __getattr__.
        calls: dict[str, tuple[str, str]] = {}
        made: dict[str, tuple[str, str] | None] = {}
        chosen: list[tuple[str, ast.ClassDef | None, ast.stmt, bool]] = []
        for module, owner, name in _rows():
            once = name.endswith("!")
            name = name.rstrip("!")
            found = (
                self._method(module, owner, name, once)
                if owner
                else self._function(module, name, once)
            )
            if found:
                page, holder, node = found
                chosen.append((*found, once))
                if holder is None:
                    calls[node.name] = (_ONCE if once else _GET, page)
                elif name == "__init__":
                    made[holder.name] = (_ONCE, page) if once else None
        caller = _Caller(calls, made)
        caller.visit(joined)
        for module_ in apart:
            _Caller(calls, made, True).visit(module_.tree)
        self._move(chosen)

    def _survey(self) -> None:
        """What stands in the way: names that are used other than by calling them."""
        trees = [self.joined, *(module.tree for module in self.apart)]
        self.values: set[str] = set()
        self.bases: set[str] = set()
        self.keyed: set[str] = (
            set()
        )  # called with named arguments, which lazy.method() cannot pass
        for tree in trees:
            self.kept.update(words(tree))
            called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute | ast.Name) and id(node) not in called:
                    self.values.add(getattr(node, "attr", None) or getattr(node, "id", ""))
                if isinstance(node, ast.Attribute) and _name(node.value) in self.classes:
                    self.values.add(node.attr)  # Class.method
                if isinstance(node, ast.Call) and node.keywords:
                    self.keyed.add(getattr(node.func, "attr", None) or _name(node.func))
                if isinstance(node, ast.ClassDef):
                    self.bases.update(_name(base) for base in node.bases)

    def _page(self, module: str, name: str, once: bool) -> str | None:
        """The page for a function of a module; None if another one there has its name.

        A page for each module, and one for all of core: most of it runs at the start. What runs
        once is apart.
        """
        key = ("core" if module.startswith("core.") else module) + "!" * once
        if key not in self._names:
            self._names[key] = next(self._free)
        page = self._names[key]
        if (page, name) in self._there:
            return None
        self._there.add((page, name))
        return page

    def _function(self, module: str, name: str, once: bool):
        node = self.functions.get(spelled(module, name))
        if node is None or node.name in self.values or node.decorator_list or _hands_out(node):
            return None
        if once and node.name in self.keyed:
            return None
        page = self._page(module, node.name, once)
        return (page, None, node) if page else None

    def _method(self, module: str, owner: str, name: str, once: bool):
        holder = self.classes.get(spelled(module, owner))
        node = next((n for n in holder.body if _is(n, name)), None) if holder else None
        if node is None or node.decorator_list or holder.name in self.bases:
            return None
        if any(_name(part) == "super" for part in ast.walk(node)) or _hands_out(node):
            return None
        if once and name != "__init__":
            return None  # a method is looked for by its class, which knows one page
        if name == "__init__":
            plain = holder.name not in self.kept | self.keyed and all(
                map(self._uninitialised, holder.bases)
            )
        else:
            plain = name not in self.values | self.keyed and not name.startswith("__")
            # lazy.method gives nothing that begins with "_": only names that become others.
            plain = plain and not (name.startswith("_") and name in self.kept)
        if not plain:
            return None
        name = _init_of(holder) if name == "__init__" else name
        own = None if once else self._lazy_module(holder)
        page = own or self._page(module, name, once)
        return (page, holder, node) if page else None

    def _uninitialised(self, base: ast.expr) -> bool:
        """Is it a class of ours without an __init__ and a base?"""
        found = self.classes.get(_name(base))
        return bool(found) and not found.bases and not any(_is(n, "__init__") for n in found.body)

    def _lazy_module(self, holder: ast.ClassDef) -> str | None:
        """The module in which a class's own __getattr__ looks: its page."""
        getter = next((n for n in holder.body if _is(n, "__getattr__")), None)
        for node in ast.walk(getter) if getter else ():
            if isinstance(node, ast.Call) and _name(node.func) == "lazy__method":
                return node.args[1].value
        return None

    def _move(self, chosen) -> None:
        scopes = Module(JOINED, "", self.joined, self.known)
        known = {module.name: module for module in self.apart}
        for page, holder, node, once in chosen:
            name = node.name
            if holder is None:
                self.joined.body.remove(node)
            else:
                holder.body.remove(node)
                if name == "__init__":
                    node = _as_method(node, _init_of(holder))
                if not holder.body:
                    holder.body.append(ast.Pass())
                there = once or page in known or any(_is(n, "__getattr__") for n in holder.body)
                if not there:
                    holder.body[:0] = ast.parse(
                        f"__getattr__ = {_FALLBACK}\npage = {page!r}\n"
                    ).body
                    for part in holder.body[:2]:
                        part.file, part.line = getattr(node, "file", ""), node.lineno
                node.owner = holder.name
                node.long = f"{_title(holder.name)}.{name}"
            beside = {n.name for p, h, n, _ in chosen if p == page and h is holder}
            me = node.args.args[0].arg if holder else ""
            _Mover(scopes, page, me, beside).visit(node)
            target = known[page].tree if page in known else self.trees.get(page)
            if target is None:
                target = self.trees[page] = ast.Module([], [])
            if not any(map(_imports_joined, target.body)):
                target.body.insert(0, ast.Import([ast.alias(JOINED)]))
            target.body.append(node)
        if self.trees:
            head = ast.parse(_PAGED).body
            for part in ast.walk(head[0]):
                part.file, part.line = "lib/lazy.py", 1
            self.joined.body[:0] = head


def _hands_out(node: ast.stmt) -> bool:
    """Does it make functions? Where they go, its whole page would stay."""
    return any(isinstance(part, FUNCTIONS) for part in ast.walk(node) if part is not node)


def _init_of(holder: ast.ClassDef) -> str:
    """What a class's __init__ is called on a page, where there may be several."""
    return f"init_{holder.name}"


def _imports_joined(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import) and node.names[0].name == JOINED


def _title(name: str) -> str:
    """`core_log__Log` as it is in the sources."""
    return name.split("__", 1)[1]


def _is(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.Assign):
        return _name(node.targets[0]) == name
    return isinstance(node, _FUNCTION) and node.name == name


def _name(node: ast.AST) -> str:
    """`x` and `galvani.x`: x."""
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == JOINED:
        return node.attr
    return getattr(node, "id", "")


def _as_method(node: ast.FunctionDef, name: str) -> ast.FunctionDef:
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


class _Caller(ast.NodeTransformer):
    """Calls of what has moved, in one tree."""

    def __init__(self, calls: dict, made: dict, apart=False):
        self.calls, self.made, self.apart = calls, made, apart

    def visit_Call(self, node):
        """`f(x)` of a page, `C(x)` of a class whose __init__ is on one."""
        self.generic_visit(node)
        name = _name(node.func)
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


class _Mover(Walker):
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
            if target.attr in self.beside:
                node.args.insert(0, target.value)
                node.func = ast.copy_location(ast.Name(target.attr, ast.Load()), target)
                node.args = [self.visit(part) for part in node.args]
                return node
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Call):
            inner = target.value
            if _name(inner.func) in (_GET, _ONCE) and inner.args[0].value == self.page:
                node.func = ast.copy_location(ast.Name(target.attr, ast.Load()), target)
                node.args = [self.visit(part) for part in node.args]
                node.keywords = [self.visit(part) for part in node.keywords]
                return node
        return self.generic_visit(node)

    def visit_Global(self, node):
        """They are attributes here."""
        return ast.copy_location(ast.Pass(), node)
