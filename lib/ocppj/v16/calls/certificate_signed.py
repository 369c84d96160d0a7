"""How does the station get its own certificate? (WP 5.1, A02, A03)"""


def run(cp, payload, now):
    """Accepted: kept, and shown from its begin on. Rejected: the log and an event say why."""
    from security import Invalid, store, turns

    chain = payload["certificateChain"]
    get = cp.config.get
    most = get("CertificateSignedMaxChainSize")

    def steps():
        if len(chain) > most:
            raise Invalid("format", "%d characters, %d are allowed" % (len(chain), most))
        one = yield from store.install_own(cp.certs, chain, cp.clock.wall(), cp.id, get("CpoName"))
        return str(one)

    def answer(name, error):
        if error is None:
            cp.alarm("ReconfigurationOfSecurityParameters", "own %s" % name)
            return {"status": "Accepted"}, use
        cp.log.warn("own certificate refused: %s", str(error))
        if not isinstance(error, OSError):
            cp.alarm("InvalidChargePointCertificate", str(error))
        return {"status": "Rejected"}

    def use():
        # A02.FR.08: at once if its time has come, else found by the hourly look
        cp.look_at = 0

    return turns(steps(), answer)
