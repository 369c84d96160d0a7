"""How is a large constant table used that stays on the flash?

A station as .mpy files would hold the tables of settings and of message shapes in RAM, 8 KB. The
linker (tools/link/tables.py) puts them into one file beside the modules and a Table where each
bytes object stood: it finds and gives out what it is asked for, as that did. Of the other forms
this module is no part: their tables lie in flash, or there is memory.
"""

import lazy


class Table:
    """`size` bytes of the file of tables from `start` on: find(), and slices of it.

    opened(): for who reads much at a time, the same with single bytes and count(), held together
    with its file until it is forgotten. The rare half is core/tablefile.py.
    OSError from any use: the flash cannot be read.
    """

    def __init__(self, start: int, size: int):
        self.start = start
        self.size = size

    def __getattr__(self, name):
        return lazy.method(self, "core.tablefile", name)

    def __getitem__(self, key):
        return self.opened()[key]
