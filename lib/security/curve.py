"""How are points of the curves P-256 and P-384 added, doubled and multiplied?

Short Weierstrass curves with a = -3 (FIPS 186-4, D.1.2) in Jacobian coordinates: (X, Y, Z) stands
for x = X/Z^2, y = Y/Z^3; Z = 0 is the point at infinity. Python's whole numbers do the arithmetic:
on a chip they are C loops over 16-bit digits. Their time depends on the values; `ecdsa.sign` and
`ecdsa.generate` blind what is secret. A step is at most half an addition: 5 ms on a chip.
"""

# Each a row: p, b, n, x and y of G.
_P256 = (
    # p
    b"\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    # b
    b"\x5a\xc6\x35\xd8\xaa\x3a\x93\xe7\xb3\xeb\xbd\x55\x76\x98\x86\xbc"
    b"\x65\x1d\x06\xb0\xcc\x53\xb0\xf6\x3b\xce\x3c\x3e\x27\xd2\x60\x4b"
    # n
    b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
    b"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
    # gx
    b"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
    b"\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
    # gy
    b"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
    b"\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5"
)
_P384 = (
    # p
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"
    b"\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"
    # b
    b"\xb3\x31\x2f\xa7\xe2\x3e\xe7\xe4\x98\x8e\x05\x6b\xe3\xf8\x2d\x19"
    b"\x18\x1d\x9c\x6e\xfe\x81\x41\x12\x03\x14\x08\x8f\x50\x13\x87\x5a"
    b"\xc6\x56\x39\x8d\x8a\x2e\xd1\x9d\x2a\x85\xc8\xed\xd3\xec\x2a\xef"
    # n
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xc7\x63\x4d\x81\xf4\x37\x2d\xdf"
    b"\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73"
    # gx
    b"\xaa\x87\xca\x22\xbe\x8b\x05\x37\x8e\xb1\xc7\x1e\xf3\x20\xad\x74"
    b"\x6e\x1d\x3b\x62\x8b\xa7\x9b\x98\x59\xf7\x41\xe0\x82\x54\x2a\x38"
    b"\x55\x02\xf2\x5d\xbf\x55\x29\x6c\x3a\x54\x5e\x38\x72\x76\x0a\xb7"
    # gy
    b"\x36\x17\xde\x4a\x96\x26\x2c\x6f\x5d\x9e\x98\xbf\x92\x92\xdc\x29"
    b"\xf8\xf4\x1d\xbd\x28\x9a\x14\x7c\xe9\xda\x31\x13\xb5\xf0\xb8\xc0"
    b"\x0a\x60\xb1\xce\x1d\x7e\x81\x9d\x7a\x43\x1d\x7c\x90\xea\x0e\x5f"
)


def curve(size: int):
    """(p, b, n, x of G, y of G) of the curve whose numbers have 32 (P-256) or 48 bytes (P-384)."""
    row = _P256 if size == 32 else _P384
    return tuple([int.from_bytes(row[i : i + size], "big") for i in range(0, 5 * size, size)])


def is_point(size: int, x: int, y: int) -> bool:
    """Do affine coordinates lie on the curve? (Its cofactor is 1: then they are in the group.)"""
    p, b, _, _, _ = curve(size)
    return x < p and y < p and (y * y - (x * x - 3) * x - b) % p == 0


def double(point, p: int):
    """Steps; returns twice a point that is not infinity."""
    x, y, z = point
    zz = z * z % p
    z = 2 * y * z % p
    y = y * y % p
    slope = 3 * (x - zz) * (x + zz) % p
    yield
    s = x * y * 4 % p
    x = (slope * slope - 2 * s) % p
    return x, (slope * (s - x) - 8 * y * y) % p, z


def add(point, x: int, y: int, p: int):
    """Steps; returns the sum of a point that is not infinity and an affine one."""
    x1, y1, z = point
    zz = z * z % p
    x = (x * zz - x1) % p
    y = (y * (zz * z % p) - y1) % p
    yield
    if not x:
        if y:
            return 1, 1, 0
        point = yield from double(point, p)
        return point
    z = z * x % p
    zz = x * x % p
    x1 = x1 * zz % p
    zz = zz * x % p
    x = (y * y - zz - 2 * x1) % p
    return x, (y * (x1 - x) - y1 * zz) % p, z


def sums(size: int, x: int, y: int, u: int, v: int):
    """Steps; returns what joint() adds, for the affine points P = (x, y) and Q = (u, v).

    That is (None, Q, P - Q, P, P + Q), each as bytes of both coordinates (as numbers they would
    hold twice the memory), None for infinity.
    """
    p = curve(size)[0]
    yield
    slant = yield from inverse((2 * y if x == u else u - x) % p, p)
    found = [None, _row(size, u, v), None, _row(size, x, y), None]
    for at, w in ((2, p - v), (4, v)):
        if x != u:
            slope = (w - y) * slant % p
        elif w == y:
            slope = 3 * (x * x - 1) * slant % p
        else:
            continue
        w = (slope * slope - x - u) % p
        found[at] = _row(size, w, (slope * (x - w) - y) % p)
        yield
    return found


def _row(size, x, y):
    return x.to_bytes(size, "big") + y.to_bytes(size, "big")


def joint(size: int, u, v, rows, z: int = 1):
    """Steps; returns u * P + v * Q (Jacobian); rows: their sums(); u, v below 2^(8 size).

    z: not 0; a random one makes every number of a multiplication another one each time. A digit
    of 0 adds nothing, so what is secret must come split at random.
    """
    p = curve(size)[0]
    # Digits -1, 0, 1 of a number k, most of them 0: the bits of 3 k less those of k.
    digits = [(k * n).to_bytes(size + 1, "big") for k in (u, v) for n in (3, 1)]
    u = v = None
    yield
    point = (1, 1, 0)
    for i in range(8 * size + 1, 0, -1):
        if point[2]:
            point = yield from double(point, p)
            yield
        a, b, c, d = [data[size - (i >> 3)] >> (i & 7) & 1 for data in digits]
        at = 3 * (a - b) + c - d
        row = rows[abs(at)]
        if row:
            x = int.from_bytes(row[:size], "big")
            y = int.from_bytes(row[size:], "big")
            if at < 0:
                y = p - y
            if point[2]:
                point = yield from add(point, x, y, p)
            else:
                point = x * z * z % p, y * z * z % p * z % p, z
            yield
    return point


def inverse(number: int, modulus: int):
    """Steps; returns 1 / number modulo a prime; number is not a multiple of it."""
    low, high = number % modulus, modulus
    x, y = 1, 0
    count = 0
    while low > 1:
        factor = high // low
        low, high = high - factor * low, low
        x, y = y - factor * x, x
        count += 1
        if not count & 3:
            yield
    return x % modulus


def affine(point, p: int):
    """Steps; returns (x, y) of a point that is not infinity."""
    x, y, z = point
    z = yield from inverse(z, p)
    zz = z * z % p
    return x * zz % p, y * (zz * z % p) % p
