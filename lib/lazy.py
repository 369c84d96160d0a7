"""How is code kept out of memory that is needed now and then?

Import on demand, forget afterwards: of a forgotten module only its interned names stay. Frozen
code costs little either way. `call` forgets at once; `get` and `method` keep the few modules used
last, or more while memory is plenty, until they have not been used for a while.
"""

import sys
from gc import collect

from micropython import const

try:
    from gc import mem_alloc, mem_free
except ImportError:  # CPython

    def mem_free():
        """As little as can be: what is tested there is the tight case."""
        return 0

    mem_alloc = mem_free


_KEEP = const(5)
_MANY = const(16)  # a burst of all kinds of calls needs about ten
_PLENTY = const(32768)  # bytes free, garbage not counted
_LITTLE = const(12288)
_LARGE = const(262144)  # a heap in which nobody need ask, which takes a walk through all of it
_LEAST = const(2)
_IDLE_S = const(4)

_asks = mem_alloc() + mem_free() < _LARGE
recent = []  # names of modules that `get` gave, the latest last
_old = 0  # how many of them, at the front, were not used since `_swept`
_swept = 0


def load(module: str):
    """The module of a dotted name. If memory is short, all that is only kept goes first."""
    try:
        return __import__(module, None, None, ("",))
    except MemoryError:
        sys.modules.pop(module, None)  # the half of it that came
        collect()
        forget(0)
        drop(module)
        return __import__(module, None, None, ("",))


def drop(module: str):
    """Forget a module; what still runs in it goes on."""
    sys.modules.pop(module, None)
    package, _, leaf = module.rpartition(".")
    try:
        delattr(sys.modules[package], leaf)
    except (AttributeError, KeyError):
        pass


def once(module: str):
    """The module of a dotted name, forgotten already: it lives as long as what the caller runs."""
    found = load(module)
    drop(module)
    return found


def call(module: str, name: str, *args):
    """Call one function of a module that is then forgotten."""
    try:
        return getattr(load(module), name)(*args)
    finally:
        drop(module)


def get(module: str):
    """The module of a dotted name, which may be needed again soon."""
    global _old
    if module in recent:
        at = recent.index(module)
        recent.pop(at)
        if at < _old:
            _old -= 1
    elif len(recent) > _LEAST:
        free = mem_free()
        forget(_MANY - 1 if free > _PLENTY else _KEEP - 1 if free > _LITTLE else _LEAST)
    recent.append(module)
    return load(module)


def method(obj, module: str, name: str):
    """The function `name` of a module as a method of `obj`: for a class's __getattr__.

    AttributeError if the module has no such function. The method does not hold it: of a coroutine
    that waits, MicroPython keeps what it has called last, and with a function its whole module.
    """
    if name[0] == "_":
        raise AttributeError(name)
    getattr(get(module), name)
    return lambda *args: getattr(get(module), name)(obj, *args)


def spare():
    """Between two steps of work: where memory is short, the next one begins with nothing kept."""
    if _asks and mem_free() < _LITTLE:
        forget(0)


def tick(now: int):
    """Called about once a second, by whoever, with the uptime: drops what is idle for too long."""
    global _old, _swept
    if not 0 <= now - _swept <= _IDLE_S:
        _swept = now
        forget(len(recent) - _old)
        _old = len(recent)


def forget(keep: int):
    """Drop all but the `keep` modules used last."""
    global _old
    while len(recent) > keep:
        drop(recent.pop(0))
        _old = max(_old - 1, 0)
