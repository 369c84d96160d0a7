"""Which message of the security whitepaper does the CSMS want to see? (WP 5.5, A02, L01, N01)"""


def run(cp, payload, now):
    """As TriggerMessage, with a request for a new certificate and the states of log and update."""
    message = payload["requestedMessage"]
    if message == "SignChargePointCertificate":
        if not cp.config.get("CpoName") or cp.certs is None or cp.registration == "Rejected":
            return {"status": "Rejected"}  # A02: CpoName must be set
        return {"status": "Accepted"}, lambda: cp.lazy("ocppj.v16.secured").request(cp)
    if message == "FirmwareStatusNotification":
        payload["requestedMessage"] = "SignedFirmwareStatusNotification"
    return cp.lazy("ocppj.v16.calls.trigger_message").run(cp, payload, now)
