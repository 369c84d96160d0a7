"""What would be frozen for this board? The same as for GALVANI_WROOM.

The board runs stock MicroPython with .mpy files and needs no build; the manifest is for whoever
builds their own MicroPython for it, and for the tests.
"""

try:
    freeze("$(PORT_DIR)/modules")
except FileNotFoundError:
    pass  # the Unix port has none
include("$(MPY_DIR)/extmod/asyncio")
freeze("../../build/frozen-ESP32_GENERIC", opt=2)  # lib/, firmware/, board.py: tools/build.py
