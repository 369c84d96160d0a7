"""Who may charge here? A card is shown, and somebody says whose it is.

Methods of station.Station that are needed a few times a charge. They stand apart so that they are
in memory only then (Station.__getattr__); what is asked from afar is in service.py.
"""

import record
from station import topics
from station.session import Session, restored


def can_start(station, cid, id_tag=None):
    """Why no charge can begin at `cid` (for `id_tag`), or None: the one gate (rule 6)."""
    connector = station.connector(cid)
    if connector is None or cid == 0:
        return "there is no connector %d" % cid
    if station.ending:
        return "the station is about to restart"
    if station.cp is not None and station.cp.journal_full:
        return "memory for transactions is full"
    if id_tag is not None and promised(station, connector, id_tag, None):
        return "connector is reserved"
    return connector.refusal()


def keep(station, rows):
    """These are the reservations from now on; they survive a power cut. OSError: flash."""
    station.store.write("resv", record.pack(rows))
    station.reservations = rows
    for connector in station.connectors:
        connector.reserved = None
        for row in rows:
            if row[0] == connector.id:
                connector.reserved = row


def promised(station, connector, id_tag, parent):
    """Is the connector reserved for somebody else?"""
    if not station.reservations:  # the usual case: their rules need no memory
        return False
    from station import reservations

    return reservations.promised(station, connector, id_tag, parent)


def tag(station, cid, id_tag, source="tag"):
    """A card is shown at `cid`: starts, stops, or says why not. Returns a line of text."""
    connector = station.connector(cid)
    if connector is None or cid == 0:
        return "refused: there is no connector %d" % cid
    if not 0 < len(id_tag) <= 20:
        return "refused: a tag has 1 to 20 characters, not %d" % len(id_tag)
    session = connector.session
    if session is not None and session.state == "stopping":
        return "stopping"
    if session is not None and session.same(id_tag):
        if connector.active():
            connector.stop("Local", id_tag)
            return "stopping"
        connector.drop()
        return "cancelled"
    if session is not None and connector.active():
        # Another card: it may end this charge if it belongs to the same parent (S 4.1).
        station.emit(topics.AUTHORIZE, Session(cid, id_tag, "stop"))
        return "authorising"
    if connector.locked and not connector.active():
        text = _release(station, connector, id_tag)
        if text:
            return text
    why = can_start(station, cid, id_tag)
    if why:
        station.log.warn("tag at connector %d refused: %s", cid, why)
        return "refused: " + why
    connector.session = session = Session(cid, id_tag, source)
    station.emit(topics.AUTHORIZE, session)
    return "refused: not authorised" if connector.session is None else "authorising"


def _release(station, connector, id_tag):
    """A card at a cable that is still locked: who may take it? None: go on with this card.

    The cable of a charge that was DeAuthorized waits for its token, or one of the same parent,
    which only the back office or the local list knows (E 3.5).
    """
    owner = connector.owner
    if owner is None or not connector.plugged or connector.lock() is None:
        connector.hold_cable(False)
    elif owner.same(id_tag):
        connector.hold_cable(False)
        return "unlocked"
    elif owner.parent:
        station.emit(topics.AUTHORIZE, Session(connector.id, id_tag, "stop"))
        return "authorising"
    else:
        return "refused: the cable waits for another card"


def authorised(station, cid, id_tag, verdict, parent=None):
    """The verdict on a token that AUTHORIZE asked about ("Accepted", "Invalid" ...)."""
    connector = station.connector(cid)
    session = connector.session
    if session is None:
        if connector.locked and connector.owner and connector.owner.kin(parent):
            connector.hold_cable(False)  # E 3.5
        return
    if session.state == "auth" and session.same(id_tag):
        session.parent = parent
        if verdict == "Accepted" and promised(station, connector, id_tag, parent or ""):
            verdict = "not the one that it is reserved for"
        if verdict == "Accepted":
            session.state = "ready"
        else:
            station.log.warn("connector %d: token is %s", cid, verdict)
            connector.session = None
    elif session.state == "active" and not session.same(id_tag):
        if verdict == "Accepted" and session.kin(parent):
            connector.stop("Local", id_tag)
        else:
            station.log.warn("connector %d: token may not end this charge (%s)", cid, verdict)


def restore(station, fields):
    """Go on with the charge of a record after a power cut; its Session, or None."""
    connector = station.connector(fields["cid"])
    if not connector or fields["cid"] == 0 or connector.session is not None:
        return None
    if connector.barred:
        return None
    session = restored(fields)
    session.record = fields.get("record")
    session.started = fields.get("started", 0)
    connector.meter.register(fields.get("energy_wh", 0))
    connector.resume(session)
    return session
