"""Which names does MicroPython have in flash, where a program can use them for nothing?

`rom_names.txt` has them in three groups: `common` are in stock MicroPython 1.26 for the ESP32 and
in the Unix ports of the benches, `chip` in the ESP32's alone, `other` are further names of
MicroPython's sources, which the program must not give another meaning.

    python -m tools.link.rom        writes the file from the sources below build/ports
"""

import ast
import functools
import keyword
import re
from pathlib import Path

FILE = Path(__file__).with_name("rom_names.txt")
_USED = re.compile(r"MP_QSTR_(\w+)")
_EVERYWHERE = re.compile(
    r"modasyncio|modjson|modre|modselect|modsocket|modhashlib|modbinascii|moddeflate|modheapq|"
    r"modrandom|modtime|modos|modplatform|vfs|modtls|moductypes|modmachine|machine_|modframebuf|"
    r"modcryptolib|modwebsocket"
)


@functools.cache
def groups() -> dict[str, tuple[str, ...]]:
    """The groups of the file: common, chip, other."""
    rows = [line.split() for line in FILE.read_text().splitlines() if line[:1].isalpha()]
    return {row[0].rstrip(":"): tuple(row[1:]) for row in rows}


@functools.cache
def foreign() -> frozenset[str]:
    """Every name that is MicroPython's."""
    return frozenset(name for group in groups().values() for name in group)


def _read(source: Path, port: Path) -> str:
    def used(pattern: str, only=re.compile("")) -> set[str]:
        files = [path for path in source.glob(pattern) if only.search(path.name)]
        return {
            name for path in files for name in _USED.findall(path.read_text("utf8", "replace"))
        }

    linked = set(re.findall(r'\d, "(\w+)"\)', (port / "genhdr/qstrdefs.generated.h").read_text()))
    frozen = set(_USED.findall((port / "frozen_content.c").read_text()))
    asyncio = set()
    for path in source.glob("extmod/asyncio/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            words = [getattr(node, field, None) for field in ("id", "attr", "name", "arg")]
            asyncio.update(word for word in words if isinstance(word, str))
    core = used("py/*.[ch]") | used("extmod/*.[ch]", _EVERYWHERE)
    common = linked & core | frozen & (asyncio | core | linked)
    chip = used("ports/esp32/*.[ch]") - linked - common
    other = core | asyncio | linked | used("*/*.[ch]") | used("ports/unix/*.c")
    text = "# Written by tools/link/rom.py from the sources of MicroPython 1.26.1.\n"
    for name, group in (("common", common), ("chip", chip), ("other", other - common - chip)):
        text += f"{name}: {' '.join(sorted(filter(_plain, group)))}\n"
    return text


def _plain(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


if __name__ == "__main__":
    from tools import port_recipe as recipe

    ports = recipe.PORTS / f"32-{recipe.recipe_hash(32)}"
    FILE.write_text(_read(recipe.source_tree(), ports))
