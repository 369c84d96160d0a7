"""How does the CSMS delete a root certificate? (WP 5.3, M04)"""


def run(cp, payload, now):
    """Accepted, NotFound, or Failed: one that is in use, the station's own, or the flash."""
    from security import store, turns

    wanted = payload["certificateHashData"]
    steps = store.remove(cp.certs, wanted, cp.root)

    def answer(status, error):
        if status == "Accepted":
            info = "root certificate %s deleted" % wanted["serialNumber"]
            cp.alarm("ReconfigurationOfSecurityParameters", info)
        return {"status": status or "Failed"}

    return turns(steps, answer)
