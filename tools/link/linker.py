"""How are the texts of all files made into those that are compiled?"""

import ast
from dataclasses import dataclass, field

from tools.link import constants, emit, places, plan, tables, unnamed
from tools.link.join import JOINED, Joined, spelled
from tools.link.names import Names
from tools.link.pages import Pages
from tools.link.program import LinkError, Module, Program, words_of  # noqa: F401

JOINED_PATH = f"lib/{JOINED}.py"
# What is started by hand or by name; it stays a file of its own that leads to the joined module.
_MAIN = """
if globals().get("locked"):
    import micropython

    micropython.kbd_intr(-1)

import galvani

run = galvani.main__run

def __getattr__(name):
    if name == "app":
        return galvani.main__app
    raise AttributeError(name)

if __name__ == "__main__":
    run()
"""
# What the REPL's documentation names (docs/console.md, docs/flash_it.md).
_SPOKEN = frozenset("app run VERSION connectors id active status uptime_s warn info error".split())


@dataclass
class Linked:
    """The texts to compile by path on the flash, and the map back.

    lines: {path: rows of emit.text_of}; names: {new name: old names}; found: where the program's
    own names went, {"core.clock.Clock": "..."}: for tools that reach into a running station;
    data: other files by path on the flash.
    """

    texts: dict[str, str]
    lines: dict[str, list] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)

    def map(self) -> dict:
        """What tools/trace.py and the simulator read."""
        return {"lines": self.lines, "names": self.names, "found": self.found}


def link(
    texts: dict[str, str], names: dict[str, str], fixed: set[str], short=True, apart=False
) -> Linked:
    """texts: path to text of all Python files; names: path to module; fixed: paths left as they
    are, whose names the others must leave alone; apart: large tables go into a file of their own
    (tables.py)."""
    texts, blob = _tabled(texts, names, apart)
    program = Program({p: t for p, t in texts.items() if p not in fixed}, names)
    kept = set(_SPOKEN)
    for path in fixed | {"board.py", "boot.py"} & set(texts):
        kept |= words_of(ast.parse(texts[path]))
    for module in program.modules.values():
        emit.mark(module.tree, module.path)
        kept |= _of_app(module.tree)
    constants.inline(program)
    known = set(names.values()) | {name.rpartition(".")[0] for name in names.values()}
    whole = "main" in program.modules and program.modules["main"].top.bound["run"]
    modules = _joined(program, known, kept) if whole else list(program.modules.values())
    out = Linked({path: texts[path] for path in fixed})
    if short:
        given = Names(modules, kept)
        given.apply()
        for table in (given.of_joined, given.attributes, *given.private.values()):
            for old, new in table.items():
                out.names.setdefault(new, []).append(old)
        out.found = _found(program, given)
        if whole:
            unnamed.unname(modules, JOINED)
    for module in modules:
        out.texts[module.path], out.lines[module.path] = emit.text_of(module)
        if getattr(module.tree, "reader", False):
            out.data[tables.place(module.path)] = blob
    return out


def _tabled(texts, names, apart: bool) -> tuple[dict[str, str], bytes]:
    """(texts with their tables in place or without them, the tables)."""
    if apart:
        texts, table = tables.take(texts, names)
        if table:
            return texts, table
    unused = (plan.TABLE, tables.READER)
    return {path: text for path, text in texts.items() if names[path] not in unused}, b""


def _joined(program: Program, known: set[str], kept: set[str]) -> list[Module]:
    if tables.READER in program.modules:
        program.modules[tables.READER].tree.reader = True
    joined = Joined(program, plan.JOINED | {plan.TABLE})
    apart = [module for module in program.modules.values() if module.name not in joined.names]
    free = places.names(_words_of(joined.tree, apart))
    pages = Pages(joined.tree, apart, known, kept, free)
    modules = [Module(JOINED, JOINED_PATH, joined.tree, known)]
    for module in apart:
        modules.append(Module(module.name, module.path, module.tree, known))
    for name, tree in pages.trees.items():
        modules.append(Module(name, f"lib/{name}.py", tree, known))
    if "main" in joined.names:
        tree = ast.parse(_MAIN)
        emit.mark(tree, "main.py")
        modules.append(Module("main", "main.py", tree, known))
    places.move(modules, free)
    # Read again: what an import binds has changed with the places.
    known = known | {module.name for module in modules}
    return [Module(m.name, m.path, m.tree, known) for m in modules]


def _words_of(joined: ast.Module, apart: list[Module]) -> set[str]:
    """Every name that stands anywhere: no module may be called so."""
    found: set[str] = set()
    for tree in (joined, *(module.tree for module in apart)):
        found |= words_of(tree)
    return found


def _found(program: Program, given: Names) -> dict[str, str]:
    """Where a module's public names went, and every attribute with a dot before it."""
    found = {"." + old: new for old, new in given.attributes.items()}
    for name in (plan.JOINED | {plan.TABLE}) & set(program.modules):
        found[name] = JOINED
        for old in program.modules[name].top.bound:
            new = given.of_joined.get(spelled(name, old))
            if new:
                found[f"{name}.{old}"] = new
    return found


def _of_app(tree: ast.Module) -> set[str]:
    """What `app` has: at the REPL and in scripts of mpremote it has the names of the sources."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "app"
    }
