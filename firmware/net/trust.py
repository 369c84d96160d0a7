"""Whom does TLS believe, and as whom? Imported when a connection is made."""

import sys

import tls

from core import log
from core.journal import FileStore

# A00.FR.318, FR.319: AES-GCM only, which TLS before 1.2 does not have. Without ECDHE there is no
# forward secrecy: those come last.
_SUITES = [
    "TLS-%s-WITH-AES-%s" % (exchange, cipher)
    for exchange in ("ECDHE-ECDSA", "ECDHE-RSA", "RSA")
    for cipher in ("128-GCM-SHA256", "256-GCM-SHA384")
]

_ROOM = 40


def context(own=False, now=None, seen=None):
    """A TLS context for a client: chain and name of the peer are verified. OSError: no root.

    The Central System Root certificates in certs/ are trusted, each of them. own: show the charge
    point's certificate as well (security profile 3), the newest whose time has come; OSError if
    there is none. now: epoch seconds or None. seen: a list that the handshake puts the ID of the
    root into (security.shelf) with which it checked the peer.
    """
    import security
    from security import shelf

    if sys.platform == "linux":
        _make_room()
    files = FileStore("certs")
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    made.set_ciphers(_suites(made))
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
    if seen is not None:
        made.verify_callback = _witness(seen)
    if names:
        made.load_cert_chain(files.read(names[0]), files.read(names[1]))
    return made


def _make_room():
    """Let the poll set grow now, for more sockets than a station ever has.

    MicroPython 1.26 on Linux: a poll set that grows while a TLS stream is in it leaves that one
    with a wild pointer (extmod/modselect.c, poll_set_add_fd), and the process dies.
    """
    from asyncio.core import _io_queue

    if not hasattr(_io_queue, "roomy"):
        _io_queue.roomy = True
        for fd in range(_ROOM):
            _io_queue.poller.register(9000 + fd, 0)
        for fd in range(_ROOM):
            _io_queue.poller.unregister(9000 + fd)


def _suites(made):
    """Those of _SUITES that this port has; one that is unknown makes the whole list wrong."""
    try:
        made.set_ciphers(_SUITES)
        return _SUITES
    except (ValueError, OSError):
        known = []
    for one in _SUITES:
        try:
            made.set_ciphers([one])
            known.append(one)
        except (ValueError, OSError):
            pass
    return known


def _witness(seen):
    def witness(der, depth):
        if not seen:  # mbedtls begins with the root
            import hashlib
            from binascii import hexlify

            seen.append(hexlify(hashlib.sha256(der).digest()[:8]).decode())
        return 0  # no objection beyond mbedtls' own

    return witness
