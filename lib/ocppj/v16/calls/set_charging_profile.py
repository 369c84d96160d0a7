"""How does the CSMS limit a connector, or all of them, over time? (S 5.16)"""

import lazy

composite = lazy.get("ocppj.composite")


def run(cp, payload, now):
    """Accepted: kept in flash, and claimed before the answer. Rejected: the log says why.

    A connector that does not exist: CALLERROR PropertyConstraintViolation (E 3.39).
    """
    cid = payload["connectorId"]
    if cp.station.connector(cid) is None:
        return ["PropertyConstraintViolation", "there is no connector %d" % cid]
    why = _set(cp, cid, payload["csChargingProfiles"])
    if why:
        cp.log.warn("charging profile refused: %s", why)
    return {"status": "Rejected" if why else "Accepted"}


def _set(cp, cid, profile):
    """Keep it; None, or the reason why not."""
    profiles = cp.lazy("ocppj.profiles")
    tx = composite.NONE
    purpose = profile["chargingProfilePurpose"]
    if purpose == "ChargePointMaxProfile" and cid:
        return "ChargePointMaxProfile is of connector 0"  # S 3.13.1
    if purpose == "TxProfile":
        connector = cid and cp.station.connector(cid)
        tx = profiles.charge(connector)[0]
        if tx == composite.NONE:
            return "no transaction at connector %d" % cid  # S 3.13.1, 5.16.4
        wanted = profile.get("transactionId")
        if wanted is not None and wanted != connector.session.transaction_id:
            return "transaction %d does not run there" % wanted
    data = cp.lazy("ocppj.v16.profile").build(cp, cid, profile, tx)
    if isinstance(data, str):
        return data
    if cp.journal_full:
        return "flash is full"
    if not profiles.put(cp, data, cp.config.get("MaxChargingProfilesInstalled")):
        return "MaxChargingProfilesInstalled"
    cp.limit()
    return None
