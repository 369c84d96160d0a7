"""How is an update for stations made? docs/updates.md

make release BOARD=ESP32_GENERIC KEY=keys/signer.key CERT=keys/signer.pem
python tools/release.py --help
"""

import json
import sys
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    import own_python

    own_python.enter()

import typer  # noqa: E402
from cryptography import x509  # noqa: E402
from rich.console import Console  # noqa: E402

from tools.board import BoardError, bundle, cli, plan  # noqa: E402

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
# An app's first segment begins with its description; firmware.bin begins with the boot loader.
APP = b"\x32\x54\xcd\xab"
# The chip of an app image, bytes 12 and 13 of it (esp_image_header_t), by board.json's mcu.
CHIPS = {"esp32": 0, "esp32s2": 2, "esp32c3": 5, "esp32s3": 9, "esp32c2": 12, "esp32c6": 13}
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]


def version() -> str:
    """The version of this source tree, as the station tells it."""
    for line in (ROOT / "firmware" / "main.py").read_text().splitlines():
        if line.startswith("VERSION = "):
            return line.split('"')[1]
    raise BoardError("firmware/main.py has no VERSION")


@app.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="where root and signer go")],
    name: Annotated[str, typer.Option(help="whose keys they are")] = "Galvani development",
    years: Annotated[int, typer.Option(min=1, max=30, help="validity of the signer")] = 10,
) -> None:
    """Make a root and a signer below it. The root's certificate goes onto the stations."""
    for path in bundle.keys(folder, name, years):
        out.print(f"{path}")
    out.print("keep the *.key files secret; root.pem is what stations trust (docs/updates.md)")


@app.command()
def make(
    board: Annotated[str, typer.Option(help="a folder of boards/")],
    key: Annotated[Path, typer.Option(exists=True, help="PEM, of the signer")],
    cert: Annotated[list[Path], typer.Option(exists=True, help="PEM, the signer's first")],
    output: Annotated[Path | None, typer.Option("--out", help="the bundle")] = None,
    oldest: Annotated[str, typer.Option("--min", help="oldest version to update from")] = "0.1.0",
    architecture: Annotated[str | None, typer.Option(help="machine code, e.g. xtensawin")] = None,
    tree: Annotated[Path | None, typer.Option(exists=True, help="a built tree to take")] = None,
    image: Annotated[Path | None, typer.Option(exists=True, help="an app image instead")] = None,
    release: Annotated[str | None, typer.Option("--version", help="of that tree")] = None,
) -> None:
    """Make a signed update of the files of a board's build, or of a whole app image."""
    private, chain = bundle.load(key, cert)
    if image:
        kind, files = "app", {"app.bin": _image(image, board)}
    elif tree:
        kind, files = "files", _tree(tree)
    else:
        if architecture is None and board.startswith("ESP32"):
            architecture = "xtensawin"
        kind, files = "files", plan.files(board, architecture)
    if kind == "files":
        for name in ("boot.py", "build.json"):  # boot.py chooses between slots: not part of one
            files.pop(name, None)
    release = release or version()
    head = {"version": release, "board": board, "kind": kind, "min": oldest}
    head["build"] = plan.fingerprint(files)
    data = bundle.make(head, files, private, chain)
    target = output or ROOT / "build" / f"galvani-{board}-{release}.upd"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    out.print(f"{target}: {release} for {board}, {len(files)} files, {len(data)} bytes")


def _image(path: Path, board: str) -> bytes:
    """An app image; BoardError unless it is one, for the board's chip."""
    data = path.read_bytes()
    if data[:1] != b"\xe9" or data[32:36] != APP:
        raise BoardError(
            f"{path} is no app image: it is micropython.bin, beside the build's firmware.bin"
        )
    about = ROOT / "boards" / board / "board.json"
    wanted = CHIPS.get(json.loads(about.read_text()).get("mcu")) if about.exists() else None
    found = int.from_bytes(data[12:14], "little")
    if wanted is not None and found != wanted:
        names = {number: name for name, number in CHIPS.items()}
        raise BoardError(f"{path} is for {names.get(found, found)}, {board} has {names[wanted]}")
    return data


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@app.command()
def show(
    file: File,
    root: Annotated[Path | None, typer.Option(exists=True, help="PEM: check it")] = None,
) -> None:
    """What is in an update, who signed it, and with --root: would a station believe it?"""
    update = bundle.read(file.read_bytes())
    for key, value in update.head.items():
        out.print(f"{key:8} {value}")
    for one in update.certificates:
        until = one.not_valid_after_utc.date()
        out.print(f"{'signer':8} {one.subject.rfc4514_string()}, until {until}")
    total = sum(map(len, update.files.values()))
    out.print(f"{'files':8} {len(update.files)}, {total} bytes")
    if root:
        bundle.check(update, x509.load_pem_x509_certificate(root.read_bytes()))
        out.print("signature and certificates are good")


def main() -> int:
    """Runs one command; the exit code."""
    return cli.run(app, "release")


if __name__ == "__main__":
    sys.exit(main())
