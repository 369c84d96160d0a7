"""How does the CSMS start a charge? (S 5.11, E 3.32)"""


def run(cp, payload, now):
    """Accepted: the station will try, once the answer is out; Rejected: it cannot, or not yet.

    A charging profile is ignored without smart charging (S 5.11).
    """
    if cp.registration != "Accepted":
        return {"status": "Rejected"}  # S 4.2: not allowed while Pending
    why = cp.station.remote_start(payload.get("connectorId"), payload["idTag"])
    if why:
        cp.log.warn("remote start refused: %s", why)
    return {"status": "Rejected" if why else "Accepted"}
