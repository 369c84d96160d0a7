"""What can be said on the command line?"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Annotated

import typer

from .central import CentralSystem
from .settings import Settings


def _pairs(items: list[str], what: str) -> dict[str, str]:
    """ID=VALUE options to a dictionary."""
    pairs = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not (key and equals and value):
            raise typer.BadParameter(f"{item!r}: expected {what}")
        pairs[key] = value
    return pairs


def main(
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for the network.")]
        = "127.0.0.1",
    ws_port: Annotated[int, typer.Option(help="Port for stations; 0 picks one.")] = 9000,
    port: Annotated[int, typer.Option(help="Port of the page and the API; 0 picks one.")] = 8080,
    db: Annotated[str, typer.Option(help="Database, a SQLAlchemy URL.")]
        = "sqlite+aiosqlite:///csms.db",
    heartbeat: Annotated[int, typer.Option(min=1, help="Heartbeat interval, seconds.")] = 60,
    boot_retry: Annotated[int, typer.Option(
        min=0, help="Seconds until a station that is not accepted asks again.")] = 10,
    registration: Annotated[str, typer.Option(
        help="Answer to stations never seen before: Accepted, Pending or Rejected.")]
        = "Accepted",
    station: Annotated[list[str] | None, typer.Option(
        help="Known station; others then get 404. Repeatable.")] = None,
    password: Annotated[list[str] | None, typer.Option(
        metavar="ID=TEXT", help="HTTP Basic password of a station; hex:.. for bytes.")] = None,
    card: Annotated[list[str] | None, typer.Option(
        help="Accept this card. Repeatable; the page lists, blocks and deletes cards.")] = None,
    accept_all: Annotated[bool, typer.Option(
        "--accept-all", help="Accept every card that is not listed.")] = False,
    concurrent: Annotated[bool, typer.Option(
        "--concurrent", help="Let one card charge at several connectors.")] = False,
    plant: Annotated[list[str] | None, typer.Option(
        metavar="ID=HOST:PORT", help="Control port of a simulated charger.")] = None,
    call_timeout: Annotated[float, typer.Option(min=0.1, help="Wait for an answer, s.")] = 30.0,
    ping: Annotated[float, typer.Option(min=0, help="Websocket ping, s; 0: never.")] = 20.0,
    keep: Annotated[int, typer.Option(min=1, help="OCPP messages kept per station.")] = 5000,
    speed: Annotated[float, typer.Option(help="Our clock runs so many times faster.")] = 1.0,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """A small OCPP central system: stations connect by websocket, people by browser."""
    if log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise typer.BadParameter(f"log level {log_level!r}: debug, info, warning or error")
    logging.basicConfig(level=log_level.upper(), stream=sys.stderr,
                        format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings(
            host=host, ws_port=ws_port, http_port=port, db=db, heartbeat_s=heartbeat,
            boot_retry_s=boot_retry, registration=registration, known=tuple(station or ()),
            passwords=_pairs(password or [], "ID=TEXT"), accept_all=accept_all,
            cards=tuple(card or ()), concurrent=concurrent, call_timeout_s=call_timeout,
            ping_s=ping, messages_kept=keep, plants=_pairs(plant or [], "ID=HOST:PORT"),
            speed=speed)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    try:
        asyncio.run(_serve(settings))
    except (OSError, RuntimeError, ValueError) as error:
        typer.echo(f"cannot start: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with CentralSystem(settings) as central:
        typer.echo(f"Page      {central.http_url}\nStations  {central.ws_url}/<id>")
        sys.stdout.flush()
        await stop.wait()
        typer.echo("Stopping.", err=True)


def run() -> None:
    """The entry of `python -m tools.csms`."""
    typer.run(main)
