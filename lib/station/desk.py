"""Who may charge here, who starts and who stops it?

What tags, the console and OCPP ask of the station: methods of station.Station that are needed a
few times a charge. They stand apart so that they are in memory only then (Station.__getattr__).
"""

import record
from station import faults, register, topics
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
    if id_tag is not None and _promised(station, connector, id_tag, None):
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


def _promised(station, connector, id_tag, parent):
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
        if verdict == "Accepted" and _promised(station, connector, id_tag, parent or ""):
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


def remote_start(station, cid, id_tag):
    """Start for a token from afar; no `cid` lets the station choose. None, or why not."""
    if not cid:
        cid = _choose(station, id_tag)
    why = can_start(station, cid, id_tag)
    if why:
        return why
    connector = station.connector(cid)
    if connector.session is not None:
        return "a card is being checked at this connector"
    # The parent decides where the token does not (S 5.13).
    ask = _promised(station, connector, id_tag, "")
    ask = ask or station.config.get("AuthorizeRemoteTxRequests")
    connector.session = session = Session(cid, id_tag, "remote", "auth" if ask else "ready")
    if ask:
        station.emit(topics.AUTHORIZE, session)
    return None


def _choose(station, id_tag):
    """The connector for a start that names none: a plugged one first, else a free one."""
    free = 0
    for connector in station.connectors:
        if connector.session is None and can_start(station, connector.id, id_tag) is None:
            if connector.plugged:
                return connector.id
            free = free or connector.id
    return free or 1


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


def remote_stop(station, transaction_id):
    """End the transaction with this id; False if none has it."""
    for connector in station.connectors:
        session = connector.session
        if session is not None and session.transaction_id == transaction_id:
            if connector.active():
                return connector.stop("Remote")
    return False


def unlock(station, cid, again=False):
    """Release the cable at `cid`: "Unlocked", "NotSupported", or None: not yet, look `again`.

    A charge ends first, as nothing is unplugged under load; then the lock moves, and says so.
    """
    connector = station.connector(cid)
    if not connector or not cid or connector.lock() is None:
        return "NotSupported"
    if connector.active():
        connector.stop("UnlockCommand")
        return None
    if connector.lock() and not again:
        connector.locked = True  # driven once more if it got stuck the last time
    connector.hold_cable(False)
    return None if connector.lock() else "Unlocked"


def set_availability(station, cid, operative):
    """Take `cid` (0: everything) in or out of service: "Accepted", "Scheduled", "Rejected"."""
    target = station.connector(cid)
    if target is None:
        return "Rejected"
    concerned = station.connectors if cid == 0 else (target,)
    if cid == 0:
        station.operative = operative
    for connector in concerned:
        connector.operative = operative
        if not operative and connector.session is not None and not connector.active():
            connector.drop()
    register.save_availability(station.store, station)
    # A running charge goes on; the status follows when it ends (S 5.2).
    busy = not operative and any(c.active() for c in concerned)
    return "Scheduled" if busy else "Accepted"


def reset(station, kind, reason=None):
    """Stop every charge in order ("Soft" or "Hard"), then RESET goes out on the bus."""
    station.ending = (kind, reason or kind + "Reset")
    for connector in station.connectors:
        connector.stop(station.ending[1])


def clear_faults(station):
    """A person clears latched faults; returns the names of those that still hold."""
    left = 0
    if station.hall:
        station.hall.clear()
    for connector in station.connectors:
        left |= connector.clear()
    return faults.names(left)
