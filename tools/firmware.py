"""How is a board's own MicroPython built, and what is missing for it?

    make firmware BOARD=GALVANI_WROOM [VARIANT=ROMFS]
    python tools/firmware.py --board GALVANI_WROOM --check

needs ESP-IDF (IDF_PATH, or ~/esp/esp-idf) and MicroPython's source with its submodules
(MICROPYTHON_SRC); says exactly which of them is not there, and how to get it, and ends with 2. The
board UNIX builds the Unix ports. `--unix 32` freezes any board's manifest into the Unix port: that
is how manifests are tested without ESP-IDF.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # tools/ itself must not be on the path: it would shadow lib's packages
    sys.path[0] = str(ROOT)

from tools import build as files  # noqa: E402
from tools import micropython, port_recipe  # noqa: E402
from tools.debian import say  # noqa: E402

BOARDS = ROOT / "boards"
MICROPYTHON = (
    "v1.26.1"  # what is tested here; newer ones name their ESP-IDF in ports/esp32/README.md
)
IDF = "v5.4.2"
IDF_GOOD = ((5, 2), (5, 3), (5, 4), (5, 5))
# What the ESP32 port includes from MicroPython's submodules.
SUBMODULES = {
    "lib/berkeley-db-1.xx": "PORTABLE",
    "lib/micropython-lib": "micropython",
    "lib/protobuf-c": "protobuf-c",
    "lib/tinyusb": "src",
}


def idf_path() -> Path | None:
    """Where ESP-IDF is, or None."""
    named = os.environ.get("IDF_PATH")
    for path in [Path(named)] if named else [Path.home() / "esp" / "esp-idf"]:
        if (path / "tools" / "idf.py").exists():
            return path
    return None


def idf_version(path: Path) -> tuple[int, int] | None:
    """(major, minor) of an ESP-IDF."""
    file = path / "tools" / "cmake" / "version.cmake"
    if not file.exists():
        return None
    found = dict(re.findall(r"set\(IDF_VERSION_(MAJOR|MINOR) (\d+)\)", file.read_text()))
    return (int(found["MAJOR"]), int(found["MINOR"])) if len(found) == 2 else None


def target(board: str) -> str:
    """The chip of a board: "esp32" unless its cmake file says otherwise."""
    text = (BOARDS / board / "mpconfigboard.cmake").read_text()
    found = re.search(r"set\(IDF_TARGET (\w+)\)", text)
    return found[1] if found else "esp32"


def missing(board: str) -> list[str]:
    """What a build of `board` lacks on this machine, a line each; empty: nothing."""
    lines = []
    idf = idf_path()
    if idf is None:
        lines.append(
            "ESP-IDF: neither IDF_PATH nor ~/esp/esp-idf holds one. "
            f"git clone -b {IDF} --recursive https://github.com/espressif/esp-idf.git "
            f"~/esp/esp-idf && ~/esp/esp-idf/install.sh {target(board)}"
        )
    else:
        version = idf_version(idf)
        if version not in IDF_GOOD:
            shown = ".".join(map(str, version)) if version else "of an unknown version"
            lines.append(f"ESP-IDF {shown} at {idf}: MicroPython needs 5.2 to 5.5, best {IDF}")
        compiler = f"xtensa-{target(board)}-elf-gcc"
        if not _with_idf(idf, f"command -v {compiler}"):
            lines.append(f"{compiler}: run {idf}/install.sh {target(board)}")
    source = os.environ.get("MICROPYTHON_SRC")
    if not source:
        lines.append(
            "MicroPython's source: MICROPYTHON_SRC is not set. "
            f"git clone -b {MICROPYTHON} https://github.com/micropython/micropython.git && "
            "make -C micropython/ports/esp32 submodules"
        )
    elif not (Path(source) / "ports" / "esp32" / "Makefile").exists():
        lines.append(f"MicroPython's source: there is no ports/esp32 in MICROPYTHON_SRC={source}")
    else:
        for folder, inside in SUBMODULES.items():
            if not (Path(source) / folder / inside).exists():
                lines.append(f"{folder}: run make -C {source}/ports/esp32 submodules")
    lines += [f"{tool}: install it" for tool in ("make", "cmake") if not shutil.which(tool)]
    return lines


def _with_idf(idf: Path, command: str, **more) -> bool:
    """Runs a shell command in ESP-IDF's environment; True if it succeeds."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | more
    script = f'. "{idf}/export.sh" >/dev/null 2>&1 && {command}'
    return subprocess.run(["bash", "-c", script], **quiet).returncode == 0


