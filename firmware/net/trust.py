"""Whom does TLS believe, and as whom? Imported when a connection is made."""

import tls

from core import log
from core.journal import FileStore


def context(own=False, now=None):
    """A TLS context for a client: chain and name of the peer are verified. OSError: no root.

    The Central System Root certificates in certs/ are trusted, each of them. own: show the charge
    point's certificate as well (security profile 3), the newest whose time has come; OSError if
    there is none. now: epoch seconds or None.
    """
    import security
    from security import shelf

    files = FileStore("certs")
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    good = False
    try:
        for name in shelf.trusted(files):
            try:
                made.load_verify_locations(files.read(name))
                good = True
            except (ValueError, OSError) as e:  # the others still count
                log.get("NET").error("certs/%s: %s", name, e)
        names = shelf.own(files, now) if own else ()
    finally:
        security.forget()
    if not good or names is None:
        raise OSError(2)  # ENOENT
    if names:
        made.load_cert_chain(files.read(names[0]), files.read(names[1]))
    return made
