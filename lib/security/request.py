"""How does the station ask for a certificate, and how does it write down its key?

PKCS#10 (RFC 2986) with CN = the charge point's serial number and O = the key CpoName (security
whitepaper A00.FR.509 and 511, A02.FR.13), and the key as tls.load_cert_chain takes it: SEC 1
(RFC 5915), DER, 121 bytes.
"""

import hashlib

from security import Invalid, ecdsa, pem, shelf
from security.der import OCTETS, OID, SEQUENCE, SET, UTF8, Reader, bit_string, item, number

_EC_KEY = b"\x2a\x86\x48\xce\x3d\x02\x01"  # those of signature.py, which this does not need
_P256 = b"\x2a\x86\x48\xce\x3d\x03\x01\x07"
_CN = b"\x55\x04\x03"
_O = b"\x55\x04\x0a"
_KEY_USAGE = b"\x55\x1d\x0f"
_EXTENDED = b"\x55\x1d\x25"
_CLIENT = b"\x2b\x06\x01\x05\x05\x07\x03\x02"
_EXTENSIONS = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"  # an attribute of PKCS#9
_ECDSA_SHA256 = b"\x2a\x86\x48\xce\x3d\x04\x03\x02"


def key_der(d: bytes, point: bytes) -> bytes:
    """A P-256 key (ecdsa.generate) as ECPrivateKey."""
    return item(
        SEQUENCE,
        number(b"\x01"),
        item(OCTETS, d),
        item(0xA0, item(OID, _P256)),
        item(0xA1, bit_string(point)),
    )


def read_key(der: bytes):
    """(d, point) of what key_der() wrote. Invalid for anything else."""
    outer = Reader(der)
    items = outer.into(SEQUENCE)
    outer.close()
    version = items.small()
    d = items.content(OCTETS)
    named = items.into(0xA0)
    curve = named.oid()
    named.close()
    tail = items.into(0xA1)
    point = tail.bits()
    tail.close()
    items.close()
    if version != 1 or len(d) != ecdsa.SIZE or curve != _P256 or len(point) != 65:
        raise Invalid("format", "key is not a P-256 key of this station")
    ecdsa.public(point)
    return d, point


def spki(point: bytes) -> bytes:
    """SubjectPublicKeyInfo of a P-256 key, as its certificate will hold it."""
    kind = item(SEQUENCE, item(OID, _EC_KEY), item(OID, _P256))
    return item(SEQUENCE, kind, bit_string(point))


def new(files, serial: str, organisation: str, random):
    """Steps; a new key, and the PEM text of its request for SignCertificate.req (A02, A03).

    serial: CN. organisation: O, the key CpoName. random(n): os.urandom. Raises Invalid ("name").
    A key that still waits for its certificate is replaced.
    """
    d, point = yield from ecdsa.generate(random)
    text = yield from make(d, point, serial, organisation, random)
    fresh = shelf.ident(point)
    files.write("key-%s.der" % fresh, key_der(d, point))
    for name in files.names():
        if name.startswith("key-") and name[4:20] != fresh:
            shelf.drop_key(files, name.split(".")[0][4:])
    return text


def make(d: bytes, point: bytes, serial: str, organisation: str, random, usage: bool = True):
    """Steps; returns the PEM text of a signed request.

    serial: CN, 1 to 64 characters, no URL and no IP address (A00.FR.511). organisation: O, 1 to
    64 characters. usage: ask for the key usages of a TLS client as well (RFC 2985, 5.4.2). Raises
    Invalid ("name").
    """
    if "://" in serial or _address(serial):
        raise Invalid("name", "a serial number must not look like a URL or an address")
    subject = item(SEQUENCE, _name(_O, organisation), _name(_CN, serial))
    body = item(
        SEQUENCE, number(b""), subject, spki(point), item(0xA0, _wishes() if usage else b"")
    )
    signature = yield from ecdsa.sign(d, hashlib.sha256(body).digest(), random)
    how = item(SEQUENCE, item(OID, _ECDSA_SHA256))
    return pem.encode(item(SEQUENCE, body, how, bit_string(signature)), "CERTIFICATE REQUEST")


def _address(text):
    """Does it look like an IP address, of either kind?"""
    dots = text.replace(".", "")
    colons = text.strip("[]").replace(":", "")
    return (dots.isdigit() and text.count(".") == 3) or (
        text.count(":") > 1 and all([c in "0123456789abcdefABCDEF." for c in colons])
    )


def _name(oid, text):
    data = text.encode()
    if not 1 <= len(text) <= 64:
        raise Invalid("name", "a name in a certificate has 1 to 64 characters: '%s'" % text[:70])
    for c in data:
        if c < 32:
            raise Invalid("name", "a name in a certificate holds no control characters")
    return item(SET, item(SEQUENCE, item(OID, oid), item(UTF8, data)))


def _wishes():
    """The attribute extensionRequest: key usage digitalSignature, TLS client."""
    usage = _extension(_KEY_USAGE, b"\x03\x02\x07\x80", b"\x01\x01\xff")
    purpose = _extension(_EXTENDED, item(SEQUENCE, item(OID, _CLIENT)))
    wishes = item(SET, item(SEQUENCE, usage, purpose))
    return item(SEQUENCE, item(OID, _EXTENSIONS), wishes)


def _extension(oid, value, critical=b""):
    return item(SEQUENCE, item(OID, oid), critical, item(OCTETS, value))
