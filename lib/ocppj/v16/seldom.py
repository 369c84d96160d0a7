"""What has a charge point to do or to say that is not there each second?

Loaded when there is something and forgotten some seconds later. `cp`: the ChargePoint.
"""

_LOOK_S = 3600  # how often certificates are looked after


def tick(cp, now, look):
    """The part of a second's work that has no cause each second, but one each minute.

    look: it is time to look after the certificates.
    """
    if cp.jobs and not cp.work:  # one after the other: memory
        cp.lazy("ocppj.transfer").tick(cp, now)
    if cp.signing:
        cp.lazy("ocppj.signing").tick(cp, now)
    if cp.box.undated is not None:
        try:
            cp.lazy("ocppj.dating").step(cp.box)
        except OSError as e:
            cp.log.error("journal cannot be written: %s", str(e))
    if look:
        cp.look_at = now + _LOOK_S
        cp.lazy("ocppj.v16.secured").look(cp, now)
    if now % 60 == 0:
        cp.box.measure()
        if cp.box.full and not cp.journal_full:
            cp.alarm("MemoryExhaustion", "flash")
        cp.journal_full = cp.box.full


def message(cp, now):
    """(action, payload, id or None) of the next CALL, in the order of chargepoint.py, or None."""
    registration = cp.registration
    if cp.triggers and registration != "Rejected":
        message = cp.lazy("ocppj.v16.triggered").take(cp, now)
        if message:
            return message
    if registration != "Accepted":
        if now < cp.boot_at:
            return None
        return "BootNotification", cp.lazy("ocppj.v16.boot").request(cp), None
    if cp.asks:
        return "Authorize", {"idTag": cp.asks[0][1]}, None
    if cp.status.queue:
        if cp.station.settle_ms:
            return None
        # In the order of events, but no status waits for what happened offline.
        message = cp.owed(now, cp.fresh, cp.status.queue[0][3])
        return message or ("StatusNotification", cp.status.next(), None)
    if cp.notices:
        cp.telling = True
        return cp.notices[0][0], cp.notices[0][1], None
    message = cp.owed(now, 0, cp.box.tail)
    if message:
        return message
    if cp.alarms and now >= cp.alarm_at:
        message = cp.lazy("ocppj.alarms").message(cp)
        if message:
            return message
    if cp.extra:
        return "DataTransfer", cp.extra.pop(0), None
    return cp.pulse(now)
