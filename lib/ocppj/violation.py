"""How is a violation of a schema told to the other side?

Loaded by schema.py with the first one: a station whose central system makes no mistakes never
holds it.
"""

from .schema import wanted

# The exact spelling of J 4.2.3; that of two of them is wrong and stays (J errata 5.1, 5.2).
CODES = (
    "FormationViolation",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
)
_TYPES = ("a string", "an object", "", "an array", "an integer", "a number", "a boolean", "null")


def describe(blob: bytes, path: list, code: int, expected, found) -> tuple:
    """(error code, "path: expected .., found ..") for a CALLERROR; at most 255 characters.

    `path`: keys and indices down to the value. `code`: index of CODES. `expected`: a text, or the
    reference of the compiled schema that was broken. `found`: for a wrong type the type (0 to 7 of
    schema.py); for an object a bit for each missing required key; else the value.
    """
    if isinstance(expected, int):
        if code == 1:
            found = _TYPES[found]
            if not path:
                code = 0  # the payload itself is no object
            expected = _TYPES[wanted(blob, expected)]
        elif code == 2:
            expected, found = _property(blob, expected, found)
        elif isinstance(found, int):
            path = path + [_missing(blob, expected, found)]
            expected, found = "a value", "nothing"
        else:
            found = len(found)
            low = blob[expected] & 63
            few = found < low
            expected = "at %s %d items" % (
                "least" if few else "most",
                low if few else blob[expected + 1],
            )
            found = "%d" % found
    elif isinstance(found, bytes):
        found = str(found, "utf8")
    text = ""
    for part in path:
        text += "[%d]" % part if isinstance(part, int) else "." + part[:30]
    text = text.lstrip(".") or "payload"
    return CODES[code], "%s: expected %s, found %s" % (text[-100:], expected[:110], found[:30])


def _names(blob: bytes, node: int) -> list:
    """The keys of an object or values of an enum."""
    start = blob[node + 1] << 8 | blob[node + 2]
    length = blob[node + 3] << 8 | blob[node + 4]
    return str(blob[start + 1 : start + length - 1], "utf8").split('"')


def _missing(blob: bytes, node: int, bits: int) -> str:
    """The first key of those whose bit is set."""
    index = 0
    while not bits >> index & 1:
        index += 1
    return _names(blob, node)[index]


def _property(blob: bytes, ref: int, value: str) -> tuple:
    """What a string must be, and what it is."""
    if ref >= 0x8000:
        return "at most %d characters" % (ref - 0x8000), "%d" % len(value)
    if ref < 16:
        return ("an RFC 3339 date-time" if ref == 6 else "a URI"), "'%s'" % value[:28]
    return "one of " + ", ".join(_names(blob, ref)), "'%s'" % value[:28]
