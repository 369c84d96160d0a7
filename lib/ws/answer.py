"""Does this server really speak WebSocket, and which subprotocol? (RFC 6455 section 4)

The answer to the request of handshake.py is judged by its head (head.py).
"""

from binascii import b2a_base64
from hashlib import sha1


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
