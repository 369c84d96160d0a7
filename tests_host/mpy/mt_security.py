# heapsize: 112k
"""Does lib/security do on MicroPython what it does on CPython, in the heap of a chip?"""

import gc
import hashlib
import os
import sys

import mt
import security_vectors as vectors

from core.journal import FileStore

NOW = 1790000000  # 2026-09-21
CENTRAL = "CentralSystemRootCertificate"


def teardown():
    """Each test begins without the package."""
    forget()
    gc.collect()


def forget():
    import security

    security.forget()


def data(name):
    """The bytes of a vector."""
    from binascii import unhexlify

    return unhexlify(getattr(vectors, name))


def run(steps):
    from security import run

    return run(steps)


def digest():
    return hashlib.sha256(vectors.MESSAGE).digest()


def test_ecdsa():
    from security import ecdsa

    for curve in ("P256", "P384"):
        point, signature = data(curve + "_POINT"), data(curve + "_SIGNATURE")
        assert run(ecdsa.verify(point, digest(), signature))
        assert not run(ecdsa.verify(point, bytes(32), signature))
        for wrong in (b"", signature[:-1], signature + b"\0", signature[:4] + bytes(68)):
            assert not run(ecdsa.verify(point, digest(), wrong))
        assert not run(ecdsa.verify(point[:-1] + b"\0", digest(), signature))
    for wrong in (b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\x30\x06\x02\x01\x01\x02\x01\x00"):
        assert not run(ecdsa.verify(data("P256_POINT"), digest(), wrong))


def test_rsa():
    from security import rsa

    for bits in ("2048", "3072"):
        key = data("RSA" + bits + "_KEY")
        assert run(rsa.verify(key, "SHA256", digest(), data("RSA" + bits + "_SIGNATURE")))
        assert run(rsa.verify(key, "SHA256", digest(), data("RSA" + bits + "_PSS"), 32))
        assert not run(rsa.verify(key, "SHA256", digest(), data("RSA" + bits + "_PSS"), 20))
        assert not run(rsa.verify(key, "SHA256", bytes(32), data("RSA" + bits + "_SIGNATURE")))
        assert not run(rsa.verify(key, "SHA256", digest(), bytes(int(bits) // 8)))
    assert not run(rsa.verify(data("RSA2048_KEY"), "SHA256", digest(), data("RSA2048_FORGED")))


def test_sha_512():
    from binascii import hexlify

    from security import sha512

    found = hexlify(run(sha512.digest(False, b"abc")))
    assert found[:32] == b"ddaf35a193617abacc417349ae204131" and len(found) == 128
    found = hexlify(run(sha512.digest(True, b"abc")))
    assert found[:32] == b"cb00753f45a35e8bb5a03d699ac65007" and len(found) == 96


def test_a_signature_of_rfc_6979():
    from binascii import hexlify, unhexlify

    from security import ecdsa

    d = unhexlify("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    made = run(ecdsa.sign(d, hashlib.sha256(b"sample").digest(), os.urandom))
    assert hexlify(made[5:37]) == (
        b"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    )


def test_a_chain():
    from security import Invalid, chain, x509

    leaf, sub, root = [chain.read(data(name))[0] for name in ("LEAF", "SUB", "ROOT")]
    assert run(chain.verify([leaf, sub], [root], NOW, x509.SERVER)) == root.key
    error = mt.raises(Invalid, run, chain.verify([leaf], [root], NOW))
    assert str(error) == "certificate 'csms.example': its issuer 'Sub' is not trusted"
    error = mt.raises(Invalid, run, chain.verify([leaf, sub], [root], 1, x509.SERVER))
    assert error.kind == "time"
    error = mt.raises(Invalid, run, chain.verify([leaf, sub], [root], NOW, x509.CLIENT))
    assert error.kind == "use"


def test_changed_certificates():
    from security import Invalid, x509

    good = data("LEAF")
    for size in range(0, len(good), 7):
        mt.raises(Invalid, x509.Certificate, good[:size])
    read = 0
    for at in range(0, len(good), 5):
        changed = bytearray(good)
        changed[at] ^= 0x41
        try:
            x509.Certificate(bytes(changed))
            read += 1
        except Invalid:
            pass
    assert 0 < read < len(good) // 5


def test_the_store_on_flash():
    from security import pem, request, shelf, store

    files = FileStore("certs")
    text = pem.encode(data("MAKER"))
    name = run(store.install(files, CENTRAL, text, NOW, 3, True))
    assert shelf.trusted(files) == [name]
    fresh = run(store.install(files, CENTRAL, pem.encode(data("NEW")), NOW, 3, True))
    assert shelf.trusted(files) == [fresh, "csmsold" + name[4:]]
    (first, second) = run(store.listed(files, CENTRAL))
    assert first["issuerKeyHash"] == second["issuerKeyHash"]
    store.confirm(files, fresh[5:-4])
    assert shelf.trusted(files) == [fresh]
    assert run(store.remove(files, first, fresh[5:-4])) == "Failed"
    assert run(store.remove(files, first)) == "Accepted"
    assert run(store.remove(files, first)) == "NotFound"
    text = run(request.new(files, "CP-0001", "Org", os.urandom))
    assert pem.decode(text, "CERTIFICATE REQUEST")[0][0] == 0x30
    assert [n[:4] for n in files.names()] == ["key-"]
    assert len(files.read(files.names()[0])) == 121


def test_nothing_stays_when_it_is_forgotten():
    import security
    from security import store

    assert store and [n for n in sys.modules if n.startswith("security.")]
    security.forget()
    assert [n for n in sys.modules if n.split(".")[0] == "security"] == []


def test_a_request_in_a_small_heap():
    """The steps hold no more than 6 KB at any time (of 32-bit words)."""
    from security import request

    files = FileStore("certs")
    steps = request.new(files, "CP-0001", "Org", os.urandom)
    next(steps)
    gc.collect()
    before = most = gc.mem_alloc()
    for i, _ in enumerate(steps):
        if i % 50 == 0:
            gc.collect()
            most = max(most, gc.mem_alloc())
    assert most - before < (12 << 10 if sys.maxsize > 1 << 32 else 6 << 10)
