"""What is frozen into the firmware? The port's own modules, asyncio, the station, this board.

Frozen code runs in flash and holds a quarter of the RAM. The same manifest freezes into the Unix
port (tools/firmware.py --unix 32): that is its test.
"""

try:
    freeze("$(PORT_DIR)/modules")
except FileNotFoundError:
    pass  # the Unix port has none
include("$(MPY_DIR)/extmod/asyncio")
freeze("../../build/frozen-GALVANI_WROOM", opt=2)  # lib/, firmware/, board.py: tools/build.py
