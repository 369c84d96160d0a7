"""Does this server really speak WebSocket, and which subprotocol? (RFC 6455 sections 3 and 4)

The opening handshake of a client: take the URL apart, build the request, read the answer's head
line by line out of the receive buffer (what follows it are frames already), judge it.
"""

from binascii import b2a_base64
from hashlib import sha1

_HEAD_MAX = 8192  # bytes of an answer's head: more is no WebSocket server
# The only headers that matter; everything else is skipped unread.
_WANTED = (
    b" upgrade connection location"
    b" sec-websocket-accept sec-websocket-protocol sec-websocket-extensions "
)


def split_url(url: str):
    """Take a ws:// or wss:// URL apart: (secure, host, port, path with query).

    The path stays as it is: percent-encoding is the business of who built the URL (an OCPP
    station's identity is encoded by it). ValueError says what is wrong (section 3, RFC 3986).
    """
    scheme = url[:6].lower()  # section 3: in whatever case
    secure = scheme == "wss://"
    if not secure and scheme[:5] != "ws://":
        raise ValueError("url: ws:// or wss:// expected")
    for char in url:
        if not "!" <= char <= "~" or char == "#":
            raise ValueError("url: blanks, '#' and non-ASCII must be percent-encoded")
    rest = url[6:] if secure else url[5:]
    for end in range(len(rest)):
        if rest[end] in "/?":
            path = rest[end:]
            rest = rest[:end]
            break
    else:
        path = "/"
    if path[0] == "?":
        path = "/" + path
    if "@" in rest:
        raise ValueError("url: a user belongs in an Authorization header")
    port = 443 if secure else 80
    colon = rest.rfind(":")
    if colon > rest.rfind("]"):  # not one of the colons of an IPv6 address
        port = int(rest[colon + 1 :])
        rest = rest[:colon]
    if rest[:1] == "[" and rest[-1:] == "]":
        rest = rest[1:-1]
    if not rest or not 0 < port < 65536:
        raise ValueError("url: host and port expected")
    return secure, rest, port, path


def new_key(random: bytes) -> str:
    """Return the value of Sec-WebSocket-Key for 16 random bytes (section 4.1, item 7)."""
    return str(b2a_base64(random), "ascii").strip()


def request(secure, host, port, path, key, protocols, headers) -> bytes:
    """Build the opening request (section 4.1).

    protocols: subprotocols offered, the preferred one first. headers: dict of further headers
    (Authorization), None for none; ValueError if one would break out of its line.
    """
    if ":" in host:
        host = "[" + host + "]"
    if port != (443 if secure else 80):
        host = "%s:%d" % (host, port)
    lines = [
        "GET " + path + " HTTP/1.1",
        "Host: " + host,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: " + key,
    ]
    if protocols:
        lines.append("Sec-WebSocket-Protocol: " + ", ".join(protocols))
    for name in headers or ():
        lines.append(name + ": " + headers[name])
    for line in lines:
        if "\r" in line or "\n" in line:
            raise ValueError("header: line break")
    lines.append("\r\n")
    return "\r\n".join(lines).encode()


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
