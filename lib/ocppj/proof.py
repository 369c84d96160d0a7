"""Is the signature that came with a signed update one over the file that was downloaded?

L01.FR.04, FR.12. The record "usig" (written when the request was accepted): kind and key of the
signing certificate, which has been judged then, and the signature in base64.
"""

import binascii

import record


def fits(store, digest):
    """Steps; whether the signature fits a file with this SHA-256.

    ECDSA; RSA-PSS with a salt of any length, or PKCS#1 v1.5.
    """
    from security import rsa, signature

    fields = record.unpack(store.read("usig"))
    if not fields:
        return False
    kind, key, given = fields
    try:
        key = binascii.a2b_base64(key)
        given = binascii.a2b_base64(given)
    except ValueError:
        return False
    for salt in (-1,) if kind == "EC" else (rsa.ANY, -1):
        ok = yield from signature.verify_digest(kind, key, (kind, "SHA256", salt), digest, given)
        if ok:
            return True
    return False
