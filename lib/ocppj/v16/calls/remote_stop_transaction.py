"""How does the CSMS end a charge? (S 5.12)"""


def run(cp, payload, now):
    """Accepted if a transaction of this id runs; its messages follow the answer."""
    accepted = cp.registration == "Accepted" and cp.station.remote_stop(payload["transactionId"])
    return {"status": "Accepted" if accepted else "Rejected"}
