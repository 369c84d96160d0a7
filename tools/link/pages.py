"""How does code that the joined module needs now and then stay on flash?

`cold.txt` names functions that run at the start, at some event, or when something goes wrong.
Those that only ever are called are taken out of the joined module into small ones, a page for
each class or module, which lib/lazy.py loads when they are called and forgets again:

- a method is found by its class's `__getattr__`: `self.oversize(..)` stays as it is;
- `__init__` becomes such a method: `Rpc(a, b)` is built as `Rpc().init_(a, b)`;
- a function of a module is called as `lazy.get("p7").name(..)`;
- what is marked `name*` is only ever called, though other objects have values of that name;
- what is marked `name!` runs once, at the start: its page has only such functions and is forgotten
  when it is called (`lazy.once("p7").name(..)`), so the start needs little at a time.

Never a page: what the control step needs, the drivers, log, supervisor and lazy itself. They must
work without flash and when there is no memory; tests_host/test_link_control.py holds it.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tools.link import plan, rom
from tools.link.join import JOINED, spelled
from tools.link.moved import (
    FALLBACK,
    FUNCTION,
    GET,
    ONCE,
    Caller,
    Mover,
    Namer,
    as_method,
    init_of,
    is_named,
    looks_on,
    name_of,
)
from tools.link.names import elsewhere
from tools.link.program import FUNCTIONS, Module, words

COLD = Path(__file__).with_name("cold.txt")
# Every class with a page shares this one; `page` is an attribute of the class.
_PAGED = f"""
def {FALLBACK}(self, name):
    return lazy__method(self, self.page, name)
