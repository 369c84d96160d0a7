"""What do the tests of the certificate store do over and over?"""

import os

import pytest
from cryptography import x509 as other
from cryptography.x509 import ocsp

import security_world as world
from security import Invalid, request, run, store
from security_world import NOW, Files

CSMS, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
BEGINS = int(world.BEGINS.timestamp())


def install(files, one, use=CSMS, most=4, replacing=False, now=NOW):
    """The name of the file."""
    text = one if isinstance(one, str) else world.pem(one)
    return run(store.install(files, use, text, now, most, replacing))


def refused(kind, words, go, *args, **more):
    """Invalid, of this kind, with these words."""
    with pytest.raises(Invalid) as caught:
        go(*args, **more)
    assert caught.value.kind == kind, caught.value
    assert words in str(caught.value)


def hash_data(one, issuer, algorithm="SHA256"):
    """certificateHashData as `cryptography` computes it for OCSP."""
    made = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, world.HASHES[algorithm]).build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": made.issuer_name_hash.hex(),
        "issuerKeyHash": made.issuer_key_hash.hex(),
        "serialNumber": f"{one.serial_number:X}",
    }


def listed(files, use=CSMS):
    """certificateHashData of what is installed."""
    return run(store.listed(files, use))


def station(replacing=False):
    """(files, root) of a station with a root and nothing else."""
    files, root = Files(), world.root()
    install(files, root, replacing=replacing)
    return files, root


def ask(files, serial="CP-0001", organisation="Org"):
    """The request, read by `cryptography`."""
    text = run(request.new(files, serial, organisation, os.urandom))
    return other.load_pem_x509_csr(text.encode())


def signed(csr, root, by="Root", days=(0, 365), common="CP-0001", organisation="Org", **more):
    """What a CA makes of a request."""
    return world.certificate(
        common, csr, root, world.key(by), organisation=organisation, days=days, **more
    )


def accept(files, root, **more):
    """Ask, have it signed, install: the chain."""
    one = signed(ask(files), root, **more)
    run(store.install_own(files, world.pem(one), NOW, "CP-0001", "Org"))
    return (one,)
