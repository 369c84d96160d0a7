"""How do the station's charges become StartTransaction, MeterValues and StopTransaction?

The journal (outbox.py) keeps what happened; the message is made when its turn comes, so that the
transaction's id and the right time are in it however late they became known (E 3.11, 3.18).
Functions over the charge point `cp`: cp.box is the journal, cp.sampler the meter's timetable.
"""

from ocppj import outbox, sampler
from ocppj.datetime import iso
from ocppj.v16 import meter_values
from station import topics

_UNKNOWN_ID = -1  # the CSMS never told it (E 3.18)


def started(cp, session):
    """TX_STARTED: the transaction goes to the journal before anything is sent."""
    box = cp.box
    connector = cp.station.connector(session.cid)
    session.record = box.begin(
        session.cid,
        session.id_tag,
        session.meter_start_wh,
        session.started,
        session.parent,
        session.reservation_id,
    )
    wanted = stop_wanted(cp)
    if wanted:
        reading = "E%d" % session.meter_start_wh + sampler.read(
            connector.meter, wanted.replace("E", "")
        )
        at = box.stamp(session.started)
        box.add_data(session.record, at, outbox.BEGIN, sampler.only(reading, wanted), _most(cp))
    cp.sampler.run(session.cid, session.started)
    cp.journal_full = box.full


def stopped(cp, session):
    """TX_STOPPED: one stop for each start, with the readings that belong to it."""
    cp.sampler.run(session.cid, None)
    if session.record is None:
        return
    meter = cp.station.connector(session.cid).meter
    at = cp.box.stamp(session.stopped)
    wanted = stop_wanted(cp)
    if wanted:
        reading = "E%d" % session.meter_stop_wh + sampler.read(meter, wanted.replace("E", ""))
        add_end(cp, session.record, at, sampler.only(reading, wanted))
    cp.box.end(session.record, session.meter_stop_wh, at, session.stop_reason, session.stop_tag)


def stop_wanted(cp):
    """Letters of what StopTransaction's transactionData must hold; "": nothing (S 3.16.5)."""
    return meter_values.wanted(cp.config, "StopTxnSampledData", "StopTxnAlignedData")


def _most(cp):
    return cp.config.get("StopTransactionMaxMeterValues")


def add_end(cp, number, at, reading):
    """Keep the reading at the end of a transaction (E 3.14)."""
    if reading:
        cp.box.add_data(number, at, outbox.END, reading, _most(cp))


def take(cp, cid, stamp, aligned):
    """A reading is due at connector `cid`: aligned at Unix seconds `stamp`, or sampled now."""
    connector = cp.station.connector(cid)
    session = connector.session
    number = session.record if session is not None and session.record is not None else -1
    kind = "Aligned" if aligned else "Sampled"
    if stamp is None:
        stamp = cp.box.stamp(cp.clock.uptime_s())
    context = meter_values.CLOCK if aligned else meter_values.PERIODIC
    reading = sampler.read(
        connector.meter, meter_values.wanted(cp.config, "MeterValues%sData" % kind)
    )
    if reading:
        cp.box.sample(number, cid, stamp, context, reading, cp.online)
    if number >= 0:
        wanted = meter_values.wanted(cp.config, "StopTxn%sData" % kind)
        reading = sampler.read(connector.meter, wanted)
        if reading:
            cp.box.add_data(number, stamp, context, reading, _most(cp))


