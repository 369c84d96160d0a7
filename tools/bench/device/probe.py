"""What does a real station hold on its heap while it works? Loaded into its process by probed.py.

Runs the launcher and watches from outside: after each collection that the firmware orders, a line
`PROBE {json}` says what lives, and micropython.mem_info() prints the largest block, qstr_info()
the names. What the probe itself holds is taken off. The firmware does not know.
"""

import gc
import json
import sys

import micropython

_own = 0
_written = {}  # first letter of a record's name: [writes, bytes]


class _Gc:
    """The module `gc` of the firmware."""

    def collect():
        gc.collect()
        used = gc.mem_alloc() - _own
        names = sorted(sys.modules)
        print("PROBE", json.dumps({"used": used, "modules": names, "written": _written}))
        micropython.mem_info()
        micropython.qstr_info()


def _count_writes(found):
    module = __import__(found.get("core.journal", "core.journal"), None, None, ("",))
    store = getattr(module, found.get("core.journal.FileStore", "FileStore"))
    write = store.write

    def counted(self, name, data):
        row = _written.setdefault(name[0], [0, 0])
        row[0] += 1
        row[1] += len(data)
        write(self, name, data)

    store.write = counted


def run(before, path, directory, found):
    """As launch.run(); `before`: live bytes before this module was imported."""
    global _own
    for name in dir(gc):
        if not hasattr(_Gc, name) and name[0] != "_":
            setattr(_Gc, name, getattr(gc, name))
    sys.modules["gc"] = _Gc
    gc.collect()
    _own = gc.mem_alloc() - before
    import launch

    sys.path[:] = path
    _count_writes(found)
    launch.run(path, directory, found)
