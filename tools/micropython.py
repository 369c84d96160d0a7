"""Where is the MicroPython Unix port, and how is it built when it is missing?

Four binaries land in build/: micropython-64 and micropython-32 (single-precision floats, the
object sizes and arithmetic of the ESP32), plain and with the firmware frozen in. All have asyncio,
TLS (mbedtls), sockets, threads, FFI and native code. `$MICROPYTHON` (64-bit) and `$MICROPYTHON32`
name ready-made plain ones instead.

    from tools import micropython
    micropython.path(bits=32)                      # builds when missing or outdated
    python tools/micropython.py path --bits 64     # the same from a shell
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # tools/ itself must not be on the path: it would shadow lib's packages
    sys.path[0] = str(ROOT)

from tools import build as files  # noqa: E402
from tools import debian  # noqa: E402
from tools import port_recipe as recipe  # noqa: E402
from tools.debian import FetchError, say  # noqa: E402

BUILD = ROOT / "build"
PORTS = recipe.PORTS

FROZEN_MANIFEST = ROOT / "boards" / "UNIX" / "manifest.py"
FROZEN_INPUTS = ("lib", "firmware", "boards/UNIX")
# What decides how they are frozen.
FREEZERS = ("build.py", "edits.py", "link/*.[pt]*")


class BuildError(Exception):
    """The port cannot be built; the text says why."""


def path(bits: int = 64, frozen: bool = False) -> Path:
    """The Unix port of 64 or 32 bits, plain or with the firmware frozen in; builds it if needed.

    Raises BuildError with the reason when it cannot be had.
    """
    if bits not in recipe.ARCH:
        raise ValueError(f"bits is {bits}; it can be 64 or 32")
    override = os.environ.get("MICROPYTHON" if bits == 64 else "MICROPYTHON32")
    if override and not frozen:
        binary = Path(override)
        if not os.access(binary, os.X_OK):
            raise BuildError(f"{override} (from the environment) is not an executable file")
        return binary
    if not up_to_date(bits, frozen):
        build(bits, frozen)
    return binary_path(bits, frozen)


def binary_path(bits: int, frozen: bool) -> Path:
    """Where the binary stands once it is built."""
    return BUILD / f"micropython-{bits}{'-frozen' if frozen else ''}"


def up_to_date(bits: int, frozen: bool) -> bool:
    """True if the binary exists and was built from what its inputs are now."""
    binary = binary_path(bits, frozen)
    stamp = PORTS / "stamps" / binary.name
    return binary.exists() and stamp.exists() and stamp.read_text() == _input_hash(bits, frozen)


def build(bits: int = 64, frozen: bool = False) -> Path:
    """Builds one port if it is not up to date; a second process meanwhile waits its turn."""
    try:
        with _lock():
            if not up_to_date(bits, frozen):
                _build_locked(bits, frozen)
    except (FetchError, OSError, subprocess.CalledProcessError) as error:
        raise BuildError(f"the {bits}-bit MicroPython port cannot be built: {error}") from error
    return binary_path(bits, frozen)


def _input_hash(bits: int, frozen: bool) -> str:
    total = hashlib.sha256(recipe.recipe_hash(bits).encode())
    for top in FROZEN_INPUTS if frozen else ():
        for file in sorted((ROOT / top).rglob("*.py")):
            total.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    for pattern in FREEZERS if frozen else ():
        for file in sorted(Path(__file__).parent.glob(pattern)):
            total.update(file.read_bytes())
    return total.hexdigest()


@contextlib.contextmanager
def _lock():
    PORTS.mkdir(parents=True, exist_ok=True)
    with open(PORTS / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("micropython: another process is building; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build_locked(bits: int, frozen: bool) -> None:
    if platform.machine() not in ("x86_64", "AMD64"):
        raise FetchError(f"the recipe is for x86-64 Linux, this is {platform.machine()}")
    debian.need(recipe.missing_packages(bits), "building MicroPython")
    key = recipe.recipe_hash(bits)
    inputs = _input_hash(bits, frozen)
    libraries = recipe.libraries(bits)
    source = recipe.source_tree()
    plain_dir = PORTS / f"{bits}-{key}"
    if frozen:
        files.tree("frozen")
        if not (plain_dir / "micropython").exists():
            recipe.make_port(bits, source, libraries, plain_dir, recipe.plain_manifest())
        # Freezing changes one C file: a copy of the plain objects saves compiling the others.
        build_dir, manifest = PORTS / f"{bits}-{key}-frozen", FROZEN_MANIFEST
        if not build_dir.exists():
            shutil.copytree(plain_dir, build_dir)  # copies time stamps, as make needs
    else:
        build_dir, manifest = plain_dir, recipe.plain_manifest()
    recipe.make_port(bits, source, libraries, build_dir, manifest)
    binary = binary_path(bits, frozen)
    fresh = binary.with_name(binary.name + ".new")
    shutil.copy2(build_dir / "micropython", fresh)
    os.replace(fresh, binary)  # a process that runs the old one keeps it
    stamp = PORTS / "stamps" / binary.name
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(inputs)
    _forget_old_recipes()
    say(f"micropython: {binary.relative_to(ROOT)} is ready")


def _forget_old_recipes() -> None:
    """Removes the trees of recipes that no longer stand (a hundred megabytes each)."""
    current = {recipe.source_dir().name} | {
        f"{bits}-{recipe.recipe_hash(bits)}" for bits in recipe.ARCH
    }
    for folder in PORTS.glob("*-" + "[0-9a-f]" * 16 + "*"):
        if folder.name.removesuffix("-frozen") not in current:
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """`build` (all four, or the ones asked for) and `path`."""
    parser = argparse.ArgumentParser(description="Finds or builds the MicroPython Unix ports.")
    parser.add_argument("command", choices=("build", "path"))
    parser.add_argument("--bits", type=int, choices=(64, 32))
    parser.add_argument("--frozen", action="store_true", help="with the firmware frozen in")
    options = parser.parse_args()
    try:
        if options.command == "path":
            print(path(options.bits or 64, options.frozen))
        else:
            for bits in (options.bits,) if options.bits else (64, 32):
                path(bits, options.frozen)
    except BuildError as error:
        print(f"micropython: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
