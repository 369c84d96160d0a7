"""How do rarely used modules come into memory only while they are needed?

`get` imports a module or finds it again; only the few used last stay, and none once nothing was
used for a while. What a module leaves behind is its interned names, once.
"""

import sys

_KEEP = 5
_IDLE_S = 5


class Lazy:
    """Modules on demand. `tick(now)` once a second drops what is idle."""

    def __init__(self):
        self.names = []
        self.idle = 0

    def get(self, name):
        """The module of a dotted name."""
        self.idle = 0
        if name in self.names:
            self.names.remove(name)
        self.names.append(name)
        self.forget(_KEEP)
        return __import__(name, None, None, ("run",))

    def tick(self):
        """A second has passed."""
        self.idle += 1
        if self.idle > _IDLE_S:
            self.forget(0)

    def forget(self, keep):
        """Drop all but the `keep` modules used last."""
        while len(self.names) > keep:
            name = self.names.pop(0)
            sys.modules.pop(name, None)
            parent, _, leaf = name.rpartition(".")
            parent = sys.modules.get(parent)
            if hasattr(parent, leaf):
                delattr(parent, leaf)
