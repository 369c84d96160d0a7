"""Which signed meter readings does a charge still need, and where do they lie?

A meter that signs is the `external` of its connector and has, beside its readings,

    key           its public key as printed on it, hexadecimal digits (ASN.1); "" while unknown
    sign(k, tag)  begin to make a signed data set: k "B" begin of a charge, "E" end, "R" between
    signature     None while it is made, then the OCMF text ("OCMF|{..}|{..}"), "" if it failed

A meter may take seconds: `owner.signing` holds what is still to come, [connector, number of the
transaction, kind, stamp, deadline (uptime), token, asked], and the end of a charge is not told
before its reading is there or late. What came is a record "g0000012b" or "g0000012e" of
transaction 12: [stamp, base64 of the text]; it outlives a cut of power and goes with its
transaction. Never cut off: a longer text than MOST is refused and said so. Imported only where
SampledDataSignReadings or AlignedDataSignReadings is true. Source: the OCA's application note
"Signed Meter Values in OCPP" (SMV).
"""

import binascii

from micropython import const

import record

MOST = const(1875)  # bytes of a text: 2500 of base64 (SMV 3.2.1)
_WAIT_S = const(45)  # for one reading: some meters take 30 s (SMV 2.3.1)

# Bits of owner.signs.
STARTED = const(2)  # the reading at the begin is sent at once, too
SAMPLED = const(4)  # sampled readings are signed
ALIGNED = const(8)  # clock-aligned ones are


def want(owner, cid, number, kind, stamp, tag):
    """A signed reading of `kind` is wanted for transaction `number` at connector `cid`."""
    rows = owner.signing
    if kind not in "BE" and any(row[0] == cid for row in rows):
        return  # the meter is slower than the interval
    now = owner.clock.uptime_s()
    owner.signing = list(rows) + [[cid, number, kind, stamp, now + _WAIT_S, tag, False]]
    tick(owner, now)


def waits(owner, number):
    """True while the reading at the end of transaction `number` may still come."""
    return any(row[1] == number and row[2] == "E" for row in owner.signing)


def tick(owner, now):
    """Once a second while `owner.signing` is not empty: ask the meters, take what they give."""
    busy = []
    for row in owner.signing[:]:
        meter = owner.station.connector(row[0]).external
        if row[0] in busy:
            continue
        busy.append(row[0])  # a meter makes one at a time
        if meter is not None and not row[6]:
            row[6] = True
            meter.sign("R" if row[2] in "PC" else row[2], row[5])
        text = meter.signature if meter is not None and row[6] else None
        if text is None and now < row[4]:
            continue
        owner.signing.remove(row)
        if not text or len(text) > MOST:
            owner.log.error("connector %d: no signed reading (%d bytes)", row[0], len(text or ""))
            continue
        try:
            _keep(owner, row, binascii.b2a_base64(text.encode()).decode().strip())
        except OSError as e:
            owner.log.critical("signed reading cannot be written: %s", str(e))


def _keep(owner, row, data):
    cid, number, kind, stamp = row[:4]
    box = owner.box
    if kind in "BE":
        box.store.write(_name(number, kind), record.pack([stamp, data]))
    if kind != "E" and (kind != "B" or owner.signs & STARTED):
        box.sample(number, cid, stamp, kind, "#" + data, False)
        owner.woke()


def _name(number, kind):
    return "g%07x%s" % (number, kind.lower())


def reading(box, number, kind):
    """[stamp, base64] of the signed reading at an end ("B" or "E") of a transaction, or None."""
    return box.load(_name(number, kind))


def drop(box, number):
    """The transaction is delivered: its signed readings go."""
    for kind in "BE":
        box.store.delete(_name(number, kind))


def restore(owner):
    """After a boot: what a cut of power left without its last reading gets it now."""
    for number in owner.box.ends.values():
        if reading(owner.box, number, "B") and not reading(owner.box, number, "E"):
            fields = owner.box.tx(number)
            connector = fields and owner.station.connector(fields[0])
            if connector:
                stamp = owner.box.stamp(owner.clock.uptime_s())
                want(owner, fields[0], number, "E", stamp, fields[1])
