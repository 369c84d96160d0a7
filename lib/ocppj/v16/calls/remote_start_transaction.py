"""How does the CSMS start a charge? (S 5.11, E 3.32, 3.41, 3.67)"""


def run(cp, payload, now):
    """Accepted: the station will try, once the answer is out; Rejected: it cannot, or not yet.

    A charging profile must be a TxProfile without transactionId (S 5.16.2, E 3.41); it is kept
    for the charge that begins (E 3.67). Without it there is no start.
    """
    if cp.registration != "Accepted":
        return {"status": "Rejected"}  # S 4.2: not allowed while Pending
    why = _start(cp, payload.get("connectorId"), payload["idTag"], payload.get("chargingProfile"))
    if why:
        cp.log.warn("remote start refused: %s", why)
    return {"status": "Rejected" if why else "Accepted"}


def _start(cp, cid, id_tag, profile):
    """None, or why not."""
    if profile is None:
        return cp.station.remote_start(cid, id_tag)
    if profile["chargingProfilePurpose"] != "TxProfile" or "transactionId" in profile:
        return "charging profile is not for a charge to come"
    composite = cp.lazy("ocppj.composite")
    data = cp.lazy("ocppj.v16.profile").build(cp, cid or 0, profile, composite.WAITING)
    if isinstance(data, str):
        return "charging profile: " + data
    before = [connector.session for connector in cp.station.connectors]
    why = cp.station.remote_start(cid, id_tag)
    if why:
        return why
    for connector in cp.station.connectors:
        if connector.session is not before[connector.id - 1]:
            data[composite.CID] = connector.id
            try:
                most = cp.config.get("MaxChargingProfilesInstalled")
                kept = cp.lazy("ocppj.profiles").put(cp, data, most)
            except OSError:
                kept = False
            if not kept:
                cp.station.stop(connector.id, "Other")
                return "charging profile cannot be kept"
            connector.session.profile = True
    return None
