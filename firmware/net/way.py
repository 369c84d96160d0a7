"""Where is the central system, and what must it be told to let us in?

Address, security profile, password. Imported by net/dial.py and forgotten at once.
"""

import lazy

_ANSWER_S = 20  # the peer has so long to answer a ping
_OPENING_S = 30


async def way(app, log, profile, seen):
    """The arguments of ws_connect(). seen: gets the ID of the root that TLS will use."""
    get = app.config.get
    url = target(get)
    where = url.rstrip("/") + "/" + lazy.load("net.resolve").quoted(get("Identity"))
    address = await lazy.load("net.resolve").address(url)
    lazy.drop("net.resolve")  # the rest needs its room
    context = None
    if url[:4].lower() == "wss:":
        now = app.clock.wall()
        if now is None:
            log.warn("the time is not known: certificates are judged by the last known one")
        context = lazy.call("net.trust", "context", profile == 3, now, seen)
    return (
        where,
        ("ocpp1.6",),
        None if profile == 3 else _headers(get),
        context,
        get("MessageSizeMax"),
        "report",
        get("WebSocketPingInterval"),
        _ANSWER_S,
        _OPENING_S,
        address,
    )


def target(get):
    """CsmsUrl as the security profile wants it: with 2 and 3 never without TLS."""
    url = get("CsmsUrl")
    if get("SecurityProfile") > 1 and url[:3].lower() == "ws:":
        url = "wss" + url[2:]
    return url


def _headers(get):
    """HTTP Basic authentication: the identity, and the key as the bytes it stands for (A00)."""
    key = get("AuthorizationKey")
    if not key:
        return None
    import binascii

    raw = get("Identity").encode() + b":" + binascii.unhexlify(key)
    return {"Authorization": "Basic " + binascii.b2a_base64(raw).decode().strip()}
