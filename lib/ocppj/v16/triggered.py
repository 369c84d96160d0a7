"""Which message does a TriggerMessage want next? Present values only (S 5.17). Lazy."""

from ocppj import sampler
from ocppj.v16 import meter_values


def refused(error):
    """The answer to an (Extended)TriggerMessage that breaks its schema, given its CALLERROR.

    A message that nobody knows is NotImplemented (S 5.17), though the schema lists what there is.
    """
    at = error.rfind(',"PropertyConstraintViolation","requestedMessage: expected one of')
    return error if at < 0 else '[3%s,{"status":"NotImplemented"}]' % error[2:at]


def take(cp, now):
    """(action, payload, None) of the first trigger that can be served, or None."""
    while cp.triggers:
        action, cid = cp.triggers.pop(0)
        if action == "BootNotification":
            return action, cp.lazy("ocppj.v16.boot").request(cp), None
        if action == "StatusNotification":
            return action, cp.status.now(cid), None
        if action == "Heartbeat":
            return action, {}, None
        if action == "SignCertificate":
            lines = [line.encode() + b"\\n" for line in cid.strip().split("\n")]
            return action, [b'{"csr":"'] + lines + [b'"}'], None
        if action != "MeterValues":  # of a file that comes or goes (S 4.4, 4.5)
            return action, cp.lazy("ocppj.transfer").current(cp, action[:-18]), None
        payload = _meter_values(cp, cid)
        if payload:
            return action, payload, None
    return None


def _meter_values(cp, cid):
    """The most recent measurements of a connector (E 3.46)."""
    connector = cp.station.connector(cid)
    session = connector.session
    wanted = meter_values.wanted(cp.config, "MeterValuesSampledData")
    reading = sampler.read(connector.meter, wanted)
    wall = cp.clock.wall()
    if not reading or wall is None:
        return None
    transaction_id = None
    if session is not None and session.record is not None:
        transaction_id = session.transaction_id
    parts = []
    meter_values.element(parts, reading, wall, meter_values.TRIGGER)
    return meter_values.request(cid, transaction_id, parts)
