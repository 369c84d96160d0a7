"""What is frozen when the station lies in ROMFS? What must run before anything is mounted.

boot, main and board are frozen, as MicroPython starts them by name; they import the rest from
/rom and /rom/lib, which `make deploy` writes.
"""

freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
module("boot.py", base_path="../../firmware", opt=2)
module("main.py", base_path="../../firmware", opt=2)
module("board.py", opt=2)
