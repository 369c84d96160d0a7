"""What does a client ask a WebSocket server for? (RFC 6455 sections 3 and 4)

Take the URL apart, build the request. answer.py has the other half of the opening handshake: the
two are never needed at the same time.
"""

from binascii import b2a_base64


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
