"""How do the modules that always stay become one?

Their bodies follow one another in the order in which Python would run them. Every name of such a
module is spelled `core_log__emit` in the one that comes out, wherever it is used: `log.emit(..)`
of a joined module and `galvani.core_log__emit(..)` of one that stands apart. Imports between
joined modules vanish; what is imported from elsewhere is imported once.
"""

import ast

from tools.link.program import Import, LinkError, Module, Program, Scope, Walker

JOINED = "galvani"


def spelled(module: str, name: str) -> str:
    """A module's name in the joined one."""
    return f"{module.replace('.', '_')}__{name}"


class Joined:
    """What came out: tree of the joined module (its nodes know their file by `.file`), and the
    other modules' trees changed in place. order: the joined modules as they follow each other."""

    def __init__(self, program: Program, names: set[str]):
        self.program = program
        self.names = names & set(program.modules)
        self.order = self._order()
        self.tree = ast.Module([], [])
        self._foreign: set[str] = set()
        for name in self.order:
            self.tree.body += self._body(name)
        for name, module in program.modules.items():
            if name not in self.names:
                self._apart(module)

    def _order(self) -> list[str]:
        order: list[str] = []
        begun: set[str] = set()

        def run(name):
            if name in begun or name not in self.names:
                return
            begun.add(name)
            module = self.program.modules[name]
            for node in module.tree.body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    for alias in node.names:
                        origin = module.imported(node, alias)[1]
                        run(origin.module)
            order.append(name)

        for name in sorted(self.names):
            run(name)
        return order

    def _body(self, name: str) -> list[ast.stmt]:
        module = self.program.modules[name]
        _Rewriter(self, module).visit(module.tree)
        body = []
        for node in module.tree.body:
            if _is_start(node):
                continue
            text = ast.unparse(node) if isinstance(node, ast.Import | ast.ImportFrom) else ""
            if text and text in self._foreign:
                continue
            self._foreign.add(text)
            for part in ast.walk(node):
                part.file = module.path
            body.append(node)
        return body

    def _apart(self, module: Module) -> None:
        rewriter = _Rewriter(self, module)
        rewriter.visit(module.tree)
        if rewriter.uses:
            module.tree.body.insert(0, ast.Import([ast.alias(JOINED)]))
        for part in ast.walk(module.tree):
            part.file = module.path

    def reference(self, module: str, name: str, user: Module, node: ast.AST) -> str:
        """How the joined module spells `name` of `module`, one of its own."""
        found = self.program.modules[module]
        if not found.top.bound[name]:
            raise LinkError(f"{user.where(node)}: {module} has no {name}")
        origin = found.top.origin(name)
        if origin and origin.name and origin.module in self.names:
            return self.reference(origin.module, origin.name, user, node)
        if origin and origin.module not in self.program.ours:
            return name  # of MicroPython: imported once under its own name
        return spelled(module, name)


