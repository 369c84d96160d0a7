"""What has to change on a board, and does what is wanted fit into it?"""

import ast
import hashlib
import json
import subprocess
from pathlib import Path

from tools import build
from tools.bench import limits
from tools.board import BoardError

ROOT = Path(__file__).resolve().parents[2]
# Folders that belong to the build: what it no longer has there is removed. All else on the flash
# (config.json, journal, certificates, a person's own files) is left alone.
OURS = ("lib/", "core/", "drivers/", "tasks/", "console/", "net/", "ota/", "parts/")
# What comes by cable wins over an update: `slot` names its build (firmware/boot.py), the records
# hold one that is on its way (lib/ocppj/transfer.py).
UPDATE = ("slot", "journal/update", "journal/proof")
ARCHITECTURES = (
    None,
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
)
# What a board has that the bench has not: its link, and a person at the serial port while it
# starts, for whom more is loaded than for a program (docs/memory.md).
HEAP_OF_BOARD = 4 * 1024
# A station with one connector as .mpy files.
HEAP_NEEDED = limits.HELD["heap.smallest.mpy"] + HEAP_OF_BOARD
HEAP_PER_CONNECTOR = 6 * 1024
BLOCK = 4096


def files(board: str, architecture: str | None) -> dict[str, bytes]:
    """The build for a board: path on the flash to content, with build.json. Raises BoardError."""
    out = None
    if architecture and board != "UNIX":
        out = build.BUILD / f"mpy-{board}-{architecture}"
    try:
        tree = build.tree("mpy", board, out, architecture if out else None)
    except build.BuildError as error:
        raise BoardError(str(error))
    found = {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }
    found["build.json"] = json.dumps(_about(board, found)).encode()
    return found


def fingerprint(found: dict[str, bytes]) -> str:
    """Twelve hex digits that name exactly these files."""
    total = hashlib.sha256()
    for path in sorted(found):
        total.update(f"{path} {hashlib.sha256(found[path]).hexdigest()}\n".encode())
    return total.hexdigest()[:12]


def _about(board: str, found: dict[str, bytes]) -> dict:
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return {"build": fingerprint(found), "board": board, "git": git.stdout.strip()}


def changes(wanted: dict[str, bytes], there: dict[str, tuple[int, str]], rom=()):
    """(paths to send, paths to remove): what differs by hash, and what is ours no more.

    rom: paths that lie in a ROMFS: a file of that name on the flash would win over it.
    """
    send = [
        path
        for path, data in wanted.items()
        if there.get(path, (0, ""))[1] != hashlib.sha256(data).hexdigest()
    ]
    twins = {_twin(path) for path in (*wanted, *rom)} | {*rom}  # main.py beside main.mpy would win
    gone = [
        path
        for path in sorted(there)
        if path not in wanted and (path.startswith(OURS) or path in twins or path in UPDATE)
    ]
    # boot.py knows how to finish an update, main.py starts what came before it.
    send.sort(key=lambda path: (path.startswith("main."), not path.startswith("boot."), path))
    return send, gone


def _twin(path: str) -> str:
    stem, _, kind = path.rpartition(".")
    return f"{stem}.{'py' if kind == 'mpy' else 'mpy'}"


def board_data(board: str) -> dict:
    """The plain assignments of boards/BOARD/board.py: numbers, texts, tuples; no code is run."""
    source = ROOT / "boards" / board / "board.py"
    if not source.exists():
        known = ", ".join(sorted(p.parent.name for p in (ROOT / "boards").glob("*/board.py")))
        raise BoardError(f"there is no board {board}; BOARD can be {known}")
    data = {}
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                data[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                pass
    return data


def architecture(facts: dict) -> str | None:
    """The machine code that the board loads; BoardError where its .mpy format is another one."""
    if facts["mpy"] & 0xFF != 6:
        release = ".".join(map(str, facts["release"]))
        raise BoardError(f"MicroPython {release} cannot load these files; 1.26 or newer is needed")
    number = facts["mpy"] >> 10 & 15
    return ARCHITECTURES[number] if number < len(ARCHITECTURES) else None


def wifi(board: str) -> bool:
    """Does the board's data name WiFi as its network?"""
    return (board_data(board).get("NET") or ("",))[0] == "wifi"


def check_memory(facts: dict, board: str) -> None:
    """Raises BoardError with advice when the heap is too small for the board's parts.

    facts["heap"]: bytes, with the radio on where the board has one.
    """
    data = board_data(board)
    connectors = data.get("CONNECTORS", 1)
    need = data.get("HEAP_NEEDED", HEAP_NEEDED + (connectors - 1) * HEAP_PER_CONNECTOR)
    if facts["heap"] < need:
        radio = " with WiFi on" if wifi(board) else ""
        raise BoardError(
            f"too little memory: {board} as .mpy files needs about {need // 1024} KB of heap, "
            f"this board has {facts['heap'] // 1024} KB{radio}. A build with the firmware frozen "
            "in needs less than half (make firmware BOARD=GALVANI_WROOM), a chip with PSRAM has "
            "plenty; fewer PARTS in boards/*/board.py help a little. HEAP_CHECK=0 tries it anyway"
        )


def check_flash(facts: dict, sizes: list[int]) -> None:
    """Raises BoardError when the new files do not fit beside the old ones."""
    need = sum((size + BLOCK - 1) // BLOCK * BLOCK for size in sizes if size > 128) + 4 * BLOCK
    if facts["flash"] < need:
        raise BoardError(
            f"the flash has {facts['flash'] // 1024} KB free, {need // 1024} KB are needed to "
            "keep the old build until the new one is complete. Remove files (mpremote fs rm), or "
            "put a fresh image on it: make factory-image"
        )
