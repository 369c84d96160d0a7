"""Does an ECDSA signature pass if, and only if, the key made it over this hash?

Right ones come from `cryptography`; wrong ones are made here, after the attacks that Project
Wycheproof collects: numbers out of range, other encodings, forged paddings, points that are none.
"""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given, settings
from hypothesis import strategies as st

import security_world as world
from security import Invalid, curve, ecdsa, run, sha512, signature
from security import digest as digests

MESSAGE = b"what was signed"
few = settings(max_examples=10, deadline=None)


@few
@given(st.binary(max_size=400))
def test_sha_384_and_512(data):
    assert run(sha512.digest(False, data)) == world.digest("SHA512", data)
    assert run(sha512.digest(True, data)) == world.digest("SHA384", data)
    assert run(digests.new("SHA256", data[:9], data[9:])) == world.digest("SHA256", data)


@pytest.mark.parametrize("size", [0, 1, 55, 110, 111, 112, 113, 119, 127, 128, 239, 240, 256])
def test_sha_512_at_the_edges_of_its_blocks(size):
    data = os.urandom(size)
    assert run(sha512.digest(False, data)) == world.digest("SHA512", data)


# -- ECDSA


def signed(kind="P-256", hash_name="SHA256", data=MESSAGE, key="signer"):
    """(point, digest, signature)."""
    private = world.key(key, kind)
    made = private.sign(data, ec.ECDSA(world.HASHES[hash_name]))
    return world.point(private), world.digest(hash_name, data), made


def pair(r, s) -> bytes:
    """The DER of a signature."""
    return utils.encode_dss_signature(r, s)


@pytest.mark.parametrize("kind", ["P-256", "P-384"])
@pytest.mark.parametrize("hash_name", ["SHA256", "SHA384", "SHA512"])
@few
@given(data=st.binary(max_size=100))
def test_ecdsa_of_any_message(kind, hash_name, data):
    point, digest, made = signed(kind, hash_name, data)
    assert run(ecdsa.verify(point, digest, made))
    wrong = bytes([digest[0] ^ 1]) + digest[1:]
    assert not run(ecdsa.verify(point, wrong, made))


def test_a_high_s_is_as_good():
    point, digest, made = signed()
    n = curve.curve(32)[2]
    r, s = utils.decode_dss_signature(made)
    assert run(ecdsa.verify(point, digest, pair(r, n - s)))


@pytest.mark.parametrize("kind", ["P-256", "P-384"])
def test_r_and_s_out_of_range(kind):
    point, digest, made = signed(kind)
    p, _, n, gx, _ = curve.curve(32 if kind == "P-256" else 48)
    r, s = utils.decode_dss_signature(made)
    odd = [0, 1, n - 1, n, n + 1, p, 2 * n, 1 << 256, 1 << 384, (1 << 400) - 1, gx]
    wrong = [(x, y) for x in odd for y in odd]
    wrong += [(r, x) for x in odd] + [(x, s) for x in odd]
    wrong += [(r + n, s), (r, s + n), (n - r, s), (s, r)]
    for r, s in wrong:
        assert not run(ecdsa.verify(point, digest, pair(r, s))), (r, s)


def test_a_hash_of_nothing_but_zeros():
    private = world.key("signer")
    digest = bytes(32)
    made = private.sign(digest, ec.ECDSA(utils.Prehashed(world.HASHES["SHA256"])))
    assert run(ecdsa.verify(world.point(private), digest, made))
    assert not run(ecdsa.verify(world.point(private), bytes(31) + b"\1", made))


