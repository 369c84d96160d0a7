"""How is an update made and signed? The writer of what lib/update/bundle.py reads."""

import dataclasses
import datetime
import hashlib
import json
import struct
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tools.board import BoardError

MAGIC = b"GALVANI1"
CODE_SIGNING = x509.oid.ExtendedKeyUsageOID.CODE_SIGNING


@dataclasses.dataclass
class Update:
    """An update taken apart: head, certificates (the signer's first), files by their paths."""

    head: dict
    certificates: list[x509.Certificate]
    signature: bytes
    signed: bytes
    files: dict[str, bytes]

    @property
    def key(self):
        """The signer's public key."""
        return self.certificates[0].public_key()


def make(head: dict, files: dict[str, bytes], key, certificates: list[x509.Certificate]) -> bytes:
    """The bundle of these files, signed. `key` belongs to the first certificate."""
    if not files:
        raise BoardError("an update needs a file at least")
    lines = "".join(
        f"{path} {len(data)} {hashlib.sha256(data).hexdigest()}\n"
        for path, data in sorted(files.items())
    ).encode()
    text = json.dumps(head, separators=(",", ":")).encode()
    chain = b"".join(c.public_bytes(serialization.Encoding.DER) for c in certificates)
    signature = sign(key, text + lines)
    for what, size, most in (
        ("the head", len(text), 1024),
        ("the certificates", len(chain), 4096),
        ("the signature", len(signature), 512),
        ("the list of files", len(lines), 65536),
    ):
        if size > most:
            raise BoardError(f"{what}: {size} bytes, a station takes {most}")
    sizes = struct.pack(">HHHI", len(text), len(chain), len(signature), len(lines))
    contents = b"".join(data for _, data in sorted(files.items()))
    return MAGIC + sizes + text + chain + signature + lines + contents


def sign(key, data: bytes) -> bytes:
    """ECDSA (P-256) or RSA PKCS#1 v1.5 with SHA-256, what a small chip can check."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def read(data: bytes) -> Update:
    """Take a bundle apart; BoardError says what is wrong. The signature is not checked here."""
    if data[:8] != MAGIC or len(data) < 18:
        raise BoardError("this file is no update of Galvani")
    sizes = struct.unpack(">HHHI", data[8:18])
    parts = []
    at = 18
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    head, chain, signature, lines = parts
    files = {}
    for line in lines.decode().splitlines():
        path, size, digest = line.split(" ")
        files[path] = data[at : at + int(size)]
        at += int(size)
        if hashlib.sha256(files[path]).hexdigest() != digest:
            raise BoardError(f"{path} is damaged or cut")
    if at != len(data):
        raise BoardError(f"{len(data) - at} bytes too many")
    return Update(json.loads(head), _divide(chain), signature, head + lines, files)


def _divide(chain: bytes) -> list[x509.Certificate]:
    found = []
    while chain:
        size = 4 + int.from_bytes(chain[2:4], "big")  # 30 82 xx xx: none is shorter than 256
        found.append(x509.load_der_x509_certificate(chain[:size]))
        chain = chain[size:]
    return found


def check(update: Update, root: x509.Certificate, now: datetime.datetime | None = None) -> None:
    """BoardError unless the signature is good and its certificate leads to the root.

    A short check for who makes updates; the station's own is stricter (docs/updates.md).
    """
    now = now or datetime.datetime.now(datetime.UTC)
    try:
        if isinstance(update.key, rsa.RSAPublicKey):
            update.key.verify(update.signature, update.signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            update.key.verify(update.signature, update.signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BoardError("the signature is wrong")
    chain = [*update.certificates, root]
    for one, issuer in zip(chain, chain[1:]):
        if one == issuer:
            continue
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise BoardError(
                f"{one.subject.rfc4514_string()} is not signed by "
                f"{issuer.subject.rfc4514_string()}: {error}"
            )
    for one in chain:
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            raise BoardError(f"{one.subject.rfc4514_string()} is not valid today")


def keys(folder: Path, name: str, years: int) -> list[Path]:
    """A root and a signer below it, each key and certificate in a file; nothing is overwritten."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    signer_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(name + " root", root_key.public_key(), None, root_key, years * 2)
    signer = _certificate(name + " signer", signer_key.public_key(), root, root_key, years)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "root.key": _pem(root_key),
        "root.pem": root.public_bytes(serialization.Encoding.PEM),
        "signer.key": _pem(signer_key),
        "signer.pem": signer.public_bytes(serialization.Encoding.PEM),
    }
    made = [folder / name for name in texts]
    for path in made:
        if path.exists():
            raise BoardError(f"{path} exists: keys are not overwritten")
    for path in made:
        path.touch(mode=0o600 if path.suffix == ".key" else 0o644)
        path.write_bytes(texts[path.name])
    return made


def _pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(name, public, issuer, key, years):
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    ca = issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if ca else issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False), critical=True
        )
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([CODE_SIGNING]), critical=False)
    return builder.sign(key, hashes.SHA256())


def load(key: Path, certificates: list[Path]):
    """(private key, certificates) from PEM files; BoardError unless they belong together."""
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise BoardError(f"{key}: expected a PEM private key without a password: {error}")
    if isinstance(private, ec.EllipticCurvePrivateKey):
        fits = isinstance(private.curve, ec.SECP256R1)
    else:
        fits = isinstance(private, rsa.RSAPrivateKey) and 2048 <= private.key_size <= 4096
    if not fits:
        raise BoardError(f"{key}: expected ECDSA P-256 or RSA of 2048 to 4096 bits")
    chain = []
    for path in certificates:
        try:
            chain += x509.load_pem_x509_certificates(path.read_bytes())
        except ValueError as error:
            raise BoardError(f"{path}: expected PEM certificates: {error}")
    if chain[0].public_key() != private.public_key():
        raise BoardError(f"{key} is not the key of {certificates[0]}")
    return private, chain
