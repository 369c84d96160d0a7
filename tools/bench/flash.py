"""How much flash does the firmware take: as an .mpy tree, and frozen?"""

import struct
from pathlib import Path

from tools import build, micropython
from tools.bench.figures import Figure, measures
from tools.bench.port import BITS

_PT_LOAD = 1


@measures("flash.mpy", "flash.mpy.*", seconds=3)
def tree():
    """Bytes of the .mpy tree, in all and by package."""
    sizes = build.sizes(build.tree("mpy"))
    total = sum(size for size, _ in sizes.values())
    yield Figure(
        "flash.mpy", total, "B", f"{sum(n for _, n in sizes.values())} files of build/mpy"
    )
    for top, (size, count) in sizes.items():
        name = "main" if top == "/" else top.removeprefix("lib/")
        yield Figure(f"flash.mpy.{name}", size, "B", f"{count} files")


@measures("flash.frozen", seconds=3)
def frozen():
    """By how much the firmware makes the port larger when it is frozen in."""
    with_it, without = (
        loaded_bytes(micropython.path(BITS, frozen=frozen)) for frozen in (True, False)
    )
    yield Figure(
        "flash.frozen", with_it - without, "B", "growth of what the 32-bit port loads (x86)"
    )


def loaded_bytes(binary: Path) -> int:
    """Bytes of a 32-bit ELF file that are loaded when it runs: no symbols, no debug."""
    data = binary.read_bytes()
    if data[:5] != b"\x7fELF\x01":
        raise ValueError(f"{binary} is no 32-bit ELF file")
    table, entry, count = (
        struct.unpack_from("<I", data, 28)[0],
        *struct.unpack_from("<HH", data, 42),
    )
    total = 0
    for at in range(table, table + entry * count, entry):
        kind, _, _, _, file_size = struct.unpack_from("<5I", data, at)
        total += file_size if kind == _PT_LOAD else 0
    return total
