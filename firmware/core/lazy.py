"""How is code kept out of memory that is needed once a day?

Import on demand, forget afterwards: of a forgotten module only its interned names stay. Frozen
code costs nothing either way.
"""

import sys


def load(module: str):
    """The module of a dotted name."""
    return __import__(module, None, None, ("",))


def drop(module: str):
    """Forget a module; what still runs in it goes on."""
    sys.modules.pop(module, None)
    package, _, leaf = module.rpartition(".")
    try:
        delattr(sys.modules[package], leaf)
    except (AttributeError, KeyError):
        pass


def call(module: str, name: str, *args):
    """Call one function of a module that is then forgotten."""
    try:
        return getattr(load(module), name)(*args)
    finally:
        drop(module)
