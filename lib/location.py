"""Where does a URL of a file point to, and how is it shown without its secrets? (RFC 3986)"""

PORTS = {"http": 80, "https": 443, "ftp": 21}


def parse(url: str):
    """(scheme, user, password, host, port, path with query) of an http, https or ftp URL.

    User and password are percent-decoded, None where there are none; the path is as it stands and
    begins with "/". ValueError says what is wrong, without the URL (it may hold a password).
    """
    scheme, colon, rest = url.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in PORTS:
        raise ValueError(
            "scheme %s: expected http, https or ftp" % (scheme[:16] if colon else "?")
        )
    for char in rest:
        if not "!" <= char <= "~":
            raise ValueError("blanks and non-ASCII characters must be percent-encoded")
    rest = rest.partition("#")[0]
    at = min([i for i in (rest.find("/"), rest.find("?"), len(rest)) if i >= 0])
    host, path = rest[:at], rest[at:]
    user = password = None
    if "@" in host:
        at = host.rfind("@")
        user, colon, password = host[:at].partition(":")
        user = decoded(user)
        password = decoded(password) if colon else None
        host = host[at + 1 :]
    host, port = _port(host, PORTS[scheme])
    return scheme, user, password, host, port, path if path[:1] == "/" else "/" + path


def _port(host, port):
    colon = host.rfind(":")
    if colon > host.rfind("]"):  # not one of the colons of an IPv6 address
        try:
            port = int(host[colon + 1 :])
        except ValueError:
            port = 0
        host = host[:colon]
    if host[:1] == "[" and host[-1:] == "]":
        host = host[1:-1]
    if not host or not 0 < port < 65536:
        raise ValueError("host and port expected")
    return host, port


def decoded(text: str) -> str:
    """Percent-encoding undone. ValueError for a torn one, or where no UTF-8 comes of it."""
    if "%" not in text:
        return text
    first, *parts = text.split("%")
    out = bytearray(first.encode())
    for part in parts:
        try:
            out.append(int(part[:2], 16) if len(part) > 1 else -1)
        except ValueError:
            raise ValueError("a % without two hex digits")
        out.extend(part[2:].encode())
    try:
        return str(out, "utf-8")
    except UnicodeError:
        raise ValueError("percent-encoded bytes are no UTF-8")


def shown(url: str) -> str:
    """The URL as logs may have it: no user, no password, no query; 80 characters at most."""
    scheme, colon, rest = url.partition("://")
    host, slash, path = rest.split("?")[0].split("#")[0].partition("/")
    text = scheme + colon + host[host.rfind("@") + 1 :] + slash + path
    return text if len(text) <= 80 else text[:39] + ".." + text[-39:]
