"""The stand-in reads its environment as boards/UNIX/board.py does."""

import os

CONSOLE_PORT = int(os.getenv("GALVANI_CONSOLE"))
IO = os.getenv("GALVANI_IO").split(":")
CAN = os.getenv("GALVANI_CAN")
