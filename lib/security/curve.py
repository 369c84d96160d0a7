"""How are points of the curves P-256 and P-384 added, doubled and multiplied?

Short Weierstrass curves with a = -3 (FIPS 186-4, D.1.2) in Jacobian coordinates: (X, Y, Z) stands
for x = X/Z^2, y = Y/Z^3; Z = 0 is the point at infinity. Python's whole numbers do the arithmetic:
on a chip they are C loops over 16-bit digits. Their time depends on the values; `ecdsa.sign` and
`ecdsa.generate` blind what is secret.
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
    """Twice a point."""
    x, y, z = point
    zz = z * z % p
    yy = y * y % p
    slope = 3 * (x - zz) * (x + zz) % p
    s = x * yy * 4 % p
    x = (slope * slope - 2 * s) % p
    return x, (slope * (s - x) - 8 * yy * yy) % p, 2 * y * z % p


def add(point, other, p: int):
    """Sum of a point and one that is not infinity."""
    x1, y1, z1 = point
    x2, y2, z2 = other
    if not z1:
        return other
    zz1 = z1 * z1 % p
    zz2 = z2 * z2 % p
    u = x1 * zz2 % p
    s = y1 * (z2 * zz2 % p) % p
    h = (x2 * zz1 - u) % p
    slope = (y2 * (z1 * zz1 % p) - s) % p
    if not h:
        return double(point, p) if not slope else (1, 1, 0)
    hh = h * h % p
    u = u * hh % p
    hh = h * hh % p
    x1 = (slope * slope - hh - 2 * u) % p
    return x1, (slope * (u - x1) - s * hh) % p, z1 * z2 % p * h % p


def table(size: int, x: int, y: int, z: int):
    """Steps; returns 1 to 8 times the affine point, in coordinates with this Z, as bytes.

    A random Z makes every number of a multiplication another one each time. As numbers the rows
    would hold five times the memory.
    """
    p = curve(size)[0]
    rows = bytearray(24 * size)
    zz = z * z % p
    first = x * zz % p, y * (zz * z % p) % p, z
    for i in range(8):
        point = first
        if i & 1:
            point = double(_row(rows, i // 2, size), p)
        elif i:
            point = add(_row(rows, i - 1, size), first, p)
        at = 3 * size * i
        for number in point:
            rows[at : at + size] = number.to_bytes(size, "big")
            at += size
        yield
    return rows


def _row(rows, i, size):
    at = 3 * size * i
    return tuple(
        [int.from_bytes(rows[k : k + size], "big") for k in range(at, at + 3 * size, size)]
    )


def digits(number: int, size: int) -> bytearray:
    """Digits of a number to the base 16, from -8 to 7 (written + 8), the lowest first."""
    found = bytearray(2 * size + 1)
    carry = 0
    i = 0
    data = number.to_bytes(size, "big")
    for k in range(size - 1, -1, -1):
        for nibble in (data[k] & 15, data[k] >> 4):
            nibble += carry
            carry = 1 if nibble > 7 else 0
            found[i] = nibble + 8 - 16 * carry
            i += 1
    found[i] = carry + 8
    return found


def joint(size: int, u, rows, v, others):
    """Steps; returns u * P + v * Q (Jacobian) from the tables of P and Q; u, v below 2^(8 size).

    A digit of 0 adds nothing, so what is secret must come split at random.
    """
    p = curve(size)[0]
    u = digits(u, size)
    v = digits(v, size)
    point = (1, 1, 0)
    for i in range(2 * size, -1, -1):
        if point[2]:
            for _ in range(4):
                point = double(point, p)
                yield
        for digit, of in ((u[i] - 8, rows), (v[i] - 8, others)):
            if digit:
                x, y, z = _row(of, abs(digit) - 1, size)
                point = add(point, (x, y if digit > 0 else p - y, z), p)
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
        if not count & 7:
            yield
    return x % modulus


def affine(point, p: int):
    """Steps; returns (x, y) of a point that is not infinity."""
    x, y, z = point
    z = yield from inverse(z, p)
    zz = z * z % p
    return x * zz % p, y * (zz * z % p) % p
