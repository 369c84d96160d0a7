"""How does the CSMS give a reservation up? (S 5.1)"""


def run(cp, payload, now):
    """Accepted if there is one of this id."""
    station = cp.station
    rest = [row for row in station.reservations if row[1] != payload["reservationId"]]
    if len(rest) == len(station.reservations):
        return {"status": "Rejected"}
    station.keep(rest)
    return {"status": "Accepted"}
