"""Is a certificate for this host? And what is an address, what a name?

For whoever judges a server without a handshake: mbedtls does it in one.
"""

from security import Invalid, x509


def is_for(one, host: str):
    """Invalid ("name") unless a server's certificate is for this host name or IP address.

    RFC 6125: a name of the extension counts, * only as its whole first label; the CN only where
    there is no such name (whitepaper A00.FR.510).
    """
    names = one.names
    if not names:
        names = [x509.attribute(one.subject, x509.CN) or ""]
    wanted = address(host)
    host = host.lower()
    for name in names:
        if isinstance(name, bytes):
            if name == wanted:
                return
        elif wanted is None:
            if _same(name.lower(), host.rstrip(".")):
                return
        elif one.names is None and name == host:
            return
    shown = ["an address" if isinstance(n, bytes) else n for n in names]
    raise Invalid("name", "%s is for %s, not for %s" % (one, ", ".join(shown)[:200], host))


def _same(name, host):
    if name[:2] != "*.":
        return name == host
    _, _, rest = host.partition(".")
    return rest == name[2:] and "." in rest


def address(host: str):
    """Bytes of an IPv4 address in dots, of an IPv6 address in colons, None for a name."""
    if ":" in host:
        return _address6(host.strip("[]"))
    parts = host.split(".")
    if len(parts) != 4:
        return None
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255:
            return None
    return bytes([int(part) for part in parts])


def _address6(host):
    front, gap, back = host.partition("::")
    front = front.split(":") if front else []
    back = back.split(":") if back else []
    missing = 8 - len(front) - len(back)
    if (missing < 1) if gap else missing:
        return None
    try:
        parts = [int(p, 16) for p in front] + [0] * missing + [int(p, 16) for p in back]
        return b"".join([part.to_bytes(2, "big") for part in parts])
    except (ValueError, OverflowError):
        return None
