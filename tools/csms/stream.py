"""What does an open page hear? Pieces of HTML by server-sent events, and points of the chart.

Events are gathered for a moment, so that a burst of messages is one piece, not fifty. A page that
is closed cancels its stream; the queries are shielded, for a cancelled one costs its connection.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from . import views

if TYPE_CHECKING:
    from .central import CentralSystem

_GATHER_S = 0.15
_OVERVIEW_GATHER_S = 0.5
_LIVE = {"link", "station", "status", "charge", "meter"}


async def overview(central: CentralSystem) -> AsyncIterator[dict]:
    """Event `stations`: the list of stations, whenever something in it changed."""
    from .pages import overview_facts, render

    subscription = central.hub.subscribe()
    try:
        yield {
            "event": "stations",
            "data": render("parts/stations.html", **await asyncio.shield(overview_facts(central))),
        }
        while (events := await subscription.batch(_OVERVIEW_GATHER_S)) is not None:
            if any(event.kind in _LIVE for event in events):
                yield {
                    "event": "stations",
                    "data": render(
                        "parts/stations.html", **await asyncio.shield(overview_facts(central))
                    ),
                }
    finally:
        central.hub.unsubscribe(subscription)


async def station(central: CentralSystem, station_id: str, number: int) -> AsyncIterator[dict]:
    """Events `badge` `live` `charges` `plant` `ocpp` (HTML) and `sample` (JSON, a point of the
    chart of connector `number`)."""
    from .pages import render

    subscription = central.hub.subscribe(station_id)
    try:
        for event in await _whole_state(central, station_id, number, {"link", "charge", "plant"}):
            yield event
        while (events := await subscription.batch(_GATHER_S)) is not None:
            for event in events:
                if event.kind == "meter":
                    point = views.sample(event.data, central)
                    if point is not None and point["connector"] == number:
                        yield {"event": "sample", "data": json.dumps(point)}
            messages = [event.data for event in events if event.kind == "message"]
            if messages:
                yield {
                    "event": "ocpp",
                    "data": render("parts/messages.html", messages=messages[::-1]),
                }
            for event in await _whole_state(
                central, station_id, number, {event.kind for event in events}
            ):
                yield event
    finally:
        central.hub.unsubscribe(subscription)


async def _whole_state(*what) -> list[dict]:
    return await asyncio.shield(_state(*what))


async def _state(
    central: CentralSystem, station_id: str, number: int, kinds: set[str]
) -> list[dict]:
    """The pieces of the page that events of these kinds change, as they are now."""
    from .pages import charges_facts, render

    pieces = []
    row = await central.store.station(station_id) if kinds & _LIVE else None
    if row is not None:
        facts = {"station": views.station(central, row), "number": number}
        pieces.append(("live", "parts/live.html", facts))
        if kinds & {"link", "station"}:
            pieces.append(("badge", "parts/badge.html", facts))
    if kinds & {"charge", "meter"}:
        pieces.append(("charges", "parts/charges.html", await charges_facts(central, station_id)))
    plant = central.plants.get(station_id)
    if "plant" in kinds and plant is not None:
        pieces.append(("plant", "parts/plant_state.html", {"plant": plant, "number": number}))
    return [{"event": name, "data": render(template, **facts)} for name, template, facts in pieces]
