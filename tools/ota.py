"""How does an update get from here onto a station over the network? docs/updates.md

make ota KEY=keys/signer.key CERT=keys/signer.pem PORT=/dev/ttyUSB0
make ota KEY=.. CERT=.. CSMS=http://127.0.0.1:8080 STATION=CP-1
python tools/ota.py --help

The bundle is made and signed, or FILE= names one that is there; it is served by HTTP from this
host; the station is told, by its console or by the central system; and then it is waited for the
new build to prove itself. Exit codes: 0 it stays, 1 not (with the reason), 2 wrong options.
"""

import base64
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

if __name__ == "__main__":
    import own_python

    own_python.enter()

import typer  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: E402

from tools import release  # noqa: E402
from tools.board import BoardError, bundle, cli, serve, tell  # noqa: E402

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
NO_KEY = (
    "an update must be signed: KEY=keys/signer.key CERT=keys/signer.pem "
    "(`.venv/bin/python tools/release.py keys keys` makes them), or FILE=made.upd"
)


def _made(key: Path | None, cert: list[Path], **how) -> bytes:
    """A bundle of the sources as they are now."""
    if key is None or not cert:
        raise BoardError(NO_KEY)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "made.upd"
        release.make(key=key, cert=cert, output=target, **how)
        return target.read_bytes()


def _proof(data: bytes, key: Path | None, cert: list[Path]):
    """What SignedUpdateFirmware.req needs, made when it is needed; None without a key."""
    if key is None or not cert:
        return None

    def sign() -> tuple[str, str]:
        private, chain = bundle.load(key, cert)
        pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)
        return base64.b64encode(bundle.sign(private, data)).decode(), pem

    return sign


def _teller(port: str, csms: str, station: str, proof):
    if not csms:
        return tell.ByConsole(port)
    if not station:
        raise BoardError("which station of that central system? STATION=its identity")
    return tell.ByCentral(csms, station, proof)


def _watch(teller, shelf: serve.Shelf, minutes: float) -> None:
    """Shows the statuses and how much has been fetched, until the new build stays."""
    end = time.monotonic() + minutes * 60
    last = ""
    columns = (TextColumn("  fetched"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("", total=len(shelf.data))
        for status in teller.statuses():
            bar.update(task, completed=shelf.sent)
            if status and status != last:
                last = status
                out.print(status, markup=False)
            if time.monotonic() > end:
                raise BoardError(
                    f"not over after {minutes:g} minutes, the last word was: {last or 'none'}"
                )


@app.command()
def ota(
    key: Annotated[Path | None, typer.Option(help="PEM, of the signer")] = None,
    cert: Annotated[list[Path] | None, typer.Option(help="PEM, the signer's first")] = None,
    file: Annotated[Path | None, typer.Option(help="a bundle that is there already")] = None,
    board: Annotated[str, typer.Option(help="a folder of boards/")] = "ESP32_GENERIC",
    image: Annotated[Path | None, typer.Option(help="an app image instead of files")] = None,
    tree: Annotated[Path | None, typer.Option(help="a built tree to take")] = None,
    version: Annotated[str | None, typer.Option(help="of that tree or image")] = None,
    oldest: Annotated[str, typer.Option("--min", help="oldest version to update from")] = "0.1.0",
    port: Annotated[str, typer.Option(help="console: serial port, auto, tcp:HOST:PORT")] = "auto",
    csms: Annotated[str, typer.Option(help="the central system's page instead")] = "",
    station: Annotated[str, typer.Option(help="identity of the station there")] = "",
    signed: Annotated[bool, typer.Option(help="by SignedUpdateFirmware in any case")] = False,
    address: Annotated[str, typer.Option(help="this host as the station reaches it")] = "",
    serve_port: Annotated[int, typer.Option(help="port here, 0: any")] = 0,
    minutes: Annotated[float, typer.Option(min=0.01, help="patience in all")] = 90,
) -> None:
    """Makes a signed update, serves it, tells the station, waits until the new build stays."""
    for path in (key, file, image, tree, *(cert or ())):
        if path is not None and not path.exists():
            raise BoardError(f"there is no {path}")
    if file:
        data = file.read_bytes()
    else:
        data = _made(
            key, cert or [], board=board, oldest=oldest, architecture=None,
            tree=tree, image=image, release=version,
        )  # fmt: skip
    head = bundle.read(data).head
    teller = _teller(port, csms, station, _proof(data, key, cert or []))
    try:
        old = teller.before()
        out.print(
            f"{teller.where}: {old['version']} -> {head['version']} (build {head['build']})",
            markup=False,
        )
        # Nothing is sent to it: 192.0.2.1 is nobody's, and the way there is the way out.
        here = address or serve.own_address(teller.host or "192.0.2.1")
        shelf = serve.Shelf(f"{head['board']}-{head['version']}.upd", data)
        with serve.serve(shelf, here, serve_port):
            out.print(f"{len(data)} bytes at {shelf.url}", markup=False)
            if signed and csms:
                teller.start(shelf.url, True)
            else:
                teller.start(shelf.url)
            _watch(teller, shelf, minutes)
        now = teller.now["version"]
        if now != head["version"]:
            raise BoardError(f"{now} runs, not {head['version']}")
        out.print(f"done: {old['version']} -> {now}, the new build has proved itself")
    finally:
        teller.close()


def main() -> int:
    """Runs the command; the exit code."""
    return cli.run(
        app, "ota", "interrupted: what has not come whole is not used; the old build runs on"
    )


if __name__ == "__main__":
    sys.exit(main())
