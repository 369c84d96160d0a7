"""How does the station get its own certificate? (WP 5.1, A02, A03)"""


def run(cp, payload, now):
    """Accepted: kept, and shown from its begin on. Rejected: the log and an event say why."""
    get = cp.config.get
    chain = payload.pop("certificateChain")  # only the steps hold it, and not for long
    if len(chain) > get("CertificateSignedMaxChainSize"):
        text = "%d characters are too many" % len(chain)
        cp.log.warn("own certificate refused: %s", text)
        cp.alarm("InvalidChargePointCertificate", text)
        return {"status": "Rejected"}
    from security import store, turns

    steps = store.install_own(cp.certs, chain, cp.clock.wall(), cp.id, get("CpoName"))
    chain = None

    def answer(one, error):
        if error is None:
            cp.alarm("ReconfigurationOfSecurityParameters", "own " + one)
            return {"status": "Accepted"}, use
        cp.log.warn("own certificate refused: %s", str(error))
        if not isinstance(error, OSError):
            cp.alarm("InvalidChargePointCertificate", str(error))
        return {"status": "Rejected"}

    def use():
        # A02.FR.08: at once if its time has come, else found by the hourly look
        cp.look_at = 0

    return turns(steps, answer)
