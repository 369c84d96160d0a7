"""Does a payload fit the official JSON schema, and if not, which CALLERROR says so?

The schemas are those of the PyPI package `ocpp`, for every OCPP version it carries.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.validators import extend, validator_for

from . import errors

VERSION_16 = "1.6"

# What a 1.6 station may send; every other action of the schemas is ours to send.
FROM_STATION = frozenset(
    (
        "Authorize",
        "BootNotification",
        "DataTransfer",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
    )
)

_CODES = {
    "type": errors.TYPE,
    "required": errors.OCCURENCE,
    "minItems": errors.OCCURENCE,
    "maxItems": errors.OCCURENCE,
    "additionalProperties": errors.FORMATION,
}
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_date_time(value) -> bool:
    if not isinstance(value, str):
        return True
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


@_formats.checks("uri")
def _is_uri(value) -> bool:
    return (
        not isinstance(value, str) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", value) is not None
    )


def _multiple_of(validator, step, value, schema):
    """multipleOf without binary rounding: 21.4 is a multiple of 0.1."""
    if validator.is_type(value, "number") and Decimal(str(value)) % Decimal(str(step)):
        yield ValidationError(f"{value!r} is not a multiple of {step!r}")


def _folder(version: str):
    return resources.files("ocpp") / ("v" + version.replace(".", "")) / "schemas"


@cache
def schema(version: str, action: str, answer: bool = False) -> dict | None:
    """The schema of a request or an answer, or None if this version has no such action."""
    if not re.fullmatch(r"[A-Za-z]{1,60}", action) or action.endswith("Response"):
        return None
    ending = "Response" if answer else "" if version == VERSION_16 else "Request"
    file = _folder(version) / f"{action}{ending}.json"
    return json.loads(file.read_text("utf-8-sig")) if file.is_file() else None


@cache
def actions(version: str) -> tuple[str, ...]:
    """Every action of a version, in alphabetical order."""
    ending = "Response.json"
    return tuple(
        sorted(
            file.name[: -len(ending)]
            for file in _folder(version).iterdir()
            if file.name.endswith(ending)
        )
    )


@cache
def to_station(version: str) -> tuple[str, ...]:
    """Every action a central system may send."""
    mine = tuple(name for name in actions(version) if name not in FROM_STATION)
    return tuple(sorted(mine + ("DataTransfer",)))


@cache
def _validator(version: str, action: str, answer: bool):
    text = schema(version, action, answer)
    if text is None:
        return None
    base = validator_for(text, default=Draft4Validator)
    return extend(base, {"multipleOf": _multiple_of})(text, format_checker=_formats)


def _position(error, payload) -> list:
    """Where an error stands in the document, as a list that sorts in document order."""
    place, node = [], payload
    for step in error.absolute_path:
        place.append(list(node).index(step) if isinstance(node, dict) else step)
        node = node[step]
    if error.validator == "additionalProperties" and isinstance(node, dict):
        known = error.schema.get("properties", {})
        place.append(next((i for i, key in enumerate(node) if key not in known), 0))
    elif error.validator == "required":
        place.append(len(node))  # what is missing is missed at the end of its object
    return place


def _where(error) -> str:
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def check(version: str, action: str, payload, answer: bool = False) -> None:
    """Raise errors.CallError if the payload does not fit; the first error in document order
    decides. An action without a schema is NotImplemented."""
    validator = _validator(version, action, answer)
    if validator is None:
        raise errors.CallError(errors.NOT_IMPLEMENTED, f"OCPP {version} has no action {action}")
    if not isinstance(payload, dict):
        raise errors.CallError(errors.FORMATION, "the payload is not an object")
    found = list(validator.iter_errors(payload))
    if not found:
        return
    first = min(found, key=lambda error: _position(error, payload))
    where = _where(first)
    message = first.message if len(first.message) < 180 else first.message[:177] + "..."
    raise errors.CallError(
        _CODES.get(first.validator, errors.PROPERTY), f"{where}: {message}" if where else message
    )