def test_r_is_compared_modulo_n():
    """x of the sum may lie between n and p: then r = x - n is right."""
    p, b, n, _, _ = curve.curve(32)
    x = n + 1
    while True:
        y = pow(x * x * x - 3 * x + b, (p + 1) // 4, p)
        if y * y % p == (x * x * x - 3 * x + b) % p:
            break
        x += 1
    # With R = (x, y), s = r and e = 0 the key that fits is Q = R.
    point = b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    assert run(ecdsa.verify(point, bytes(32), pair(x - n, x - n)))


@pytest.mark.parametrize("u,v", [(1, 1), (1, -1), (5, 5), (7, -7), (8, 8), (1, 2)])
def test_sums_that_double_or_vanish(u, v):
    """Q = G: u G + v Q meets equal and opposite points."""
    size = 32
    p, _, n, gx, gy = curve.curve(size)
    rows = run(curve.sums(size, gx, gy, gx, gy))
    found = run(curve.joint(size, u % n, v % n, rows))
    if (u + v) % n == 0:
        assert found[2] == 0
    else:
        numbers = ec.derive_private_key((u + v) % n, ec.SECP256R1()).public_key().public_numbers()
        assert run(curve.affine(found, p)) == (numbers.x, numbers.y)


@few
@given(st.integers(1, (1 << 256) - 1), st.integers(1, (1 << 256) - 1))
def test_multiplication(u, z):
    p, _, n, gx, gy = curve.curve(32)
    u = u % (n - 1) + 1
    rows = run(curve.sums(32, gx, gy, gx, gy))
    found = run(curve.affine(run(curve.joint(32, u, 0, rows, z % (p - 1) + 1)), p))
    numbers = ec.derive_private_key(u, ec.SECP256R1()).public_key().public_numbers()
    assert found == (numbers.x, numbers.y)


@pytest.mark.parametrize("kind", ["P-256", "P-384"])
@pytest.mark.parametrize("factor", [1, -1, 2, -2, 3, 1 << 200])
@few
@given(u=st.integers(0, (1 << 384) - 1), v=st.integers(0, (1 << 384) - 1))
def test_sums_of_any_two_points(kind, factor, u, v):
    """Q = factor G, its negative and its double among them: u G + v Q."""
    size, group = (32, ec.SECP256R1()) if kind == "P-256" else (48, ec.SECP384R1())
    p, _, n, gx, gy = curve.curve(size)
    q = ec.derive_private_key(factor % n, group).public_key().public_numbers()
    rows = run(curve.sums(size, gx, gy, q.x, q.y))
    u, v = u % n, v % n
    found = run(curve.joint(size, u, v, rows, u + 1))
    whole = (u + factor * v) % n
    if not whole:
        assert found[2] == 0
    else:
        numbers = ec.derive_private_key(whole, group).public_key().public_numbers()
        assert run(curve.affine(found, p)) == (numbers.x, numbers.y)


def encodings(made):
    """Other ways to write the same r and s, and what is cut or too long."""
    body = made[2:]
    r_size = body[1]
    r, s = body[: r_size + 2], body[r_size + 2 :]
    yield "cut", made[:-1]
    yield "empty", b""
    yield "empty sequence", b"\x30\0"
    yield "more behind it", made + b"\0"
    yield "more inside", bytes([0x30, len(body) + 2]) + body + b"\5\0"
    yield "long length", b"\x30\x81" + made[1:]
    yield "indefinite", b"\x30\x80" + body + b"\0\0"
    yield "padded r", bytes([0x30, len(body) + 1, 2, r_size + 1, 0]) + body[2:]
    yield "a set", b"\x31" + made[1:]
    yield "r alone", bytes([0x30, len(r)]) + r
    yield "raw", bytes(64)
    yield "s is an octet string", bytes([0x30, len(body)]) + r + b"\4" + s[1:]
    yield "negative", b"\x30\x06\x02\x01\xff\x02\x01\xff"
    yield "infinity", b"\x30\x06\x09\x01\x40\x09\x01\x40"


def test_the_same_numbers_written_otherwise_are_refused():
    point, digest, made = signed()
    for what, other in encodings(made):
        assert not run(ecdsa.verify(point, digest, other)), what


def test_points_that_are_none():
    point, digest, made = signed()
    x, y = point[1:33], point[33:]
    p = curve.curve(32)[0]
    more = (int.from_bytes(x, "big") + p) % (1 << 256)
    wrong = [
        b"",
        b"\0",
        point[:-1],
        point + b"\0",
        bytes([2 + (y[-1] & 1)]) + x,  # compressed
        bytes([6 + (y[-1] & 1)]) + x + y,  # hybrid
        b"\4" + bytes(64),
        b"\4" + x + bytes(32),
        b"\4" + y + x,
        b"\4" + x + y[:-1] + bytes([y[-1] ^ 1]),
        b"\4" + p.to_bytes(32, "big") + y,
        b"\4" + more.to_bytes(32, "big") + y,
        b"\4" + b"\xff" * 64,
        world.point(world.key("other", "P-384")),
        world.point(world.key("third")),
    ]
    for other in wrong:
        assert not run(ecdsa.verify(other, digest, made)), other.hex()
    for other in wrong[:13]:
        with pytest.raises(Invalid):
            ecdsa.public(other)


# -- what the station signs


def test_its_signatures_are_those_of_rfc_6979():
    """The example of A.2.5: P-256 with SHA-256, message "sample"."""
    d = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    found = run(ecdsa.sign(d, world.digest("SHA256", b"sample"), os.urandom))
    assert found == pair(r, s)


@few
@given(st.binary(min_size=32, max_size=32))
def test_keys_and_signatures_fit_others(digest):
    d, point = run(ecdsa.generate(os.urandom))
    private = ec.derive_private_key(int.from_bytes(d, "big"), ec.SECP256R1())
    assert world.point(private) == point
    made = run(ecdsa.sign(d, digest, os.urandom))
    how = ec.ECDSA(utils.Prehashed(world.HASHES["SHA256"]))
    private.public_key().verify(made, digest, how)
    assert run(ecdsa.verify(point, digest, made))
    how = ec.ECDSA(utils.Prehashed(world.HASHES["SHA256"]), deterministic_signing=True)
    assert made == private.sign(digest, how)


@pytest.mark.parametrize("byte", [0, 1, 0x7F, 0xFF])
def test_a_broken_random_source_gives_no_wrong_key(byte):
    d, point = run(ecdsa.generate(lambda count: bytes([byte]) * count))
    assert world.point(ec.derive_private_key(int.from_bytes(d, "big"), ec.SECP256R1())) == point
    made = run(ecdsa.sign(d, bytes(32), lambda count: bytes([byte]) * count))
    assert run(ecdsa.verify(point, bytes(32), made))


def test_a_key_of_another_kind_never_fits():
    point, digest, made = signed()
    assert not run(signature.verify_digest("EC", point, ("RSA", "SHA256", -1), digest, made))
    key = world.point(world.key("signer", "2048"))
    assert not run(signature.verify_digest("RSA", key, ("EC", "SHA256", -1), digest, made))


def test_who_was_forgotten_meanwhile_knows_what_is_wrong():
    """A key that is none, after security.forget(): modules come anew, and so does Invalid."""
    import security

    point = world.spki(world.root("r"))
    security.forget()
    with pytest.raises(Invalid, match="not on the curve"):
        signature.public_key(point[:-1] + bytes([point[-1] ^ 1]))
    key = world.spki(world.root("R", "2048"))
    security.forget()
    with pytest.raises(Invalid, match="exponent"):
        signature.public_key(key[:-1] + b"\3")
