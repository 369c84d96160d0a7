"""Which pages does a person see, and what do their forms do?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sse_starlette import EventSourceResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from . import calls, ring_page, schemas, stream, views
from .api import central_of, send_call, station_of
from .cards import STATUSES
from .plant import PlantError
from .settings import REGISTRATIONS, from_text, to_text
from .web import UI, npm_ready

if TYPE_CHECKING:
    from .central import CentralSystem

# what a button of the simulated charger sends; {n} is the connector, {card} the card
PLANT = {
    "plug": "plug {n}",
    "unplug": "unplug {n}",
    "card": "tag {n} {card}",
    "stop": "stop {n}",
    "net-off": "net off",
    "net-on": "net on",
    "power-off": "power off",
    "power-on": "power on",
}
_MESSAGES = 60
_CHARGES = 12


def _scaled(value, factor: float = 1.0, digits: int = 1) -> str:
    """A number for the page, an en dash where there is none."""
    if not isinstance(value, (int, float)):
        return "–"
    return f"{value / factor:.{digits}f}"


def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(UI / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(),
    )
    env.filters.update(
        scaled=_scaled,
        segment=lambda text: quote(text, safe=""),
        iso=to_text,
        excerpt=views.excerpt,
        pretty=views.pretty,
        json=lambda data: json.dumps(data, indent=2, ensure_ascii=False),
    )
    env.globals["npm_ready"] = npm_ready
    return env


TEMPLATES = _environment()


def render(name: str, **facts) -> str:
    """A template of ui/templates, filled."""
    return TEMPLATES.get_template(name).render(**facts)


async def overview_facts(central: CentralSystem) -> dict:
    """What the overview shows."""
    stations = [views.station(central, row) for row in await central.store.stations()]
    charging = [c for s in stations for c in s["connectors"] if c["transactionId"] is not None]
    return {
        "central": central,
        "stations": stations,
        "charging": len(charging),
        "connectors": sum(len(s["connectors"]) for s in stations),
        "power_w": sum(c["values"].get("power_w", 0.0) for c in charging),
    }


async def overview(request: Request) -> Response:
    """Every station at a glance."""
    return HTMLResponse(render("overview.html", **await overview_facts(central_of(request))))


def _connector_of(request: Request, station: dict) -> int:
    """The connector the page is about: ?connector=, else one that charges, else the first."""
    text = request.query_params.get("connector", "")
    if text.isdigit() and 0 < int(text) < 1000:
        return int(text)
    known = station["connectors"]
    charging = [item["id"] for item in known if item["transactionId"] is not None]
    return (charging or [item["id"] for item in known] or [1])[0]


async def charges_facts(central: CentralSystem, station_id: str) -> dict:
    """What the list of transactions shows."""
    running = {
        c.charge.id: c.session_wh()
        for c in central.live.connectors(station_id)
        if c.charge is not None
    }
    return {
        "station_id": station_id,
        "running_wh": running,
        "charges": await central.charges.find(station_id, limit=_CHARGES),
    }


async def station_page(request: Request) -> Response:
    """One station, live."""
    central, row = central_of(request), await station_of(request)
    station = views.station(central, row)
    number = _connector_of(request, station)
    shown = request.query_params.get("charge", "")
    charge = await central.charges.get(int(shown)) if shown.isdigit() else None
    if charge is None or charge.station_id != row.id:
        shown = ""
        charge = next(iter(await central.charges.find(row.id, number, limit=1)), None)
    cards = await central.cards.all()
    return HTMLResponse(
        render(
            "station.html",
            central=central,
            station=station,
            number=number,
            charge=charge,
            pinned=bool(shown),
            messages=await central.traffic.find(row.id, limit=_MESSAGES),
            config=await central.store.config(row.id),
            core=calls.CORE,
            registrations=REGISTRATIONS,
            fields={action: calls.fields(schemas.VERSION_16, action) for action, *_ in calls.CORE},
            others=[
                name
                for name in schemas.to_station(schemas.VERSION_16)
                if name not in {action for action, *_ in calls.CORE}
            ],
            card=(charge and charge.id_tag) or (cards[0].id_tag if cards else "ABC123"),
            plant=central.plants.get(row.id),
            **await charges_facts(central, row.id),
        )
    )


async def station_stream(request: Request) -> Response:
    """The station page's events."""
    central, row = central_of(request), await station_of(request)
    number = _connector_of(request, views.station(central, row))
    return EventSourceResponse(stream.station(central, row.id, number), ping=15)


