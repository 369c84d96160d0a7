"""Does anything but Invalid escape, whatever a certificate, a PEM text or a key is made of?

100,000 inputs for each reader; what is read is small: no input makes a reader keep more than a
multiple of its own length.
"""

import random
import tracemalloc

import pytest

import security_world as world
from security import Invalid, chain, ecdsa, pem, request, rsa, run, signature, store, x509
from security_world import NOW, Files
from test_security_ports import damaged

ROUNDS = 100_000
CENTRAL = "CentralSystemRootCertificate"


def certificate(data):
    """Everything that is asked of a certificate that was read."""
    one = x509.Certificate(data)
    str(one)
    for name in (one.subject, one.issuer):
        for oid in (x509.CN, x509.O):
            x509.attribute(name, oid)
    chain.in_time(one, NOW)
    chain.issues(one)


def point():
    """A P-256 point."""
    return world.point(world.key("signer"))


def seeds():
    """{reader: (function, good inputs)}."""
    root = world.root("Root", "P-384")
    leaf = world.certificate("csms.example", world.key("leaf"), root, world.key("Root", "P-384"))
    rsa_root = world.root("R", "2048", pss=32)
    spki = [world.spki(c) for c in (leaf, root, rsa_root)]
    d = world.key("k").private_numbers().private_value.to_bytes(32, "big")
    return {
        "certificate": (certificate, [world.der(c) for c in (root, leaf, rsa_root)]),
        "pem": (pem.decode, [world.pem(leaf).encode(), world.pem(leaf, root).encode()]),
        "spki": (signature.public_key, spki),
        "key": (request.read_key, [request.key_der(d, world.point(world.key("k")))]),
        "rsa": (rsa.public, [world.point(world.key("signer", "2048"))]),
        "point": (ecdsa.public, [point(), world.point(world.key("signer", "P-384"))]),
    }


@pytest.mark.long
@pytest.mark.parametrize("reader", ["certificate", "pem", "spki", "key", "rsa", "point"])
def test_nothing_else_escapes(reader):
    function, good = seeds()[reader]
    rng = random.Random(reader)
    most = refused = 0
    tracemalloc.start()
    for i in range(ROUNDS):
        data = damaged(rng, rng.choice(good))
        if rng.random() < 0.1:
            data = rng.randbytes(rng.randrange(64)) + data[rng.randrange(1 + len(data)) :]
        try:
            function(data)
        except Invalid:
            refused += 1
        if i % 1000 == 0:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            try:
                function(data)
            except Invalid:
                pass
            most = max(most, tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    assert refused > ROUNDS // 2
    assert most < 64 << 10


@pytest.mark.parametrize("seed", range(3))
def test_a_store_full_of_noise_still_answers(seed):
    """Files that were damaged on the flash are left out; the store answers all the same."""
    rng = random.Random(seed)
    root = world.root()
    good = {"csms-0011223344556677.der": world.der(root), "maker.pem": world.pem(root).encode()}
    good["own-00000001-7fffffff-0011223344556677.pem"] = world.pem(root).encode()
    good["key-0011223344556677.der"] = bytes(121)
    for _ in range(60):
        files = Files({name: damaged(rng, data) for name, data in good.items()})
        run(store.listed(files, CENTRAL))
        store.adopt(files)
        wanted = {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": "00",
            "issuerKeyHash": "00",
            "serialNumber": f"{root.serial_number:x}",
        }
        assert run(store.remove(files, wanted)) == "NotFound"
        run(store.install(files, CENTRAL, world.pem(world.root("New")), NOW, 9, False))
