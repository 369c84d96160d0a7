"""How do the names that only one file knows stay readable in the source and cheap on a board?

Every identifier that a .mpy file carries is interned in RAM when it is loaded, about 20 bytes
each, and a station has more than a thousand. Before it compiles a file, tools/build.py therefore

- gives private names (one leading underscore, used in no other file) short names that the files
  share: `_silent_ms` of one and `_window` of another both become `_a`;
- does the same to parameters that no call names (`wall_at(up)` -> `wall_at(a)`);
- does the same to attributes and methods that no other file and no text mentions: they are private
  in all but spelling (`self.steady_ms`);
- puts the value in place of another module's constant (`faults.FATAL` -> `4095`) and makes the
  constant private, which MicroPython then leaves out of the module; an import that nothing is
  left of goes too.

Lines stay where they are, and what other files know keeps its name: tracebacks and the REPL read
as the source does.
"""

import ast
import itertools
import re
import string
from collections import Counter
from collections.abc import Iterator

from tools.edits import Edits
from tools.foreign import FOREIGN

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_WORD = re.compile(r"[^\W\d]\w*")
# What is started by hand or by the simulator: its names are its interface.
_BY_HAND = ("main", "boot", "board")


def _shorts(prefix: str) -> Iterator[str]:
    """prefix + a, b, ... z, aa, ab, ..."""
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_lowercase, repeat=length):
            yield prefix + "".join(letters)


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            yield node


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    a = node.args
    return [*a.posonlyargs, *a.args, *a.kwonlyargs]


class Names:
    """What all files of a tree together say about the names in it. sources: {module: text}."""

    def __init__(self, sources: dict[str, str]):
        self.trees = {name: ast.parse(text) for name, text in sources.items()}
        self.keep: set[str] = set()  # private names that more than one file knows
        self.called: set[str] = set()  # parameters that some call names
        self.constants: dict[str, dict[str, int]] = {}
        self.files: Counter[str] = Counter()  # in how many files a name stands
        for name, tree in self.trees.items():
            self._read(tree)
            self.files.update({n for node in ast.walk(tree) for n in _names_of(node)})
            self.keep.update(_said(tree))
            self.constants[name] = _constants(tree)
        self.shared = self._used_by_name()  # (module, constant) that must stay public
        self.loose = self._reached_otherwise()  # constants that some object is asked for

    def _read(self, tree: ast.Module) -> None:
        defined, used = set(), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _private(node.attr):
                (used if isinstance(node.ctx, ast.Load) else defined).add(node.attr)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.add(node.name)
                if isinstance(node, ast.ClassDef) and any(map(_foreign, node.bases)):
                    self._keep_all(node)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                defined.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.keep.add(node.value)  # setattr(self, "_name", ...)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self.keep.update(alias.asname or alias.name for alias in node.names)
                self.keep.update(alias.name for alias in node.names)
            elif isinstance(node, ast.keyword) and node.arg:
                self.called.add(node.arg)
        self.keep |= used - defined

    def _keep_all(self, node: ast.ClassDef) -> None:
        """A class with a base from elsewhere shares its names with that base."""
        self.keep.update(n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute))
        self.keep.update(n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef))

    def _used_by_name(self) -> set[tuple[str, str]]:
        """(module, constant) pairs that some file imports by name or sets from outside."""
        shared = set()
        for name, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    shared.update((_origin(name, node), alias.name) for alias in node.names)
        return shared

    def _reached_otherwise(self) -> set[str]:
        """Attributes in capitals of what is no module imported in that file (lazy modules)."""
        loose = set()
        for name, tree in self.trees.items():
            known = _aliases(name, tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr.isupper():
                    if getattr(node.value, "id", "") not in known:
                        loose.add(node.attr)
        return loose

    def private(self, module: str) -> dict[str, str]:
        """Long to short for the private names of one module, the most frequent first."""
        count: Counter[str] = Counter()
        taken = set(self.keep)
        consts = self.constants[module]
        alone = set() if module in _BY_HAND else self._alone(module)
        for node in ast.walk(self.trees[module]):
            for name in _names_of(node):
                if name in alone:
                    count[name] += 1
                elif _private(name) and name not in self.keep and name not in consts:
                    count[name] += 1
                else:
                    taken.add(name)
        free = (short for short in _shorts("_") if short not in taken)
        return dict(zip([n for n, _ in count.most_common()], free, strict=False))

    def _alone(self, module: str) -> set[str]:
        """Attributes and methods that are made in this module and mentioned nowhere else."""
        made, other = set(), FOREIGN | self.keep | self.called
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.Attribute):
                if isinstance(node.ctx, ast.Store) and getattr(node.value, "id", "") == "self":
                    made.add(node.attr)
            elif isinstance(node, ast.ClassDef):
                made.update(part.name for part in node.body if isinstance(part, _FUNCTIONS))
            else:  # also a variable or a parameter: not worth telling them apart
                other.update(_names_of(node) if not isinstance(node, _FUNCTIONS) else ())
        for part in self.trees[module].body:  # of the module itself: what the REPL would look for
            other.update(_names_of(part))
        return {n for n in made - other if self.files[n] == 1 and n[0] != "_"}


def _said(tree: ast.Module) -> Iterator[str]:
    """Every word of every text that is no docstring: getattr() may be given it."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(getattr(node, "body", None), list) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            value = node.value
            if isinstance(value, bytes):
                value = value.decode("latin-1")
            if isinstance(value, str):
                yield from _WORD.findall(value)


def _foreign(base: ast.expr) -> bool:
    """True for a base class that is not one of Python's own exceptions or object."""
    plain = isinstance(base, ast.Name)
    return not (plain and (base.id.endswith(("Error", "Exception")) or base.id == "object"))


