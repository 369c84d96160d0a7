"""How many bytes does each module hold once it is imported? Runs on MicroPython, prints JSON.

    imports.py modules NAME...   {module: bytes}, imported in that order, each without the
                                 modules that it imports itself
    imports.py launcher          {"launch": bytes}

Names that two modules share are interned once: the first one pays for the text. The table of
names grows by doubling, which would fall on whoever comes then: room for all is made before.
"""

import asyncio  # noqa: F401 (frozen into every port: its memory is not ours)
import builtins
import gc
import json
import sys

_import = builtins.__import__
_held = {}
_inner = [0]  # a stack: bytes held by what the module being imported has imported
_stack = []  # of the names of modules being imported
_packages = set()  # the first words of all names asked for


def _live():
    gc.collect()
    return gc.mem_alloc()


def _counted(name, *rest):
    if len(rest) > 3 and rest[3]:  # relative to the package of the module that is being imported
        name = _stack[-1].rsplit(".", 1)[0] + ("." + name if name else "")
        rest = rest[:3]
    if name in sys.modules or not _ours(name):
        return _import(name, *rest)
    if "." in name:
        _counted(name[: name.rindex(".")])  # the package's own file first
    before = _live()
    _stack.append(name)
    _inner.append(0)
    module = _import(name, *rest)
    used = _live() - before
    _stack.pop()
    _held[name] = used - _inner.pop()
    _inner[-1] += used
    return module


def _ours(name):
    # Built-in modules hold nothing; asyncio stands already.
    return name.split(".")[0] in _packages


def main(what, *names):
    """The command line."""
    if what == "launcher":
        _measure_launcher()
        return
    _make_room_for_names()
    _packages.update([name.split(".")[0] for name in names])
    builtins.__import__ = _counted
    for name in names:
        __import__(name)
    builtins.__import__ = _import
    print(json.dumps(_held))


def _make_room_for_names():
    # Intern words that nobody uses until the table has been doubled to some thousands.
    gc.disable()
    i = 0
    grown = 0
    while grown < 10000:
        i += 1
        before = gc.mem_alloc()
        getattr(gc, "_%d" % i, None)
        grown = gc.mem_alloc() - before
    gc.enable()


def _measure_launcher():
    # It asks the bench for nothing until run() is called.
    before = _live()
    import launch  # noqa: F401

    print(json.dumps({"launch": _live() - before}))


main(*sys.argv[1:])
