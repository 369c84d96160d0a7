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
import functools
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # tools/ itself must not be on the path: it would shadow lib's packages
    sys.path[0] = str(ROOT)

from tools import debian  # noqa: E402
from tools.debian import FetchError, say  # noqa: E402

BUILD = ROOT / "build"
PORTS = BUILD / "ports"

# The source packages of Debian and Ubuntu, newest first; the pool keeps them for years.
SOURCES = (
    ("1.26.1", "f5ad2ec89d3e921f753d448955af98b6005655f84ba26087dde6ba0e8d062f34"),
    ("1.25.0", "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"),
)
POOLS = ("pool/main/m/micropython", "pool/universe/m/micropython")
# Where neither is left: the upstream repository at the tag of the first.
GIT = "https://github.com/micropython/micropython.git"

PLAIN_MANIFEST = 'include("$(MPY_DIR)/extmod/asyncio")\n'
FROZEN_MANIFEST = ROOT / "boards" / "UNIX" / "manifest.py"
FROZEN_INPUTS = ("lib", "firmware", "boards/UNIX")

# What the source needs to build with Debian's mbedtls and without micropython-lib:
# (file, what stands there, what shall stand there).
EDITS = (
    (
        "extmod/extmod.mk",
        r"(else ifeq \(\$\(MICROPY_SSL_MBEDTLS\),1\)\n).*?(\nendif\nendif\n)",
        r"\1CFLAGS_EXTMOD += -DMICROPY_SSL_MBEDTLS=1\nLDFLAGS_EXTMOD += $(TLS_LIBS)\2",
    ),
    ("py/mkrules.mk", r"\t\$\(Q\)test -e \"\$\(MPY_LIB_DIR\)/README.md\"[^\n]*\n", ""),
    # Debian's mbedtls has its debug code in; level 3 would print every handshake.
    ("extmod/modtls_mbedtls.c", r"(mbedtls_debug_set_threshold\()3", r"\g<1>0"),
)

ARCH = {
    64: {"deb": "amd64", "triplet": "x86_64-linux-gnu", "march": "x64", "make": (), "cflags": ""},
    32: {
        "deb": "i386",
        "triplet": "i386-linux-gnu",
        "march": "x86",
        "make": ("MICROPY_FORCE_32BIT=1",),
        "cflags": "-DMICROPY_FLOAT_IMPL=1",
    },
}
LIB_PACKAGES = ("libmbedtls-dev", "libffi-dev")
MAKE_FLAGS = (
    "MICROPY_SSL_AXTLS=0",
    "MICROPY_SSL_MBEDTLS=1",
    "MICROPY_PY_BTREE=0",
    "MICROPY_PY_JNI=0",
    "MICROPY_PY_FFI=1",
    "STRIP=true",  # keeps the symbols: callgrind reads them
    "CWARN=-w",  # a newer compiler's new warnings are no errors of ours
)


class BuildError(Exception):
    """The port cannot be built; the text says why."""


def path(bits: int = 64, frozen: bool = False) -> Path:
    """The Unix port of 64 or 32 bits, plain or with the firmware frozen in; builds it if needed.

    Raises BuildError with the reason when it cannot be had.
    """
    if bits not in ARCH:
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


def _recipe_hash(bits: int) -> str:
    """Hash of everything but the frozen files that decides what comes out of a build."""
    recipe = (SOURCES, EDITS, ARCH[bits], LIB_PACKAGES, MAKE_FLAGS, PLAIN_MANIFEST)
    return hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]


def _input_hash(bits: int, frozen: bool) -> str:
    total = hashlib.sha256(_recipe_hash(bits).encode())
    for top in FROZEN_INPUTS if frozen else ():
        for file in sorted((ROOT / top).rglob("*.py")):
            total.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
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
    debian.need(_missing_packages(), "building MicroPython")
    key = _recipe_hash(bits)
    inputs = _input_hash(bits, frozen)
    libraries = _libraries(bits)
    source = _source_tree()
    plain_dir = PORTS / f"{bits}-{key}"
    if frozen:
        if not (plain_dir / "micropython").exists():
            _make_port(bits, source, libraries, plain_dir, _plain_manifest())
        # Freezing changes one C file: a copy of the plain objects saves compiling the others.
        build_dir, manifest = PORTS / f"{bits}-{key}-frozen", FROZEN_MANIFEST
        if not build_dir.exists():
            shutil.copytree(plain_dir, build_dir)  # copies time stamps, as make needs
    else:
        build_dir, manifest = plain_dir, _plain_manifest()
    _make_port(bits, source, libraries, build_dir, manifest)
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
    current = {_source_dir().name} | {f"{bits}-{_recipe_hash(bits)}" for bits in ARCH}
    for folder in PORTS.glob("*-" + "[0-9a-f]" * 16 + "*"):
        if folder.name.removesuffix("-frozen") not in current:
            shutil.rmtree(folder, ignore_errors=True)


def _missing_packages() -> list[str]:
    missing = []
    if not shutil.which("make"):
        missing.append("make")
    program = b"#include <stdio.h>\nint main(void) { return 0; }\n"
    for flag, packages in (("-m64", ["gcc", "libc6-dev"]), ("-m32", ["gcc-multilib"])):
        command = ["gcc", flag, "-x", "c", "-", "-o", "/dev/null"]
        works = (
            shutil.which("gcc")
            and not subprocess.run(command, input=program, capture_output=True).returncode
        )
        missing += [] if works else packages
    return missing


