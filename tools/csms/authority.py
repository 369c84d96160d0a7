"""How is a station's certificate request signed? A small authority for tests and the bench.

One file (--ca) holds the certificate and the key of the operator's root, PEM, one after the other.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

DAYS = 365


def sign(path: str, csr: str, days: int = DAYS) -> str:
    """The certificate for a request, PEM; ValueError when the request or the file is wrong."""
    data = Path(path).read_bytes()
    issuer = x509.load_pem_x509_certificate(data)
    key = serialization.load_pem_private_key(data, None)
    request = x509.load_pem_x509_csr(csr.encode())
    if not request.is_signature_valid:
        raise ValueError("the request is not signed by its own key")
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(issuer.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days))
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
