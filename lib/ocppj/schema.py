"""Is this JSON text a message as OCPP defines it, and if not, what is wrong first?

`Reader` reads JSON and checks it against a compiled schema in the same pass: values appear in
document order, so the first error found is the first one in the text (a dict of MicroPython would
have lost that order), numbers are judged by their digits (single-precision floats would have lost
0.1), and nothing is built that a schema forbids. The JSON is read strictly by RFC 8259, unlike
MicroPython's json, which takes `[1 2]`, `[1,]`, `[01]`, unknown escapes and lone surrogates; a key
that comes twice and nesting below DEPTH are refused too.

The table of schemas (format: tools/schema_compiler.py) is one bytes object, used in place. Key and
enum lists in it are runs of names between double quotes, so a JSON string is looked up with
bytes.find().

Verdicts are those of JSON schema drafts 4 and 6, with the error codes of J 4.2.3. Limits of our
own, as PropertyConstraintViolation: a number of more than 40 characters, or one that a float of
the port cannot hold.
"""

import json

from micropython import const

from . import datetime

DEPTH = const(14)  # the deepest message of 1.6 needs 5, of 2.0.1 12
_DIGITS = const(40)
_LONG = const(2048)  # bytes of a text whose arrays are read twice and not kept

# References of the compiled schema; the order of PLAIN in tools/schema_compiler.py.
ANY = const(0)
_INTEGER = const(1)
_INTEGER6 = const(2)
_TENTH = const(4)
_DATE_TIME = const(6)
_URI = const(7)
_STRING = const(0x8000)

# The type of a JSON value; also that of a node: its upper two bits. 4 is an integer, 5 a number, 6
# a boolean, 7 null.
_TEXT = const(0)
_OBJECT = const(1)
_ARRAY = const(3)

# The error codes, as violation.describe knows them.
_FORMATION = const(0)
_TYPE = const(1)
_PROPERTY = const(2)
_OCCURENCE = const(3)


