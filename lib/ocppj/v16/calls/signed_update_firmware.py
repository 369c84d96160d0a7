"""How does the CSMS give the station a firmware that somebody signed? (WP 5.21, L01)"""

from ocppj.datetime import parse


def run(cp, payload, now):
    """Accepted, AcceptedCanceled (another one is given up for it), Rejected (one is being
    installed), InvalidCertificate. What follows is told by SignedFirmwareStatusNotification.
    """
    from security import store, turns

    if _installing(cp):
        return {"status": "Rejected"}  # L01.FR.27
    firmware = payload["firmware"]
    chain = firmware.pop("signingCertificate")  # only the steps hold it, and not for long
    steps = store.firmware_signer(cp.certs, chain, cp.clock.wall())
    chain = None

    def answer(signer, error):
        if error is not None:
            cp.log.warn("firmware signer: %s", str(error))
            if isinstance(error, OSError):
                return {"status": "Rejected"}
            cp.alarm("InvalidFirmwareSigningCertificate", str(error))
            return {"status": "InvalidCertificate"}
        return _accepted(cp, payload, signer)

    return turns(steps, answer)


def _installing(cp):
    return cp.jobs and cp.lazy("ocppj.transfer").installing(cp)


def _accepted(cp, payload, signer):
    """The answer for a signer who is trusted, and what follows it."""
    import binascii

    import record

    if _installing(cp):  # it began meanwhile
        return {"status": "Rejected"}
    transfer = cp.lazy("ocppj.transfer")
    firmware = payload["firmware"]
    url = firmware["location"]
    get = payload.get
    at = parse(firmware["retrieveDateTime"]) or 0
    name = transfer.file_name(url)
    job = transfer.Job("SignedFirmware", url, get("retries"), get("retryInterval"), at, name)
    job.request = payload["requestId"]
    job.install_at = parse(firmware.get("installDateTime") or "") or 0
    key = binascii.b2a_base64(signer[1]).decode().strip()
    cp.store.write("usig", record.pack([signer[0], key, firmware["signature"]]))
    status = "AcceptedCanceled" if transfer.rivals(cp, job.kind) else "Accepted"
    return {"status": status}, lambda: transfer.begin(cp, job)
