"""What does it mean for the charge point that a charge, a token or the time of day came?

The rarer events of the bus; events.py has those that come often. Nothing here raises but
MemoryError: then it is called once more.
"""

from micropython import const

from station import topics

_SHIFT_S = const(10)


def run(cp, topic, value):
    """One event; see station/topics.py for the payloads."""
    if topic == topics.TX_STARTED:
        _started(cp, value)
    elif topic == topics.TX_STOPPED:
        if value not in cp.unsaved:
            cp.unsaved.append(value)
        cp.save()
        cp.limit(value)
        if cp.rivot:
            cp.rivot.summary(value)
        cp.woke()
    elif topic == topics.AUTHORIZE:
        _authorise(cp, value)
    elif topic == topics.TIME:
        if cp.slots:
            cp.limit()
        if value is None:  # the time was unknown until now
            cp.box.undated = cp.store.names()
        elif not -_SHIFT_S < value < _SHIFT_S:  # less is what clocks drift
            cp.alarm("SettingSystemTime", "by %d s" % value)


def _started(cp, session):
    try:
        cp.lazy("ocppj.v16.charge").started(cp, session)
        cp.limit(session)
    except OSError as e:
        cp.log.critical("journal cannot be written: %s", str(e))
        cp.station.stop(session.cid, "Other")  # nothing is sold that is not recorded
    cp.woke()


def _authorise(cp, session):
    tag = session.id_tag
    verdict = cp.lazy("ocppj.v16.tokens").local(cp, tag, cp.online)
    # Just booted, the CSMS will be there in a moment: better asked than refused.
    if verdict and (verdict[0] != "Invalid" or not cp.booting()):
        cp.station.authorised(session.cid, tag, verdict[0], verdict[1])
    else:
        cp.asks.append((session.cid, tag))
        cp.woke()