class Reader:
    """Reads one JSON text. `data`: bytes or str, or what can be indexed and searched like bytes
    (core/longtext.py); `blob`: compiled schemas, or what has them on flash (core/table.py).

    Arrays of a long text are not kept: they become rows.Rows, which read them again.

    ValueError or IndexError from any method: the text is not JSON (IndexError: it ends early).
    `pos` is where reading goes on.
    """

    def __init__(self, blob: bytes, data):
        self.blob = blob if isinstance(blob, bytes) else blob.opened()
        self.data = data.encode() if isinstance(data, str) else data
        self.long = len(data) > _LONG
        self.pos = 0
        self.path = [None] * (DEPTH + 1)
        self.violation = None

    def find(self, action: str, is_response: bool) -> int:
        """The reference of the payload of an action, for `check`; 0 if the action is unknown."""
        index = self._lookup(0, action.encode())
        return 0 if index < 0 else self._u16(4 + 4 * index + 2 * is_response)

    def check(self, ref: int):
        """Read a payload: (value, violation), violation being None or (error code, "path: expected
        .., found ..").

        null counts as {} (J 4.2.1). Text behind a violation is still read, as it may be no JSON at
        all, which is then the error.
        """
        start = self.pos
        try:
            if self.peek() == 110 and self.read(ANY, 0) is None:
                return {}, Reader(self.blob, b"{}").check(ref)[1]
            return self.read(ref, 0), None
        except ValueError:
            violation = self.violation
            if not violation:
                raise
            self.violation = None
        self.pos = start
        return self.read(ANY, 0), violation

    def peek(self) -> int:
        """The next byte that is no white space; `pos` stands on it."""
        data = self.data
        pos = self.pos
        char = data[pos]
        while char < 33:
            if char not in b" \n\r\t":
                raise ValueError("control character")
            pos += 1
            char = data[pos]
        self.pos = pos
        return char

    def skip(self, char: int):
        """Step over a character that must come next."""
        if self.peek() != char:
            raise ValueError("%r expected" % chr(char))
        self.pos += 1

    def end(self):
        """Make sure that nothing but white space follows."""
        if self.data[self.pos :].strip(b" \n\r\t"):
            raise ValueError("text behind the end")

    def read(self, ref: int, depth: int):
        """Read the value that comes next and check it; its keys and indices go into
        path[depth]."""
        char = self.peek()
        if char == 34:
            return self._string(ref, depth)
        if char != 123 and char != 91:
            return self._scalar(ref, depth)
        if depth > DEPTH:
            raise ValueError("nested too deep")
        kind = _OBJECT if char == 123 else _ARRAY
        if ref and wanted(self.blob, ref) != kind:
            self._fail(depth, _TYPE, ref, kind)
        value = {} if kind == _OBJECT else []
        count = 0
        seen = 0  # a bit for each key of the schema that came
        item = self._u16(ref + 2) if ref and kind == _ARRAY else ANY
        self.pos += 1
        start = self.pos
        close = char + 2  # "}" is two behind "{", as "]" is behind "["
        if self.peek() == close:
            self.pos += 1
            char = close
        while char != close:
            if kind == _ARRAY:
                self.path[depth] = count
                count += 1
                entry = self.read(item, depth + 1)
                if not self.long:
                    value.append(entry)
            else:
                index = self._key(value, ref, depth)
                if ref:
                    seen |= 1 << index
                    item = self._u16(ref + 5 + 2 * index)
                value[self.path[depth]] = self.read(item, depth + 1)
            char = self.peek()
            self.pos += 1
            if char != 44 and char != close:
                raise ValueError("',' or %r expected" % chr(close))
        if count and self.long:
            from .rows import Rows

            value = Rows(self, start, count)
        if ref:
            self._complete(ref, depth, value, seen)
        return value

    def _key(self, members: dict, ref: int, depth: int) -> int:
        """Read a key and its colon. The key goes to path[depth]; returns its index in the schema
        of the object."""
        if self.peek() != 34:
            raise ValueError("key expected")
        raw = self._quoted()
        key = str(raw, "utf8")
        self.path[depth] = key
        if key in members:
            raise ValueError("key %s twice" % key[:20])
        index = 0
        if ref:
            index = self._lookup(ref + 1, raw)
            if index < 0:
                self._fail(depth + 1, _FORMATION, "a key of this message", raw)
        self.skip(58)
        return index

    def _complete(self, ref: int, depth: int, value, seen: int):
        """At the end of an object: are all required keys there? Of an array: as many items as
        there must be?"""
        blob = self.blob
        low = blob[ref] & 63
        if isinstance(value, dict):
            missing = ((1 << low) - 1) & ~seen
            if missing:
                self._fail(depth, _OCCURENCE, ref, missing)
        elif len(value) < low or 0 < blob[ref + 1] < len(value):
            self._fail(depth, _OCCURENCE, ref, value)

    def _quoted(self) -> bytes:
        """Read a string: its UTF-8 text without quotes and escapes."""
        data = self.data
        start = end = self.pos
        while True:
            end = data.find(b'"', end + 1)
            if end < 0:
                raise ValueError("string without end")
            back = end
            while data[back - 1] == 92:
                back -= 1
            if (end - back) & 1 == 0:
                break
        self.pos = end + 1
        raw = data[start + 1 : end]
        if raw and min(raw) < 32:
            raise ValueError("control character")
        if raw.find(b"\\") >= 0:
            from .text import unescape

            raw = unescape(raw)
        return raw

    def _string(self, ref: int, depth: int) -> str:
        raw = self._quoted()
        value = str(raw, "utf8")
        if not ref:
            return value
        if wanted(self.blob, ref) != _TEXT:
            self._fail(depth, _TYPE, ref, _TEXT)
        if ref >= _STRING:
            wrong = len(value) > ref - _STRING
        elif ref == _DATE_TIME:
            wrong = datetime.parse(value) is None
        elif ref == _URI:
            from .text import is_uri

            wrong = not is_uri(value)
        else:
            wrong = self._lookup(ref + 1, raw) < 0
        if wrong:
            self._fail(depth, _PROPERTY, ref, value)
        return value

    def _scalar(self, ref: int, depth: int):
        """Read true, false, null or a number."""
        data = self.data
        start = end = self.pos
        size = len(data)
        while end < size and data[end] not in b" \n\r\t,]}":
            end += 1
        token = data[start:end]
        self.pos = end
        last = 0  # the power of ten of the last digit
        if token == b"true" or token == b"false":
            value = token == b"true"
            kind = 6
        elif token == b"null":
            value = None
            kind = 7
        else:
            digits = token[1:] if token[:1] == b"-" else token
            if digits.isdigit() and (digits[0] != 48 or len(digits) == 1):
                # int() takes quadratic time, so bounded; longer ones are refused
                value = int(token[:_DIGITS])
            else:
                from .text import number

                value, last = number(token, ref == _INTEGER6)
            kind = 4 if isinstance(value, int) else 5
        if ref:
            need = wanted(self.blob, ref)
            if need != kind and (need != 5 or kind != 4):
                self._fail(depth, _TYPE, ref, kind)
            # infinity has no difference with itself
            if kind < 6 and (len(token) > _DIGITS or value - value != 0):
                self._fail(depth, _PROPERTY, "a smaller number", token)
            if ref == _TENTH and last < -1:
                self._fail(depth, _PROPERTY, "at most one decimal", token)
        return value

    def _u16(self, at: int) -> int:
        return self.blob[at] << 8 | self.blob[at + 1]

    def _lookup(self, place: int, name: bytes) -> int:
        """Index of a name in the list whose offset and length stand at `place`, or -1."""
        blob = self.blob
        start = at = self._u16(place)
        end = start + self._u16(place + 2)
        while True:
            at = blob.find(name, at + 1, end)
            if at < 0:
                return -1
            # A part of a longer name does not count, nor does a name with a quote in it (written
            # as an escape), which could match two neighbours.
            if blob[at - 1] == 34 == blob[at + len(name)] and name.find(b'"') < 0:
                return blob.count(b'"', start, at) - 1

    def _fail(self, depth: int, code: int, expected, found):
        """Note the violation, and give up. See violation.describe for the arguments."""
        from .violation import describe

        self.violation = describe(self.blob, self.path[:depth], code, expected, found)
        raise ValueError("violation")


def wanted(blob: bytes, ref: int) -> int:
    """The type that a reference asks for: 0 string, 1 object, 3 array, 4 integer, 5 number, 6
    boolean."""
    if ref >= _STRING:
        return _TEXT
    if ref < 16:
        return b"\x00\x04\x04\x05\x05\x06\x00\x00"[ref]
    kind = blob[ref] >> 6
    return _TEXT if kind == 2 else kind


def validate(blob: bytes, action: str, is_response: bool, payload):
    """None if `payload` (JSON text, bytes, or what json.dumps takes) is a valid request or
    response of `action`, else (error code, reason).

    Codes are those of J 4.2.3: NotImplemented (unknown action), FormationViolation (no JSON, no
    object, unknown key), TypeConstraintViolation, PropertyConstraintViolation,
    OccurenceConstraintViolation.
    """
    reader = Reader(blob, payload if isinstance(payload, (str, bytes)) else json.dumps(payload))
    ref = reader.find(action, is_response)
    if not ref:
        return "NotImplemented", "unknown action"
    try:
        violation = reader.check(ref)[1]
        reader.end()
        return violation
    except (ValueError, IndexError) as error:
        return "FormationViolation", "not JSON: %s at %d" % (error, reader.pos)
