"""What is frozen into the firmware? The port's own modules, asyncio, the station, this board."""

try:
    freeze("$(PORT_DIR)/modules")
except FileNotFoundError:
    pass  # the Unix port has none
include("$(MPY_DIR)/extmod/asyncio")
freeze("../../build/frozen-GALVANI_S3", opt=2)  # lib/, firmware/, board.py: tools/build.py
