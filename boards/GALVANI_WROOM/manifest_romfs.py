"""What is frozen when the station lies in ROMFS? What must run before anything is mounted.

boot, main and board are frozen, as MicroPython starts them by name; they import the rest from
/rom and /rom/lib, which `make deploy` writes, of the same sources: the two are linked alike.
"""

freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
for name in ("boot.py", "main.py", "board.py"):
    module(name, base_path="../../build/frozen-GALVANI_WROOM", opt=2)
