"""How does a stream of bytes to a host begin, plain or with TLS, without stopping other tasks?"""

import asyncio
import socket
from errno import EINPROGRESS


def begin(at, host, context=None):
    """A stream that is still connecting to `at`, a row of getaddrinfo(); OSError, ValueError.

    context: None, or the TLS that verifies the peer as `host`; what goes wrong there shows at the
    first use. Not asyncio.open_connection(): it leaks the socket when it is cancelled on the Unix
    port.
    """
    sock = socket.socket(at[0], at[1], at[2])
    try:
        sock.setblocking(False)
        # IPPROTO_TCP, TCP_NODELAY (the Unix port has no names for them). What leaves in several
        # writes would have its end wait 40 ms for the peer's delayed ACK (Nagle's algorithm).
        sock.setsockopt(6, 1, 1)
        try:
            sock.connect(at[-1])
        except OSError as e:
            if e.errno != EINPROGRESS:
                raise
        if context:
            sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            sock.setblocking(False)
    except Exception:
        sock.close()
        raise
    return asyncio.StreamWriter(sock)


def rows(address):
    """What getaddrinfo knows of (numeric host, port): rows for begin()."""
    return socket.getaddrinfo(address[0], address[1], 0, socket.SOCK_STREAM)
