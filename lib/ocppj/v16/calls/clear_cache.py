"""How does the CSMS empty the authorisation cache? (S 5.4, E 3.23)"""


def run(cp, payload, now):
    """Accepted; Rejected without a cache."""
    if not cp.config.get("AuthorizationCacheEnabled"):
        return {"status": "Rejected"}
    cp.lazy("ocppj.authorise").clear(cp.store)
    return {"status": "Accepted"}
