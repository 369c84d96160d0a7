"""Where a board has a ROMFS: how does the firmware get into it, and is it really there?

Code in a ROMFS is executed in place: half the memory of .mpy files. mpremote builds and writes the
image; it reports success even where a port cannot write, so every file is read back. A cut while
it is written leaves a station that cannot start, and the REPL: deploy again.
"""

import contextlib
import hashlib
import io
import tempfile
from pathlib import Path

from mpremote.transport import TransportError

from tools.board import BoardError
from tools.board.link import LONG_S

MOUNT = """
try:
    vfs.umount("/rom")
except OSError:
    pass
vfs.mount(vfs.VfsRom(vfs.rom_ioctl(2, 0)), "/rom")
"""
STARTED = ("boot.py", "main.py", "boot.mpy", "main.mpy", "build.json")  # stay on the flash


def deploy(link, wanted: dict[str, bytes], say) -> dict[str, bytes]:
    """Writes all but what MicroPython starts by name into the ROMFS; returns what is left over."""
    from mpremote.romfs import make_romfs

    inside = {p: d for p, d in wanted.items() if p not in STARTED or p == "build.json"}
    with tempfile.TemporaryDirectory() as folder:
        for path, data in inside.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        with contextlib.redirect_stdout(io.StringIO()):
            rom = make_romfs(folder, mpy_cross=False)
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in inside.items()}
    if _held(link) == hashes:
        say("ROMFS: up to date")
    else:
        write(link, rom)
        with contextlib.suppress(BoardError):  # what is there may be no file system
            link.run(MOUNT)
        if _held(link) != hashes:
            raise BoardError(
                "the ROMFS was written, but another content is read back: this port cannot write "
                "it. ROM=0 puts the files on the flash instead"
            )
        say(f"ROMFS: {len(rom)} bytes written and read back")
    return {p: d for p, d in wanted.items() if p in STARTED}


def _held(link) -> dict[str, str]:
    """Path to SHA-256 of what can be read of the ROMFS now."""
    try:
        rows = [line.split(" ", 2) for line in link.run("_w('/rom')", LONG_S).splitlines()]
    except BoardError:
        return {}
    return {path.removeprefix("/rom/"): digest for _, digest, path in rows}


def write(link, rom: bytes) -> None:
    """Writes an image into the first ROMFS partition with mpremote's own steps."""
    from types import SimpleNamespace

    from mpremote import commands

    with tempfile.NamedTemporaryFile(suffix=".romfs") as file:
        file.write(rom)
        file.flush()
        state = SimpleNamespace(
            transport=link.transport,
            ensure_raw_repl=lambda: None,
            did_action=lambda: None,
        )
        args = SimpleNamespace(path=file.name, partition=0, mpy=False)
        try:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                commands._do_romfs_deploy(state, args)
        except SystemExit:
            raise BoardError("the ROMFS was refused: " + said.getvalue().strip().split("\n")[-1])
        except (commands.CommandError, TransportError, OSError) as error:
            raise BoardError(f"the ROMFS cannot be written: {error}")