"""


def cold() -> Iterator[tuple[str, str, str]]:
    """(module, class or "", function) of the list."""
    return ((module, owner, name.rstrip("!*")) for module, owner, name in _rows())


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
        self.functions = {n.name: n for n in joined.body if isinstance(n, FUNCTION)}
        self._free = free  # names for modules
        self._names: dict[str, str] = {}
        self._there: set[tuple[str, str]] = set()
        self.page_of: dict[str, str] = {}  # class: where its methods are
        self.kept = kept | rom.foreign()  # names that stay as they are
        self._survey()
        # (lazy's function, page) of a function; of a class's __init__, None: its own __getattr__.
        calls: dict[str, tuple[str, str]] = {}
        made: dict[str, tuple[str, str] | None] = {}
        chosen: list[tuple[str, ast.ClassDef | None, ast.stmt, bool]] = []
        for module, owner, name in _rows():
            once = name.endswith("!")
            found = (
                self._method(module, owner, name, once)
                if owner
                else self._function(module, name.rstrip("!"), once)
            )
            if found:
                page, holder, node = found
                chosen.append((*found, once))
                if holder is None:
                    calls[node.name] = (ONCE if once else GET, page)
                elif name.rstrip("!") == "__init__":
                    made[holder.name] = (ONCE, page) if once else None
        caller = Caller(calls, made)
        caller.visit(joined)
        for module_ in apart:
            Caller(calls, made, True).visit(module_.tree)
        self._move(chosen)
        self._lend()

    def _survey(self) -> None:
        """What stands in the way: names that are used other than by calling them."""
        trees = [self.joined, *(module.tree for module in self.apart)]
        self.values: set[str] = set()
        self.own: dict[str, set[str]] = {}  # of `self`, by class
        self.bases: set[str] = set()
        self.based: set[str] = set()  # bases of classes of modules that stand apart
        self.keyed: set[str] = (
            set()
        )  # called with named arguments, which lazy.method() cannot pass
        for tree in trees:
            self.kept.update(words(tree))
            called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
            for holder in tree.body:
                for node in ast.walk(holder) if isinstance(holder, ast.ClassDef) else ():
                    if getattr(getattr(node, "value", None), "id", "") == "self":
                        if isinstance(node, ast.Attribute) and id(node) not in called:
                            self.own.setdefault(holder.name, set()).add(node.attr)
                            called.add(id(node))
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute | ast.Name) and id(node) not in called:
                    self.values.add(getattr(node, "attr", None) or getattr(node, "id", ""))
                if isinstance(node, ast.Attribute) and name_of(node.value) in self.classes:
                    self.values.add(node.attr)  # Class.method
                if isinstance(node, ast.Call) and node.keywords:
                    self.keyed.add(getattr(node.func, "attr", None) or name_of(node.func))
                if isinstance(node, ast.ClassDef):
                    self.bases.update(name_of(base) for base in node.bases)
                    if any(map(elsewhere, node.bases)):  # names.py leaves these names alone
                        self.kept.update(n.name for n in ast.walk(node) if hasattr(n, "name"))
                    if tree is not self.joined:
                        self.based.update(name_of(base) for base in node.bases)

    def _page(self, module: str, name: str, once: bool) -> str | None:
        """The page for a function of a module; None if another one there has its name.

        A page for each module, or for those that are used at the same time. What runs once is
        apart.
        """
        key = plan.TOGETHER.get(module, module) + "!" * once
        key = plan.TOGETHER.get(key, key)
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
        values = set() if name.endswith("*") else self.values
        name = name.rstrip("!*")
        holder = self.classes.get(spelled(module, owner))
        node = next((n for n in holder.body if is_named(n, name)), None) if holder else None
        if node is None or node.decorator_list:
            return None
        heir = self._heir(holder)
        if heir is None:
            return None
        if any(name_of(part) == "super" for part in ast.walk(node)) or _hands_out(node):
            return None
        if once and name != "__init__":
            return None  # a method is looked for by its class, which knows one page
        if name == "__init__":
            plain = holder.name not in self.kept | self.keyed | self.values and all(
                map(self._uninitialised, holder.bases)
            )
        else:
            own = self.own.get(holder.name, set()) | self.own.get(heir.name, set())
            plain = name not in values | own | self.keyed and not name.startswith("__")
            # lazy.method gives nothing that begins with "_": only names that become others.
            plain = plain and not (name.startswith("_") and name in self.kept)
        if not plain:
            return None
        name = init_of(holder) if name == "__init__" else name
        page = self._page(module, name, once)
        if page and not once:
            page = self.page_of.setdefault(heir.name, page)
        return (page, holder, node) if page else None

    def _heir(self, holder: ast.ClassDef) -> ast.ClassDef | None:
        """The class of the objects: itself, or the only one that is made of it."""
        heirs = [c for c in self.classes.values() if holder.name in map(name_of, c.bases)]
        if holder.name not in self.bases:
            return holder
        good = len(heirs) == 1 and heirs[0].name not in self.bases
        return heirs[0] if good and holder.name not in self.based else None

    def _uninitialised(self, base: ast.expr) -> bool:
        """Is it a class of ours without an __init__ and a base?"""
        found = self.classes.get(name_of(base))
        return (
            bool(found)
            and not found.bases
            and not any(is_named(n, "__init__") for n in found.body)
        )

    def _move(self, chosen) -> None:
        scopes = Module(JOINED, "", self.joined, self.known)
        for page, holder, node, once in chosen:
            name = node.name
            if holder is None:
                self.joined.body.remove(node)
            else:
                holder.body.remove(node)
                if name == "__init__":
                    node = as_method(node, init_of(holder))
                if not holder.body:
                    holder.body.append(ast.Pass())
                if not once:
                    looks_on(self._heir(holder), page, node)
                node.owner = holder.name
                node.long = f"{_title(holder.name)}.{name}"
            family = holder and self._heir(holder)
            beside = {
                n.name for p, h, n, _ in chosen if p == page and h and self._heir(h) is family
            }
            me = node.args.args[0].arg if holder else ""
            Mover(scopes, page, me, beside).visit(node)
            target = self.trees.setdefault(page, ast.Module([], []))
            if not any(map(_imports_joined, target.body)):
                target.body.insert(0, ast.Import([ast.alias(JOINED)]))
            target.body.append(node)
        if self.trees:
            head = ast.parse(_PAGED).body
            for part in ast.walk(head[0]):
                part.file, part.line = "lib/lazy.py", 1
            self.joined.body[:0] = head

    def _lend(self) -> None:
        """Constants that one page alone speaks of go with it."""
        resident = Counter(n.id for n in ast.walk(self.joined) if isinstance(n, ast.Name))
        asked: dict[str, list] = {}
        for tree in [module.tree for module in self.apart] + list(self.trees.values()):
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == JOINED:
                    read = isinstance(node.ctx, ast.Load)
                    asked.setdefault(node.attr, []).append(tree if read else None)
        for node in list(self.joined.body):
            name = node.targets[0].id if _is_text(node) else ""
            users = asked.get(name, [])
            if resident[name] != 1 or not users or any(tree is not users[0] for tree in users):
                continue
            if users[0] not in self.trees.values():
                continue
            self.joined.body.remove(node)
            Namer(name).visit(users[0])
            users[0].body.insert(1, node)  # the import of the joined module stays the first


def _is_text(node: ast.stmt) -> bool:
    """`NAME = "text"`, or bytes, or a tuple of such."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return False
    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
    return all(isinstance(getattr(part, "value", None), str | bytes) for part in parts)


def _hands_out(node: ast.stmt) -> bool:
    """Does it make functions? Where they go, its whole page would stay."""
    return any(isinstance(part, FUNCTIONS) for part in ast.walk(node) if part is not node)


def _imports_joined(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import) and node.names[0].name == JOINED


def _title(name: str) -> str:
    """`core_log__Log` as it is in the sources."""
    return name.split("__", 1)[1]
