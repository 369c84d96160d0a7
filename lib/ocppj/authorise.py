"""May this token charge, as far as the station itself knows?

The cache holds what the CSMS said about tokens lately, good or bad (S 3.5.1): one record "cards"
in flash, one JSON line a token, the one heard of longest ago first; nothing of it stays in RAM.
The words of the verdicts are those that all versions of OCPP share.
"""

import json

_NAME = "cards"


def _key(tag) -> str:
    """Start of the line of a tag; tokens ignore case (S 3.9)."""
    return json.dumps([tag.upper()])[:-1] + ","


def _lines(store):
    return (store.read(_NAME) or b"").decode().split("\n")


def cached(store, tag, wall):
    """[status, parent] of a token in the cache, or None.

    wall: Unix seconds or None; a token whose time has run out is Expired (S 3.5.1).
    """
    key = _key(tag)
    for line in _lines(store):
        if line.startswith(key):
            return _state(line, wall)
    return None


def _state(line, wall):
    """[status, parent] of a line at the time `wall`."""
    _, status, expiry, parent = json.loads(line)
    if status == "Accepted" and expiry is not None and wall is not None and wall >= expiry:
        status = "Expired"
    return [status, parent]


def remember(store, tag, status, expiry, parent, most, wall=None):
    """Keep what the CSMS said: expiry in Unix seconds or None, at most `most` tokens.

    When full, tokens that may not charge go first (also those whose time has run out at `wall`),
    then the oldest (S 3.5.1).
    """
    key = _key(tag)
    fresh = json.dumps([tag.upper(), status, expiry, parent])
    lines = [line for line in _lines(store) if line]
    if fresh in lines:
        return
    lines = [line for line in lines if not line.startswith(key)]
    if len(lines) >= most:
        good = [line for line in lines if _state(line, wall)[0] == "Accepted"]
        lines = good[max(0, len(good) - most + 1) :] if most > 0 else []
    if most > 0:
        lines.append(fresh)
    store.write(_NAME, "\n".join(lines).encode())


def clear(store):
    """Forget every token."""
    store.delete(_NAME)


def local(config, entry, online):
    """(verdict, parent) as far as it can be said without the CSMS; None: ask it.

    entry: [status, parent] of the token on the local list, or else in the cache (the list has
    priority, S 3.5.3), or None.
    Online a known good token passes at once with LocalPreAuthorize; everything else is asked.
    Offline: a known bad one never passes; a known good one with LocalAuthorizeOffline; anything
    else with AllowOfflineTxForUnknownId (S 3.5, 3.5.4, 9.1.12, 9.1.13).
    """
    get = config.get
    good = entry is not None and entry[0] == "Accepted"
    if online:
        return entry if good and get("LocalPreAuthorize") else None
    if entry is not None and (not good or get("LocalAuthorizeOffline")):
        return entry
    return ("Accepted" if get("AllowOfflineTxForUnknownId") else "Invalid"), None


def listed(cards, tag) -> bool:
    """Is the token one of the station's own `cards` (comma separated; used without a CSMS)?"""
    return ("," + cards.upper() + ",").find("," + tag.upper() + ",") >= 0


def serve(station, config, bus):
    """A station without a central system: LocalCards decides who may charge."""
    from station import topics

    def decide(session):
        known = listed(config.get("LocalCards"), session.id_tag)
        station.authorised(session.cid, session.id_tag, "Accepted" if known else "Invalid")

    bus.on(topics.AUTHORIZE, decide)
