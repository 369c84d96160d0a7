"""How does a WebSocket connection begin? (RFC 6455 section 4; net/websocket.py uses this)

Look up, connect, TLS, request, answer; and every way in which that fails, as one WSError.
"""

import asyncio
import os

import lazy
from net.websocket import WSError

stream = lazy.load("net.stream")
lazy.drop("net.stream")  # it lives as long as this module


async def ws_open(ws, url, protocols, headers, ssl, timeout_s, address):
    """Open `ws`, a fresh WebSocket; the arguments are those of websocket.ws_connect()."""
    handshake = lazy.load("ws.handshake")
    try:
        secure, host, port, path = handshake.split_url(url)
        if secure and ssl is None:
            raise ValueError("wss:// needs an ssl context")
        key = handshake.new_key(os.urandom(16))
        request = handshake.request(secure, host, port, path, key, protocols, headers)
    finally:
        handshake = None
        lazy.drop("ws.handshake")  # the answer needs its room
    opening = _open(ws, address or (host, port), host, ssl if secure else None, request)
    try:
        found = await asyncio.wait_for(opening, timeout_s)
        why, status, detail = lazy.once("ws.answer").verdict(found, key, protocols)
        if why:
            raise WSError(why, status, detail or "")
        ws.start(detail)
    except asyncio.TimeoutError:
        raise WSError("timeout", 0, ws.why)
    except WSError:
        raise
    except (OSError, ValueError) as e:
        why = ws.why
        # MicroPython's tls: a wrong certificate is a ValueError, mbedtls' errors are negative.
        if why == "connect" and (isinstance(e, ValueError) or e.errno < 0):
            why = "tls"
        elif isinstance(e, ValueError):
            why = "response"
        raise WSError(why, 0, str(e))
    finally:
        if ws.protocol is False:  # whatever happened, a cancellation too
            ws.drop("")


async def _open(ws, address, host, ssl, request):
    """Connect to the first address that answers, send the request; return the answer's head.

    ws.why says how far it got: "dns", "connect", "lost".
    """
    found = stream.rows(address)
    ws.why = "connect"
    while True:
        at = found.pop(0)
        try:
            await _connect(ws, at, host, ssl, request)
            break
        except OSError:
            if ws.stream:
                ws.stream.s.close()
            if not found:
                raise
    ws.why = "lost"
    found = {}
    feed = lazy.once("ws.head").feed
    while not feed(ws.reader, found):
        if not await ws.fill():
            raise OSError("no answer")
    return found


async def _connect(ws, at, host, ssl, request):
    """Connect to one address (a row of getaddrinfo) and send the request."""
    ws.stream = stream.begin(at, host, ssl)
    # Not write(), which would try at once: drain() waits until the socket is connected.
    ws.stream.out_buf = request
    await ws.stream.drain()
