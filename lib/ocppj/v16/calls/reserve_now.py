"""How does the CSMS keep a connector for somebody? (S 5.13)"""

from ocppj.datetime import parse


def run(cp, payload, now):
    """Accepted, Occupied, Faulted, Unavailable or Rejected; a known id replaces its reservation.

    Rejected: no such connector, a date that is over or cannot be judged, connector 0 where
    ReserveConnectorZeroSupported is false, and a station that sells to everybody (FreeVend).
    """
    get = cp.config.get
    station = cp.station
    cid = payload["connectorId"]
    expiry = parse(payload["expiryDate"])
    wall = cp.clock.wall()
    if station.connector(cid) is None or get("FreeVend"):
        return {"status": "Rejected"}
    if not cid and not get("ReserveConnectorZeroSupported"):
        return {"status": "Rejected"}
    if expiry is None or wall is None or expiry <= wall:
        return {"status": "Rejected"}
    number = payload["reservationId"]
    rest = [row for row in station.reservations if row[1] != number]
    status = _status(station, cid, rest)
    if status == "Accepted":
        row = [cid, number, payload["idTag"], payload.get("parentIdTag"), expiry]
        station.keep(rest + [row])
    return {"status": status}


def _status(station, cid, rest):
    """Can connector `cid` (0: any) be promised beside the reservations in `rest`?"""
    own = [c.status for c in (station.connectors if cid == 0 else (station.connector(cid),))]
    own = [status for status in own if status not in ("Faulted", "Unavailable")] or own
    for status in (station.status, own[0]):
        if status in ("Faulted", "Unavailable"):
            return status
    taken = [row[0] for row in rest]
    free = []
    for c in station.connectors:
        if c.session is None and c.status in ("Available", "Reserved") and c.id not in taken:
            free.append(c.id)
    promised = taken.count(0)  # each of these needs a connector, whichever it will be
    if cid == 0:
        return "Accepted" if len(free) > promised else "Occupied"
    return "Accepted" if cid in free and len(free) > promised else "Occupied"
