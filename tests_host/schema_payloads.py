"""Where do the payloads of the schema tests come from: minimal and maximal ones, and broken ones?

Made from the official schemas with a seeded random.Random, so that every run sees the same.
"""

import copy
import json
import random
from decimal import Decimal

import schema_oracle as oracle

TEXT = 'ABCxyz019 -_./äß€語😀"\\\n\t'
TIMES = (
    "2024-02-29T23:59:59Z",
    "1970-01-01T00:00:00.000Z",
    "2026-11-20t12:46:00.123456+05:30",
    "2013-02-01T20:53:32-23:59",
    "9999-12-31T00:00:00z",
)
BAD_TIMES = (
    "",
    "2023-02-29T00:00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01 00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T23:59:60Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00+0100",
    "2024-13-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-01T00:00:00+24:00",
    "20240101T000000Z",
    "２024-01-01T00:00:00Z",
)
URIS = ("ftp://user:pw@files.example.com:21/a%20b?x=1#y", "https://[2001:db8::1]/fw.bin", "a:")
BAD_URIS = ("", "no scheme", "/path/only", "http://a b/", "1a://x", "http://h/%2", "http://h:8x/")
LIMITS = tuple(
    Decimal(text) for text in ("0", "0.0", "7.4", "32", "16.10", "1.1E1", "-0.1", "100000.1")
)
JUNK = (
    None,
    True,
    False,
    0,
    -1,
    1 << 31,
    10**20,
    Decimal("1.0"),
    Decimal("-2E2"),
    Decimal("0.5"),
    Decimal("0.15"),
    Decimal("7.25"),
    "",
    "x",
    "Accepted",
    "é" * 20,
    "😀" * 21,
    'Accepted"Rejected',
    "y" * 600,
    TIMES[0],
    [],
    {},
    [{}],
    [1, "two"],
    {"value": "1"},
    {"status": "Accepted"},
)


def resolve(schema: dict, root: dict) -> dict:
    """A schema with its $ref followed."""
    if "$ref" in schema:
        return root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def make(schema: dict, root: dict, rng: random.Random, share: float, full: bool = False):
    """A valid value. `share` of the optional keys is there; `full` takes the longest strings."""
    schema = resolve(schema, root)
    kind = schema["type"]
    if kind == "object":
        required = schema.get("required", ())
        keys = list(schema.get("properties", {}))
        keys = [key for key in keys if key in required or rng.random() < share]
        rng.shuffle(keys)
        return {key: make(schema["properties"][key], root, rng, share, full) for key in keys}
    if kind == "array":
        size = max(schema.get("minItems", 0), 3 if full else rng.randrange(3))
        return [make(schema["items"], root, rng, share, full) for _ in range(size)]
    if kind == "string":
        return make_string(schema, rng, full)
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "integer":
        return rng.choice((0, 1, -1, 42, 2**30, 2**31 - 1, -(2**31), rng.randrange(10**6)))
    return rng.choice((*LIMITS, Decimal(rng.randrange(-(10**7), 10**7)) / 10, rng.randrange(99)))


def make_string(schema: dict, rng: random.Random, full: bool) -> str:
    """A valid string."""
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if "format" in schema:
        return rng.choice(TIMES if schema["format"] == "date-time" else URIS)
    longest = min(schema.get("maxLength", 40), 40)
    size = schema.get("maxLength", 700) if full else rng.choice((0, 1, longest))
    return "".join(rng.choice(TEXT) for _ in range(size))


def dump(value, rng: random.Random) -> str:
    """JSON text: with or without white space and escapes, numbers as the Decimal writes them."""
    space = rng.choice(("", "", " ", "\r\n\t"))
    if isinstance(value, dict):
        parts = [dump(key, rng) + space + ":" + dump(member, rng) for key, member in value.items()]
        return "{" + space + ("," + space).join(parts) + space + "}"
    if isinstance(value, list):
        return "[" + space + (space + ",").join(dump(item, rng) for item in value) + space + "]"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
        return text.replace("/", "\\/") if rng.random() < 0.3 else text
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value)


def _places(value, found: list) -> list:
    """All (container, key) pairs of a document."""
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found.append((value, key))
            _places(value[key], found)
    return found


def mutate(payload, rng: random.Random):
    """The payload with one thing changed somewhere; often it is then broken."""
    places = _places(payload, [])
    choice = rng.randrange(8)
    if not places or choice == 0:
        extra = rng.choice(("extra", "value", "", "customData", 'status"idTag'))
        target = rng.choice([payload] + [owner[key] for owner, key in places])
        if isinstance(target, dict):
            target.setdefault(extra, copy.deepcopy(rng.choice(JUNK)))
            return payload
        return copy.deepcopy(rng.choice(JUNK)) if rng.random() < 0.2 else payload
    owner, key = rng.choice(places)
    old = owner[key]
    if choice == 1:
        del owner[key]
    elif choice == 2 and isinstance(old, str):
        owner[key] = old + "+" * rng.choice((1, 19, 30, 500))
    elif choice == 3 and isinstance(old, str):
        owner[key] = rng.choice(TIMES + BAD_TIMES + URIS + BAD_URIS)
    elif choice == 4 and isinstance(old, (list, dict)):
        old.clear()
    elif choice == 5 and isinstance(old, (int, Decimal)):
        owner[key] = rng.choice(
            (Decimal("0.05"), Decimal("3.0"), Decimal("1E+1"), str(old), 0.5 > 1)
        )
    else:
        owner[key] = copy.deepcopy(rng.choice(JUNK))
    return payload


def cases(seed: int, count: int):
    """Yield `count` times (action, is_response, text); about two in three are broken."""
    rng = random.Random(seed)
    for number in range(count):
        action = oracle.ACTIONS[number // 2 % len(oracle.ACTIONS)]
        is_response = bool(number & 1)
        root = oracle.official(action, is_response)
        payload = make(root, root, rng, rng.choice((0, 0.3, 0.7, 1)), rng.random() < 0.02)
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            payload = mutate(payload, rng)
        yield action, is_response, dump(payload, rng)
