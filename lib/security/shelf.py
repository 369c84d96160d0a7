"""Which files hold certificates and keys, and which of them does a TLS connection need?

Everything is told by the names, so that connecting reads no X.509:

    csms-ID.der                 a Central System Root certificate
    csmsold-ID.der              the one before, kept until the new one proved good
    maker-ID.der                a Manufacturer Root certificate
    own-BEGINS-ENDS-ID.pem      the charge point's certificate and those between, its validity as
                                epoch seconds in hexadecimal
    key-ID.der                  the key of the certificates with this ID (SEC 1)
    ikey-ID                     key of a root's issuer, where that is another

ID: of a root the hash of the certificate, of a key and its certificates the hash of the public
key. `files` has names() read() write() delete() as core.journal.FileStore("certs").
"""

import hashlib
from binascii import hexlify

MONTH_S = 30 * 86400  # a certificate is renewed that long before its end (A03.FR.02)


def trusted(files):
    """Names of the Central System Root certificates: each to load_verify_locations()."""
    return [name for name in files.names() if name.startswith("csms")]


def owned(files):
    """[(begins, ends, id, name)] of the charge point's certificates that have a key, by begin."""
    names = files.names()
    found = []
    for name in names:
        parts = name.split(".")[0].split("-")
        if len(parts) == 4 and parts[0] == "own" and "key-" + parts[3] + ".der" in names:
            try:
                found.append((int(parts[1], 16), int(parts[2], 16), parts[3], name))
            except ValueError:
                pass  # not a file of ours
    found.sort()
    return found


def own(files, now):
    """(certificate, key): names of the files for load_cert_chain(), None if there is none.

    The newest whose validity has begun counts (A02.FR.08, A02.FR.09); one that has expired only
    if there is no better. now: epoch seconds, None when nobody knows: the newest.
    """
    best = None
    for one in owned(files):
        if now is None or one[0] <= now and (best is None or now <= one[1] or best[1] < now):
            best = one
    return best and (best[3], "key-" + best[2] + ".der")


def renewal_due(files, now: int) -> bool:
    """Does the charge point's newest certificate end within a month? False without any."""
    found = owned(files)
    return bool(found) and max([one[1] for one in found]) - now < MONTH_S


def foreign(files) -> bool:
    """Are there files that were provisioned, which store.adopt() has to name?"""
    for name in files.names():
        parts = name.split(".")[0].split("-")
        size = 4 if parts[0] == "own" else 2
        if parts[0] in ("csms", "maker", "own", "key") and (
            len(parts) != size or len(parts[-1]) != 16
        ):
            return True
    return False


def ident(data) -> str:
    """The ID of a certificate or a public key."""
    return hexlify(hashlib.sha256(data).digest()[:8]).decode()


def drop_key(files, one: str):
    """Delete the key with this ID, unless a certificate needs it."""
    if not any([row[2] == one for row in owned(files)]):
        files.delete("key-%s.der" % one)
