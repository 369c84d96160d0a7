"""Whom does TLS believe? Imported when a connection is made."""

import tls

_ROOTS = ("certs/csms.der",)


def context():
    """A TLS context for a client: chain and name of the peer are verified. OSError: no root."""
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    for path in _ROOTS:
        with open(path, "rb") as f:
            made.load_verify_locations(f.read())
    return made
