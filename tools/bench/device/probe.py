"""What does a real station hold on its heap while it works? Loaded into its process by probed.py.

Runs the launcher and watches from outside: after each collection that the firmware orders, a line
`PROBE {json}` says what lives, and micropython.mem_info() prints the largest block, qstr_info()
the names. What the probe itself holds is taken off. The firmware does not know.
"""

import gc
import json
import os
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


class _Os:
    """The module `os` of the firmware: a record is written when its new file is renamed."""

    def rename(old, new):
        if old.startswith("journal/"):
            row = _written.setdefault(new[8], [0, 0])
            row[0] += 1
            row[1] += os.stat(old)[6]
        os.rename(old, new)


def _double(module, double):
    for name in dir(module):
        if not hasattr(double, name) and name[0] != "_":
            setattr(double, name, getattr(module, name))
    sys.modules[module.__name__] = double


def run(before, path, directory, found=None):
    """As launch.run(); `before`: live bytes before this module was imported."""
    global _own
    # Nothing of the firmware may be imported here: it would see the time before the launcher's.
    _double(gc, _Gc)
    _double(os, _Os)
    gc.collect()
    _own = gc.mem_alloc() - before
    import launch

    sys.path[:] = path
    launch.run(path, directory, found)
