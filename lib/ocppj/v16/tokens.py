"""Who is this token, and who says so: the station itself, or the CSMS? (S 3.5, 4.1)

Functions over the charge point `cp`; imported when a card is shown.
"""

from ocppj.datetime import parse
from station import topics


def local(cp, tag, online):
    """(verdict, parent) by what the station knows, or None: ask the CSMS."""
    entry = _listed(cp, tag)
    module = cp.lazy("ocppj.authorise")
    if entry is None and cp.config.get("AuthorizationCacheEnabled"):
        entry = module.cached(cp.store, tag, cp.clock.wall())
    return module.local(cp.config, entry, online)


def _listed(cp, tag):
    """[status, parent] of a token on the local authorisation list, or None (S 3.5.2)."""
    if not cp.config.get("LocalAuthListEnabled") or not cp.store.read("local"):
        return None  # without a list its code is not needed
    return cp.lazy("ocppj.authlist").find(cp.store, tag, cp.clock.wall())


def alone(cp):
    """The CSMS did not say who the first one in `asks` is: the station decides (S 3.5)."""
    if not cp.asks:
        return  # the answer was used, what followed from it went wrong
    cid, tag = cp.asks.pop(0)
    verdict = local(cp, tag, False)
    cp.station.authorised(cid, tag, verdict[0], verdict[1])


def answered(cp, payload):
    """Authorize.conf for the first one in `asks`."""
    cid, tag = cp.asks[0]
    info = payload["idTagInfo"]
    status = info["status"]
    cp.asks.pop(0)
    cp.station.authorised(cid, tag, status, info.get("parentIdTag"))
    learned(cp, tag, info)


def learned(cp, tag, info):
    """Keep an idTagInfo in the authorisation cache (S 3.5.1).

    A token on the list is not added to it; where the CSMS now says otherwise of it, connector 0
    tells (S 3.5.2, 3.5.3). ConcurrentTx is no conflict: it says nothing of the token's validity.
    """
    entry = _listed(cp, tag)
    if entry:
        status = info["status"]
        if status != entry[0] and "ConcurrentTx" not in (status, entry[0]):
            cp.log.warn("token is %s, the local list says %s", status, entry[0])
            cp.status.conflict = "%s is %s, listed as %s" % (tag, status, entry[0])
            cp.event(topics.STATUS, 0)
        return
    if not cp.config.get("AuthorizationCacheEnabled"):
        return
    expiry = info.get("expiryDate")
    expiry = parse(expiry) if expiry else None
    parent = info.get("parentIdTag")
    most = cp.config.get("AuthorizationCacheSize")
    try:
        module = cp.lazy("ocppj.authorise")
        module.remember(cp.store, tag, info["status"], expiry, parent, most, cp.clock.wall())
    except OSError as e:  # a cache that forgets does no harm
        cp.log.error("cache cannot be written: %s", str(e))
