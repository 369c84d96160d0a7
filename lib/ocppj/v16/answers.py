"""What does an answer of the CSMS mean for the station, and what does its absence mean?

Functions over the charge point `cp`. One place decides for every CALL that we send.
"""


def answered(cp, message_id, action, payload, now):
    """A CALLRESULT to our CALL; False if nothing can be done with it.

    Also for one that breaks its schema: where what we need is there, it is used.
    """
    lazy = cp.lazy
    number = cp.box.number_of(message_id)
    try:
        if action == "MeterValues":
            if number is not None:
                cp.box.settled(number)
        elif action == "StatusNotification":
            cp.status.settled()
        elif action == "Heartbeat":
            lazy("ocppj.v16.boot").set_clock(cp, payload["currentTime"], now)
        elif action == "BootNotification":
            lazy("ocppj.v16.boot").answered(cp, payload, now)
        elif action == "Authorize":
            lazy("ocppj.v16.tokens").answered(cp, payload)
        elif cp.telling:
            _told(cp)
        elif action == "SecurityEventNotification":
            lazy("ocppj.alarms").told(cp)
        elif action == "SignCertificate":
            if payload["status"] != "Accepted":
                cp.log.warn("SignCertificate: %s", payload["status"])
        elif number is not None:
            lazy("ocppj.v16.charge").answered(cp, number, payload, action)
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        cp.log.warn("answer to %s makes no sense: %s", action, str(e))
        return False
    return True


def failed(cp, message_id, action, now, code=None):
    """Our CALL got a CALLERROR (code), nonsense, or no answer on a line that lives."""
    box = cp.box
    if action == "BootNotification":
        cp.boot_at = now + cp.lazy("ocppj.v16.boot").RETRY_S
    elif action == "Authorize":
        cp.lazy("ocppj.v16.tokens").alone(cp)
    elif action == "StatusNotification":
        cp.status.settled()
    elif cp.telling:
        _told(cp)
    elif action == "SecurityEventNotification":
        cp.lazy("ocppj.alarms").failed(cp, now, code)
    elif box.item and box.message_id(box.item[1]) == message_id:
        get = cp.config.get
        attempts = get("TransactionMessageAttempts")
        interval = get("TransactionMessageRetryInterval")
        cp.lazy("ocppj.archive").failed(box, now, attempts, interval)


def _told(cp):
    """The first notice was answered or refused: it is not repeated."""
    cp.telling = False
    action, payload = cp.notices.pop(0)
    cp.lazy("ocppj.transfer").told(cp, action[:-18], payload)