def _is_start(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, which the file main.py does itself."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    return getattr(node.test.left, "id", "") == "__name__"


class _Rewriter(Walker):
    """Rewrites one module. uses: it (standing apart) needs the joined one."""

    def __init__(self, joined: Joined, module: Module):
        super().__init__(module)
        self.joined = joined
        self.inside = module.name in joined.names
        self.uses = False
        self.assigned: list[set[str]] = [set()]  # names to declare global, function by function

    # -- where names lead -------------------------------------------------------------------

    def _origin(self, name: str, read=True) -> tuple[Scope | None, Import | None]:
        scope = self.scope_of(name, read)
        return scope, scope.origin(name) if scope else None

    def _own(self, node: ast.AST, origin: Import, new: type, old: ast.AST) -> ast.AST:
        """The node that stands for a name of a joined module."""
        text = self.joined.reference(origin.module, origin.name, self.module, node)
        if self.inside:
            if not isinstance(old.ctx, ast.Load):
                self.assigned[-1].add(text)
            return ast.copy_location(ast.Name(text, old.ctx), old)
        self.uses = True
        base = ast.copy_location(ast.Name(JOINED, ast.Load()), old)
        return ast.copy_location(ast.Attribute(base, text, old.ctx), old)

    def visit_Name(self, node):
        """A name of the module, or one that it imported."""
        scope, origin = self._origin(node.id, isinstance(node.ctx, ast.Load))
        if origin and origin.module in self.joined.names:
            if not origin.name:
                raise LinkError(
                    f"{self.module.where(node)}: the module {origin.module} is used as an object"
                )
            if len(scope.imports[node.id]) == 1:
                return self._own(node, origin, ast.Name, node)
        if scope is self.module.top and self.inside:
            if origin is None or origin.module in self.joined.program.ours:
                node.id = spelled(self.module.name, node.id)
        return node

    def visit_Attribute(self, node):
        """`log.emit`, where log is a joined module."""
        if isinstance(node.value, ast.Name):
            _, origin = self._origin(node.value.id)
            if origin and not origin.name and origin.module in self.joined.names:
                return self._own(node, Import(origin.module, node.attr), ast.Name, node)
        return self.generic_visit(node)

    # -- what binds names -------------------------------------------------------------------

    def _named(self, node):
        if self.inside and self.scope_of(node.name) is self.module.top:
            node.name = spelled(self.module.name, node.name)

    def function(self, node):
        """A function's own name is one of where it stands."""
        self.assigned.append(set())
        top = self.scope_of(node.name) if hasattr(node, "name") else None
        super().function(node)
        names = self.assigned.pop()
        if names and not isinstance(node, ast.Lambda):
            node.body.insert(0, ast.copy_location(ast.Global(sorted(names)), node.body[0]))
        if self.inside and top is self.module.top:
            node.name = spelled(self.module.name, node.name)
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = function

    def visit_ClassDef(self, node):
        """As a function."""
        super().visit_ClassDef(node)
        self._named(node)
        return node

    def visit_ExceptHandler(self, node):
        """`except X as name`."""
        if node.name and self.inside and self.scope_of(node.name) is self.module.top:
            raise LinkError(f"{self.module.where(node)}: a module's name is bound by `as`")
        return self.generic_visit(node)

    def visit_Global(self, node):
        """Names of the module."""
        if self.inside:
            node.names = [spelled(self.module.name, name) for name in node.names]
        return node

    def _imports(self, node):
        """What of an import is left: nothing of what is joined."""
        scope = self.stack[-1]
        kept, assigns = [], []
        for alias in node.names:
            name, origin = self.module.imported(node, alias)
            if origin.module in self.joined.names:
                if origin.name and len(scope.imports[name]) > 1:
                    assigns.append(self._assign(node, name, origin))
                elif len(scope.imports[name]) > 1 and len(set(scope.imports[name])) > 1:
                    raise LinkError(f"{self.module.where(node)}: {name} is several modules")
                continue
            if scope is self.module.top and self.inside:
                if origin.module == "micropython" and origin.name == "const":
                    continue
                if origin.module in self.joined.program.ours or scope.origin(name) is None:
                    alias.asname = spelled(self.module.name, name)
            elif origin == Import("micropython", "const"):
                continue
            kept.append(alias)
        if kept and isinstance(node, ast.ImportFrom):
            node.module, node.level = self.module.base(node), 0
        node.names = kept
        parts = ([node] if kept else []) + assigns
        if not parts and not isinstance(scope.node, ast.Module):
            parts = [ast.copy_location(ast.Pass(), node)]
        return parts

    visit_Import = visit_ImportFrom = _imports

    def _assign(self, node, name, origin):
        target = ast.copy_location(ast.Name(name, ast.Store()), node)
        value = ast.copy_location(ast.Name(name, ast.Load()), node)
        value = self._own(node, origin, ast.Name, value)
        return ast.copy_location(ast.Assign([target], value, lineno=node.lineno), node)
