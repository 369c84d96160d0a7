"""How does the CSMS install a root certificate? (WP 5.11, M05)"""


def run(cp, payload, now):
    """Accepted; Rejected: not a certificate that this station takes; Failed: the flash."""
    from security import store, turns

    use = payload["certificateType"]
    get = cp.config.get
    steps = store.install(
        cp.certs,
        use,
        payload.pop("certificate"),  # only the steps hold it, and not for long
        cp.clock.wall(),
        get("CertificateStoreMaxLength"),
        get("AdditionalRootCertificateCheck"),
    )

    def answer(name, error):
        if error is None:
            cp.alarm("ReconfigurationOfSecurityParameters", "%s %s installed" % (use, name))
            return {"status": "Accepted"}
        cp.log.warn("certificate not installed: %s", str(error))
        return {"status": "Failed" if isinstance(error, OSError) else "Rejected"}

    return turns(steps, answer)
