"""What does a back office, or a person at the console, ask of the station?

Methods of station.Station that are rarer than those of desk.py (Station.__getattr__).
"""

from station import faults, register, topics
from station.session import Session


def remote_start(station, cid, id_tag):
    """Start for a token from afar; no `cid` lets the station choose. None, or why not."""
    if not cid:
        cid = _choose(station, id_tag)
    why = station.can_start(cid, id_tag)
    if why:
        return why
    connector = station.connector(cid)
    if connector.session is not None:
        return "a card is being checked at this connector"
    # The parent decides where the token does not (S 5.13).
    ask = station.promised(connector, id_tag, "")
    ask = ask or station.config.get("AuthorizeRemoteTxRequests")
    connector.session = session = Session(cid, id_tag, "remote", "auth" if ask else "ready")
    if ask:
        station.emit(topics.AUTHORIZE, session)
    return None


def _choose(station, id_tag):
    """The connector for a start that names none: a plugged one first, else a free one."""
    free = 0
    for connector in station.connectors:
        if connector.session is None and station.can_start(connector.id, id_tag) is None:
            if connector.plugged:
                return connector.id
            free = free or connector.id
    return free or 1


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