def _names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    return []


def _constants(tree: ast.Module) -> dict[str, int]:
    """Module-level NAME = const(int) with a name in capitals, assigned once."""
    found: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, call = node.targets[0].id, node.value
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "const"):
                continue
            try:
                value = ast.literal_eval(call.args[0])
            except ValueError:
                continue
            if isinstance(value, int) and name.isupper():
                found[name] = value
    return found


def _aliases(module: str, tree: ast.Module) -> dict[str, str]:
    """Names that `from package import module` gave to modules in this file."""
    return {
        item.asname or item.name: f"{_origin(module, node)}.{item.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for item in node.names
    }


def _origin(module: str, node: ast.ImportFrom) -> str:
    """The module that `from ... import` in `module` names, with its leading dots resolved."""
    parts = module.split(".")[: -node.level] if node.level else []
    return ".".join([*parts, *([node.module] if node.module else [])])


def _rename_private(tree: ast.Module, short: dict[str, str], edits: Edits) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in short:
            end = node.end_col_offset
            edits.span(node.end_lineno, end - len(node.attr.encode()), end, short[node.attr])
        elif isinstance(node, ast.Name) and node.id in short:
            edits.span(node.lineno, node.col_offset, node.end_col_offset, short[node.id])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name in short:
                edits.word(node.lineno, node.name, short[node.name])
        elif isinstance(node, ast.Global):
            for name in node.names:
                if name in short:
                    edits.word(node.lineno, name, short[name])


def _untouchable(function: ast.AST) -> set[str]:
    """Names that stand in a function where the tree gives no position for them."""
    fixed = set()
    for node in ast.walk(function):
        if isinstance(node, ast.JoinedStr):
            fixed.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
        elif isinstance(node, ast.Nonlocal | ast.Global):
            fixed.update(node.names)
        elif isinstance(node, ast.ExceptHandler):
            fixed.add(node.name)
        elif isinstance(node, ast.alias):
            fixed.add(node.asname or node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            fixed.add(node.name)
    return fixed


def _rename_parameters(tree: ast.Module, called: set[str], edits: Edits) -> None:
    given: dict[ast.AST, set[str]] = {}  # short names in force inside a nested function
    for function in _functions(tree):
        inside = list(ast.walk(function))
        taken = {name for node in inside for name in _names_of(node)} | given.get(function, set())
        fixed = _untouchable(function) | called | {"self"}
        free = (short for short in _shorts("") if short not in taken and len(short) < 2)
        short = {}
        for parameter in _parameters(function):
            if parameter.arg not in fixed and len(parameter.arg) > 1 and parameter.arg[0] != "_":
                new = next(free, None)
                if new:
                    short[parameter.arg] = new
        for node in inside:
            if node is not function and isinstance(node, _FUNCTIONS):
                given.setdefault(node, set()).update(taken, short.values())
                short = {k: v for k, v in short.items() if k not in _own(node)}
        _apply(function, short, edits)


def _own(function: ast.AST) -> set[str]:
    return {p.arg for p in _parameters(function)}


def _apply(function: ast.AST, short: dict[str, str], edits: Edits) -> None:
    body = function.body if isinstance(function.body, list) else [function.body]
    for parameter in _parameters(function):
        if parameter.arg in short:
            start = parameter.col_offset
            end = start + len(parameter.arg.encode())
            edits.span(parameter.lineno, start, end, short[parameter.arg])
    for node in (n for part in body for n in ast.walk(part)):
        if isinstance(node, ast.Name) and node.id in short:
            edits.span(node.lineno, node.col_offset, node.end_col_offset, short[node.id])


def _inline(module: str, tree: ast.Module, names: Names, edits: Edits) -> None:
    """Values in place of `alias.NAME`; own constants that nobody imports become private."""
    alias = _aliases(module, tree)
    done, uses = Counter(), Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            uses[node.id] += 1
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            value = names.constants.get(alias.get(node.value.id, ""), {}).get(node.attr)
            if value is not None and node.lineno == node.end_lineno:
                edits.span(node.lineno, node.col_offset, node.end_col_offset, f"({value})")
                done[node.value.id] += 1
    _unimport(tree, {name for name in done if done[name] == uses[name]}, edits)
    for name in names.constants[module]:
        public = (module, name) in names.shared or name in names.loose
        if not _private(name) and not public:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and node.id == name:
                    edits.span(node.lineno, node.col_offset, node.end_col_offset, "_" + name)


def _unimport(tree: ast.Module, gone: set[str], edits: Edits) -> None:
    """Take names out of `from package import ...` lines; a line that is left empty says pass."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.lineno != node.end_lineno:
            continue
        left = [item for item in node.names if (item.asname or item.name) not in gone]
        if len(left) == len(node.names):
            continue
        text = f"from {'.' * node.level}{node.module or ''} import "
        text += ", ".join(f"{i.name} as {i.asname}" if i.asname else i.name for i in left)
        edits.span(node.lineno, node.col_offset, node.end_col_offset, text if left else "pass")


def shorten(module: str, text: str, names: Names) -> str:
    """The text of one module with short names; `names` was made of all modules of the tree."""
    tree = names.trees[module]
    edits = Edits(text)
    _inline(module, tree, names, edits)
    _rename_private(tree, names.private(module), edits)
    _rename_parameters(tree, names.called, edits)
    return edits.text()
