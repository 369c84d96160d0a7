"""Does control never wait for flash? Nothing that a step calls lies on a page (tools/link)."""

import ast

from tools import build
from tools.link import pages

# Each 100 ms, each 10 ms, and for every frame; the supervisor looks after them.
ROOTS = {
    "station.station": ["Station.step"],
    "station.path_rivot": ["RivotPath.step", "RivotPath.receive", "RivotPath.can_state"],
    "tasks.control": ["run"],
    "tasks.can_rx": ["drain", "run", "Link.step"],
    "core.supervisor": ["Supervisor.check", "Supervisor.beat", "Supervisor._ended"],
}
# Whose functions a step may call. What the bus tells others comes after the step (Station.pump).
MODULES = """
    station.station station.connector station.faults station.limits station.meter
    station.path_rivot station.register station.rules station.session station.watch
    canproto.fields canproto.rivot core.clock core.log core.supervisor drivers.can
    drivers.wdt_chip drivers.wdt_none tasks.control tasks.can_rx record station.desk
""".split()
DESK = "station.desk"
LATER = {"pump", "reload", "add"}  # after the step, or when a station is made; add: a set's, too


def functions():
    """{(module, "Class." or "", name): node}."""
    names = {build.module_name(f"{p.relative_to(r)}"): p for r, p in sources()}
    found = {}
    for module in MODULES:
        for node in ast.parse(names[module].read_text()).body:
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                        found[module, node.name + ".", part.name] = part
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[module, "", node.name] = node
    return found


def sources():
    for root in (build.ROOT / "lib", build.ROOT / "firmware"):
        yield from ((root, path) for path in root.rglob("*.py"))


def reached():
    """What a step may call, by name alone: {function: who calls it}.

    It says too much, not too little: every function of MODULES with the name of something that is
    called or read; of station.desk, which a station's __getattr__ loads, what is called.
    """
    known = functions()
    by_name = {}
    for key in known:
        _, owner, name = key
        by_name.setdefault(owner[:-1] if name == "__init__" else name, []).append(key)
    todo = [(key, "") for key in known if "".join(key[1:]) in ROOTS.get(key[0], ())]
    found = dict(todo)
    assert len(found) == sum(map(len, ROOTS.values()))
    while todo:
        key, _ = todo.pop()
        called = {id(n.func) for n in ast.walk(known[key]) if isinstance(n, ast.Call)}
        for node in ast.walk(known[key]):
            word = getattr(node, "attr", None) or getattr(node, "id", None)
            for other in by_name.get(word, ()) if word not in LATER else ():
                if other not in found and (other[0] != DESK or id(node) in called):
                    found[other] = key
                    todo.append((other, key))
    return found


def test_nothing_that_a_step_calls_lies_on_a_page():
    cold = {(module, f"{owner}." if owner else "", name) for module, owner, name in pages.cold()}
    found = reached()
    assert len(found) > 100
    assert not {key: found[key] for key in found if key in cold}


def test_nothing_that_a_step_calls_is_loaded_when_it_is_asked_for():
    found = reached()
    assert not {key: found[key] for key in found if key[0] == DESK}
