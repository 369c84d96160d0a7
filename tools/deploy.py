"""How does the firmware get onto a board, and a board's data off it?

    make deploy PORT=auto BOARD=ESP32_GENERIC     python tools/deploy.py deploy --help

Every command names what it did; every failure says why and what to do. Exit codes: 0 done, 1 not.
"""

import contextlib
import io
import json
import os
import sys
import tarfile
import time
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).resolve().parent.parent
# Keys that the station made (lib/security/shelf.py): they never leave the flash.
KEYS = "certs/key-"

if __name__ == "__main__":
    import own_python

    own_python.enter()

import typer  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: E402

from tools.board import BoardError, cli, health, image, plan, port, provision, romfs, terminal  # noqa: E402
from tools.board.link import Link  # noqa: E402

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
Port = Annotated[str, typer.Option("--port", help="serial port, URL or auto")]
Board = Annotated[str, typer.Option("--board", help="a folder of boards/")]
Force = Annotated[bool, typer.Option("--force", help="end a running charge")]


@contextlib.contextmanager
def _stopped(name: str, force: bool):
    """A link to a board whose station does not run; (link, facts). It restarts by link.restart."""
    name = port.find(name)
    with Link(name, os.environ.get("CONSOLE_PASSWORD", "")) as link:
        facts = link.facts()
        if facts["charging"] and not force:
            guns = ", ".join(map(str, facts["charging"]))
            raise BoardError(
                f"a charge is running at connector {guns}: wait for its end, or FORCE=1 ends it"
            )
        if facts["runs"]:
            out.print("the station stops, its outputs are off")
        if facts["runs"] or facts["used"]:  # or somebody has stopped it, and it is still loaded
            link.stop()
            facts |= {key: link.facts()[key] for key in ("free", "heap", "frozen")}
        link.helpers()
        yield link, facts


def _send(link: Link, files: dict[str, bytes], there: dict) -> None:
    """Files to new/, with a bar on a terminal; those that an interrupted deploy left are kept."""
    import hashlib

    total = sum(map(len, files.values()))
    columns = (TextColumn("{task.description:40}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task("", total=total)
        for path, data in files.items():
            bar.update(task, description=path)
            digest = hashlib.sha256(data).hexdigest()
            if there.get("new/" + path, (0, ""))[1] == digest:
                bar.advance(task, len(data))
                continue
            link.put("new/" + path, data, lambda count: bar.advance(task, count))


def _unfinished(link: Link, there: dict) -> dict:
    """An update that came completely but is not in place is finished first; what is there now."""
    if "new/go" in there:
        from tools.board.link import LONG_S, finish_source

        out.print("an interrupted update is finished first")
        link.run(finish_source() + "\nfinish('')", LONG_S)
        return link.files()
    return there


def _replace(link: Link, facts: dict, files: dict[str, bytes], there: dict, gone: list[str]):
    """The files take the place of what is there, all of them or none."""
    plan.check_flash(facts, [len(data) for data in files.values()])
    stale = [p for p in there if p.startswith("new/") and p[4:] not in files]
    for path in stale:
        link.run(f"os.remove({path!r})")
    _send(link, files, there)
    link.finish(gone)


def _restart(link: Link, healthy: bool = True) -> None:
    link.restart()
    if healthy:
        out.print("restarted; waiting for a healthy status")
        status = health.wait(link.port)
        guns = ", ".join(f"{c['id']} {c['status']}" for c in status["connectors"])
        free = status["health"]["heap_free"] // 1024
        out.print(f"healthy: {status['id']}, connectors {guns}, {free} KB of heap free")


@app.command()
def deploy(
    name: Port = "auto",
    board: Board = "ESP32_GENERIC",
    force: Force = False,
    wait: Annotated[bool, typer.Option(help="wait for a healthy status")] = True,
    heap_check: Annotated[bool, typer.Option(help="refuse where the heap is too small")] = True,
    files: Annotated[bool, typer.Option(help="send files to a frozen firmware too")] = False,
    rom: Annotated[bool, typer.Option(help="use the board's ROMFS where it has one")] = True,
) -> None:
    """Copies what has changed, verifies it, restarts the board and waits until it is healthy."""
    began = time.monotonic()
    plan.board_data(board)
    with _stopped(name, force) as (link, facts):
        out.print(
            f"{link.port}: {facts['platform']}, MicroPython "
            f"{'.'.join(map(str, facts['release']))}, {facts['heap'] // 1024} KB of heap"
        )
        if facts["frozen"] and not files:
            raise BoardError(
                "this board has the firmware in its image: a new one comes with `make firmware` "
                "and esptool. Files would win over it and cost memory; FILES=1 sends them anyway"
            )
        wanted = plan.files(board, plan.architecture(facts))
        build_id = json.loads(wanted["build.json"])["build"]
        if heap_check and not (rom and facts["rom"]):
            if facts["platform"] == "esp32" and plan.wifi(board):
                facts["heap"] = link.heap_with_wifi()
            plan.check_memory(facts, board)
        there = _unfinished(link, link.files())
        inside = {}
        if rom and facts["rom"]:
            inside, wanted = wanted, romfs.deploy(link, wanted, out.print)
        send, gone = plan.changes(wanted, there, inside)
        if not send and not gone:
            out.print(f"nothing has changed: {len(wanted)} files are up to date")
        else:
            _replace(link, facts, {path: wanted[path] for path in send}, there, gone)
            bad = plan.changes(wanted, link.files())[0]
            if bad:
                raise BoardError(f"not what was sent: {', '.join(bad)}; run it again")
            same = len(wanted) - len(send)
            out.print(f"{len(send)} files sent, {same} were up to date, {len(gone)} removed")
        out.print(f"build {build_id}, verified ({time.monotonic() - began:.0f} s)")
        _restart(link, wait)


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="a .tar.gz")] = None,
    name: Port = "auto",
    force: Force = False,
) -> None:
    """Everything on the flash into one file, but for the keys of certificates, which stay there.

    It holds passwords: it is readable by you alone.
    """
    file = file or ROOT / "build" / f"backup-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz"
    with _stopped(name, force) as (link, _):
        there = link.files()
        paths = [p for p in sorted(there) if not p.startswith(("new/", KEYS))]
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
            for path in paths:
                data = link.get(path)
                entry = tarfile.TarInfo(path)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        out.print(f"{len(paths)} files in {file} (it holds passwords)")
        _restart(link, False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="what backup wrote")],
    name: Port = "auto",
    force: Force = False,
    wait: Annotated[bool, typer.Option(help="wait for a healthy status")] = True,
) -> None:
    """The flash becomes what the backup holds; other files are removed, but for keys."""
    try:
        with tarfile.open(file) as tar:
            wanted = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}
    except (OSError, tarfile.TarError) as error:
        raise BoardError(f"{file} is no backup: {error}")
    with _stopped(name, force) as (link, facts):
        there = _unfinished(link, link.files())
        send, _ = plan.changes(wanted, there)
        gone = [p for p in there if p not in wanted and not p.startswith(("new/", KEYS))]
        _replace(link, facts, {path: wanted[path] for path in send}, there, gone)
        out.print(f"{len(send)} files restored, {len(gone)} removed")
        _restart(link, wait)


