"""Who signed an update, and is that somebody whom this station believes?

The signer's certificate must lead to a Manufacturer Root certificate of the store, be valid today,
and be made for signing firmware.
"""

import asyncio

import lazy
from core.journal import FileStore

# Each needs those before it.
_MODULES = "der pem digest signature x509 chain shelf store"


async def check(app, bundle):
    """Refused unless the signature of a bundle that is DUE is good; OSError: not known yet."""
    now = app.clock.wall()
    if now is None:  # it may be known at the next attempt
        raise OSError("the time is not known: certificates cannot be judged")
    await _check(bundle, now)


async def _check(bundle, now):
    from security import Invalid, forget

    try:
        for name in _MODULES.split():  # one at a time: each takes the flash some 50 ms
            lazy.load("security." + name)
            await asyncio.sleep_ms(0)
        ok = await _steps(_judge(bundle, now))
    except Invalid as e:
        raise _refused("signature", str(e))
    finally:
        forget()
    if not ok:
        raise _refused("signature", "the signature is wrong")


async def whole(app, digest):
    """Refused unless the signature of SignedUpdateFirmware.req is one over that file (L01)."""
    from security import forget

    try:
        ok = await _steps(lazy.call("ocppj.proof", "fits", app.store, digest))
    finally:
        forget()
    if not ok:
        raise _refused("signature", "the signature of the file is wrong")


class _Late:
    def __init__(self, proof):
        size = proof[64] << 8 | proof[65]
        self.digest = proof[:32]
        self.certificates = proof[66 : 66 + size]
        self.signature = proof[66 + size :]


async def late(app, proof, now, signed):
    """Both judgements of an update that lies there whole: place.Update.proof() of it, Unix time
    then; signed: by SignedUpdateFirmware."""
    await _check(_Late(proof), now)
    if signed:
        await whole(app, proof[32:64])


def _refused(*args):
    # Not at the top: what it costs is only there when nothing else is needed any more.
    from update.bundle import Refused

    return Refused(*args)


async def _steps(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        await asyncio.sleep_ms(0)


def _judge(bundle, now):
    from security import chain, signature, x509

    found = []
    left = bundle.certificates
    while left:
        size = 4 + (left[2] << 8 | left[3]) if len(left) > 3 else 0
        if left[:2] != b"\x30\x82":  # none is shorter than 256 bytes
            raise _refused("format", "the signer's certificates are no DER")
        found.append(x509.Certificate(left[:size]))
        left = left[size:]
    from security import store

    roots = yield from store.anchors(FileStore("certs"), "ManufacturerRootCertificate", found)
    del store  # the key's work needs the room
    lazy.drop("security.store")
    lazy.drop("security.shelf")
    yield from chain.verify(found, roots, now, x509.CODE)
    one = found[0]
    how = one.kind, "SHA256", -1
    ok = yield from signature.verify_digest(
        one.kind, one.key, how, bundle.digest, bundle.signature
    )
    return ok