def build(board: str, variant: str | None) -> int:
    """Builds a chip's firmware; the exit code."""
    folder = BOARDS / board
    if not (folder / "mpconfigboard.cmake").exists():
        say(
            f"{board} runs stock MicroPython: write the image of "
            "https://micropython.org/download/ESP32_GENERIC/ with esptool, then "
            f"make deploy BOARD={board}"
        )
        return 2
    if variant and not (folder / f"mpconfigvariant_{variant}.cmake").exists():
        known = [p.stem.split("_", 1)[1] for p in folder.glob("mpconfigvariant_*.cmake")]
        say(f"{board} has no variant {variant}; it has {', '.join(known) or 'none'}")
        return 2
    lines = missing(board)
    if lines:
        say(f"firmware for {board} cannot be built on this machine; missing:")
        for line in lines:
            say(f"  - {line}")
        return 2
    files.tree("frozen", board)
    out = ROOT / "build" / f"firmware-{board}{'-' + variant if variant else ''}"
    source = os.environ["MICROPYTHON_SRC"]
    command = f'make -C "{source}/mpy-cross" && make -C "{source}/ports/esp32" BOARD={board} '
    command += f'BOARD_DIR="{folder}" BUILD="{out}"'
    if variant:
        command += f" BOARD_VARIANT={variant}"
    if not _with_idf(idf_path(), command, stdout=None, stderr=None):
        say("the build has failed; its output is above")
        return 1
    image = out / "firmware.bin"
    say(f"{image.relative_to(ROOT)}: {image.stat().st_size:,} bytes; {folder / 'board.md'}")
    return 0


def unix_port(board: str, bits: int) -> Path:
    """The Unix port with the board's manifest frozen in. Raises micropython.BuildError."""
    micropython.path(bits, frozen=False)
    files.tree("frozen", board)
    key = port_recipe.recipe_hash(bits)
    plain = port_recipe.PORTS / f"{bits}-{key}"
    folder = port_recipe.PORTS / f"{bits}-{key}-{board}"
    if not (plain / "micropython").exists():
        micropython.path(bits, frozen=True)  # makes the plain objects when ports came ready
    with micropython._lock():
        if not folder.exists():
            shutil.copytree(plain, folder)
        source = port_recipe.source_tree()
        libraries = port_recipe.libraries(bits)
        manifest = BOARDS / board / "manifest.py"
        port_recipe.make_port(bits, source, libraries, folder, manifest)
    return folder / "micropython"


def main() -> int:
    """Builds, or says what is missing."""
    parser = argparse.ArgumentParser(description="Builds a board's own MicroPython.")
    parser.add_argument("--board", required=True, help="a folder of boards/")
    parser.add_argument("--variant", help="a variant of the board, like ROMFS")
    parser.add_argument("--check", action="store_true", help="only say what is missing")
    parser.add_argument("--unix", type=int, choices=(64, 32), help="freeze into the Unix port")
    options = parser.parse_args()
    known = sorted(path.parent.name for path in BOARDS.glob("*/board.py"))
    if options.board not in known:
        say(f"there is no boards/{options.board}; there are {', '.join(known)}")
        return 2
    try:
        if options.unix:
            print(unix_port(options.board, options.unix))
            return 0
        if options.board == "UNIX":
            for bits in (64, 32):
                print(micropython.path(bits, frozen=True))
            return 0
    except micropython.BuildError as error:
        say(f"firmware: {error}")
        return 1
    if options.check and (BOARDS / options.board / "mpconfigboard.cmake").exists():
        lines = missing(options.board)
        for line in lines:
            say(f"missing: {line}")
        return 2 if lines else 0
    return build(options.board, options.variant)


if __name__ == "__main__":
    sys.exit(main())