@app.command("provision")
def provision_(
    config: Annotated[Path, typer.Argument(help="a JSON file: docs/flash_it.md")],
    name: Port = "auto",
    force: Force = False,
    wait: Annotated[bool, typer.Option(help="wait for a healthy status")] = True,
) -> None:
    """Identity, central system, WiFi, certificates; checked here first, secrets never shown."""
    values, certificates = provision.load(config)
    tables = provision.Tables()
    with _stopped(name, force) as (link, facts):
        there = _unfinished(link, link.files())
        old = link.get("config.json") if "config.json" in there else None
        files = {**certificates, "config.json": provision.merge(old, values)}
        send, _ = plan.changes(files, there)
        _replace(link, facts, {path: files[path] for path in send}, there, [])
        for key in values:
            out.print(f"  {key} = {'***' if tables.secret(key) else values[key]}", markup=False)
        for path in certificates:
            out.print(f"  {path}, {len(certificates[path])} bytes", markup=False)
        _restart(link, wait)


@app.command("factory-image")
def factory_image(
    board: Board = "ESP32_GENERIC",
    file: Annotated[Path | None, typer.Option("--out", help="the image")] = None,
    size: Annotated[int, typer.Option(help="bytes of the board's vfs partition")] = 0x200000,
    offset: Annotated[int, typer.Option(help="where that partition begins")] = 0x200000,
    march: Annotated[str, typer.Option(help="machine code, as mpy-cross names it")] = "xtensawin",
    config: Annotated[Path | None, typer.Option(help="a provisioning file")] = None,
) -> None:
    """A LittleFS image with the whole firmware, made here, for esptool."""
    plan.board_data(board)
    file = file or ROOT / "build" / f"factory-{board}.img"
    files = plan.files(board, None if board == "UNIX" else march or None)
    if config:
        values, certificates = provision.load(config)
        files |= {**certificates, "config.json": provision.merge(None, values)}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(image.make(files, size))
    out.print(f"{file}: {len(files)} files, {size // 1024} KB")
    out.print(f"onto the chip: esptool --chip esp32 write_flash {offset:#x} {file}", markup=False)


@app.command()
def console(name: Port = "auto") -> None:
    """The board's console on this terminal; Ctrl-] or Ctrl-X leaves."""
    name = port.find(name)
    port.check(name)
    out.print(f"{name}: Enter shows the prompt, `help` the commands; Ctrl-] or Ctrl-X leaves")
    terminal.run(name)


@app.command()
def flash(name: Port = "auto", image_file: str = "ESP32_GENERIC-v1.26.1.bin") -> None:
    """How stock MicroPython gets onto the chip: the command lines for esptool."""
    with contextlib.suppress(BoardError):
        name = port.find(name)
    name = "/dev/ttyUSB0" if name == "auto" else name
    out.print("1. download the image: https://micropython.org/download/ESP32_GENERIC")
    out.print("2. .venv/bin/pip install esptool==5.6.0   (once)")
    tool = f".venv/bin/esptool --chip esp32 --port {name}"
    out.print(f"3. {tool} erase-flash", markup=False)
    out.print(f"4. {tool} --baud 460800 write-flash 0x1000 {image_file}", markup=False)
    out.print(f"5. make deploy PORT={name} BOARD=ESP32_GENERIC", markup=False)


def main() -> int:
    """Runs one command; the exit code."""
    interrupted = "interrupted: the old build is in place, run it again to go on"
    return cli.run(app, "deploy", interrupted)


if __name__ == "__main__":
    sys.exit(main())
