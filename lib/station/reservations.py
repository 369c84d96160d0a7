"""Whom is a connector kept for, and until when? (S 5.13)

Functions over the station; imported only where there are reservations. A row is [connector or 0,
id, token, parent or None, expiry in Unix seconds]. One of connector 0 names no connector: wherever
somebody else would charge, another one must be left for it.
"""

from micropython import const

from station import topics

_WAKING_S = const(30)  # so long after a boot, a fault may be of the boot


def promised(station, connector, id_tag, parent):
    """Is `connector` promised to somebody else? parent: of the token; None: not known yet.

    While it is not known, a reservation for a parent does not refuse: the token is asked about
    first. A parent is never compared with a token (S 3.10).
    """
    places = 0
    for row in station.reservations:
        if row[0] == connector.id or row[0] == 0:
            mine = row[2].upper() == id_tag.upper()
            if row[3] and (parent is None or row[3].upper() == parent.upper()):
                mine = True
            if mine and (row[0] or not connector.reserved):
                return False
            if row[0]:
                return True
            places += 1
    for other in station.connectors:
        if other is not connector and other.status == "Available" and other.session is None:
            places -= 1
    return places > 0


def start(station, session):
    """A transaction began: the reservation it makes use of is over, and told with it."""
    used = None
    for cid in (0, session.cid):
        for row in station.reservations:
            if row[0] == cid and (session.same(row[2]) or session.kin(row[3])):
                used = row
                session.reservation_id = row[1]
    station.emit(topics.TX_STARTED, session)
    if used:  # not before the charge is on record: a cut of power must not lose both
        _keep(station, [row for row in station.reservations if row is not used])


def expire(station, now):
    """Once a second: reservations end with their time, with a fault, and out of service."""
    wall = station.clock.wall()
    rows = []
    for row in station.reservations:
        lost = station.connector(row[0]).status in ("Faulted", "Unavailable")
        if (wall is None or wall < row[4]) and not (lost and now > _WAKING_S):
            rows.append(row)
    if len(rows) < len(station.reservations):
        _keep(station, rows)


def _keep(station, rows):
    try:
        station.keep(rows)
    except OSError as e:
        station.log.error("reservations cannot be written: %s", str(e))
