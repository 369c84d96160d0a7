"""When does a charge begin, pause and end?

The session rules of one connector `c` (station.connector.Connector), called once a step. They
decide about the session; the connector switches the output. Source: contract part a.5, the table
"events and what they mean on the wire", S 4.9, E 3.5, E 3.17 to 3.21, E 3.77.
"""

from micropython import const

from station import faults, path_rivot, topics

_STOP_MS = const(3_500)  # a session ends after this time even if the current is not known
_VERDICT_MS = const(60_000)  # nobody answered who this card belongs to
_LONG = const(86_400_000)


def step(c, dt_ms):
    """Advance the session of `c` by `dt_ms`. Allocates nothing while nothing changes."""
    session = c.session
    session.waited_ms = min(session.waited_ms + dt_ms, _LONG)
    state = session.state
    if state == "active":
        _active(c, session, dt_ms)
    elif state == "stopping":
        c.state_ms += dt_ms
        if c.path.off() or c.path.still() or c.state_ms >= _STOP_MS:
            _end(c, session)
    elif state == "ready":
        if c.plugged and c.refusal() is None and c.path.ready():
            _begin(c, session)
        elif c.faults.mask & faults.FATAL or 0 < c.wait_ms <= session.waited_ms:
            c.drop()  # E 3.77: ConnectionTimeOut counts from Preparing
    elif session.waited_ms >= _VERDICT_MS:
        c.drop()


def idle(c, dt_ms):
    """Status of `c` without a charge and without anything else to say.

    A vehicle that nobody pays for is Preparing for ConnectionTimeOut at most (E 3.20, B6).
    """
    if not c.plugged:
        return "Available"
    c.finish_ms = c.finish_ms + dt_ms if c.status == "Preparing" else 0
    c.finishing = 0 < c.wait_ms <= c.finish_ms
    return "Finishing" if c.finishing else "Preparing"


def _begin(c, session):
    session.state = "active"
    session.meter_start_wh = c.meter.energy_wh
    session.started = c.clock.uptime_s()
    session.started_wall = c.clock.wall()
    c.ev_done = False
    c.taper_ms = c.done_ms = 0
    c.hold_cable(True)
    c.push(topics.TX_STARTED, session)


def _active(c, session, dt_ms):
    c.resume_ms = max(c.resume_ms - dt_ms, 0)
    mask = c.faults.mask
    if mask & faults.FATAL:
        c.stop(faults.row(mask)[3], None, path_rivot.AT_ONCE)
    elif not c.plugged and c.resume_ms == 0:
        # StopTransactionOnEVSideDisconnect false: it waits, without energy, for the plug (S 9.1)
        if c.ends_unplugged:
            c.stop("EVDisconnected", None, path_rivot.AT_ONCE)
    elif c.silent_ms > c.silent_stop_ms:
        c.stop("Other", None, path_rivot.AT_ONCE)
    else:
        _watch_battery(c, session, dt_ms)


def _watch_battery(c, session, dt_ms):
    """Is the battery full? Its current stays below EndCurrent although more is offered."""
    path = c.path
    permit = path.permit()
    if permit and not c.permitted:
        c.ev_done = False  # it asks anew
    c.permitted = permit
    low = path.running() and c.meter.current_da < c.end_da <= c.rated_da
    low = low and (path.amps_da >= c.end_da or c.limits.source == "vehicle")
    c.taper_ms = c.taper_ms + dt_ms if low else 0
    if c.taper_ms > c.end_ms:
        c.ev_done = True
    waiting = c.ev_done or not permit
    c.done_ms = min(c.done_ms + dt_ms, _LONG) if waiting else 0
    if 0 < c.done_stop_ms < c.done_ms:
        c.stop("Other")
    if session.suspended and session.energy_cap_wh:
        if c.meter.energy_wh - session.meter_start_wh >= session.energy_cap_wh:
            session.energy_cap_wh = 0


def _end(c, session):
    session.state = "ended"
    session.meter_stop_wh = c.meter.energy_wh
    session.stopped = c.clock.uptime_s()
    session.stopped_wall = c.clock.wall()
    c.session = None
    c.finishing = True
    c.finish_ms = 0
    c.owner = session if session.stop_reason == "DeAuthorized" else None
    # The cable of an unknown card waits for its owner (E 3.5), an unplugged one for its unlocking
    # where UnlockConnectorOnEVSideDisconnect says so.
    if session.stop_reason == "EVDisconnected":
        c.hold_cable(not c.frees_unplugged)
    elif session.stop_reason != "DeAuthorized":
        c.hold_cable(False)
    c.push(topics.TX_STOPPED, session)
