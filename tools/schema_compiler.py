"""How do the official JSON schemas of OCPP become the few kilobytes that the firmware carries?

    python -m tools.schema_compiler            writes lib/ocppj/v16/schemas.py and heard.py
    python -m tools.schema_compiler --check    exits 1 if these are not what it would write

heard.py has only what a station reads: requests that it serves, answers to what it sends. The
other halves are empty objects in it, so that every action stays known.

The source is the `schemas` folder of the PyPI package `ocpp`: the corrected files of the Open
Charge Alliance (OCPP-J errata 2.3 to 2.6, 3.2; the `urn:OCPP:...:2020:3` files of the security
whitepaper). Only the keywords that these files use are understood; any other one stops the
compiler, so that a schema is never weakened silently. `lib/ocppj/schema.py` is the reader of what
is written here.

The blob (all numbers big endian):

    0    u16 offset, u16 length of the names of the actions
    4    u16 request, u16 response for each action, in the order of those names
    ...  nodes
    ...  strings: a run of names, each between double quotes that neighbours share:
    "Accepted"Rejected"Scheduled"

A list of names (the keys of an object, the values of an enum) is an offset and a length in the
strings. Lists overlap wherever they can: their order is free (but required keys stand first), so
"Accepted"Rejected" exists once and serves twenty messages.

A reference (u16) says what a value must be: below 16 one of the plain types of PLAIN, from 0x8000
a string with that maximum length, else the offset of a node:

    object   0x40 | required keys, u16 offset and u16 length of its keys, a reference for each key
    enum     0x80, u16 offset and u16 length of its values
    array    0xC0 | minItems, u8 maxItems (0: any number), a reference to the item
"""

import argparse
import json
import sys
from pathlib import Path

from tools.schema_names import Names, count, u16

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"v16": ROOT / "lib/ocppj/v16/schemas.py"}
HEARD = {"v16": ROOT / "lib/ocppj/v16/heard.py"}
TITLES = {"v16": "OCPP 1.6"}
CALLS = {"v16": ROOT / "lib/ocppj/v16/calls"}  # a file for each call that the station serves
SENT = {
    "v16": "Authorize BootNotification DataTransfer DiagnosticsStatusNotification "
    "FirmwareStatusNotification Heartbeat LogStatusNotification MeterValues "
    "SecurityEventNotification SignCertificate SignedFirmwareStatusNotification StartTransaction "
    "StatusNotification StopTransaction"
}

# Order is the format: lib/ocppj/schema.py has the same numbers.
PLAIN = ("any", "integer", "integer6", "number", "tenth", "boolean", "date-time", "uri")
STRING = 0x8000
NO_LIMIT = 0x7FFF
OBJECT, ENUM, ARRAY = 0x40, 0x80, 0xC0

KNOWN = {
    # additionalProperties and additionalItems mean nothing beside "type": "string" or a single
    # "items" schema.
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems", "additionalItems"},
    "string": {"maxLength", "enum", "format", "additionalProperties"},
    "number": {"multipleOf"},
    "integer": set(),
    "boolean": set(),
}
SAYS_NOTHING = {
    "type",
    "title",
    "$schema",
    "$id",
    "id",
    "definitions",
    "description",
    "comment",
    "javaType",
}


def folder(version: str) -> Path:
    """Where the official schemas of a version lie in the installed package `ocpp`."""
    import ocpp

    return Path(ocpp.__file__).parent / version / "schemas"


def load(version: str = "v16") -> dict:
    """All schemas of a version: {action: (request schema, response schema)}, sorted by action."""
    files = folder(version).glob("*.json")
    found = {path.stem: json.loads(path.read_text("utf-8-sig")) for path in files}
    actions = sorted(name for name in found if name + "Response" in found)
    return {name: (found[name], found[name + "Response"]) for name in actions}


def heard(version: str, schemas: dict) -> dict:
    """The same schemas with an empty object in place of what the station never reads."""
    nothing = {"type": "object", "additionalProperties": False, "$schema": "draft-06"}
    served = [path.stem.title().replace("_", "") for path in CALLS[version].glob("*.py")]
    sent = SENT[version].split()
    return {
        action: (request if action in served else nothing, answer if action in sent else nothing)
        for action, (request, answer) in schemas.items()
    }


