"""How does the CSMS give the station a firmware that somebody signed? (WP 5.21, L01)"""

import binascii

import record
from ocppj.datetime import parse


def run(cp, payload, now):
    """Accepted, AcceptedCanceled (another one is given up for it), Rejected (one is being
    installed), InvalidCertificate. What follows is told by SignedFirmwareStatusNotification.
    """
    from security import store, turns

    transfer = cp.lazy("ocppj.transfer")
    if transfer.installing(cp):
        return {"status": "Rejected"}  # L01.FR.27
    firmware = payload["firmware"]
    chain = firmware.pop("signingCertificate")  # only the steps hold it, and not for long
    steps = store.firmware_signer(cp.certs, chain, cp.clock.wall())
    chain = None
    url = firmware["location"]
    get = payload.get
    at = parse(firmware["retrieveDateTime"]) or 0
    name = transfer.file_name(url)
    job = transfer.Job("SignedFirmware", url, get("retries"), get("retryInterval"), at, name)
    job.request = payload["requestId"]
    job.install_at = parse(firmware.get("installDateTime") or "") or 0
    signature = firmware["signature"]

    def answer(signer, error):
        if error is not None:
            cp.log.warn("firmware signer: %s", str(error))
            if isinstance(error, OSError):
                return {"status": "Rejected"}
            cp.alarm("InvalidFirmwareSigningCertificate", str(error))
            return {"status": "InvalidCertificate"}
        key = binascii.b2a_base64(signer.key).decode().strip()
        cp.store.write("usig", record.pack([signer.kind, key, signature]))
        status = "AcceptedCanceled" if transfer.rivals(cp, job.kind) else "Accepted"
        return {"status": status}, lambda: transfer.begin(cp, job)

    return turns(steps, answer)
