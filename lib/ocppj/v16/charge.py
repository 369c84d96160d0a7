"""How does a charge become StartTransaction and StopTransaction, and what do their answers mean?

Functions over the charge point `cp`. Needed a few times a charge, so imported on demand;
MeterValues are in transactions.py, which stays.
"""

import json

from ocppj import outbox, sampler
from ocppj.datetime import iso
from ocppj.v16 import meter_values
from ocppj.v16.transactions import known_id
from station import topics


def started(cp, session):
    """TX_STARTED: the transaction goes to the journal before anything is sent."""
    ledger = cp.lazy("ocppj.ledger")
    if session.record is None:  # else: what followed found no memory, and this is the second try
        session.record = ledger.begin(
            cp.box,
            session.cid,
            session.id_tag,
            session.meter_start_wh,
            session.started,
            session.parent,
            session.reservation_id,
        )
    number = session.record
    _add(cp, session, session.started, ledger.BEGIN, session.meter_start_wh, number)
    wanted = meter_values.wanted(cp.config, "StartTxnSampledData")
    if wanted:  # right after the start (SMV 3.3.4)
        if cp.signs & 2:  # signing.STARTED: the register comes signed
            wanted = wanted.replace("E", "")
        reading = _reading(cp, session, wanted, session.meter_start_wh)
        if reading:
            stamp = cp.box.stamp(session.started)
            cp.box.sample(number, session.cid, stamp, ledger.BEGIN, reading, cp.online)
    if cp.signs:
        cp.lazy("ocppj.v16.signed").begun(cp, session, number)
    cp.sampler.run(session.cid, session.started)
    cp.journal_full = cp.box.full


def stopped(cp, session):
    """TX_STOPPED: one stop for each start, with the readings that belong to it."""
    cp.sampler.run(session.cid, None)
    ledger = cp.lazy("ocppj.ledger")
    number = session.record
    if number is not None:
        register = session.meter_stop_wh
        _add(cp, session, session.stopped, ledger.END, register, number)
        at = cp.box.stamp(session.stopped)
        ledger.end(cp.box, number, register, at, session.stop_reason, session.stop_tag)
        if cp.signs:
            cp.lazy("ocppj.signing").want(cp, session.cid, number, "E", at, session.id_tag)


def stop_wanted(cp):
    """Letters of what StopTransaction's transactionData must hold; "": nothing (S 3.16.5)."""
    return meter_values.wanted(cp.config, "StopTxnSampledData", "StopTxnAlignedData")


def _add(cp, session, up, context, register, number):
    """Keep the reading at an end of a transaction (E 3.14)."""
    reading = _reading(cp, session, stop_wanted(cp), register)
    if reading:
        ledger = cp.lazy("ocppj.ledger")
        most = cp.config.get("StopTransactionMaxMeterValues")
        ledger.add_reading(cp.box, number, cp.box.stamp(up), context, reading, most)


def _reading(cp, session, wanted, register):
    """The letters `wanted`, with the register as the transaction has it."""
    reading = sampler.read(cp.station.connector(session.cid).meter, wanted.replace("E", ""))
    return "E%d" % register + reading if "E" in wanted else reading


def request(cp, kind, number, fields):
    """(action, payload) of a start ('s') or stop ('e') in the journal; (None, None): not yet."""
    payload = {}
    if cp.signs and kind == "e" and cp.lazy("ocppj.signing").waits(cp, cp.box.ends[number]):
        return None, None
    if kind == "s":
        payload["connectorId"] = fields[outbox.CID]
        payload["idTag"] = fields[outbox.TAG]
        payload["meterStart"] = fields[outbox.START_WH]
        payload["timestamp"] = iso(fields[outbox.START])
        if fields[outbox.RESERVATION] is not None:
            payload["reservationId"] = fields[outbox.RESERVATION]
        return "StartTransaction", payload
    payload["meterStop"] = fields[outbox.LAST_WH]
    payload["timestamp"] = iso(fields[outbox.LAST])
    payload["transactionId"] = known_id(fields)
    payload["reason"] = fields[outbox.REASON]
    if fields[outbox.STOP_TAG]:
        payload["idTag"] = fields[outbox.STOP_TAG]
    ledger = cp.lazy("ocppj.ledger")
    rows = ledger.readings(cp.box, cp.box.ends[number])
    parts = []
    if rows:
        if rows[0][1] != ledger.BEGIN and "E" in rows[-1][2]:
            # Asked for after the start: the register at the begin is known all the same (E 3.14).
            rows.insert(0, [fields[outbox.START], ledger.BEGIN, "E%d" % fields[outbox.START_WH]])
    for row in rows:
        meter_values.element(parts, row[2], row[0], row[1])
    if cp.signs:
        signed = cp.lazy("ocppj.v16.signed")
        parts = signed.ends(cp, parts, cp.box.ends[number], fields[outbox.CID])
    if parts:
        head = json.dumps(payload)[:-1] + ',"transactionData":['
        payload = [head.encode()] + parts + [b"]}"]
    return "StopTransaction", payload


def answered(cp, number, payload, action):
    """The CSMS answered a StartTransaction or StopTransaction, in time or late."""
    box = cp.box
    if action == "StartTransaction":
        _named(cp, number, payload)
        return
    tx = box.ends.get(number)
    fields = None if tx is None else box.tx(tx)
    if fields and fields[outbox.STOP_TAG] and "idTagInfo" in payload:
        cp.lazy("ocppj.v16.tokens").learned(cp, fields[outbox.STOP_TAG], payload["idTagInfo"])
    box.settled(number)
    if cp.signs and tx is not None:
        cp.lazy("ocppj.signing").drop(box, tx)


def _named(cp, number, payload):
    """The transaction has its id; online or not, one rule for a bad token (E 3.17)."""
    transaction_id = payload["transactionId"]
    if not isinstance(transaction_id, int):
        raise ValueError("transactionId")
    # An id is the answer; who leaves out the verdict has none against the token.
    info = payload.get("idTagInfo") or {"status": "Accepted"}
    fields = cp.box.tx(number)
    if fields is None:
        return
    cp.lazy("ocppj.ledger").named(cp.box, number, transaction_id)
    cp.lazy("ocppj.v16.tokens").learned(cp, fields[outbox.TAG], info)
    session = cp.station.connector(fields[outbox.CID]).session
    news = fields[outbox.STATE] != outbox.ANSWERED
    if not news or session is None or session.record != number:
        return  # that charge is over
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
