"""How is the central system of the configuration reached?

Address, password, certificates, WebSocket. Imported when a connection is made and forgotten.
"""

import lazy
from net.websocket import WSError, ws_connect

_ANSWER_S = 20  # the peer has so long to answer a ping


async def dial(get, log):
    """An open WebSocket to CsmsUrl/Identity, or None with the reason in `log`.

    get: config.get.
    """
    url = get("CsmsUrl")
    try:
        resolve = lazy.load("net.resolve")
        where = url.rstrip("/") + "/" + resolve.quoted(get("Identity"))
        address = await resolve.address(url)
        resolve = None
        lazy.drop("net.resolve")  # the rest needs its room
        return await ws_connect(
            where,
            ("ocpp1.6",),
            _headers(get),
            lazy.call("net.trust", "context") if url.lower().startswith("wss:") else None,
            get("MessageSizeMax"),
            "report",
            get("WebSocketPingInterval"),
            _ANSWER_S,
            address=address,
        )
    except WSError as e:
        log.warn("no connection to the CSMS: %s", str(e))
    except (OSError, ValueError) as e:
        log.error("no connection to %s: %s", url, str(e))
    finally:
        lazy.drop("net.resolve")
    return None


def _headers(get):
    """HTTP Basic authentication: the identity, and the key as the bytes it stands for (A00)."""
    key = get("AuthorizationKey")
    if not key:
        return None
    import binascii

    raw = get("Identity").encode() + b":" + binascii.unhexlify(key)
    return {"Authorization": "Basic " + binascii.b2a_base64(raw).decode().strip()}
