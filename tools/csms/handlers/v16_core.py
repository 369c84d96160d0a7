"""How are BootNotification, Heartbeat, Authorize, StatusNotification and DataTransfer answered?"""

from __future__ import annotations

from ..models import ConnectorStatus
from ..settings import from_text, to_text
from . import Context, handles


@handles("1.6", "BootNotification")
async def boot_notification(context: Context, payload: dict) -> dict:
    """S 4.2: the verdict is the station's `registration`; the interval is that of the heartbeat,
    or the wait before the next try."""
    central = context.central
    station = await central.store.booted(context.station_id, payload, context.now)
    context.link.registration = station.registration
    accepted = station.registration == "Accepted"
    central.hub.publish("station", context.station_id)
    settings = central.settings
    return {
        "status": station.registration,
        "currentTime": to_text(context.now),
        "interval": settings.heartbeat_s if accepted else settings.boot_retry_s,
    }


@handles("1.6", "Heartbeat")
async def heartbeat(context: Context, payload: dict) -> dict:
    """S 4.6."""
    return {"currentTime": to_text(context.now)}


@handles("1.6", "Authorize")
async def authorize(context: Context, payload: dict) -> dict:
    """S 4.1."""
    return {"idTagInfo": await context.central.cards.info(payload["idTag"], context.now)}


@handles("1.6", "StatusNotification")
async def status_notification(context: Context, payload: dict) -> dict:
    """S 4.9. A connector that says Available runs no transaction, whatever stop is missing."""
    central, now = context.central, context.now
    time = from_text(payload["timestamp"]) if "timestamp" in payload else now
    row = ConnectorStatus(
        station_id=context.station_id,
        connector_id=payload["connectorId"],
        status=payload["status"],
        error_code=payload["errorCode"],
        info=payload.get("info"),
        vendor_id=payload.get("vendorId"),
        vendor_error_code=payload.get("vendorErrorCode"),
        time=time,
        received=now,
    )
    await central.store.add_status(row)
    if row.status == "Available" and row.connector_id > 0:
        await central.charges.connector_free(context.station_id, row.connector_id, time)
    central.live.set_status(row)
    central.hub.publish("status", context.station_id, row)
    return {}


@handles("1.6", "DataTransfer")
async def data_transfer(context: Context, payload: dict) -> dict:
    """S 4.3: every vendor's data is kept and shown. UnknownVendorId would make a station stop
    sending what the operator may want to read."""
    central = context.central
    await central.store.add_notice(context.station_id, "DataTransfer", payload, context.now)
    central.hub.publish("notice", context.station_id, payload)
    return {"status": "Accepted"}
