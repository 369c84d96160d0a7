"""Which certificates, keys and signatures do the tests of lib/security need?

Made with PyPI's `cryptography`, which shares no line with what is tested. Keys are made once a
run: what a test asks for is told apart by its name.
"""

import datetime
import functools
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BEGINS = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NOW = int(datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC).timestamp())
DAY_S = 86400
HASHES = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}
USES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code": ExtendedKeyUsageOID.CODE_SIGNING,
}


def key(name: str, kind: str = "P-256"):
    """A private key: the same one for the same name. kind: P-256, P-384, P-521 or RSA bits."""
    return _key(name, kind)


@functools.cache
def _key(name, kind):
    if kind.isdigit():
        return rsa.generate_private_key(65537, int(kind))
    curve = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}[kind]
    return ec.generate_private_key(curve())


def point(private) -> bytes:
    """04, x, y of an EC key; the RSAPublicKey of an RSA key."""
    public = private.public_key()
    if isinstance(private, rsa.RSAPrivateKey):
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return public.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def digest(name: str, data: bytes) -> bytes:
    """By its name in OCPP."""
    return hashlib.new(name.lower(), data).digest()


def name(common: str, organisation: str | None = "Org") -> x509.Name:
    """O and CN."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation is not None:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def certificate(
    common,
    of,
    issuer=None,
    by=None,
    *,
    organisation="Org",
    ca=None,
    path=None,
    usage=None,
    uses=(),
    names=(),
    days=(0, 365),
    serial=None,
    hash_name="SHA256",
    pss=None,
    extra=(),
):
    """An x509.Certificate for the key `of`, signed by the key `by` of `issuer` (itself).

    ca: True or False, None without the extension. usage: names of key usages, None without.
    uses: of USES. names: x509.GeneralName. days: validity from BEGINS. pss: length of the salt.
    extra: (extension, critical).
    """
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common, organisation))
        .issuer_name(issuer.subject if issuer else name(common, organisation))
        .public_key(of.public_key())  # a private key, or a request
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(BEGINS + datetime.timedelta(days[0]))
        .not_valid_after(BEGINS + datetime.timedelta(days[1]))
    )
    extensions = list(extra)
    if ca is not None:
        extensions.append((x509.BasicConstraints(ca, path), True))
    if usage is not None:
        flags = dict.fromkeys(
            "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
            " key_cert_sign crl_sign encipher_only decipher_only".split(),
            False,
        )
        extensions.append((x509.KeyUsage(**flags | dict.fromkeys(usage, True)), True))
    if uses:
        extensions.append((x509.ExtendedKeyUsage([USES.get(u) or u for u in uses]), False))
    if names:
        extensions.append((x509.SubjectAlternativeName(names), False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    algorithm = HASHES[hash_name]
    filling = None if pss is None else padding.PSS(padding.MGF1(algorithm), pss)
    return builder.sign(by or of, algorithm, rsa_padding=filling)


def spki(one) -> bytes:
    """DER of a certificate's SubjectPublicKeyInfo."""
    return one.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def der(one) -> bytes:
    """DER of a certificate."""
    return one.public_bytes(serialization.Encoding.DER)


def pem(*certificates) -> str:
    """PEM of certificates, one after another."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)


def root(common="Root", kind="P-256", by=None, issuer=None, **more):
    """A CA's certificate; signed by itself unless `issuer` and its key `by` are given."""
    more = {"ca": True, "usage": ("key_cert_sign", "crl_sign")} | more
    return certificate(common, key(common, kind), issuer, by, **more)


class Files:
    """A store as core.journal.FileStore, in memory; `cut` writes and deletes, then the power."""

    def __init__(self, content=None, cut=None):
        self.content = dict(content or {})
        self.cut = cut

    def names(self):
        """Sorted names."""
        return sorted(self.content)

    def read(self, at):
        """A record or None."""
        return self.content.get(at)

    def write(self, at, data):
        """Replace a record: done or not done."""
        self._change()
        self.content[at] = bytes(data)

    def delete(self, at):
        """Remove a record, if it is there."""
        if at in self.content:
            self._change()
            del self.content[at]

    def _change(self):
        if self.cut is not None:
            if not self.cut:
                raise PowerCut
            self.cut -= 1


class PowerCut(BaseException):
    """The power is gone."""
