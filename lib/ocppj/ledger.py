"""How do the start and the end of a charge enter the journal? Twice a charge, so on demand."""

from ocppj import outbox

# Contexts of the readings at both ends, one letter each.
BEGIN = "B"
END = "E"


def begin(box, cid, tag, meter_wh, up, parent=None, reservation=None) -> int:
    """A transaction starts at uptime `up`; returns its number."""
    number = box.next()
    at = box.stamp(up)
    fields = [
        cid,
        tag,
        meter_wh,
        at,
        outbox.PENDING,
        None,
        meter_wh,
        at,
        parent,
        reservation,
        0,
        0,
    ]
    box.save("s", number, fields)
    box.measure()
    return number


def end(box, number, meter_wh, at, reason, tag=None):
    """A transaction stops, at stamp `at`; a second stop changes nothing."""
    fields = box.tx(number)
    if not fields or fields[outbox.STOP]:
        return
    fields[outbox.LAST_WH] = max(meter_wh, fields[outbox.LAST_WH])
    fields[outbox.LAST] = at
    fields[outbox.PARENT] = None
    stop = box.next()
    # What a newer build has put behind them stays.
    fields[outbox.STOP : outbox.STOP + 3] = [stop, reason, tag]
    if fields[outbox.STATE] != outbox.PENDING:
        fields[outbox.ATTEMPTS] = 0
    box.save("s", number, fields)
    box.ends[stop] = number


def named(box, number, transaction_id):
    """The CSMS answered the start `number`, however late, and gave the transaction its id."""
    fields = box.tx(number)
    if fields and fields[outbox.STATE] != outbox.ANSWERED:
        if fields[outbox.STATE] == outbox.GIVEN_UP:
            box.drop("a", number)
        fields[outbox.STATE] = outbox.ANSWERED
        fields[outbox.ID] = transaction_id
        fields[outbox.ATTEMPTS] = 0
        fields[outbox.RESERVATION] = None  # told; its number may be used again
        box.save("s", number, fields)
    if box.item and box.item[1] == number:
        box.item = None
        box.wait = 0


def readings(box, number):
    """Readings for the end of transaction `number`: [[stamp, context, reading], ...]."""
    return box.load("d%07x" % number) or []


def add_reading(box, number, at, context, reading, most):
    """Keep one; beyond `most`, every second one in the middle goes, never an end (E 3.91)."""
    rows = [row for row in readings(box, number) if row[1] != context or context != END]
    rows.append([at, context, reading])
    if len(rows) > most:
        rows = [rows[0]] + rows[2:-1:2] + [rows[-1]]
    box.save("d", number, rows)