class Compiler:
    """Collects names first, then lays out nodes; equal nodes exist once."""

    def __init__(self, schemas: dict):
        self.schemas = schemas
        self.names = Names()
        self.nodes = bytearray()
        self.known = {}
        self.patches = []  # where nodes hold an offset in the strings
        self.base = 4 + 4 * len(schemas)

    def blob(self) -> bytes:
        """The whole table."""
        actions = self.names.add(self.schemas)
        for pair in self.schemas.values():
            for schema in pair:
                self._collect(schema, schema)
        self.names.pack()
        refs = b""
        for action in self.names.order(actions):
            refs += b"".join(
                u16(self._reference(schema, schema)) for schema in self.schemas[action]
            )
        # Nodes hold offsets in the strings; these begin where the nodes end, which is known only
        # now.
        strings_at = self.base + len(self.nodes)
        nodes = bytearray(self.nodes)
        for at in self.patches:
            nodes[at : at + 2] = u16(int.from_bytes(nodes[at : at + 2], "big") + strings_at)
        place = self.names.place(actions)
        head = u16(int.from_bytes(place[:2], "big") + strings_at) + place[2:]
        blob = head + refs + bytes(nodes) + self.names.strings()
        if len(blob) >= STRING:
            raise SystemExit(f"schema_compiler: {len(blob)} bytes do not fit 15-bit offsets")
        return blob

    def _resolve(self, schema: dict, root: dict) -> dict:
        if "$ref" in schema:
            schema = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        unknown = set(schema) - KNOWN[schema["type"]] - SAYS_NOTHING
        if unknown:
            raise SystemExit(f"schema_compiler: keywords {sorted(unknown)} are not supported")
        return schema

    def _collect(self, schema: dict, root: dict):
        schema = self._resolve(schema, root)
        if schema["type"] == "object":
            if schema.get("additionalProperties") is not False:
                raise SystemExit("schema_compiler: an object allows extra keys (J errata 3.2)")
            self.names.add(*self._keys(schema))
            for part in schema.get("properties", {}).values():
                self._collect(part, root)
        elif schema["type"] == "array":
            self._collect(schema["items"], root)
        elif "enum" in schema:
            self.names.add(schema["enum"])

    @staticmethod
    def _keys(schema: dict) -> tuple:
        required = set(schema.get("required", ()))
        return required, set(schema.get("properties", {})) - required

    def _reference(self, schema: dict, root: dict) -> int:
        schema = self._resolve(schema, root)
        return getattr(self, "_" + schema["type"])(schema, root)

    def _object(self, schema, root):
        key = tuple(frozenset(group) for group in self._keys(schema))
        if count(key) > 30 or len(key[0]) > 63:
            # The reader notes each key that came as a bit of a small int.
            raise SystemExit("schema_compiler: more than 30 keys in an object")
        refs = b"".join(
            u16(self._reference(schema["properties"][name], root))
            for name in self.names.order(key)
        )
        return self._node(OBJECT | len(key[0]), self.names.place(key), refs)

    def _array(self, schema, root):
        low, high = schema.get("minItems", 0), schema.get("maxItems", 0)
        item = self._reference(schema["items"], root)
        if low > 63 or high > 255:
            raise SystemExit("schema_compiler: minItems or maxItems too large")
        return self._node(ARRAY | low, b"", bytes((high,)) + u16(item))

    def _string(self, schema, root):
        if "enum" in schema:
            key = self.names.add(schema["enum"])
            return self._node(ENUM, self.names.place(key), b"")
        if "format" in schema:
            return PLAIN.index(schema["format"])
        length = schema.get("maxLength", NO_LIMIT)
        return STRING | length

    def _integer(self, schema, root):
        # 1.0 is an integer from draft 6 on, and was none in draft 4.
        return PLAIN.index("integer" if "draft-04" in root["$schema"] else "integer6")

    def _number(self, schema, root):
        step = schema.get("multipleOf")
        if step not in (None, 0.1):
            raise SystemExit(f"schema_compiler: multipleOf {step} is not supported")
        return PLAIN.index("number" if step is None else "tenth")

    def _boolean(self, schema, root):
        return PLAIN.index("boolean")

    def _node(self, kind: int, place: bytes, tail: bytes) -> int:
        key = (kind, place, tail)
        if key not in self.known:
            at = len(self.nodes)
            if place:
                self.patches.append(at + 1)
            self.nodes += bytes((kind,)) + place + tail
            self.known[key] = self.base + at
        return self.known[key]


def render(version: str, blob: bytes, which: str = "each message of") -> str:
    """The text of the generated Python file."""
    lines = [
        f'"""Which shape has {which} {TITLES[version]}?',
        "",
        "Written by tools/schema_compiler.py, whose docstring has the format; never edit it.",
        '"""',
        "",
        "BLOB = (",
    ]
    chunk = b""
    for byte in blob:
        wider = chunk + bytes((byte,))
        if len(repr(wider)) > 94:
            lines.append(f"    {chunk!r}")
            wider = bytes((byte,))
        chunk = wider
    lines += [f"    {chunk!r}", ")", ""]
    return "\n".join(lines)


def main(arguments=None) -> int:
    """Write the files, or with --check compare them. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 if out of date")
    options = parser.parse_args(arguments)
    late = 0
    for version in TARGETS:
        full = load(version)
        for path, schemas, which in (
            (TARGETS[version], full, "each message of"),
            (HEARD[version], heard(version, full), "what a station hears by"),
        ):
            blob = Compiler(schemas).blob()
            text = render(version, blob, which)
            if not options.check:
                path.write_text(text)
                print(f"{path.relative_to(ROOT)}: {len(schemas)} actions, {len(blob)} bytes")
            elif not path.exists() or path.read_text() != text:
                name = path.relative_to(ROOT)
                print(f"{name} is out of date: run python -m tools.schema_compiler")
                late = 1
    return late


if __name__ == "__main__":
    sys.exit(main())
