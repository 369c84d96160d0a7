"""Is this stream of bytes UTF-8 so far? (RFC 3629; RFC 6455 section 8.1)

MicroPython's own decoder is lenient: it lets surrogates, overlong forms and code points above
U+10FFFF pass. What it does check, the shape of the sequences, it checks in C; so this file adds
only the few rules that are missing, each as one search in C over a whole chunk. No work is done
for each byte in Python, and plain ASCII (nearly all of OCPP) allocates nothing but a view.
"""

try:
    from ws.bulk_fast import is_ascii
except (ImportError, ValueError, SyntaxError, MemoryError):
    from ws.bulk import is_ascii

# Lead bytes whose second byte has a narrower range than 0x80 to 0xBF, as rows of
# (lead, lowest, highest): RFC 3629 section 4. They exclude overlong forms (E0, F0),
# surrogates (ED) and what lies above U+10FFFF (F4).
_NARROW = b"\xe0\xa0\xbf\xed\x80\x9f\xf0\x90\xbf\xf4\x80\x8f"


def check(tail, chunk):
    """Check the next `chunk` of a text; it may be cut anywhere.

    tail: what the call before returned, b"" at the start of a text.
    chunk: bytes or a memoryview of bytes.
    Returns the bytes of a character that is not complete yet (0 to 3 bytes, b"" at a boundary),
    or None as soon as the text cannot become valid whatever follows (RFC 6455 wants to fail fast).
    """
    size = len(chunk)
    if not size or not tail and is_ascii(chunk, size):
        return tail
    data = tail + bytes(chunk)
    if max(data) > 0xF4 or data.find(b"\xc0") >= 0 or data.find(b"\xc1") >= 0:
        return None  # bytes that never occur: C0 and C1 could only start an overlong form
    size = len(data)
    for row in range(0, 12, 3):
        at = data.find(_NARROW[row : row + 1])
        while 0 <= at < size - 1:
            if not _NARROW[row + 1] <= data[at + 1] <= _NARROW[row + 2]:
                return None
            at = data.find(_NARROW[row : row + 1], at + 1)
    cut = _boundary(data)
    try:
        str(data[:cut], "utf8")
    except UnicodeError:
        return None
    return data[cut:]


def _boundary(data):
    """Return where an incomplete last character of `data` starts, the end if there is none."""
    size = len(data)
    for back in range(1, min(3, size) + 1):
        byte = data[size - back]
        if byte >= 0xC0:  # a lead byte: 2, 3 or 4 bytes long
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return size - back if need > back else size
        if byte < 0x80:
            break
    return size
