"""What can a program ask and order over HTTP? The JSON API under /api; docs/csms.md lists it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import calls, errors, ring_view, schemas, views
from .plant import PlantError
from .series import POINTS, series
from .settings import from_text

if TYPE_CHECKING:
    from .central import CentralSystem


def central_of(request: Request) -> CentralSystem:
    """The central system that serves this request."""
    return request.app.state.central


def _number(
    request: Request, name: str, default: int | None = None, highest: int | None = None
) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise HTTPException(400, f"{name}: {text!r} is not a whole number") from None
    return value if highest is None else max(1, min(value, highest))


def _flag(request: Request, name: str) -> bool | None:
    text = request.query_params.get(name)
    return None if text is None else text.lower() in ("1", "true", "yes", "on")


async def body_of(request: Request) -> dict:
    """The JSON object a request carries."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return body


async def station_of(request: Request):
    """The station in the path, or 404."""
    row = await central_of(request).store.station(request.path_params["station"])
    if row is None:
        raise HTTPException(404, "no such station")
    return row


async def list_stations(request: Request) -> Response:
    """Every station ever seen, with its connectors and their live values."""
    central = central_of(request)
    return JSONResponse([views.station(central, row) for row in await central.store.stations()])


async def get_station(request: Request) -> Response:
    """One station."""
    return JSONResponse(views.station(central_of(request), await station_of(request)))


async def list_statuses(request: Request) -> Response:
    """The history of statuses, newest first. ?connector= ?limit="""
    row = await station_of(request)
    found = await central_of(request).store.status_history(
        row.id, _number(request, "connector"), _number(request, "limit", 100, 5000)
    )
    return JSONResponse([views.status(item) for item in found])


async def list_transactions(request: Request) -> Response:
    """Transactions, newest first. ?connector= ?active= ?idTag= ?before= ?limit="""
    station_id = None
    if "station" in request.path_params:
        station_id = (await station_of(request)).id
    found = await central_of(request).charges.find(
        station_id,
        _number(request, "connector"),
        _flag(request, "active"),
        request.query_params.get("idTag"),
        _number(request, "before"),
        _number(request, "limit", 50, 5000),
    )
    return JSONResponse([views.charge(row) for row in found])


async def get_transaction(request: Request) -> Response:
    """One transaction."""
    row = await central_of(request).charges.get(request.path_params["number"])
    if row is None:
        raise HTTPException(404, "no such transaction")
    return JSONResponse(views.charge(row))


async def get_series(request: Request) -> Response:
    """The chart of a transaction: columns over time, thinned, and its meterStart. ?points="""
    points = _number(request, "points", POINTS, 5000)
    number = request.path_params["number"]
    central = central_of(request)
    row = await central.charges.get(number)
    if row is None:
        raise HTTPException(404, "no such transaction")
    columns = await series(central.store, number, points)
    return JSONResponse({"meterStart": row.meter_start, **columns})


async def list_meter(request: Request) -> Response:
    """Meter values, newest first. ?connector= ?transaction= ?measurand= ?before= ?limit="""
    row = await station_of(request)
    found = await central_of(request).charges.values(
        row.id,
        _number(request, "connector"),
        _number(request, "transaction"),
        request.query_params.get("measurand"),
        _number(request, "before"),
        _number(request, "limit", 500, 50000),
    )
    return JSONResponse([views.meter(item) for item in found])


async def list_messages(request: Request) -> Response:
    """OCPP messages, newest first. ?action= ?problems= ?before= ?limit="""
    row = await station_of(request)
    found = await central_of(request).traffic.find(
        row.id,
        request.query_params.get("action"),
        bool(_flag(request, "problems")),
        _number(request, "before"),
        _number(request, "limit", 100, 5000),
    )
    return JSONResponse([views.message(item) for item in found])


async def list_notices(request: Request) -> Response:
    """Reports (firmware, diagnostics, security, vendor data), newest first. ?limit="""
    row = await station_of(request)
    found = await central_of(request).store.notices(row.id, _number(request, "limit", 100, 5000))
    return JSONResponse([views.notice(item) for item in found])


async def get_configuration(request: Request) -> Response:
    """The configuration as the station last told it (call GetConfiguration to refresh)."""
    row = await station_of(request)
    found = await central_of(request).store.config(row.id)
    return JSONResponse([views.config_key(item) for item in found])


async def post_call(request: Request) -> Response:
    """Send a call: {"action", "payload", "timeout"?, "validate"?}; answers {"ok", "answer"}."""
    row, body = await station_of(request), await body_of(request)
    action, payload = body.get("action"), body.get("payload", {})
    timeout = body.get("timeout")
    if not isinstance(action, str) or (
        timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout <= 600)
    ):
        raise HTTPException(
            400, 'expected {"action": text, "payload": object, "timeout": seconds up to 600}'
        )
    status, result = await send_call(
        central_of(request),
        row.id,
        action,
        payload,
        timeout,
        body.get("validate", True) is not False,
    )
    return JSONResponse(result, status)


