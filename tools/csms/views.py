"""How do stations, charges and messages look from outside, in the API and on the pages?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .models import (
    Card,
    ConfigKey,
    ConnectorStatus,
    Message,
    MeterValue,
    Notice,
    Station,
    Transaction,
)
from .settings import to_text
from .traffic import payload_of

if TYPE_CHECKING:
    from .central import CentralSystem


def station(central: CentralSystem, row: Station) -> dict:
    """A station with its connectors; GET /api/stations."""
    link = central.links.get(row.id)
    whole = central.live.whole(row.id)
    boot = row.boot or {}
    return {
        "id": row.id,
        "connected": link is not None,
        "protocol": row.protocol,
        "registration": row.registration,
        "vendor": boot.get("chargePointVendor"),
        "model": boot.get("chargePointModel"),
        "serialNumber": boot.get("chargePointSerialNumber") or boot.get("chargeBoxSerialNumber"),
        "firmwareVersion": boot.get("firmwareVersion"),
        "boot": boot,
        "boots": row.boots,
        "firstSeen": to_text(row.first_seen),
        "lastSeen": to_text(link.last_seen if link else row.last_seen),
        "lastBoot": to_text(row.last_boot),
        "address": row.address,
        "status": whole.status if whole else None,
        "errorCode": whole.error_code if whole else None,
        "plant": central.plants.get(row.id) is not None,
        "connectors": [c.as_dict() for c in central.live.connectors(row.id)],
    }


def charge(row: Transaction) -> dict:
    """A transaction; its `id` is the transactionId."""
    return {
        "id": row.id,
        "stationId": row.station_id,
        "connectorId": row.connector_id,
        "idTag": row.id_tag,
        "startTime": to_text(row.start_time),
        "meterStart": row.meter_start,
        "startStatus": row.start_status,
        "startMessageId": row.start_message_id,
        "reservationId": row.reservation_id,
        "stopTime": to_text(row.stop_time),
        "meterStop": row.meter_stop,
        "stopIdTag": row.stop_id_tag,
        "stopMessageId": row.stop_message_id,
        "reason": row.reason,
        "energyWh": row.energy_wh,
        "active": row.active,
        "stale": row.stale,
        "orphan": row.orphan,
    }


def meter(row: MeterValue) -> dict:
    """A meter value."""
    return {
        "id": row.id,
        "stationId": row.station_id,
        "connectorId": row.connector_id,
        "transactionId": row.charge_id,
        "time": to_text(row.time),
        "measurand": row.measurand,
        "value": row.value,
        "number": row.number,
        "unit": row.unit,
        "phase": row.phase,
        "context": row.context,
        "location": row.location,
        "format": row.format,
    }


def status(row: ConnectorStatus) -> dict:
    """One line of a connector's history."""
    return {
        "connectorId": row.connector_id,
        "status": row.status,
        "errorCode": row.error_code,
        "info": row.info,
        "vendorId": row.vendor_id,
        "vendorErrorCode": row.vendor_error_code,
        "time": to_text(row.time),
        "received": to_text(row.received),
    }


def message(row: Message) -> dict:
    """An OCPP message that passed. `id` is None until it is stored (half a second)."""
    return {
        "id": row.id,
        "time": to_text(row.time),
        "direction": row.direction,
        "kind": row.kind,
        "messageId": row.message_id,
        "action": row.action,
        "payload": payload_of(row),
        "problem": row.problem,
    }


def notice(row: Notice) -> dict:
    """A report of a station."""
    return {"id": row.id, "time": to_text(row.time), "kind": row.kind, "data": row.data}


def config_key(row: ConfigKey) -> dict:
    """A configuration key as last told."""
    return {"key": row.key, "value": row.value, "readonly": row.readonly}


def card(row: Card) -> dict:
    """A listed card."""
    return {
        "idTag": row.id_tag,
        "status": row.status,
        "expiryDate": to_text(row.expiry),
        "parentIdTag": row.parent,
        "note": row.note,
    }


def excerpt(row: Message) -> str:
    """A message's payload in one short line, for the list."""
    payload = payload_of(row)
    if not isinstance(payload, dict):
        return row.payload[:160]
    return ", ".join(
        _short(key, value) for key, value in payload.items() if value not in ("", None, {}, [])
    )[:200]


def _unit(sample: dict) -> str:
    return {"Percent": "%", "Celsius": "°C"}.get(sample.get("unit"), sample.get("unit", ""))


def _short(key: str, value) -> str:
    """One member of a payload: readings as readings, the usual ids by their usual names."""
    if key in ("meterValue", "transactionData") and isinstance(value, list):
        samples = value[-1].get("sampledValue", []) if isinstance(value[-1], dict) else []
        return " · ".join(
            f"{s.get('measurand', 'Energy').split('.')[0]} {s.get('value')} {_unit(s)}".strip()
            for s in samples
            if isinstance(s, dict)
        )
    if isinstance(value, dict) and "status" in value:
        return f"{key} {value['status']}"
    if not isinstance(value, (str, int, float)):
        return f"{key} …"
    name = {
        "connectorId": "connector ",
        "transactionId": "transaction ",
        "idTag": "card ",
        "status": "",
        "errorCode": "",
    }.get(key, key + " ")
    return f"{name}{value}"


def pretty(row: Message) -> str:
    """A message's payload as indented JSON."""
    payload = payload_of(row)
    return (
        payload if isinstance(payload, str) else json.dumps(payload, indent=2, ensure_ascii=False)
    )


def sample(rows: list[MeterValue], central: CentralSystem) -> dict | None:
    """New meter values as one point of the chart, or None if they belong to no charge."""
    rows = [row for row in rows if row.charge_id is not None]
    if not rows:
        return None
    connector = central.live.connector(rows[0].station_id, rows[0].connector_id)
    return {
        "connector": connector.id,
        "transaction": rows[0].charge_id,
        "time": max(row.time for row in rows).timestamp(),
        **connector.values,
    }
