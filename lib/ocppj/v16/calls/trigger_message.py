"""Which message does the CSMS want to see now? (S 5.17)"""


def run(cp, payload, now):
    """Accepted: sent right after this answer. Rejected, NotImplemented: never."""
    message = payload["requestedMessage"]
    cid = payload.get("connectorId")
    station = cp.station
    if message == "StatusNotification" or message == "MeterValues":
        first = 1 if message == "MeterValues" else 0  # no meter belongs to the station itself
        if cid is None:
            wanted = range(first, len(station.connectors) + 1)
        elif station.connector(cid) is None or cid < first:
            return {"status": "Rejected"}
        else:
            wanted = (cid,)
        if message == "MeterValues" and not cp.config.get("MeterValuesSampledData"):
            return {"status": "Rejected"}
    else:
        wanted = (None,)  # a connector means nothing to the others
    boot = message == "BootNotification"
    # After Accepted another boot would only confuse (E 3.35); before it nothing else may be sent.
    if boot if cp.registration == "Accepted" else cp.registration != "Pending" and not boot:
        return {"status": "Rejected"}
    for cid in wanted:
        if (message, cid) not in cp.triggers:
            cp.triggers.append((message, cid))
    return {"status": "Accepted"}
