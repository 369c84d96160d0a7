"""What is the SHA-256, SHA-384 or SHA-512 of some bytes?

A chip's hashlib has SHA-256 alone. SHA-384 and SHA-512 (FIPS 180-4) are here in plain Python, for
the certificates and hash data that ask for them: 128 bytes a step.
"""

import hashlib

NAMES = ("SHA256", "SHA384", "SHA512")


def oid(name: str) -> bytes:
    """The identifier of a hash: 2.16.840.1.101.3.4.2, then 1, 2, 3."""
    return b"\x60\x86\x48\x01\x65\x03\x04\x02" + bytes([NAMES.index(name) + 1])


def new(name: str, *parts):
    """Steps; returns the digest of the parts (bytes or memoryviews), one after another."""
    if name == "SHA256":
        found = hashlib.sha256()
        for part in parts:
            found.update(part)
        return found.digest()
    from security import sha512

    found = yield from sha512.digest(name == "SHA384", b"".join([bytes(p) for p in parts]))
    return found
