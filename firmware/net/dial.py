"""How is the central system of the configuration reached?

Address, security profile, WebSocket. Imported when a connection is made and forgotten.
"""

import lazy
from net.websocket import ws_connect

_ANSWER_S = 20  # the peer has so long to answer a ping


async def dial(app, log):
    """An open WebSocket to CsmsUrl/Identity, or None with the reason in `log`.

    The security profile (whitepaper A00) says how: 0 as the URL says, with a password if there is
    one; 1 with a password; 2 with TLS too; 3 with TLS and the charge point's own certificate.
    """
    get = app.config.get
    profile = get("SecurityProfile")
    url = target(get)
    secure = url[:4].lower() == "wss:"
    seen = []
    try:
        where = url.rstrip("/") + "/" + lazy.load("net.resolve").quoted(get("Identity"))
        address = await lazy.load("net.resolve").address(url)
        lazy.drop("net.resolve")  # the rest needs its room
        context = None
        if secure:
            now = app.clock.wall()
            if now is None:
                log.warn("the time is not known: certificates are judged by the last known one")
            context = lazy.call("net.trust", "context", profile == 3, now, seen)
        ws = await ws_connect(
            where,
            ("ocpp1.6",),
            None if profile == 3 else _headers(get),
            context,
            get("MessageSizeMax"),
            "report",
            get("WebSocketPingInterval"),
            _ANSWER_S,
            address=address,
        )
        lazy.call("net.proof", "good", app, profile, seen)
        return ws
    except (OSError, ValueError, MemoryError) as e:
        await lazy.load("net.refusal").tell(app, log, url, e, secure, profile)
    finally:
        lazy.drop("net.resolve")
        lazy.drop("ws.handshake")
        lazy.drop("net.refusal")
    return None


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