def _plain_manifest() -> Path:
    manifest = PORTS / "plain_manifest.py"
    if not manifest.exists() or manifest.read_text() != PLAIN_MANIFEST:
        manifest.write_text(PLAIN_MANIFEST)
    return manifest


@functools.cache
def _mirror() -> debian.Mirror:
    return debian.Mirror(PORTS / "apt", ("amd64", "i386"))


def _libraries(bits: int) -> Path:
    """A folder with mbedtls and libffi, headers and static libraries, of this word size."""
    arch = ARCH[bits]
    folder = PORTS / f"libraries-{bits}"
    if not (folder / "usr" / "lib" / arch["triplet"] / "libmbedtls.a").exists():
        _mirror().unpack(tuple(f"{name}:{arch['deb']}" for name in LIB_PACKAGES), folder)
    return folder


def _source_dir() -> Path:
    return PORTS / f"source-{hashlib.sha256(repr((SOURCES, EDITS)).encode()).hexdigest()[:16]}"


def _source_tree() -> Path:
    """The edited MicroPython source with its mpy-cross built."""
    source = _source_dir()
    if not source.exists():
        fresh = PORTS / "source.new"
        shutil.rmtree(fresh, ignore_errors=True)
        _unpack_source(fresh)
        for file, pattern, replacement in EDITS:
            text, hits = re.subn(pattern, replacement, (fresh / file).read_text(), flags=re.DOTALL)
            if hits != 1:
                raise FetchError(f"{file} is not the source this recipe is for")
            (fresh / file).write_text(text)
        fresh.rename(source)
    if not (source / "mpy-cross" / "build" / "mpy-cross").exists():
        _make("mpy-cross", ["-C", str(source / "mpy-cross"), "CWARN=-w"], source)
    return source


def _unpack_source(target: Path) -> None:
    for version, sha256 in SOURCES:
        name = f"micropython_{version}+ds.orig.tar.xz"
        try:
            archive = _mirror().pool_file(
                tuple(f"{pool}/{name}" for pool in POOLS), sha256, PORTS / name
            )
        except FetchError as error:
            say(f"micropython: {error}")
            continue
        target.mkdir(parents=True)
        with tarfile.open(archive) as tar:
            top = tar.next().name.split("/")[0]
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(target, **safe)
        if (target / top / "py").is_dir():  # the archive has one folder on top
            for entry in (target / top).iterdir():
                entry.rename(target / entry.name)
        return
    debian.need([] if shutil.which("git") else ["git", "ca-certificates"], "fetching MicroPython")
    tag = f"v{SOURCES[0][0]}"
    address = os.environ.get("MICROPYTHON_GIT", GIT)
    say(f"micropython: cloning {tag} of {address}")
    command = ["git", "clone", "-q", "--depth", "1", "--branch", tag, address, str(target)]
    if subprocess.run(command).returncode:
        raise FetchError("neither a mirror nor the git repository has the source")


def _make_port(bits: int, source: Path, libraries: Path, build_dir: Path, manifest: Path) -> None:
    arch = ARCH[bits]
    include = libraries / "usr" / "include"
    lib_dir = libraries / "usr" / "lib" / arch["triplet"]
    archives = sorted(lib_dir.glob("libmbed*.a")) + sorted(lib_dir.glob("lib[ep][v2]*.a"))
    tls_libs = " ".join(str(archive) for archive in archives)
    _make(
        build_dir.name.replace(_recipe_hash(bits), "bit").replace("-bit", "-bit port", 1),
        [
            *("-C", str(source / "ports" / "unix")),
            *MAKE_FLAGS,
            *arch["make"],
            f"BUILD={build_dir}",
            f"FROZEN_MANIFEST={manifest}",
            f"MPY_CROSS_FLAGS=-march={arch['march']}",  # frozen native code is for this machine
            f"CFLAGS_EXTRA=-isystem {include} {arch['cflags']}",
            f"TLS_LIBS=-Wl,--start-group {tls_libs} -Wl,--end-group",
            f"LIBFFI_CFLAGS=-isystem {include / arch['triplet']}",
            f"LIBFFI_LDFLAGS={lib_dir / 'libffi.a'} -ldl",
        ],
        source,
    )


def _make(what: str, arguments: list[str], source: Path) -> None:
    """Runs make with a counter of compiled files on a terminal; the output goes to a log."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    env.pop("MFLAGS", None)
    # The tree lies inside our own repository: git describe would find our tags.
    env["MICROPY_GIT_TAG"] = _version(source)
    env["MICROPY_GIT_HASH"] = "release"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    log = PORTS / f"{what.replace(' ', '-')}.log"
    counter, live = 0, sys.stderr.isatty()
    say(f"micropython: building {what}")
    command = ["make", "-j2", f"PYTHON={sys.executable}", *arguments]
    with open(log, "w") as out:
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in process.stdout:
            out.write(line)
            if live and line.startswith("CC "):
                counter += 1
                print(f"\r  {counter} files compiled", end="", file=sys.stderr, flush=True)
    if live and counter:
        print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
    if process.wait():
        tail = "\n".join(log.read_text().splitlines()[-25:])
        raise FetchError(f"make failed ({log}):\n{tail}")


def _version(source: Path) -> str:
    header = (source / "py" / "mpconfig.h").read_text()
    numbers = re.findall(r"#define MICROPY_VERSION_(?:MAJOR|MINOR|MICRO) (\d+)", header)
    return "v" + ".".join(numbers[:3])


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
