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


def _option(text: str, *names: str, **more):
    return typer.Option(*names, help=text, **more)


Host = Annotated[str, _option("Address to listen at; 0.0.0.0 for the network.")]
WsPort = Annotated[int, _option("Port for stations; 0 picks one.")]
Port = Annotated[int, _option("Port of the page and the API; 0 picks one.")]
Db = Annotated[str, _option("Database, a SQLAlchemy URL.")]
Heartbeat = Annotated[int, _option("Heartbeat interval, seconds.", min=1)]
BootRetry = Annotated[
    int, _option("Seconds until a station that is not accepted asks again.", min=0)
]
Registration = Annotated[
    str, _option("Answer to stations never seen before: Accepted, Pending or Rejected.")
]
Station = Annotated[
    list[str] | None, _option("Known station; others then get 404. Repeatable.", metavar="ID")
]
Password = Annotated[
    list[str] | None,
    _option("HTTP Basic password of a station; hex:.. for bytes.", metavar="ID=TEXT"),
]
Card = Annotated[
    list[str] | None, _option("Accept this card; repeatable. The page lists and blocks cards.")
]
AcceptAll = Annotated[bool, _option("Accept every card that is not listed.", "--accept-all")]
Concurrent = Annotated[bool, _option("Let one card charge at several connectors.", "--concurrent")]
PlantAt = Annotated[
    list[str] | None, _option("Control port of a simulated charger.", metavar="ID=HOST:PORT")
]
CallTimeout = Annotated[float, _option("Wait so long for a station's answer, s.", min=0.1)]
Ping = Annotated[float, _option("Websocket ping interval, s; 0: never.", min=0)]
Ca = Annotated[str, _option("File with a root's certificate and key, PEM: signs requests.")]
Keep = Annotated[int, _option("OCPP messages kept of each station.", min=1)]
Speed = Annotated[float, _option("Our clock runs so many times faster.")]
LogLevel = Annotated[str, _option("debug, info, warning or error.")]


def _pairs(items: list[str] | None, what: str) -> dict[str, str]:
    """ID=VALUE options to a dictionary."""
    pairs = {}
    for item in items or ():
        key, equals, value = item.partition("=")
        if not (key and equals and value):
            raise ValueError(f"{item!r}: expected {what}")
        if "PORT" in what and not value.rpartition(":")[2].isdigit():
            raise ValueError(f"{item!r}: expected {what}")
        pairs[key] = value
    return pairs


def main(
    host: Host = "127.0.0.1",
    ws_port: WsPort = 9000,
    port: Port = 8080,
    db: Db = "sqlite+aiosqlite:///csms.db",
    heartbeat: Heartbeat = 60,
    boot_retry: BootRetry = 10,
    registration: Registration = "Accepted",
    station: Station = None,
    password: Password = None,
    card: Card = None,
    accept_all: AcceptAll = False,
    concurrent: Concurrent = False,
    plant: PlantAt = None,
    call_timeout: CallTimeout = 30.0,
    ping: Ping = 20.0,
    keep: Keep = 5000,
    ca: Ca = "",
    speed: Speed = 1.0,
    log_level: LogLevel = "info",
) -> None:
    """A small OCPP central system: stations connect by websocket, people by browser."""
    try:
        _start_log(log_level)
        settings = Settings(
            host=host, ws_port=ws_port, http_port=port, db=db, heartbeat_s=heartbeat,
            boot_retry_s=boot_retry, registration=registration, known=tuple(station or ()),
            passwords=_pairs(password, "ID=TEXT"), accept_all=accept_all,
            cards=tuple(card or ()), concurrent=concurrent, call_timeout_s=call_timeout,
            ping_s=ping, messages_kept=keep, plants=_pairs(plant, "ID=HOST:PORT"), speed=speed,
            ca=ca,
        )  # fmt: skip
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    try:
        asyncio.run(_serve(settings))
    except (OSError, RuntimeError, ValueError) as error:
        typer.echo(f"cannot start: {error}", err=True)
        raise typer.Exit(1) from None


def _start_log(level: str) -> None:
    """Log to stderr."""
    if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError(f"log level {level!r}: expected debug, info, warning or error")
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format=form)
    for noisy in ("aiosqlite", "sse_starlette"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


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
