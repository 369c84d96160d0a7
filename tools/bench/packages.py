"""How much heap does each package hold once it is imported from the .mpy tree?

`heap.package.NAME`: every module of it. `heap.resident.NAME`: those that are loaded in a station
in the middle of a charge with nobody at the console.

    python -m tools.bench.packages        the same by module, largest first
"""

import asyncio
import re

from tools import build
from tools.bench import port
from tools.bench.figures import Figure, measures
from tools.bench.heap import probed
from tools.bench.rig import RigError
from tools.link import plan

# What only other hardware can load, or only a linked tree (the table on flash).
ELSEWHERE = ("drivers.can_machine", "boot", "core.tablefile")
# These take from `machine` or `network` what only a chip has.
CHIP = re.compile(
    r"^(from machine import|import network|from network|from drivers.io_pins)", re.MULTILINE
)


def module_names() -> list[str]:
    """Every module of the tree by its name on the device, lib first: it imports nothing else."""
    names = []
    for path, source in build.sources().items():
        parts = path.removeprefix("lib/").removesuffix(".py").split("/")
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name and name not in ELSEWHERE and not CHIP.search(source.read_text()):
            names.append(name)
    return sorted(names, key=lambda name: (_rank(name), name))


def _rank(name):
    order = ("canproto", "station", "ws", "ocppj", "core", "drivers", "net", "console", "tasks")
    top = name.split(".")[0]
    return order.index(top) if top in order else len(order)


def held(names: list[str]) -> dict[str, int]:
    """Bytes of each module when all of `names` are imported in this order."""
    return port.run("imports.py", "modules", *names, form="apart", heap="1m")


def by_package(modules: dict[str, int]) -> dict[str, tuple[int, int]]:
    """(bytes, modules) by package; "main" stands for the files on top."""
    packages = {name.split(".")[0] for name in module_names() if "." in name}
    table: dict[str, tuple[int, int]] = {}
    for name, size in modules.items():
        top = name.split(".")[0]
        top = top if top in packages else "main"
        total, count = table.get(top, (0, 0))
        table[top] = (total + size, count + 1)
    return table


@measures("heap.package.*", "heap.package_total", seconds=4)
def packages():
    """All modules, whether a station needs them at once or not."""
    table = by_package(held(module_names()))
    for top, (size, count) in sorted(table.items()):
        yield Figure(f"heap.package.{top}", size, "B", f"{count} modules imported from .mpy")
    total = sum(size for size, _ in table.values())
    yield Figure("heap.package_total", total, "B", "every module at once")


@measures("heap.resident.*", "heap.resident_total", seconds=15)
def resident():
    """Only what is loaded in a running station."""
    try:
        running = set(asyncio.run(probed("mpy", 120)).modules) | plan.JOINED
    except (RigError, StopIteration) as error:
        raise RigError(f"the .mpy station does not run: {error}") from None
    table = by_package(held([name for name in module_names() if name in running]))
    for top, (size, count) in sorted(table.items()):
        yield Figure(f"heap.resident.{top}", size, "B", f"{count} modules loaded in a charge")
    total = sum(size for size, _ in table.values())
    yield Figure("heap.resident_total", total, "B", "code and names of a running station")


if __name__ == "__main__":
    for module, size in sorted(held(module_names()).items(), key=lambda row: -row[1]):
        print(f"{size:7}  {module}")
