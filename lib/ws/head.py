"""What does the head of a server's answer say? (RFC 6455 section 4)

It is read line by line out of the receive buffer: what follows it are frames already.
"""

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