def message(cp, now):
    """(action, payload, message id) of the head of the journal if it may be sent now, or None."""
    box = cp.box
    item = box.peek() if now >= box.wait else None
    if item is None:
        return None
    kind, number, fields = item
    at = fields[outbox.M_TIME if kind == "m" else outbox.START]
    if at < 0 or kind == "e" and fields[outbox.LAST] < 0:
        if cp.clock.wall() is None:
            return None  # no time is invented: the CSMS tells it with its next answer (E 3.11)
        # Kept before it is sent: a repetition after a power cut must say the same.
        cp.lazy("ocppj.dating").head(box)
        return message(cp, now)
    if kind == "s":
        return "StartTransaction", _start(fields, at), box.message_id(number)
    if kind == "e":
        return "StopTransaction", _stop(cp, number, fields), box.message_id(number)
    tx = fields[outbox.M_TX]
    transaction_id = None
    if tx >= 0:
        record = box.tx(tx)
        transaction_id = _UNKNOWN_ID if record is None else _id(record)
    reading = meter_values.element(fields[outbox.M_SAMPLE], at, fields[outbox.M_CONTEXT])
    payload = meter_values.request(fields[outbox.M_CID], transaction_id, [reading])
    return "MeterValues", payload, box.message_id(number)


def _id(fields):
    return fields[outbox.ID] if fields[outbox.STATE] == outbox.ANSWERED else _UNKNOWN_ID


def _start(fields, at):
    payload = {
        "connectorId": fields[outbox.CID],
        "idTag": fields[outbox.TAG],
        "meterStart": fields[outbox.START_WH],
        "timestamp": iso(at),
    }
    if fields[outbox.RESERVATION] is not None:
        payload["reservationId"] = fields[outbox.RESERVATION]
    return payload


def _stop(cp, number, fields):
    box = cp.box
    payload = {
        "meterStop": fields[outbox.LAST_WH],
        "timestamp": iso(fields[outbox.LAST]),
        "transactionId": _id(fields),
        "reason": fields[outbox.REASON],
    }
    if fields[outbox.STOP_TAG]:
        payload["idTag"] = fields[outbox.STOP_TAG]
    rows = box.data(box.ends[number])
    if rows:
        if rows[0][1] != outbox.BEGIN and "E" in rows[-1][2]:
            # Asked for after the start: the register at the begin is known all the same (E 3.14).
            rows.insert(0, [fields[outbox.START], outbox.BEGIN, "E%d" % fields[outbox.START_WH]])
        payload["transactionData"] = [
            meter_values.element(row[2], row[0], row[1]) for row in rows
        ]
    return payload


def answered(cp, number, payload, action):
    """The CSMS answered message `number` of the journal, in time or late."""
    box = cp.box
    if action == "StartTransaction":
        transaction_id = payload["transactionId"]
        if not isinstance(transaction_id, int):
            raise ValueError("transactionId")
        # An id is the answer; who leaves out the verdict has none against the token.
        info = payload.get("idTagInfo") or {"status": "Accepted"}
        fields = box.tx(number)
        if fields is None:
            return
        news = fields[outbox.STATE] != outbox.ANSWERED
        box.named(number, transaction_id)
        cp.learned(fields[outbox.TAG], info)
        session = cp.station.connector(fields[outbox.CID]).session
        if news and session is not None and session.record == number:
            _confirmed(cp, session, transaction_id, info)
    else:
        tx = box.ends.get(number)
        fields = box.tx(tx) if tx is not None and "idTagInfo" in payload else None
        if fields and fields[outbox.STOP_TAG]:
            cp.learned(fields[outbox.STOP_TAG], payload["idTagInfo"])
        box.settled(number)


def _confirmed(cp, session, transaction_id, info):
    """The charge that runs now has its id; online or not, one rule for a bad token (E 3.17)."""
    session.transaction_id = transaction_id
    session.parent = info.get("parentIdTag") or session.parent
    if info["status"] != "Accepted":
        cp.log.warn("connector %d: token is %s", session.cid, info["status"])
        if cp.config.get("StopTransactionOnInvalidId"):
            cp.station.stop(session.cid, "DeAuthorized")
        else:
            session.suspended = True  # only energy stops, after what MaxEnergyOnInvalidId allows
            session.energy_cap_wh = cp.config.get("MaxEnergyOnInvalidId")
    cp.bus.emit(topics.TX_UPDATED, session)
