"""Does an RSA signature pass if, and only if, it is padded as it has to be?

Right ones come from `cryptography`. Forged ones are made with the private key: whatever padding an
attack could bring about is here, and none but the right one may pass.
"""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import padding

import security_world as world
from security import Invalid, der, rsa, run
from security import digest as digests

MESSAGE = b"what was signed"


@pytest.mark.parametrize("hash_name", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("bits", ["2048", "3072", pytest.param("4096", marks=pytest.mark.long)])
def test_rsa(bits, hash_name):
    private = world.key("signer", bits)
    key, digest = world.point(private), world.digest(hash_name, MESSAGE)
    how = world.HASHES[hash_name]
    made = private.sign(MESSAGE, padding.PKCS1v15(), how)
    assert run(rsa.verify(key, hash_name, digest, made))
    assert not run(rsa.verify(key, hash_name, digest, made, 32))
    assert not run(rsa.verify(key, hash_name, digest, made, rsa.ANY))
    for salt in (0, 20, how.digest_size):
        pss = private.sign(MESSAGE, padding.PSS(padding.MGF1(how), salt), how)
        assert run(rsa.verify(key, hash_name, digest, pss, salt))
        assert run(rsa.verify(key, hash_name, digest, pss, rsa.ANY))
        assert not run(rsa.verify(key, hash_name, digest, pss, salt + 1))
        assert not run(rsa.verify(key, hash_name, digest, pss))
    wrong = digest[:-1] + bytes([digest[-1] ^ 1])
    assert not run(rsa.verify(key, hash_name, wrong, made))
    assert not run(rsa.verify(key, hash_name, wrong, pss, how.digest_size))


def raw(block: bytes) -> bytes:
    """The block to the power of the private exponent: what nobody but the signer can make."""
    numbers = world.key("signer", "2048").private_numbers()
    value, p, q = int.from_bytes(block, "big"), numbers.p, numbers.q
    low = pow(value % q, numbers.dmq1, q)
    high = (pow(value % p, numbers.dmp1, p) - low) * numbers.iqmp % p
    return (low + high * q).to_bytes(256, "big")


def paddings(digest):
    """Blocks with the right hash in them that are not the one right block."""
    oid = digests.oid("SHA256")
    info = der.item(0x30, der.item(0x30, der.item(6, oid), b"\5\0"), der.item(4, digest))
    bare = der.item(0x30, der.item(0x30, der.item(6, oid)), der.item(4, digest))
    other = info.replace(oid, digests.oid("SHA512"))
    long = b"\x30\x81" + info[1:]

    def block(tail, kind=1, fill=0xFF, size=None, gap=b"\0"):
        size = 253 - len(tail) if size is None else size
        return b"\0" + bytes([kind]) + bytes([fill]) * size + gap + tail

    yield "no NULL", block(bare)
    yield "another hash", block(other)
    yield "long length", block(long)
    yield "hash alone", block(digest)
    yield "hash cut", block(der.item(0x30, der.item(0x30, der.item(6, oid), b"\5\0"), b"\4\0"))
    yield "kind 0", block(info, kind=0)
    yield "kind 2", block(info, kind=2)
    yield "filled with 0", block(info, fill=0)
    yield "filled with FE", block(info, fill=0xFE)
    yield "no gap", block(info, gap=b"\xff")
    yield "first byte", b"\1" + block(info)[1:]
    for size in (0, 1, 8, 100):  # Bleichenbacher 2006: garbage behind a short padding
        short = block(info, size=size)
        yield f"padding of {size}", short + bytes(256 - len(short))
        yield f"padding of {size}, FF behind", short + b"\xff" * (256 - len(short))
    spare = os.urandom(100)
    hidden = der.item(0x30, der.item(6, oid), der.item(4, spare))
    yield "garbage as parameters", block(der.item(0x30, hidden, der.item(4, digest)))
    yield "garbage behind the hash", block(info + spare)


def test_forged_paddings_do_not_pass():
    key = world.point(world.key("signer", "2048"))
    digest = world.digest("SHA256", MESSAGE)
    for what, block in paddings(digest):
        assert len(block) == 256, what
        assert not run(rsa.verify(key, "SHA256", digest, raw(block))), what


def test_forged_pss_does_not_pass():
    private = world.key("signer", "2048")
    numbers = private.public_key().public_numbers()
    how = world.HASHES["SHA256"]
    made = private.sign(MESSAGE, padding.PSS(padding.MGF1(how), 32), how)
    block = pow(int.from_bytes(made, "big"), 65537, numbers.n).to_bytes(256, "big")
    key, digest = world.point(private), world.digest("SHA256", MESSAGE)
    assert run(rsa.verify(key, "SHA256", digest, raw(block), 32))
    for at in (0, 1, 100, 221, 222, 223, 254, 255):
        for bit in (1, 0x40 if at == 0 else 0x80):
            other = bytearray(block)
            other[at] ^= bit
            assert not run(rsa.verify(key, "SHA256", digest, raw(bytes(other)), 32)), at
            assert not run(rsa.verify(key, "SHA256", digest, raw(bytes(other)), rsa.ANY)), at
    assert not run(rsa.verify(key, "SHA256", digest, raw(block[:-1] + b"\xcc"), 32))
    for salt in (0, 31, 33, 222, 223, 256, 512):
        assert not run(rsa.verify(key, "SHA256", digest, made, salt)), salt


def test_rsa_signatures_out_of_range():
    private = world.key("signer", "2048")
    n = private.private_numbers().public_numbers.n
    key, digest = world.point(private), world.digest("SHA256", MESSAGE)
    made = private.sign(MESSAGE, padding.PKCS1v15(), world.HASHES["SHA256"])
    more = int.from_bytes(made, "big") + n
    values = [0, 1, n - 1, n, (1 << 2048) - 1]
    wrong = [v.to_bytes(256, "big") for v in values] + [b"", made[:-1], made + b"\0", b"\0" + made]
    if more < 1 << 2048:
        wrong.append(more.to_bytes(256, "big"))
    for other in wrong:
        assert not run(rsa.verify(key, "SHA256", digest, other))
    for short in (b"", digest[:-1], digest + b"\0"):
        for salt in (-1, 0, 32):
            assert not run(rsa.verify(key, "SHA256", short, made, salt))


def test_rsa_keys_that_are_not_accepted():
    numbers = world.key("signer", "2048").private_numbers().public_numbers

    def key(n, e):
        size = n.bit_length() // 8 + 1
        return der.item(
            0x30, der.number(n.to_bytes(size, "big")), der.number(e.to_bytes(8, "big"))
        )

    assert rsa.public(key(numbers.n, 65537))[1] == 65537
    wrong = [key(numbers.n, e) for e in (0, 1, 2, 3, 17, 65536, 65539, 1 << 24, (1 << 32) + 1)]
    wrong += [key(numbers.n - 1, 65537), key(numbers.n >> 8, 65537), key(numbers.n >> 1, 65537)]
    wrong += [key((1 << 4104) - 1, 65537), key(0, 65537), key((1 << 1024) - 1, 65537)]
    wrong += [b"", key(numbers.n, 65537) + b"\0", key(numbers.n, 65537)[:-1]]
    for other in wrong:
        with pytest.raises(Invalid):
            rsa.public(other)
        assert not run(rsa.verify(other, "SHA256", bytes(32), bytes(256)))
