"""What do the rarely met parts of a JSON text mean: numbers with a fraction or exponent, strings
with escapes, URIs?

Apart from schema.py, which imports it when one comes by: many stations never see any.
"""


def number(token: bytes, integral: bool = False):
    """(value, power of ten of its last digit that is not 0) of a JSON number; ValueError if it is
    none.

    1.50 -> (1.5, -1), 2e3 -> (2000.0, 3), 0.0 -> (0.0, 0). With `integral` a whole number becomes
    an int: 2e3 -> (2000, 3), exact to 40 digits where the float of the chip has seven.
    """
    digits = token[1:] if token[:1] == b"-" else token
    digits, e, exponent = digits.lower().partition(b"e")
    whole, dot, fraction = digits.partition(b".")
    power = exponent[1:] if exponent[:1] in (b"+", b"-") else exponent
    if not whole.isdigit() or whole[0] == 48 and len(whole) > 1:
        raise ValueError("no JSON value")
    if dot and not fraction.isdigit() or e and not power.isdigit():
        raise ValueError("wrong number")
    digits = (whole + fraction).rstrip(b"0")
    last = 0
    if digits.strip(b"0"):
        last = int(exponent[:9] or 0) + len(whole) - len(digits)
    else:
        digits = b"0"
    if integral and 0 <= last < 40:
        value = int(digits[:40]) * 10**last
        return -value if token[0] == 45 else value, last
    return float(token), last


def unescape(raw) -> bytes:
    """The UTF-8 text of the inside of a JSON string (RFC 8259, 7). ValueError if an escape is
    wrong or half a surrogate pair stands alone."""
    out = bytearray()
    pos = 0
    while True:
        at = raw.find(b"\\", pos)
        if at < 0:
            out += raw[pos:]
            return bytes(out)
        out += raw[pos:at]
        pos = at + 2
        kind = raw[at + 1]  # there is one: the closing quote was not escaped
        if kind == 117:
            code = _hex(raw, pos)
            pos += 4
            if code >> 10 == 0x36 and raw[pos : pos + 2] == b"\\u":
                low = _hex(raw, pos + 2)
                if low >> 10 == 0x37:
                    code = 0x10000 + ((code & 0x3FF) << 10 | low & 0x3FF)
                    pos += 6
            if code >> 11 == 0x1B:
                raise ValueError("half a surrogate pair")
            out += chr(code).encode()
        else:
            at = b'"\\/bfnrt'.find(bytes((kind,)))
            if at < 0:
                raise ValueError("unknown escape")
            out += b'"\\/\b\f\n\r\t'[at : at + 1]


def _hex(raw, pos: int) -> int:
    """Four hexadecimal digits at `pos`. int(.., 16) alone would let signs and blanks pass."""
    digits = raw[pos : pos + 4]
    for char in digits:
        if char not in b"0123456789abcdefABCDEF":
            digits = b""
    if len(digits) != 4:
        raise ValueError("wrong \\u escape")
    return int(digits, 16)


def is_uri(text: str) -> bool:
    """True for an absolute URI (RFC 3986, 3): a scheme, then only the characters that may stand in
    each part.

    What is inside the brackets of an IP literal is checked by its characters alone.
    """
    scheme, colon, rest = text.partition(":")
    if len(text.encode()) != len(text):
        return False
    if not colon or not _only(scheme, "+-.") or not scheme[0].isalpha():
        return False
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    if rest[:2] == "//":
        host, slash, path = rest[2:].partition("/")
        if not _is_authority(host):
            return False
        rest = slash + path
    marks = "-._~!$&'()*+,;=:@/"
    return _only(rest, marks, True) and _only(query + "/" + fragment, marks + "?", True)


def _is_authority(text: str) -> bool:
    """[user@]host[:port]"""
    marks = "-._~!$&'()*+,;="
    user, at, host = text.partition("@")
    if not at:
        user, host = "", text
    if host[:1] == "[":
        host, bracket, port = host[1:].partition("]")
        if not bracket or not _only(host, marks + ":") or port[:1] not in (":", ""):
            return False
        host, port = "", port[1:]
    else:
        host, _, port = host.partition(":")
    if port and not port.isdigit():
        return False
    return _only(user, marks + ":", True) and _only(host, marks, True)


def _only(text: str, marks: str, encoded: bool = False) -> bool:
    """True if all characters are letters or digits of ASCII, or of `marks`; with `encoded` also
    %HH."""
    skip = 0
    for at in range(len(text)):
        char = text[at]
        if skip:
            skip -= 1
            if char not in "0123456789abcdefABCDEF":
                return False
        elif char == "%" and encoded:
            skip = 2
        elif not ("0" <= char <= "9" or "a" <= char <= "z" or "A" <= char <= "Z" or char in marks):
            return False
    return not skip and (encoded or text != "")
