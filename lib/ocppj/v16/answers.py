"""What does an answer of the CSMS mean for the station, and what does its absence mean?

Functions over the charge point `cp`. One place decides for every CALL that we send.
"""

from ocppj.v16 import transactions


def answered(cp, message_id, action, payload, now):
    """A CALLRESULT to our CALL; False if nothing can be done with it.

    Also for one that breaks its schema: where what we need is there, it is used.
    """
    try:
        if action == "BootNotification":
            cp.lazy("ocppj.v16.boot").answered(cp, payload, now)
        elif action == "Heartbeat":
            cp.lazy("ocppj.v16.boot").set_clock(cp, payload["currentTime"], now)
        elif action == "Authorize":
            cid, tag = cp.asks[0]
            info = payload["idTagInfo"]
            status = info["status"]
            cp.asks.pop(0)
            cp.station.authorised(cid, tag, status, info.get("parentIdTag"))
            learned(cp, tag, info)
        elif action == "StatusNotification":
            cp.status.settled()
        else:
            number = cp.box.number_of(message_id)
            if number is not None:
                transactions.answered(cp, number, payload, action)
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        cp.log.warn("answer to %s makes no sense: %s", action, str(e))
        return False
    return True


def failed(cp, message_id, action, now):
    """Our CALL got a CALLERROR, nonsense, or no answer on a line that lives."""
    if action == "BootNotification":
        cp.boot_at = now + cp.lazy("ocppj.v16.boot").RETRY_S
    elif action == "Authorize":
        alone(cp)
    elif action == "StatusNotification":
        cp.status.settled()
    elif cp.box.item and cp.box.message_id(cp.box.item[1]) == message_id:
        get = cp.config.get
        attempts = get("TransactionMessageAttempts")
        cp.box.failed(now, attempts, get("TransactionMessageRetryInterval"))


def local(cp, tag, online):
    """(verdict, parent) by what the station knows, or None: ask the CSMS."""
    module = cp.lazy("ocppj.authorise")
    return module.local(cp.config, cp.store, tag, cp.clock.wall(), online)


def alone(cp):
    """The CSMS did not say who the first one in `asks` is: the station decides (S 3.5)."""
    cid, tag = cp.asks.pop(0)
    verdict = local(cp, tag, False)
    cp.station.authorised(cid, tag, verdict[0], verdict[1])


def learned(cp, tag, info):
    """Keep an idTagInfo in the authorisation cache (S 3.5.1)."""
    if not cp.config.get("AuthorizationCacheEnabled"):
        return
    from ocppj.datetime import parse

    expiry = info.get("expiryDate")
    try:
        cp.lazy("ocppj.authorise").remember(
            cp.store,
            tag,
            info["status"],
            parse(expiry) if expiry else None,
            info.get("parentIdTag"),
            cp.config.get("AuthorizationCacheSize"),
        )
    except OSError as e:  # a cache that forgets does no harm
        cp.log.error("cache cannot be written: %s", str(e))
