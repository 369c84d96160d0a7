"""What would the official JSON schemas say about a payload, and which error comes first in it?

The judge of the schema tests: jsonschema with the files of the PyPI package `ocpp`, drafts 4 and 6
as they state, numbers as Decimal, formats by rfc3339-validator and rfc3986-validator. It shares
nothing with lib/ocppj/schema.py.
"""

import decimal
import functools
import json
from decimal import Decimal

import jsonschema

from tools import schema_compiler

decimal.getcontext().prec = 100  # else a long number has no remainder by 0.1

CODES = {
    "type": "TypeConstraintViolation",
    "additionalProperties": "FormationViolation",
    "required": "OccurenceConstraintViolation",
    "minItems": "OccurenceConstraintViolation",
}
ACTIONS = list(schema_compiler.load())


@functools.cache
def official(action: str, is_response: bool) -> dict:
    """The official schema as it lies in the package, numbers as Decimal."""
    name = action + ("Response" if is_response else "") + ".json"
    path = schema_compiler.folder("v16") / name
    return json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)


def _is_whole(checker, value) -> bool:
    """An integer of draft 6: 1.0 is one."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or isinstance(value, Decimal) and value == value.to_integral()


@functools.cache
def validator(action: str, is_response: bool):
    """The jsonschema validator of the draft that the schema states."""
    schema = official(action, is_response)
    base = jsonschema.Draft4Validator
    if "draft-06" in schema["$schema"]:
        base = jsonschema.Draft6Validator
        types = base.TYPE_CHECKER.redefine("integer", _is_whole)
        base = jsonschema.validators.extend(base, type_checker=types)
    return base(schema, format_checker=base.FORMAT_CHECKER)


def load(text: str):
    """A payload as jsonschema is to see it. ValueError if it is no JSON, as NaN is none."""

    def refuse(token):
        raise ValueError(token)

    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def first_error(action: str, is_response: bool, text: str):
    """None if valid, else the error code of what is wrong first, in document order."""
    payload = load(text)
    if payload is None:
        payload = {}  # J 4.2.1
    places = {}
    _number_places(payload, (), places, [0])
    found = []
    for error in validator(action, is_response).iter_errors(payload):
        path = tuple(error.absolute_path)
        keyword = error.validator
        code = CODES.get(keyword, "PropertyConstraintViolation")
        rank = 1
        if keyword == "additionalProperties":
            known = error.schema.get("properties", ())
            extra = [key for key in error.instance if key not in known]
            place = min(places[(*path, key)] for key in extra)
            rank = 0  # the key stands before its value
        elif keyword in ("required", "minItems"):
            place = places[(*path, "end")]
        else:
            place = places[path]
            rank = 2 - (keyword == "type")  # a wrong type is an enum violation too
            if keyword == "type" and not path:
                code = "FormationViolation"
        found.append((place, rank, code))
    return min(found)[2] if found else None


def _number_places(value, path: tuple, places: dict, count: list):
    """Number the values of a document in order; (.., "end") is where an object or array ends."""
    count[0] += 1
    places[path] = count[0]
    if isinstance(value, dict):
        for key, member in value.items():
            _number_places(member, (*path, key), places, count)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _number_places(item, (*path, index), places, count)
    count[0] += 1
    places.setdefault((*path, "end"), count[0])
