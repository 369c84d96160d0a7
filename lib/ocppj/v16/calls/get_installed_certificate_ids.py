"""Which root certificates does the station have? (WP 5.7, M03)"""


def run(cp, payload, now):
    """Accepted with their hash data; NotFound: none of that type."""
    from security import store, turns

    steps = store.listed(cp.certs, payload["certificateType"])

    def answer(found, error):
        if not found:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashData": found}

    return turns(steps, answer)
