"""What is a MicroPython Unix port made from, and how? tools/micropython.py decides when.

Debian's source package of MicroPython, three edits, and static mbedtls and libffi of both word
sizes, all fetched through the machine's own mirror below build/ports. No root is needed but for a
compiler. Raises FetchError with the reason when a part cannot be had or made.
"""

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tools import debian
from tools.debian import FetchError, say

ROOT = Path(__file__).resolve().parent.parent
PORTS = ROOT / "build" / "ports"

# The source packages of Debian and Ubuntu, newest first; the pool keeps them for years.
SOURCES = (
    ("1.26.1", "f5ad2ec89d3e921f753d448955af98b6005655f84ba26087dde6ba0e8d062f34"),
    ("1.25.0", "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"),
)
POOLS = ("pool/main/m/micropython", "pool/universe/m/micropython")
# Where neither is left: the upstream repository at the tag of the first.
GIT = "https://github.com/micropython/micropython.git"
# mbedtls for machines whose mirror has no 32-bit build of it.
MBEDTLS = (
    "pool/universe/m/mbedtls/mbedtls_2.28.8.orig.tar.gz",
    "edfe26dbc923a1d94aa53153d25b74f5dd51e89bfd222a6945eadec031fc9eb2",
)

PLAIN_MANIFEST = 'include("$(MPY_DIR)/extmod/asyncio")\n'

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


def recipe_hash(bits: int) -> str:
    """Hash of everything but the frozen files that decides what comes out of a build."""
    recipe = (SOURCES, EDITS, ARCH[bits], LIB_PACKAGES, MAKE_FLAGS, PLAIN_MANIFEST)
    return hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]


def missing_packages(bits: int) -> list[str]:
    """The system packages that building needs and this machine lacks."""
    missing = []
    if not shutil.which("make"):
        missing.append("make")
    program = b"#include <stdio.h>\nint main(void) { return 0; }\n"
    wanted = (("-m64", ["gcc", "libc6-dev"]), ("-m32", ["gcc-multilib"]))
    for flag, packages in wanted if bits == 32 else wanted[:1]:
        command = ["gcc", flag, "-x", "c", "-", "-o", "/dev/null"]
        works = (
            shutil.which("gcc")
            and not subprocess.run(command, input=program, capture_output=True).returncode
        )
        missing += [] if works else packages
    return missing


def plain_manifest() -> Path:
    """The manifest of the plain ports: asyncio alone."""
    manifest = PORTS / "plain_manifest.py"
    if not manifest.exists() or manifest.read_text() != PLAIN_MANIFEST:
        manifest.write_text(PLAIN_MANIFEST)
    return manifest


@functools.cache
def _mirror() -> debian.Mirror:
    return debian.Mirror(PORTS / "apt", ("amd64", "i386"))


def libraries(bits: int) -> Path:
    """A folder with mbedtls and libffi, headers and static libraries, of this word size."""
    arch = ARCH[bits]
    folder = PORTS / f"libraries-{bits}"
    if not (folder / "usr" / "lib" / arch["triplet"] / "libmbedtls.a").exists():
        packages = [f"{name}:{arch['deb']}" for name in LIB_PACKAGES]
        try:
            _mirror().unpack(tuple(packages), folder)
        except FetchError:  # Ubuntu 22.04 has no 32-bit mbedtls: make it
            _mirror().unpack(tuple(packages[1:]), folder)
            _make_mbedtls(folder / "usr", arch["triplet"])
    return folder


def _make_mbedtls(prefix: Path, triplet: str) -> None:
    """Compiles mbedtls for 32 bits into `prefix`, as the package would have put it there."""
    path, sha256 = MBEDTLS
    archive = _mirror().pool_file((path,), sha256, PORTS / Path(path).name)
    source = PORTS / "mbedtls"
    shutil.rmtree(source, ignore_errors=True)
    _extract(archive, source)
    library = source / "library"
    _make("mbedtls", ["-C", str(library), "CFLAGS=-m32 -O2", "static"])
    for folder in ("mbedtls", "psa"):
        shutil.copytree(source / "include" / folder, prefix / "include" / folder)
    for file in library.glob("libmbed*.a"):
        shutil.copy2(file, prefix / "lib" / triplet / file.name)


def source_dir() -> Path:
    """Where this recipe's source tree stands or will stand."""
    return PORTS / f"source-{hashlib.sha256(repr((SOURCES, EDITS)).encode()).hexdigest()[:16]}"


def source_tree() -> Path:
    """The edited MicroPython source with its mpy-cross built."""
    source = source_dir()
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
        _make("mpy-cross", ["-C", str(source / "mpy-cross"), "CWARN=-w"], _version(source))
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
        _extract(archive, target)
        return
    debian.need([] if shutil.which("git") else ["git", "ca-certificates"], "fetching MicroPython")
    tag = f"v{SOURCES[0][0]}"
    address = os.environ.get("MICROPYTHON_GIT", GIT)
    say(f"micropython: cloning {tag} of {address}")
    command = [
        "git",
        "-c",
        "advice.detachedHead=false",
        "clone",
        "-q",
        "--depth",
        "1",
        "--branch",
        tag,
        address,
        str(target),
    ]
    if subprocess.run(command).returncode:
        raise FetchError("neither a mirror nor the git repository has the source")


def _extract(archive: Path, target: Path) -> None:
    """Unpacks an archive that has one folder on top, without that folder."""
    outer = target.with_name(target.name + ".unpack")
    shutil.rmtree(outer, ignore_errors=True)
    with tarfile.open(archive) as tar:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(outer, **safe)
    (top,) = (entry for entry in outer.iterdir() if entry.is_dir())
    top.rename(target)
    outer.rmdir()


def make_port(bits: int, source: Path, libraries: Path, build_dir: Path, manifest: Path) -> None:
    """Makes `build_dir`/micropython with what the manifest freezes in."""
    arch = ARCH[bits]
    include = libraries / "usr" / "include"
    lib_dir = libraries / "usr" / "lib" / arch["triplet"]
    archives = sorted(lib_dir.glob("libmbed*.a")) + sorted(lib_dir.glob("lib[ep][v2]*.a"))
    tls_libs = " ".join(str(archive) for archive in archives)
    _make(
        build_dir.name.replace(recipe_hash(bits), "bit").replace("-bit", "-bit port", 1),
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
        _version(source),
    )


def _make(what: str, arguments: list[str], version: str = "") -> None:
    """Runs make with a counter of compiled files on a terminal; the output goes to a log."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    env.pop("MFLAGS", None)
    # The tree lies inside our own repository: git describe would find our tags.
    env["MICROPY_GIT_TAG"] = version
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
