"""How does a text of rarely loaded code keep no name in memory for ever?

MicroPython interns every literal of up to ten letters: seven bytes and its letters, for good, even
if its module is forgotten, and a place in a table that grows in one piece. In a tuple of constants
it is an object like any other, which goes with its module. So modules that are loaded now and then
have their texts in one tuple; what the modules that stay name anyway remains a literal.
"""

import ast
from collections.abc import Iterable

from tools.link import rom
from tools.link.names import BUILTIN
from tools.link.program import Module, words_of

_INTERNED = 10  # letters; a longer literal is an object already
# Loaded once for good: a name costs less there than an object.
_RESIDENT = ("drivers.", "main", "boot", "board")


def unname(modules: Iterable[Module], resident: str) -> None:
    """Moves texts of all modules but `resident`, and of those that stay, into a tuple each."""
    modules = list(modules)
    known = rom.foreign()
    used = set().union(*(words_of(module.tree) | _texts(module.tree) for module in modules))
    name = next(n for n in rom.groups()["common"] if n not in used | BUILTIN and n.isalpha())
    stay = [m for m in modules if m.name == resident or m.name.startswith(_RESIDENT)]
    for module in stay:
        known = known | words_of(module.tree) | _texts(module.tree)
    for module in modules:
        if module not in stay:
            _Texts(name, known | words_of(module.tree)).move(module)


def _texts(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


class _Texts(ast.NodeTransformer):
    """Puts `name[n]` where a text stood."""

    def __init__(self, name: str, known: set[str] | frozenset[str]):
        self.name, self.known = name, known
        self.found: dict[str, int] = {}

    def move(self, module: Module) -> None:
        """Do it in one module."""
        self.visit(module.tree)
        if not self.found:
            return
        row = ast.Tuple([ast.Constant(text) for text in self.found], ast.Load())
        table = ast.Assign([ast.Name(self.name, ast.Store())], row, lineno=1, col_offset=0)
        table.file, table.line = module.path, 1
        module.tree.body.insert(0, table)

    def visit_Constant(self, node):
        """A text that would become a name."""
        text = node.value
        if not isinstance(text, str) or len(text) > _INTERNED or text in self.known or not text:
            return node
        at = self.found.setdefault(text, len(self.found))
        base = ast.Name(self.name, ast.Load())
        return ast.copy_location(ast.Subscript(base, ast.Constant(at), ast.Load()), node)

    def visit_Tuple(self, node):
        """Constants only: objects already."""
        if all(isinstance(part, ast.Constant) for part in node.elts):
            return node
        return self.generic_visit(node)

    def visit_Expr(self, node):
        """Not a text that says what a function is for."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_JoinedStr(self, node):
        """MicroPython makes one text of it."""
        return node

    def visit_arg(self, node):
        """An annotation is nothing that runs."""
        return node

    def visit_AnnAssign(self, node):
        """The same."""
        if node.value:
            node.value = self.visit(node.value)
        return node

    def _function(self, node):
        node.args.defaults = [self.visit(part) for part in node.args.defaults]
        node.args.kw_defaults = [part and self.visit(part) for part in node.args.kw_defaults]
        node.body = [self.visit(part) for part in node.body]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function
