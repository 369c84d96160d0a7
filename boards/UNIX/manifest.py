"""What is frozen into the Unix port? asyncio, lib/, firmware/ and this board's data.

Read by MicroPython's makemanifest (tools/micropython.py, `--frozen`). The modules keep the names
that they have on a board's flash: `import main`, `from core import bus`, `import ocppj.rpc`.
Level 2 leaves out asserts and keeps line numbers, as in the .mpy tree.
"""

include("$(MPY_DIR)/extmod/asyncio")
freeze("../../build/frozen", opt=2)  # lib/, firmware/, board.py: tools/build.py
