"""Is an ECDSA signature right, and how does the station make one?

FIPS 186-4, section 6. Verifying: P-256 and P-384, any hash. Keys and signatures of the station:
P-256 with SHA-256, the random number of a signature derived from key and message (RFC 6979), so a
weak random source cannot give the key away.

Side channels: Python's arithmetic takes a time that depends on its numbers. Each secret scalar is
split into two random halves, the points start with random coordinates, and what is inverted is
blinded; so no two runs work on the same numbers. A key of the station signs here once, its
certificate request; the handshakes are signed by mbedtls.
"""

import hashlib

from security import Invalid, curve
from security.der import SEQUENCE, Reader, item, number

SIZE = 32


def verify(point, digest: bytes, signature: bytes):
    """Steps; returns whether a DER signature of `digest` was made with the key of this point.

    point: 04, x, y as in a certificate. digest: the hash, whole; what is longer than the curve's
    order is cut (4.5 of X9.62). Never raises.
    """
    try:
        x, y = public(point)
        yield
        items = Reader(signature)
        pair = items.into(SEQUENCE)
        items.close()
        r = pair.integer()
        s = pair.integer()
        pair.close()
    except Invalid:
        return False
    yield
    size = (len(point) - 1) // 2
    p, _, n, gx, gy = curve.curve(size)
    if len(r) > size or len(s) > size:
        return False
    r = int.from_bytes(r, "big")
    s = int.from_bytes(s, "big")
    if not 0 < r < n or not 0 < s < n:
        return False
    _ = items = pair = point = None  # a kilobyte is little here
    s = yield from curve.inverse(s, n)
    rows = yield from curve.sums(size, gx, gy, x, y)
    gx = gy = y = None
    u = int.from_bytes(digest[:size], "big") * s % n
    x, _, z = yield from curve.joint(size, u, r * s % n, rows)
    # x of the sum is X/Z^2 modulo p, then modulo n: compared without dividing
    z = z * z % p
    return bool(z) and (x == r * z % p or r + n < p and x == (r + n) * z % p)


def public(point: bytes):
    """(x, y) of an uncompressed point of P-256 or P-384. Invalid if it is none of the curve."""
    if len(point) not in (65, 97) or point[0] != 4:
        raise Invalid("format", "EC point: expected 04 and two numbers of P-256 or P-384")
    size = (len(point) - 1) // 2
    x = int.from_bytes(point[1 : 1 + size], "big")
    y = int.from_bytes(point[1 + size :], "big")
    if not curve.is_point(size, x, y):
        raise Invalid("format", "EC point is not on the curve")
    return x, y


def generate(random):
    """Steps; returns (d, point): a new P-256 key, d of 32 bytes, point as 04, x, y.

    random(n): n random bytes that nobody can guess (os.urandom). 64 bits more than needed are
    drawn, which leaves no bias (FIPS 186-4, B.4.1).
    """
    n = curve.curve(SIZE)[2]
    d = int.from_bytes(random(SIZE + 8), "big") % (n - 1) + 1
    yield
    point = yield from _times(d, random)
    x, y = point
    return d.to_bytes(SIZE, "big"), b"\x04" + x.to_bytes(SIZE, "big") + y.to_bytes(SIZE, "big")


def sign(d: bytes, digest: bytes, random):
    """Steps; returns the DER signature of a SHA-256 digest by the P-256 key d (32 bytes)."""
    n = curve.curve(SIZE)[2]
    secret = int.from_bytes(d, "big")
    value = int.from_bytes(digest, "big")
    for k in _candidates(d, digest, n):
        x, _ = yield from _times(k, random)
        r = x % n
        blind = int.from_bytes(random(SIZE), "big") % (n - 1) + 1
        k = yield from curve.inverse(k * blind % n, n)
        s = k * (value * blind + secret * blind % n * r) % n
        if r and s:
            break
    return item(SEQUENCE, number(r.to_bytes(SIZE, "big")), number(s.to_bytes(SIZE, "big")))


def _times(k, random):
    """Steps; returns (x, y) of k * G, k split into two random parts."""
    p, _, n, gx, gy = curve.curve(SIZE)
    part = int.from_bytes(random(SIZE), "big") % n
    z = int.from_bytes(random(SIZE), "big") % (p - 1) + 1
    yield
    rows = yield from curve.sums(SIZE, gx, gy, gx, gy)
    point = yield from curve.joint(SIZE, part, (k - part) % n, rows, z)
    point = yield from curve.affine(point, p)
    return point


def _candidates(d, digest, n):
    """Numbers for a signature (RFC 6979, 3.2): the first is right but once in 2^32."""
    digest = (int.from_bytes(digest, "big") % n).to_bytes(SIZE, "big")
    key = bytes(SIZE)
    value = b"\x01" * SIZE
    for step in (b"\0", b"\x01"):
        key = _hmac(key, value + step + d + digest)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        k = int.from_bytes(value, "big")
        if 0 < k < n:
            yield k
        key = _hmac(key, value + b"\0")
        value = _hmac(key, value)


def _hmac(key, data):
    """HMAC-SHA256 with a key of 32 bytes."""
    pad = bytes([c ^ 0x36 for c in key]) + b"\x36" * 32
    inner = hashlib.sha256(pad + data).digest()
    pad = bytes([c ^ 0x5C for c in key]) + b"\x5c" * 32
    return hashlib.sha256(pad + inner).digest()
