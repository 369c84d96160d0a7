"""When does a meter reading go to the journal, and which message of the journal goes out?

The journal (outbox.py) keeps what happened; the message is made when its turn comes, so that the
transaction's id and the right time are in it however late they became known (E 3.11, 3.18).
Functions over the charge point `cp`; starts and stops are in charge.py.
"""

from ocppj import outbox, sampler
from ocppj.v16 import meter_values


def take(cp, cid, stamp, aligned):
    """A reading is due at connector `cid`: aligned at Unix seconds `stamp`, or sampled now."""
    connector = cp.station.connector(cid)
    session = connector.session
    number = session.record if session is not None and session.record is not None else -1
    kind = "Aligned" if aligned else "Sampled"
    if stamp is None:
        stamp = cp.box.stamp(cp.clock.uptime_s())
    context = meter_values.CLOCK if aligned else meter_values.PERIODIC
    get = meter_values.wanted
    reading = sampler.read(connector.meter, get(cp.config, "MeterValues%sData" % kind))
    if number >= 0 and "E" in reading:
        # First: what is told must not be forgotten, a register never goes back (E 3.78).
        cp.box.snapshot(number, connector.meter.energy_wh, cp.clock.uptime_s())
    if reading:
        cp.box.sample(number, cid, stamp, context, reading, cp.online)
    if number >= 0:
        reading = sampler.read(connector.meter, get(cp.config, "StopTxn%sData" % kind))
        if reading:
            most = cp.config.get("StopTransactionMaxMeterValues")
            ledger = cp.lazy("ocppj.ledger")
            ledger.add_reading(cp.box, number, stamp, context, reading, most)
        if cp.signs & (8 if aligned else 4):  # signing.ALIGNED, SAMPLED
            cp.lazy("ocppj.signing").want(cp, cid, number, context, stamp, session.id_tag)


def message(cp, now, first, end):
    """(action, payload, message id) of the head of the journal if it may be sent now, or None.

    first, end: only a message whose number is from `first` to below `end`.
    """
    box = cp.box
    item = box.peek() if now >= box.wait else None
    if item is None or not first <= item[1] < end:
        return None
    return _made(cp, item, now, first, end)


def _made(cp, item, now, first, end):
    """message(), when there is one: apart, since each second it is looked for."""
    box = cp.box
    kind, number, fields = item
    at = fields[outbox.M_TIME if kind == "m" else outbox.START]
    if at < 0 or kind == "e" and fields[outbox.LAST] < 0:
        if cp.clock.wall() is None:
            return None  # no time is invented: the CSMS tells it with its next answer (E 3.11)
        # Kept before it is sent: a repetition after a power cut must say the same.
        cp.lazy("ocppj.dating").head(box)
        return message(cp, now, first, end)
    if kind != "m":
        action, payload = cp.lazy("ocppj.v16.charge").request(cp, kind, number, fields)
        return action and (action, payload, box.message_id(number))
    tx = fields[outbox.M_TX]
    tx = known_id(box.tx(tx)) if tx >= 0 else None
    parts = []
    sample = fields[outbox.M_SAMPLE]
    context = fields[outbox.M_CONTEXT]
    if sample[0] == "#":
        module = cp.lazy("ocppj.v16.signed")
        module.element(cp, parts, fields[outbox.M_CID], sample[1:], at, context, False)
    else:
        meter_values.element(parts, sample, at, context)
    payload = meter_values.request(fields[outbox.M_CID], tx, parts)
    return "MeterValues", payload, box.message_id(number)


def known_id(fields):
    """The id of a transaction's record; -1 if the CSMS never told it (E 3.18)."""
    answered = fields is not None and fields[outbox.STATE] == outbox.ANSWERED
    return fields[outbox.ID] if answered else -1
