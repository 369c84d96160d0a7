"""How does the CSMS take a connector in or out of service? (S 5.2)"""


def run(cp, payload, now):
    """Accepted, Scheduled (a transaction runs) or Rejected (there is no such connector)."""
    cid = payload["connectorId"]
    return {"status": cp.station.set_availability(cid, payload["type"] == "Operative")}
