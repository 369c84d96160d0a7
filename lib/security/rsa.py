"""Is an RSA signature right?

RFC 8017: PKCS#1 v1.5 (8.2.2) and PSS (8.1.2), keys of 2048 to 4096 bits with the exponent 65537.
The whole padding is compared with what it has to be, never searched through: forged paddings that
a lax reader would take do not pass.
"""

from security import Invalid
from security.der import NULL, OCTETS, SEQUENCE, Reader, item
from security.digest import new, oid

LOWEST = 2048  # bits; A00.FR.502
HIGHEST = 4096
ANY = -2  # a PSS salt of any length: whoever signs files seldom tells which
_WORK = 6144  # products of bytes in one step: 4 ms on a chip


def public(key: bytes):
    """(modulus as bytes, exponent) of an RSAPublicKey. Invalid for one that is not accepted."""
    items = Reader(key)
    pair = items.into(SEQUENCE)
    items.close()
    modulus = pair.integer()
    exponent = pair.small()
    pair.close()
    size = len(modulus)
    if not LOWEST <= 8 * size <= HIGHEST or modulus[0] < 0x80 or not modulus[-1] & 1:
        raise Invalid("format", "RSA key of %d bytes: expected 2048 to 4096 bits" % size)
    if exponent != 65537:
        raise Invalid("format", "RSA exponent %d: 65537 is accepted" % exponent)
    return modulus, exponent


def verify(key: bytes, name: str, digest: bytes, signature: bytes, salt: int = -1):
    """Steps; returns whether the signature of a hash fits the RSAPublicKey.

    name: of the hash, "SHA256", "SHA384", "SHA512". salt: -1 for PKCS#1 v1.5, for PSS the length
    of its salt or ANY (the mask is made with the same hash). Never raises.
    """
    try:
        modulus = public(key)[0]
    except Invalid:
        return False
    yield
    size = len(modulus)
    if len(digest) * 8 != int(name[3:]) or len(signature) != size or signature >= modulus:
        return False
    block = yield from _power(signature, modulus)
    if salt != -1:
        ok = yield from _pss(block, name, digest, salt)
        return ok
    info = item(SEQUENCE, item(SEQUENCE, item(6, oid(name)), item(NULL)), item(OCTETS, digest))
    return block == b"\0\x01" + b"\xff" * (size - 3 - len(info)) + b"\0" + info


def _power(signature, modulus):
    """Steps; returns signature ^ 65537 modulo the modulus, as bytes of its length."""
    size = len(modulus)
    n = int.from_bytes(modulus, "big")
    first = int.from_bytes(signature, "big")
    value = first
    chunk = _WORK // size
    for i in range(17):  # sixteen times squared, then times the number itself
        data = value.to_bytes(size, "big")
        factor = first if i == 16 else value
        value = 0
        yield
        for at in range(size % chunk - chunk if size % chunk else 0, size, chunk):
            part = int.from_bytes(data[max(at, 0) : at + chunk], "big")
            value = ((value << 8 * chunk) + factor * part) % n
            yield
    return value.to_bytes(size, "big")


def _pss(block, name, digest, salt):
    """Steps; returns whether the block is the PSS padding of a hash (RFC 8017, 9.1.2)."""
    size = len(digest)
    start = len(block) - size - 1  # of the hash; the mask is before it
    if start < salt + 2 or block[-1] != 0xBC or block[0] > 0x7F:
        return False
    seal = block[start:-1]
    data = bytearray(block[:start])
    at = 0
    while at < start:
        yield
        mask = yield from new(name, seal + (at // size).to_bytes(4, "big"))
        for byte in mask[: start - at]:
            data[at] ^= byte
            at += 1
    data[0] &= 0x7F
    if salt == ANY:
        salt = len(bytes(data).lstrip(b"\0")) - 1
    if salt < 0 or bytes(data[: start - salt]) != bytes(start - salt - 1) + b"\x01":
        return False
    found = yield from new(name, bytes(8) + digest + bytes(data[start - salt :]))
    return found == seal
