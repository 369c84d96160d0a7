"""How is the central system of the configuration reached?

Imported when a connection is made and forgotten; it waits as long as the opening takes, so what
is needed before stands apart (net/way.py).
"""

import lazy
from net.websocket import ws_connect


async def dial(app, log):
    """An open WebSocket to CsmsUrl/Identity, or None with the reason in `log`.

    The security profile (whitepaper A00) says how: 0 as the URL says, with a password if there is
    one; 1 with a password; 2 with TLS too; 3 with TLS and the charge point's own certificate.
    """
    profile = app.config.get("SecurityProfile")
    seen = []
    ws = None
    try:
        ws = await ws_connect(*await lazy.once("net.way").way(app, log, profile, seen))
        lazy.call("net.proof", "good", app, profile, seen)
        return ws
    except (OSError, ValueError, MemoryError) as e:
        if ws:
            ws.drop("")
        url = lazy.once("net.way").target(app.config.get)
        secure = url[:4].lower() == "wss:"
        await lazy.load("net.refusal").tell(app, log, url, e, secure, profile)
    finally:
        lazy.drop("net.resolve")
        lazy.drop("ws.handshake")
        lazy.drop("net.refusal")
    return None
