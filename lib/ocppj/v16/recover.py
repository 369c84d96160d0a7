"""What becomes of the transactions that ran when the power went? (S 4.10)

They go on, if the setting and the station want it, or are stopped with the last register that
is known. Imported at boot only.
"""

from ocppj import outbox
from ocppj.v16 import transactions


def run(cp, cause):
    """Look at every open transaction of the journal; `cause`: reason of the stop."""
    box = cp.box
    resume = cp.config.get("ResumeTransactionAfterPowerLoss")
    for name in cp.store.names():
        number = outbox.number_of(name) if name[0] == "s" else -1
        fields = box.tx(number) if number >= 0 else None
        if not fields or fields[outbox.STOP]:
            continue
        connector = cp.station.connector(fields[outbox.CID])
        if resume and connector and _resume(cp, number, fields):
            continue
        meter_wh = fields[outbox.LAST_WH]
        if connector:
            meter_wh = max(meter_wh, connector.meter.energy_wh)
        if "E" in transactions.stop_wanted(cp):
            transactions.add_end(cp, number, fields[outbox.LAST], "E%d" % meter_wh)
        cp.log.info("transaction %d ended: %s", number, cause)
        box.end(number, meter_wh, fields[outbox.LAST], cause)


def _resume(cp, number, fields):
    start = cp.box.uptime(fields[outbox.START]) or 0
    session = cp.station.restore(
        {
            "cid": fields[outbox.CID],
            "id_tag": fields[outbox.TAG],
            "parent": fields[outbox.PARENT],
            "transaction_id": fields[outbox.ID],
            "meter_start_wh": fields[outbox.START_WH],
            "energy_wh": fields[outbox.LAST_WH],
            "started": start,
            "started_wall": cp.box.wall(fields[outbox.START]),
            "record": number,
        }
    )
    if session is None:
        return False
    session.record = number
    cp.sampler.run(session.cid, start)
    return True