async def overview_stream(request: Request) -> Response:
    """The overview's events."""
    return EventSourceResponse(stream.overview(central_of(request)), ping=15)


async def post_call(request: Request) -> Response:
    """A call form: the answer as a piece of the page."""
    central, row = central_of(request), await station_of(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    action = form.pop("action", "")
    try:
        if "json" in form:
            payload = json.loads(form["json"] or "{}")
        else:
            payload = calls.payload_of(schemas.VERSION_16, action, form)
    except ValueError as error:
        result = {"ok": False, "error": "NotSent", "description": str(error)}
    else:
        _, result = await send_call(central, row.id, action, payload)
    return HTMLResponse(render("parts/answer.html", result=result))


async def example(request: Request) -> Response:
    """The payload to begin with in the form for any call."""
    action = request.query_params.get("action", "")
    return HTMLResponse(
        render("parts/example.html", payload=calls.example(schemas.VERSION_16, action))
    )


async def post_plant(request: Request) -> Response:
    """A button of the simulated charger."""
    central, row = central_of(request), await station_of(request)
    plant = central.plants.get(row.id)
    if plant is None:
        raise HTTPException(404, "no simulated charger is known for this station")
    form = await request.form()
    number, card = str(form.get("connector", "1")), str(form.get("card", "")).strip()
    pattern = PLANT.get(str(form.get("do", "")))
    if pattern is None or not number.isdigit():
        raise HTTPException(400, "no such button")
    if "{card}" in pattern and (not card or len(card) > 20 or " " in card):
        return HTMLResponse(
            render(
                "parts/outcome.html", ok=False, text="A card has 1 to 20 characters and no blanks."
            )
        )
    try:
        answer = await plant.command(pattern.format(n=number, card=card))
    except PlantError as error:
        return HTMLResponse(render("parts/outcome.html", ok=False, text=str(error)))
    return HTMLResponse(
        render("parts/outcome.html", ok=True, text=str(answer.get("output") or "Done."))
    )


async def post_registration(request: Request) -> Response:
    """The verdict on the station's next boot."""
    central, row = central_of(request), await station_of(request)
    status = str((await request.form()).get("status", ""))
    try:
        await central.set_registration(row.id, status)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    return HTMLResponse(
        render("parts/outcome.html", ok=True, text=f"The next boot is answered {status}.")
    )


async def cards_page(request: Request, problem: str = "") -> Response:
    """The list of cards and the form that changes it."""
    central = central_of(request)
    return HTMLResponse(
        render(
            "cards.html",
            central=central,
            cards=await central.cards.all(),
            statuses=STATUSES,
            problem=problem,
            now=central.clock.now(),
        ),
        400 if problem else 200,
    )


async def post_card(request: Request) -> Response:
    """Add, change or delete a card."""
    central, form = central_of(request), await request.form()
    id_tag = str(form.get("idTag", "")).strip()
    if form.get("do") == "delete":
        await central.cards.delete(id_tag)
        return RedirectResponse("/cards", 303)
    try:
        expiry = str(form.get("expiry", ""))
        when: datetime | None = from_text(expiry) if expiry else None
        await central.cards.put(
            id_tag,
            str(form.get("status", "Accepted")),
            when,
            str(form.get("parent", "")).strip() or None,
            str(form.get("note", "")).strip(),
        )
    except ValueError as error:
        return await cards_page(request, str(error))
    return RedirectResponse("/cards", 303)


def routes() -> list[Route]:
    """The pages and what their forms post to."""
    here = "/stations/{station:id}"
    return [
        Route("/", overview),
        Route("/stream", overview_stream),
        Route(here, station_page),
        Route(here + "/stream", station_stream),
        Route(here + "/call", post_call, methods=["POST"]),
        Route(here + "/plant", post_plant, methods=["POST"]),
        Route(here + "/registration", post_registration, methods=["POST"]),
        *ring_page.routes(),
        Route("/example", example),
        Route("/cards", cards_page),
        Route("/cards", post_card, methods=["POST"]),
    ]
