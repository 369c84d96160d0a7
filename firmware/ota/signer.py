"""Who signed an update, and is that somebody whom this station believes?

The signer's certificate must lead to a Manufacturer Root certificate of the store, be valid today,
and be made for signing firmware.
"""

import asyncio

import lazy
from core.journal import FileStore
from update.bundle import Refused


async def check(app, bundle):
    """Refused unless the signature of a bundle that is DUE is good; OSError: not known yet."""
    from security import Invalid, forget

    now = app.clock.wall()
    if now is None:  # it may be known at the next attempt
        raise OSError("the time is not known: certificates cannot be judged")
    try:
        ok = await _steps(_judge(bundle, now))
    except Invalid as e:
        raise Refused("signature", str(e))
    finally:
        forget()
    if not ok:
        raise Refused("signature", "the signature is wrong")


async def whole(app, digest):
    """Refused unless the signature of SignedUpdateFirmware.req is one over that file (L01)."""
    from security import forget

    try:
        ok = await _steps(lazy.call("ocppj.proof", "fits", app.store, digest))
    finally:
        forget()
    if not ok:
        raise Refused("signature", "the signature of the file is wrong")


async def _steps(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        await asyncio.sleep_ms(0)


def _judge(bundle, now):
    from security import chain, signature, store, x509

    found = []
    left = bundle.certificates
    while left:
        size = 4 + (left[2] << 8 | left[3]) if len(left) > 3 else 0
        if left[:2] != b"\x30\x82":  # none is shorter than 256 bytes
            raise Refused("format", "the signer's certificates are no DER")
        found.append(x509.Certificate(left[:size]))
        left = left[size:]
    roots = yield from store.anchors(FileStore("certs"), "ManufacturerRootCertificate", found)
    yield from chain.verify(found, roots, now, x509.CODE)
    one = found[0]
    how = one.kind, "SHA256", -1
    ok = yield from signature.verify_digest(
        one.kind, one.key, how, bundle.digest, bundle.signature
    )
    return ok
