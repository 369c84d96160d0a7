"""How does the CSMS free a cable? (S 5.18, E 3.87)"""


def run(cp, payload, now):
    """Unlocked, UnlockFailed or NotSupported; a running transaction is finished first."""
    return {"status": cp.station.unlock(payload["connectorId"])}
