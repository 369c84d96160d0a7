"""Does this server really speak WebSocket, and which subprotocol? (RFC 6455 section 4)

The answer to the request of handshake.py: read its head line by line out of the receive buffer
(what follows it are frames already), judge it.
"""

from binascii import b2a_base64
from hashlib import sha1

_HEAD_MAX = 8192  # bytes of an answer's head: more is no WebSocket server
# The only headers that matter; everything else is skipped unread.
_WANTED = (
    b" upgrade connection location"
    b" sec-websocket-accept sec-websocket-protocol sec-websocket-extensions "
)


def feed(reader, found: dict) -> bool:
    """Move complete lines of the answer's head from a frames.Reader to `found`; True at its end.

    found: starts empty; gets the status line as 2, and the headers of _WANTED by their lower case
    names, repeated ones joined with a comma. ValueError: this is not the head of an answer.
    """
    while True:
        have = reader.end - reader.pos
        line = bytes(reader.rx[reader.pos : reader.end])
        count = line.find(b"\n") + 1
        if not count and have < len(reader.rx):
            return False
        # A line longer than the buffer is cut off there; the rest of it is skipped.
        reader.pos += count or have
        found[0] = found.get(0, 0) + (count or have)
        if found[0] > _HEAD_MAX:
            raise ValueError("head too long")
        if found.get(1):
            found[1] = not count
            continue
        found[1] = not count
        line = line[: count or have].rstrip()
        if 2 not in found:
            found[2] = line
        elif not line:
            return True
        else:
            _header(line, found)


def _header(line, found):
    """Note one header line."""
    colon = line.find(b":")
    if colon < 1 or line[0] in b" \t":
        raise ValueError("malformed header")
    name = line[:colon].lower()
    if b" " + name + b" " in _WANTED:
        value = line[colon + 1 :].strip()
        found[name] = found[name] + b"," + value if name in found else value


def verdict(found: dict, key: str, protocols):
    """Judge a complete head: (None, 101, subprotocol or None), or (why, HTTP status, detail).

    why: "http" (any status but 101: 401, 404, ...), "redirect" (3xx, refused; detail: where to),
    "response" (not a WebSocket answer), "accept" (wrong Sec-WebSocket-Accept: somebody else's
    answer, or a cache's), "protocol" (none of the subprotocols offered was chosen). Section 4.1.
    """
    words = found[2].split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return "response", 0, ""
    status = int(words[1])
    if 300 <= status < 400:
        return "redirect", status, _text(found.get(b"location", b""))
    if status != 101:
        return "http", status, _text(words[2]) if len(words) > 2 else ""
    for token in found.get(b"connection", b"").lower().split(b","):
        if token.strip() == b"upgrade":
            break
    else:
        return "response", status, "connection"
    if found.get(b"upgrade", b"").lower() != b"websocket":
        return "response", status, "upgrade"
    digest = sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    if found.get(b"sec-websocket-accept") != b2a_base64(digest).strip():
        return "accept", status, ""
    if found.get(b"sec-websocket-extensions"):
        return "response", status, "extension"  # none was offered
    chosen = found.get(b"sec-websocket-protocol")
    if chosen is None:
        return ("protocol" if protocols else None), status, None
    chosen = _text(chosen)
    return (None if chosen in protocols else "protocol"), status, chosen


def _text(raw):
    """Return bytes from a stranger as printable text."""
    return "".join([chr(c) if 32 <= c < 127 else "?" for c in raw])
