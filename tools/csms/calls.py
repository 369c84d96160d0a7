"""Which calls can be sent to a station, what does a person fill in, and what follows?"""

from __future__ import annotations

import json
from typing import NamedTuple

from . import schemas

CORE = (
    # action, title, what it does
    ("RemoteStartTransaction", "Start a charge", "Ask the station to start for a card."),
    ("RemoteStopTransaction", "Stop a charge", "Ask the station to stop a transaction."),
    ("UnlockConnector", "Unlock a connector", "Release the cable; a running charge ends first."),
    (
        "ChangeAvailability",
        "Change availability",
        "Take a connector (0: the whole station) out of use, or bring it back.",
    ),
    ("Reset", "Reset", "Soft lets charges end properly; hard restarts at once."),
    ("TriggerMessage", "Ask for a message", "Have the station send one of its messages now."),
    ("GetConfiguration", "Read configuration", "All keys, or those you name, comma separated."),
    ("ChangeConfiguration", "Change configuration", "Set one configuration key."),
    ("ClearCache", "Clear card cache", "Forget the cards the station remembers."),
    ("DataTransfer", "Send vendor data", "A message whose meaning the vendor defines."),
)
_LABELS = {
    "connectorId": "Connector",
    "idTag": "Card",
    "chargingProfile": "Charging profile (JSON)",
    "transactionId": "Transaction",
    "type": "Kind",
    "key": "Key",
    "value": "Value",
    "vendorId": "Vendor",
    "messageId": "Message",
    "data": "Data",
    "requestedMessage": "Message",
}


class Field(NamedTuple):
    """One input of a form; `kind` is text, integer, number, choice, list or json."""

    name: str
    label: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    max_length: int | None = None


def _kind(rule: dict) -> str:
    if "enum" in rule:
        return "choice"
    kind = rule.get("type", "json")
    if kind == "array":
        return "list" if rule.get("items", {}).get("type") == "string" else "json"
    return {"string": "text", "integer": "integer", "number": "number"}.get(kind, "json")


def fields(version: str, action: str) -> list[Field]:
    """The inputs of an action, from its schema: required ones first."""
    rules = schemas.schema(version, action)
    if rules is None:
        return []
    required = rules.get("required", ())
    found = [
        Field(
            name,
            _LABELS.get(name, name),
            _kind(rule),
            name in required,
            tuple(rule.get("enum", ())),
            rule.get("maxLength"),
        )
        for name, rule in rules.get("properties", {}).items()
    ]
    return sorted(found, key=lambda field: not field.required)


def payload_of(version: str, action: str, form: dict[str, str]) -> dict:
    """What a person typed, as a payload; an optional field left blank is left out. Raises
    ValueError with the field's label and what it expects."""
    payload = {}
    for field in fields(version, action):
        text = form.get(field.name, "").strip()
        if not text and not (field.required and field.kind == "text"):
            continue
        try:
            payload[field.name] = _value(field.kind, text)
        except ValueError:
            raise ValueError(
                f"{field.label}: {text!r} is not {'JSON' if field.kind == 'json' else 'a number'}"
            ) from None
    return payload


def _value(kind: str, text: str):
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    if kind == "json":
        return json.loads(text)
    if kind == "list":
        return [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]
    return text


def example(version: str, action: str) -> dict:
    """A payload to begin with: every required member, filled with something of its type."""
    whole = schemas.schema(version, action) or {}
    return _example(whole, whole)


def _example(rule: dict, whole: dict):
    if "$ref" in rule:  # "#/definitions/Name"
        rule = whole["definitions"][rule["$ref"].rsplit("/", 1)[1]]
    if "enum" in rule:
        return rule["enum"][0]
    kind = rule.get("type")
    if kind == "object":
        members = rule.get("properties", {})
        return {
            name: _example(members[name], whole)
            for name in rule.get("required", ())
            if name in members
        }
    if kind == "array":
        return [_example(rule.get("items", {}), whole)]
    if kind == "string" and "format" in rule:
        return {"date-time": "2030-01-01T00:00:00Z", "uri": "https://example.com/"}.get(
            rule["format"], ""
        )
    return {"integer": 1, "number": 0, "boolean": False}.get(kind, "")


async def follow(central, station_id: str, action: str, answer: dict) -> None:
    """What an answer teaches us is kept: the configuration a station tells."""
    if action == "GetConfiguration" and answer.get("configurationKey"):
        await central.store.save_config(station_id, answer["configurationKey"])
        central.hub.publish("station", station_id)
