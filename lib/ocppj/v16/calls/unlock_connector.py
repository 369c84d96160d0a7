"""How does the CSMS free a cable? (S 5.18, E 3.87)"""

_WAIT_S = 10  # a charge ends within 4 s, a lock moves within one


def run(cp, payload, now):
    """Unlocked, UnlockFailed (the lock says that it is still locked) or NotSupported (no lock, no
    such connector). A running charge ends first; the answer waits for both, unless another call
    waits for it.
    """
    cid = payload["connectorId"]
    again = False

    def more():
        nonlocal again
        status = cp.station.unlock(cid, again)
        again = True
        late = cp.clock.uptime_s() - now >= _WAIT_S or len(cp.rpc.serving) > 1
        if not status and late:
            status = "UnlockFailed"
        return {"status": status} if status else None

    return more() or more
