"""Which attributes may share a name because no object has both?

Attributes of one object need different names: those of a class with its bases, its subclasses and
the modules that its __getattr__ looks in; the public names of a module. An attribute that is set
from outside (`session.record = 3`) may be any object's: it shares with nobody.
"""

import ast

from tools.link.join import JOINED
from tools.link.program import FUNCTIONS, Module


class Owners:
    """families: sets of attributes that may be on one object; wild: those of any object."""

    def __init__(self, modules: list[Module]):
        self.wild: set[str] = set()
        self._sets: dict[str, set[str]] = {}
        self._parent: dict[str, str] = {}
        for module in modules:
            if module.name != JOINED:
                self._of(f"module {module.name}").update(module.top.bound)
        for module in modules:
            for node in ast.walk(module.tree):
                self._read(node)
            for node in module.tree.body:  # a function whose `self` may be anything
                if isinstance(node, FUNCTIONS) and not getattr(node, "owner", ""):
                    self.wild.update(_of_self(node))
        families: dict[str, set[str]] = {}
        for name, attributes in self._sets.items():
            families.setdefault(self._root(name), set()).update(attributes)
        self.families = list(families.values())

    def _of(self, name: str) -> set[str]:
        return self._sets.setdefault(name, set())

    def _root(self, name: str) -> str:
        while name in self._parent:
            name = self._parent[name]
        return name

    def _join(self, one: str, other: str) -> None:
        one, other = self._root(one), self._root(other)
        if one != other:
            self._parent[one] = other

    def _read(self, node: ast.AST) -> None:
        if isinstance(node, ast.ClassDef):
            self._class(node)
        elif isinstance(node, FUNCTIONS) and getattr(node, "owner", ""):
            self._of(f"class {node.owner}").update(_of_self(node))  # a method on a page
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            if getattr(node.value, "id", "") not in ("self", JOINED):
                self.wild.add(node.attr)

    def _class(self, node: ast.ClassDef) -> None:
        name = f"class {node.name}"
        own = self._of(name)
        own.update(_of_self(node))
        for part in node.body:
            if hasattr(part, "name"):
                own.add(part.name)
            elif isinstance(part, ast.Assign):
                own.update(getattr(target, "id", "") for target in part.targets)
        for base in node.bases:
            self._join(name, f"class {getattr(base, 'attr', None) or getattr(base, 'id', '')}")
        for part in ast.walk(node):  # lazy.method(self, "station.desk", name), page = "p3"
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                if f"module {part.value}" in self._sets or part.value in _pages(node):
                    self._join(f"module {part.value}", name)

    def conflicts(self) -> dict[str, set[str]]:
        """For each attribute those with which it cannot share."""
        found: dict[str, set[str]] = {}
        for family in self.families:
            for name in family:
                found.setdefault(name, set()).update(family)
        return found


def _pages(node: ast.ClassDef) -> set[str]:
    return {
        part.value.value
        for part in node.body
        if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "page"
    }


def _of_self(tree: ast.AST) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"
    }
