"""What happens to a charge point of OCPP 1.6 now and then?

Methods of chargepoint.ChargePoint for the coming and going of the connection, for settings, late
answers and a reset. They stand apart so that they are in memory only then (its __getattr__).
"""

from station import topics

_EXTRA = 8  # DataTransfers that wait at most


def connected(cp, now):
    """The WebSocket is open. No BootNotification if there was one since the boot (J 5.4)."""
    cp.linked = True
    _set_online(cp, now)


def disconnected(cp, now):
    """The WebSocket is gone: what was under way is not failed but repeated (S 3.7)."""
    cp.linked = cp.probe = cp.telling = False
    cp.doubt = cp.work = None
    cp.rpc.reset()
    cp.replies = []
    cp.triggers = []
    cp.status.lost()
    cp.flush()
    _set_online(cp, now)
    while cp.asks:
        cp.lazy("ocppj.v16.tokens").alone(cp)


def registered(cp, status, now):
    """A BootNotification.conf came: 'Accepted', 'Pending' or 'Rejected'."""
    cp.registration = status
    if status == "Accepted":
        cp.status.all()
    _set_online(cp, now)


def _set_online(cp, now):
    online = cp.linked and cp.registration == "Accepted"
    if online != cp.online:
        cp.online = online
        if online:
            cp.sent = now
            cp.fresh = cp.box.tail
            cp.status.tick(now)
        cp.bus.emit(topics.ONLINE, online)


def oversize(cp, head, length, now):
    """A message longer than MessageSizeMax: its first bytes and its length."""
    cp.take(cp.rpc.oversize(head, length, now), now)


def late(cp, message_id, payload):
    """An answer after its time: a transaction message is settled all the same (E 3.18)."""
    number = cp.box.number_of(message_id)
    if number is None:
        return
    try:
        cp.lazy("ocppj.v16.late").answered(cp, number, payload)
    except (KeyError, TypeError, AttributeError) as e:
        cp.log.warn("late answer makes no sense: %s", str(e))


def configure(cp, key):
    """CONFIG, and once at the start: take what is looked at every second."""
    get = cp.config.get
    interval = key and key[-8:] == "Interval"
    if interval or not key:
        cp.heartbeat = get("HeartbeatInterval")
        cp.sampler.configure(get("MeterValueSampleInterval"), get("ClockAlignedDataInterval"))
    if key and cp.slots:
        cp.limit()
    if interval:
        return
    if key in ("AuthorizationKey", "SecurityProfile", "CpoName"):
        cp.lazy("ocppj.v16.secured").changed(cp, key)
    cp.rpc.timeout = get("MessageTimeout")
    cp.status.duration = get("MinimumStatusDuration")
    cp.signs = 0
    if get("SampledDataSignReadings") or get("AlignedDataSignReadings"):
        cp.signs = _signs(get)
    if get("RivotMessages") != (cp.rivot is not None):
        cp.rivot = None
        if get("RivotMessages"):
            from ocppj.v16.rivot import Rivot

            cp.rivot = Rivot(cp)


def _signs(get):
    """Which meter readings are signed: 1 those in StopTransaction, and the bits of signing.py."""
    signs = 1
    for bit, name, key in (
        (2, "SampledDataSignStartedReadings", "StartTxnSampledData"),
        (4, "SampledDataSignUpdatedReadings", "MeterValuesSampledData"),
        (8, "AlignedDataSignUpdatedReadings", "MeterValuesAlignedData"),
    ):
        if (
            get(name[:15] + "Readings")
            and get(name)
            and "Energy.Active.Import.Register" in get(key)
        ):
            signs |= bit
    return signs


def claim(cp, session):
    """The limits of the charging profiles; `session`: one that has just begun or ended."""
    try:
        if session:
            profiles = cp.lazy("ocppj.profiles")
            if session.state == "ended":
                profiles.stopped(cp, session)
            else:
                profiles.started(cp, session)
        cp.lazy("ocppj.allowance").apply(cp)
    except Exception as e:  # what is claimed stays; once more in a while
        cp.limit_at = 0
        cp.limit_up = cp.clock.uptime_s() + 10
        cp.log.exc(e, "charging profiles")


def drained(cp, now):
    """Nothing is left that could be delivered now: a reset may go on (S 5.14)."""
    if not cp.linked:
        return True
    if cp.replies or cp.rpc.pending or cp.online and cp.notices:
        return False
    return not cp.online or cp.box.peek() is None or now < cp.box.wait


def tell(cp, kind, status, request=None):
    """A state of a file began: told once, in order (S 4.4, 4.5; whitepaper L01, N01).

    kind: "Diagnostics", "Firmware", or with the requestId "Log", "SignedFirmware".
    """
    if len(cp.notices) < 2 * _EXTRA:
        payload = {"status": status}
        if request is not None:
            payload["requestId"] = request
        cp.notices.append((kind + "StatusNotification", payload))
        cp.woke()


def alarm(cp, name, info=""):
    """A security event happened (whitepaper 8)."""
    cp.lazy("ocppj.alarms").add(cp, name, info)


def transfer(cp, payload):
    """Queue a DataTransfer.req; news, not history: offline it is dropped."""
    if cp.online:
        if len(cp.extra) == _EXTRA:
            cp.extra.pop(0)
        cp.extra.append(payload)
        cp.woke()
