"""What becomes of the transactions that ran when the power went? (S 4.10)

They go on, if the setting and the station want it, or are stopped with the last register that
is known. Imported at boot only.
"""

from ocppj import outbox


def run(cp, cause):
    """Look at every open transaction of the journal; `cause`: reason of the stop."""
    box = cp.box
    ledger = cp.lazy("ocppj.ledger")
    resume = cp.config.get("ResumeTransactionAfterPowerLoss")
    names = cp.store.names()
    cp.alarms = len([name for name in names if name[:3] == "evq"])
    if "update" in names:
        cp.lazy("ocppj.restored").restore(cp)
    for name in names:
        number = outbox.number_of(name) if name[0] == "s" else -1
        fields = box.tx(number) if number >= 0 else None
        if fields and fields[outbox.RESERVATION] is not None:
            # Used up, if the cut came before that was written.
            _release(cp.station, fields[outbox.RESERVATION])
        if not fields or fields[outbox.STOP]:
            continue
        connector = cp.station.connector(fields[outbox.CID])
        if resume and connector and _resume(cp, number, fields):
            continue
        meter_wh = fields[outbox.LAST_WH]
        if connector:
            connector.meter.register(meter_wh)  # never back behind what was told
            meter_wh = connector.meter.energy_wh
            # Before the record closes: nothing else would hold it at the next power cut.
            cp.station.save_register(connector)
        last = fields[outbox.LAST]
        if "E" in cp.lazy("ocppj.v16.charge").stop_wanted(cp):
            most = cp.config.get("StopTransactionMaxMeterValues")
            ledger.add_reading(box, number, last, ledger.END, "E%d" % meter_wh, most)
        cp.log.info("transaction %d ended: %s", number, cause)
        ledger.end(box, number, meter_wh, last, cause)
    if cp.signs:
        cp.lazy("ocppj.signing").restore(cp)
    if [name for name in names if name[0] == "p" and len(name) == 3]:
        cp.lazy("ocppj.profiles").boot(cp)


def _release(station, reservation):
    rest = [row for row in station.reservations if row[1] != reservation]
    if len(rest) < len(station.reservations):
        station.keep(rest)


def _resume(cp, number, fields):
    box = cp.box
    start = fields[outbox.START]
    if start < 0:
        start = -1 - start - box.base  # uptime, below zero: before this boot
    else:
        wall = cp.clock.wall()
        start = 0 if wall is None else cp.clock.uptime_s() - (wall - start)
    session = cp.station.restore(
        {
            "cid": fields[outbox.CID],
            "id_tag": fields[outbox.TAG],
            "parent": fields[outbox.PARENT],
            "transaction_id": fields[outbox.ID],
            "meter_start_wh": fields[outbox.START_WH],
            "energy_wh": fields[outbox.LAST_WH],
            "started": start,
            "started_wall": box.wall(fields[outbox.START]),
            "record": number,
        }
    )
    if session is None:
        return False
    session.record = number
    cp.sampler.run(session.cid, start)
    return True
