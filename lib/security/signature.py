"""Which algorithm made a signature, which key checks it, and does it fit?

Accepted (security whitepaper A00.FR.504 to 506): ECDSA with P-256 or P-384, RSA PKCS#1 v1.5 and
RSA-PSS with 2048 to 4096 bits, each with SHA-256, SHA-384 or SHA-512. Anything else is refused:
SHA-1, MD5, DSA, Ed25519, other curves, keys that are bound to PSS.
"""

from security import Invalid, digest
from security.der import NULL, SEQUENCE, Reader, oid_text

EC_KEY = b"\x2a\x86\x48\xce\x3d\x02\x01"
P256 = b"\x2a\x86\x48\xce\x3d\x03\x01\x07"
_P384 = b"\x2b\x81\x04\x00\x22"
_ECDSA = b"\x2a\x86\x48\xce\x3d\x04\x03"  # then 2, 3, 4: SHA-256, 384, 512
_PKCS1 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01"  # then 1: a key; 8: MGF1; 10: PSS; 11, 12, 13


def algorithm(items: Reader):
    """(kind, hash, salt) of an AlgorithmIdentifier: kind "EC" or "RSA"; salt as rsa.verify has it.

    Invalid for one that is not accepted.
    """
    one = items.into(SEQUENCE)
    oid = one.oid()
    found = None
    if oid[:-1] == _ECDSA and 2 <= oid[-1] <= 4:
        found = "EC", digest.NAMES[oid[-1] - 2], -1
    elif oid[:-1] == _PKCS1 and 11 <= oid[-1] <= 13:
        _null(one)
        found = "RSA", digest.NAMES[oid[-1] - 11], -1
    elif oid == _PKCS1 + b"\x0a":
        found = _pss(one)
    else:
        raise Invalid("format", "signature algorithm %s is not accepted" % oid_text(oid))
    one.close()
    return found


def _null(items):
    """Parameters of an algorithm that has none: NULL, or nothing (RFC 4055, 2.1)."""
    if items.peek() and items.content(NULL):
        raise Invalid("format", "DER NULL is not empty")


def _pss(items):
    items = items.into(SEQUENCE)
    name = salt = None
    if items.peek() == 0xA0:
        part = items.into(0xA0)
        name = _hash(part)
        part.close()
    if items.peek() == 0xA1:
        part = items.into(0xA1)
        mask = part.into(SEQUENCE)
        part.close()
        if mask.oid() != _PKCS1 + b"\x08" or _hash(mask) != name:
            name = None
        mask.close()
    else:
        name = None
    salt = 20  # the default, RFC 4055, 3.1
    if items.peek() == 0xA2:
        part = items.into(0xA2)
        salt = part.small()
        part.close()
    items.close()
    if not name or salt > 512:
        raise Invalid("format", "RSA-PSS: expected SHA-256, 384 or 512, for the mask as well")
    return "RSA", name, salt


def _hash(items):
    """Name of the hash in an AlgorithmIdentifier, None for another."""
    items = items.into(SEQUENCE)
    oid = items.oid()
    _null(items)
    items.close()
    for name in digest.NAMES:
        if digest.oid(name) == oid:
            return name
    return None


def public_key(spki: bytes, known: bool = False):
    """(kind, key) of a SubjectPublicKeyInfo: "EC" and the point, "RSA" and the RSAPublicKey.

    Invalid for a key that is not accepted, or a point that is not on its curve (known: that was
    looked at before).
    """
    items = Reader(spki)
    info = items.into(SEQUENCE)
    items.close()
    kind = info.into(SEQUENCE)
    key = info.bits()
    info.close()
    oid = kind.oid()
    if oid == _PKCS1 + b"\x01":
        _null(kind)
        kind.close()
        if not known:
            from security import rsa

            _judged(rsa, key)
        return "RSA", key
    if oid != EC_KEY:
        raise Invalid("format", "key algorithm %s is not accepted" % oid_text(oid))
    oid = kind.oid()
    kind.close()
    if oid not in (P256, _P384):
        raise Invalid("format", "curve %s: P-256 and P-384 are accepted" % oid_text(oid))
    if len(key) != (65 if oid == P256 else 97):
        raise Invalid("format", "EC point of %d bytes" % len(key))
    if not known:
        from security import ecdsa

        _judged(ecdsa, key)
    return "EC", key


def _judged(module, key):
    """Whoever was forgotten meanwhile (security.forget) knows another Invalid than the module."""
    try:
        module.public(key)
    except ValueError as e:
        raise Invalid("format", str(e))


def verify_digest(kind: str, key: bytes, how, found: bytes, signature: bytes):
    """Steps; returns whether the signature over what has this hash was made with the key.

    kind, key: as public_key() gives them. how: as algorithm() gives it.
    """
    if how[0] != kind:
        return _never()
    if kind == "EC":
        from security import ecdsa

        return ecdsa.verify(key, found, signature)
    from security import rsa

    return rsa.verify(key, how[1], found, signature, how[2])


def _never():
    yield
    return False
