"""How does the CSMS restart the station? (S 5.14, E 3.36)"""


def run(cp, payload, now):
    """Always Accepted; running transactions are stopped in order after the answer."""
    kind = payload["type"]
    return {"status": "Accepted"}, lambda: cp.station.reset(kind)