async def send_call(
    central: CentralSystem,
    station_id: str,
    action: str,
    payload,
    timeout: float | None = None,
    validate: bool = True,
) -> tuple[int, dict]:
    """Send a call; answers the HTTP status and body that tell how it went."""

    def no(status: int, kind: str, text: str, **more):
        return status, {"ok": False, "error": kind, "description": text, **more}

    try:
        answer = await central.call(station_id, action, payload, timeout, validate)
    except errors.NotConnected as error:
        return no(409, "NotConnected", str(error))
    except errors.CallTimeout as error:
        return no(504, "Timeout", str(error))
    except errors.BadAnswer as error:
        return no(502, "BadAnswer", str(error), answer=error.answer)
    except errors.CallFailed as error:
        return no(502, "CallError", error.description, code=error.code, details=error.details)
    except errors.CallError as error:
        return no(400, "InvalidCall", error.description, code=error.code)
    return 200, {"ok": True, "answer": answer}


async def put_registration(request: Request) -> Response:
    """What the next BootNotification is answered: {"status": "Accepted|Pending|Rejected"}."""
    row, body = await station_of(request), await body_of(request)
    try:
        await central_of(request).set_registration(row.id, body.get("status"))
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
    return await get_station(request)


async def get_plant(request: Request) -> Response:
    """The simulated charger's last state, null while it cannot be reached."""
    plant = _plant_of(request)
    return JSONResponse({"state": plant.state, "error": plant.error})


async def post_plant(request: Request) -> Response:
    """Send a line to the control port: {"command": "plug 1"}; answers its JSON."""
    plant, body = _plant_of(request), await body_of(request)
    if not isinstance(body.get("command"), str):
        raise HTTPException(400, 'expected {"command": text}')
    try:
        return JSONResponse(await plant.command(body["command"]))
    except PlantError as error:
        return JSONResponse({"ok": False, "error": str(error)}, 502)


async def get_ring(request: Request) -> Response:
    """The ring of modules as the page shows it; 404 where there is none."""
    found = await ring_view.of(central_of(request), (await station_of(request)).id)
    if found is None:
        raise HTTPException(404, "this station has no simulated ring")
    return JSONResponse(found)


def _plant_of(request: Request):
    plant = central_of(request).plants.get(request.path_params["station"])
    if plant is None:
        raise HTTPException(404, "no simulated charger is known for this station")
    return plant


async def list_cards(request: Request) -> Response:
    """Every listed card."""
    return JSONResponse([views.card(row) for row in await central_of(request).cards.all()])


async def put_card(request: Request) -> Response:
    """List or change a card: {"status"?, "expiryDate"?, "parentIdTag"?, "note"?}."""
    body = await body_of(request)
    try:
        expiry = body.get("expiryDate")
        row = await central_of(request).cards.put(
            request.path_params["station"],
            body.get("status", "Accepted"),
            from_text(expiry) if expiry else None,
            body.get("parentIdTag"),
            str(body.get("note", "")),
        )
    except (ValueError, TypeError) as error:
        raise HTTPException(400, str(error)) from None
    return JSONResponse(views.card(row))


async def delete_card(request: Request) -> Response:
    """Take a card off the list."""
    if not await central_of(request).cards.delete(request.path_params["station"]):
        raise HTTPException(404, "no such card")
    return Response(status_code=204)


async def list_calls(request: Request) -> Response:
    """Every action that can be sent: its schema and an example payload."""
    version = schemas.VERSION_16
    return JSONResponse(
        [
            {
                "action": action,
                "schema": schemas.schema(version, action),
                "example": calls.example(version, action),
            }
            for action in schemas.to_station(version)
        ]
    )


_ROUTES = (
    ("GET", "/stations", list_stations),
    ("GET", "/stations/{station:id}", get_station),
    ("GET", "/stations/{station:id}/statuses", list_statuses),
    ("GET", "/stations/{station:id}/transactions", list_transactions),
    ("GET", "/stations/{station:id}/meter", list_meter),
    ("GET", "/stations/{station:id}/messages", list_messages),
    ("GET", "/stations/{station:id}/notices", list_notices),
    ("GET", "/stations/{station:id}/configuration", get_configuration),
    ("POST", "/stations/{station:id}/call", post_call),
    ("PUT", "/stations/{station:id}/registration", put_registration),
    ("GET", "/stations/{station:id}/plant", get_plant),
    ("POST", "/stations/{station:id}/plant", post_plant),
    ("GET", "/stations/{station:id}/ring", get_ring),
    ("GET", "/transactions", list_transactions),
    ("GET", "/transactions/{number:int}", get_transaction),
    ("GET", "/transactions/{number:int}/series", get_series),
    ("GET", "/cards", list_cards),
    ("PUT", "/cards/{station:id}", put_card),
    ("DELETE", "/cards/{station:id}", delete_card),
    ("GET", "/calls", list_calls),
)


async def index(request: Request) -> Response:
    """This list."""
    return JSONResponse(
        [
            {
                "method": method,
                "path": f"/api{path.replace('{station:id}', '{id}')}",
                "what": handler.__doc__,
            }
            for method, path, handler in _ROUTES
        ]
    )


def routes() -> list[Route]:
    """The routes below /api."""
    return [Route("/", index)] + [
        Route(path, handler, methods=[method]) for method, path, handler in _ROUTES
    ]
