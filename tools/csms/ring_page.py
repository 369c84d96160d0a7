"""Which page shows a station whose guns share a ring of modules, and what do its buttons order?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from sse_starlette import EventSourceResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from . import ring_view, views
from .api import central_of, station_of
from .plant import PlantError

if TYPE_CHECKING:
    from .central import CentralSystem

# vehicles that can be plugged in: amperes and volts as the bench's `ev demand` takes them
VEHICLES = {
    "small": ("Small car, 400 V, 125 A", 125, 400),
    "fast": ("Car, 800 V, 270 A", 270, 800),
    "big": ("Big car, 400 V, 400 A", 400, 400),
    "van": ("Van, 400 V, 200 A", 200, 400),
    "truck": ("Truck, 800 V, 400 A", 400, 800),
}
CONTACTORS = {"tie": "Tie after slot", "gc": "Contactor of gun", "mn": "Module contactor of slot"}
# what a button sends, line by line; the fields of its form go in where they are named
ORDERS = {
    "plug": ("ev demand {gun} {amperes} {volts}", "soc {gun} {soc}", "plug {gun}"),
    "unplug": ("unplug {gun}",),
    "card": ("tag {gun} {card}",),
    "stop": ("stop {gun}",),
    "weld": ("weld {kind} {number} on",),
    "stick": ("stick {kind} {number} on",),
    "repair": ("weld {kind} {number} off", "stick {kind} {number} off"),
    "module-off": ("module off {module} on",),
    "module-hot": ("overtemp {module} 95",),
    "module-on": ("module off {module} off", "overtemp {module} off"),
    "grid": ("config set GridLimit {watts}",),
    "estop-on": ("estop on",),
    "estop-off": ("estop off",),
    "clear": ("clear",),
    "net-off": ("net off",),
    "net-on": ("net on",),
    "power-off": ("power off",),
    "power-on": ("power on",),
}
_GATHER_S = 0.3
_KINDS = {"plant", "status", "charge", "link", "station"}
PIECES = ("ring", "guns", "modules", "lamps")


def _pieces(found: dict | None) -> list[tuple[str, str]]:
    """The pieces of the page that move: (name, HTML)."""
    from .pages import render

    shown = {
        "ring": found,
        "draw": found and ring_view.Drawing(len(found["slots"])),
        "look": ring_view.look,
    }
    return [(name, render(f"parts/ring_{name}.html", **shown)) for name in PIECES]


async def ring_page(request: Request) -> Response:
    """The ring, live."""
    from .pages import render

    central, row = central_of(request), await station_of(request)
    if central.plants.get(row.id) is None:
        raise HTTPException(404, "no simulated charger is known for this station")
    found = await ring_view.of(central, row.id)
    return HTMLResponse(
        render(
            "ring_page.html",
            central=central,
            station=views.station(central, row),
            ring=found,
            vehicles=VEHICLES,
            contactors=CONTACTORS,
            pieces=dict(_pieces(found)),
        )
    )


async def ring_stream(request: Request) -> Response:
    """The page's events, one a piece."""
    central, row = central_of(request), await station_of(request)
    return EventSourceResponse(_stream(central, row.id), ping=15)


async def _stream(central: CentralSystem, station_id: str) -> AsyncIterator[dict]:
    subscription = central.hub.subscribe(station_id)
    shown: dict[str, str] = {}
    try:
        while True:
            for name, html in _pieces(await asyncio.shield(ring_view.of(central, station_id))):
                if shown.get(name) != html:
                    shown[name] = html
                    yield {"event": name, "data": html}
            while (events := await subscription.batch(_GATHER_S)) is not None:
                if any(event.kind in _KINDS for event in events):
                    break
            if events is None:
                return
    finally:
        central.hub.unsubscribe(subscription)


def order(form: dict[str, str]) -> list[str]:
    """The lines that a form means. Raises ValueError with what is wrong, for a person."""
    patterns = ORDERS.get(form.get("do", ""))
    if patterns is None:
        raise ValueError("There is no such button.")
    values: dict[str, str] = {}
    for name, least, most, what in (
        ("gun", 1, 64, "A gun"),
        ("number", 1, 64, "A contactor"),
        ("module", 1, 255, "A module"),
        ("soc", 0, 100, "A state of charge"),
    ):
        if any("{" + name + "}" in line for line in patterns):
            values[name] = str(_whole(form.get(name, ""), least, most, what))
    if any("{watts}" in line for line in patterns):
        values["watts"] = str(1000 * _whole(form.get("grid", ""), 0, 10_000, "A grid limit in kW"))
    if any("{amperes}" in line for line in patterns):
        vehicle = VEHICLES.get(form.get("vehicle", ""))
        if vehicle is None:
            raise ValueError("There is no such vehicle.")
        values["amperes"], values["volts"] = str(vehicle[1]), str(vehicle[2])
    if any("{kind}" in line for line in patterns):
        values["kind"] = form.get("kind", "")
        if values["kind"] not in CONTACTORS:
            raise ValueError("There is no such contactor.")
    if any("{card}" in line for line in patterns):
        values["card"] = form.get("card", "").strip()
        if not 0 < len(values["card"]) <= 20 or " " in values["card"]:
            raise ValueError("A card has 1 to 20 characters and no blanks.")
    return [line.format(**values) for line in patterns]


def _whole(text: str, least: int, most: int, what: str) -> int:
    if not text.strip().isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{what} is a whole number from {least} to {most}.")
    return int(text)


async def post_ring(request: Request) -> Response:
    """A button of the page."""
    from .pages import render

    central, row = central_of(request), await station_of(request)
    plant = central.plants.get(row.id)
    if plant is None:
        raise HTTPException(404, "no simulated charger is known for this station")
    form = {name: str(value) for name, value in (await request.form()).items()}
    ok, text = True, "Done."
    try:
        for line in order(form):
            answer = await plant.command(line)
            text = str(answer.get("output") or text)
    except (ValueError, PlantError) as error:
        ok, text = False, str(error)
    return HTMLResponse(render("parts/outcome.html", ok=ok, text=text))


def routes() -> list[Route]:
    """The page, its events, its buttons."""
    here = "/stations/{station:id}/ring"
    return [
        Route(here, ring_page),
        Route(here, post_ring, methods=["POST"]),
        Route(here + "/stream", ring_stream),
    ]
