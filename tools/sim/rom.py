"""How does the Unix port run a firmware that lies in a ROMFS, as a chip does from its flash?

MicroPython uses bytecode and constants of an .mpy file in a ROMFS where they lie. The image is
that of `make deploy` (mpremote's writer); the process maps it into its memory, outside the heap.
"""

import contextlib
import hashlib
import os
import sys
from pathlib import Path

from tools import build

IMAGE = build.BUILD / "romfs.img"
MARCH = {32: "x86", 64: "x64"}  # machine code is compiled by the host, as for a chip


def image(bits: int) -> Path:
    """The image of the .mpy tree, built if the tree is newer."""
    out = build.BUILD / f"rom-{bits}"
    tree = build.tree("mpy", out=out, march=MARCH[bits])
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(tree)}\0".encode() + path.read_bytes())
    target = IMAGE.with_name(f"romfs-{bits}-{digest.hexdigest()[:16]}.img")
    if not target.exists():
        from mpremote.romfs import make_romfs

        with contextlib.redirect_stdout(sys.stderr), open(os.devnull, "w") as nowhere:
            with contextlib.redirect_stdout(nowhere):
                data = make_romfs(str(tree), mpy_cross=False)
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(data)
        for old in build.BUILD.glob(f"romfs-{bits}-*.img"):
            old.unlink(missing_ok=True)  # a process that maps it keeps it
        os.replace(fresh, target)
    return target


def mount(bits: int) -> str:
    """The statements that mount the image at /rom."""
    path = image(bits)
    size = path.stat().st_size
    # mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0)
    return (
        f"import ffi, uctypes, vfs; f = open({str(path)!r}, 'rb'); "
        "vfs.mount(vfs.VfsRom(uctypes.bytearray_at(ffi.open(None).func('p', 'mmap', 'pLiiii')"
        f"(0, {size}, 1, 2, f.fileno(), 0), {size})), '/rom'); f.close(); del f, ffi, uctypes; "
    )
