"""Every call of the security whitepaper, as the bench plays them: certificates, log, update.

The authorities are made here with `cryptography`; a chain has a sub CA, as those of an operator
do, so that CertificateSigned is about as long as it is in the field.
"""

import base64
import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CENTRAL, MAKER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
ORGANISATION = "Galvani Bench Operator"
DATE = "2099-01-01T00:00:00.000Z"


def _name(common):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


@functools.cache
def key(name: str):
    """The P-256 key of that name."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(common, public, issuer=None, by=None, *, ca=True, use=None):
    """A certificate valid from yesterday for ten years; signed by itself without an issuer."""
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(issuer.subject if issuer else _name(common))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(3650))
        .add_extension(x509.BasicConstraints(ca, None), True)
    )
    if use:
        made = made.add_extension(x509.ExtendedKeyUsage([use]), False)
    return made.sign(by or key(common), hashes.SHA256())


def pem(*chain) -> str:
    """PEM of certificates."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)


@functools.cache
def root(name: str):
    """A root certificate."""
    return certificate(name, key(name).public_key())


def signed(csr: str) -> str:
    """The chain for a station's request: its certificate and the sub CA's."""
    between = certificate("Sub CA", key("Sub CA").public_key(), root("Root"), key("Root"))
    request = x509.load_pem_x509_csr(csr.encode())
    common = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    client = ExtendedKeyUsageOID.CLIENT_AUTH
    own = certificate(common, request.public_key(), between, key("Sub CA"), ca=False, use=client)
    return pem(own, between)


def update(location: str, data: bytes = b"", date: str = DATE, request: int = 7) -> dict:
    """SignedUpdateFirmware.req for a file."""
    code = ExtendedKeyUsageOID.CODE_SIGNING
    signer = certificate(
        "Signer", key("Signer").public_key(), root("Maker"), key("Maker"), ca=False, use=code
    )
    signature = key("Signer").sign(data, ec.ECDSA(hashes.SHA256()))
    return {
        "requestId": request,
        "firmware": {
            "location": location,
            "retrieveDateTime": date,
            "signingCertificate": pem(signer),
            "signature": base64.b64encode(signature).decode(),
        },
    }


async def every_call(rig) -> None:
    """Each of them in a row, answered as it should be. AssertionError tells which was not."""
    call = rig.csms.call

    async def expect(status, action, payload):
        answer = await call(action, payload)
        if answer["status"] != status:
            raise AssertionError(f"{action}: {answer}")
        return answer

    name = {"key": "CpoName", "value": ORGANISATION}
    await expect("Accepted", "ChangeConfiguration", name)
    for use, one in ((CENTRAL, "Root"), (MAKER, "Maker")):
        payload = {"certificateType": use, "certificate": pem(root(one))}
        await expect("Accepted", "InstallCertificate", payload)
    found = await expect("Accepted", "GetInstalledCertificateIds", {"certificateType": CENTRAL})
    wanted = {"requestedMessage": "SignChargePointCertificate"}
    await expect("Accepted", "ExtendedTriggerMessage", wanted)
    csr = await rig.csms.wait("SignCertificate")
    chain = {"certificateChain": signed(csr.payload["csr"])}
    await expect("Accepted", "CertificateSigned", chain)
    await call("SignedUpdateFirmware", update("http://127.0.0.1/f"))
    await expect("AcceptedCanceled", "SignedUpdateFirmware", update("http://127.0.0.1/f"))
    log = {"remoteLocation": "ftp://127.0.0.1/"}
    payload = {"logType": "SecurityLog", "requestId": 8, "retries": 0, "log": log}
    await expect("Accepted", "GetLog", payload)
    wanted = {"requestedMessage": "FirmwareStatusNotification"}
    await expect("Accepted", "ExtendedTriggerMessage", wanted)
    for data in found["certificateHashData"]:
        await expect("Accepted", "DeleteCertificate", {"certificateHashData": data})
