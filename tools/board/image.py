"""How does a factory put a whole flash on a chip in one go? A LittleFS image, made here.

The figures are those with which MicroPython's VfsLfs2 mounts (block 4096, read and program 32,
cache four times that, on-disk version 2.0), so the chip reads it as its own.
"""

from tools.board import BoardError

BLOCK = 4096
UNIT = 32


def make(files: dict[str, bytes], size: int) -> bytes:
    """The image of `size` bytes with these files. BoardError if they do not fit."""
    from littlefs import LittleFS, LittleFSError

    if size % BLOCK or size < 2 * BLOCK:
        raise BoardError(f"the size must be a multiple of {BLOCK}, not {size}")
    flash = LittleFS(
        block_size=BLOCK,
        block_count=size // BLOCK,
        read_size=UNIT,
        prog_size=UNIT,
        cache_size=4 * UNIT,
        lookahead_size=UNIT,
        name_max=255,
        disk_version=0x00020000,
    )
    try:
        for path, data in sorted(files.items()):
            folder = path.rpartition("/")[0]
            if folder:
                flash.makedirs(folder, exist_ok=True)
            with flash.open(path, "wb") as file:
                file.write(data)
    except LittleFSError as error:
        total = sum(map(len, files.values()))
        raise BoardError(f"{total} bytes do not fit into an image of {size}: {error}")
    return bytes(flash.context.buffer)
