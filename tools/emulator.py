"""Where is an emulated microcontroller for `make deploy` and mpremote to work on?

MicroPython's qemu port for a Cortex-M3 (qemu-system-arm, machine mps2-an385), from the same source
as the Unix ports, with LittleFS added: a raw REPL on a serial port, 140 KB of heap, real .mpy
loading. It has no asyncio and no sockets; its flash is the machine's RAM and lives as long as it.

    from tools import emulator
    with emulator.Chip(image) as chip: chip.port        # a pseudo-terminal
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools import debian
from tools import port_recipe as recipe
from tools.board import BoardError
from tools.board.link import Link

FOLDER = recipe.PORTS / "qemu"
PACKAGES = {
    "arm-none-eabi-gcc": ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi"),
    "qemu-system-arm": ("qemu-system-arm",),
    "make": ("make",),
}
FLASH_AT = 0x21800000
FLASH_SIZE = 2 << 20  # as the files of a 4 MB board
BLOCK = 4096

# The port's own script puts .ARM.exidx, which LittleFS's code brings along, into .data's way.
LINKER_SCRIPT = """
MEMORY { RAM : ORIGIN = 0x00000000, LENGTH = 4M }
_estack = ORIGIN(RAM) + LENGTH(RAM);
SECTIONS
{
    .text : { KEEP(*(.isr_vector)) *(.text*) *(.rodata*) . = ALIGN(4); } > RAM
    .ARM.exidx : { *(.ARM.exidx*) . = ALIGN(4); _etext = .; _sidata = _etext; } > RAM
    .data : AT (_sidata) { _sdata = .; *(.data*) . = ALIGN(4); _edata = .; } > RAM
    .bss : { . = ALIGN(4); _sbss = .; *(.bss*) *(COMMON) . = ALIGN(4); _ebss = .; } > RAM
}
"""
# LittleFS asks for the time; this machine has none.
CLOCK = "#include <stdint.h>\nuint64_t mp_hal_time_ns(void) { return 0; }\n"
# What a chip does before boot.py: its flash, formatted if it is empty, becomes the root.
MOUNT = f"""
import uctypes, vfs
class Flash:
    def __init__(self):
        self.m = uctypes.bytearray_at({FLASH_AT}, {FLASH_SIZE})
    def readblocks(self, n, buf, off=0):
        a = n * {BLOCK} + off
        buf[:] = self.m[a : a + len(buf)]
    def writeblocks(self, n, buf, off=0):
        a = n * {BLOCK} + off
        self.m[a : a + len(buf)] = buf
    def ioctl(self, op, arg):
        return {{4: {FLASH_SIZE // BLOCK}, 5: {BLOCK}, 6: 0}}.get(op)
_flash = Flash()
try:
    vfs.mount(vfs.VfsLfs2(_flash), "/")
except OSError:
    vfs.VfsLfs2.mkfs(_flash)
    vfs.mount(vfs.VfsLfs2(_flash), "/")
"""


def firmware() -> Path:
    """The port's firmware.elf, built if it is missing or of another recipe."""
    key = hashlib.sha256(repr((recipe.SOURCES, recipe.EDITS, LINKER_SCRIPT, CLOCK)).encode())
    build = FOLDER / key.hexdigest()[:16]
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = [
        package
        for program, packages in PACKAGES.items()
        if not shutil.which(program)
        for package in packages
    ]
    debian.need(missing, "the emulated microcontroller")
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (build / "firmware.elf").exists():
            _make(build)
    return build / "firmware.elf"


def _make(build: Path) -> None:
    module = FOLDER / "modules" / "clock"
    module.mkdir(parents=True, exist_ok=True)
    (module / "clock.c").write_text(CLOCK)
    (module / "micropython.mk").write_text("SRC_USERMOD += $(USERMOD_DIR)/clock.c\n")
    script = FOLDER / "mps2.ld"
    script.write_text(LINKER_SCRIPT)
    manifest = FOLDER / "manifest.py"
    manifest.write_text("")
    source = recipe.source_tree()
    arguments = [
        *("-C", str(source / "ports" / "qemu")),
        f"BUILD={build}",
        f"FROZEN_MANIFEST={manifest}",
        f"LDSCRIPT={script}",
        f"USER_C_MODULES={module.parent}",
        "MICROPY_VFS_LFS2=1",
        "CWARN=-w",
        f"PYTHON={sys.executable}",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    env |= {"MICROPY_GIT_TAG": "v" + recipe.SOURCES[0][0], "MICROPY_GIT_HASH": "release"}
    debian.say("micropython: building qemu port")
    done = subprocess.run(["make", "-j2", *arguments], env=env, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise BoardError(f"the qemu port cannot be built:\n{tail}")


class Chip:
    """A running machine; `port` is its serial port. image: content of its flash, or None."""

    def __init__(self, folder: Path, image: bytes | None = None):
        flash = folder / "flash.img"
        flash.write_bytes(image or b"\xff" * FLASH_SIZE)
        self._process = subprocess.Popen(
            [
                *("qemu-system-arm", "-semihosting", "-machine", "mps2-an385", "-nographic"),
                *("-monitor", "null", "-serial", "pty"),
                *("-device", f"loader,file={flash},addr={FLASH_AT:#x},force-raw=on"),
                *("-kernel", str(firmware())),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        line = self._process.stdout.readline()
        if "/dev/pts/" not in line:
            self.close()
            raise BoardError(f"qemu did not start: {line}")
        self.port = "/dev/pts/" + line.split("/dev/pts/")[1].split()[0]
        self.mount()

    def mount(self) -> None:
        """What a chip's start does: the flash becomes the root."""
        time.sleep(0.3)
        with Link(self.port) as link:
            link.run(MOUNT)

    def soft_reset(self) -> None:
        """The interpreter starts anew; the flash stays."""
        with Link(self.port) as link:
            link.stop()
        self.mount()

    def close(self) -> None:
        """Power off."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
