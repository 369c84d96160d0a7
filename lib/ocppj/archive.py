"""What becomes of a message that the CSMS does not take? (S 3.7.1)

It is tried again, and after the last attempt it leaves the queue but is not forgotten: up to MOST
records stay in flash for diagnostics; when one more comes, the oldest goes, and the log says so.
Imported on demand.
"""

from micropython import const

import record
from ocppj import outbox

MOST = const(16)


def failed(box, now, attempts_max, interval):
    """The head was not taken, on a line that lives: wait for the next attempt, or give up.

    The pause is `interval` seconds times the attempts so far.
    """
    kind, number, fields = box.item
    name = number if kind == "s" else box.ends.get(number)
    if kind == "m":
        attempts = fields[outbox.M_ATTEMPTS] = fields[outbox.M_ATTEMPTS] + 1
        if box.ram and box.ram[0] == number:
            box.ram = None
        box.save("m", number, fields)
    else:
        # Read again: a snapshot or the stop may have been written since it was sent.
        fields = box.tx(name)
        attempts = fields[outbox.ATTEMPTS] = fields[outbox.ATTEMPTS] + 1
        # Written before the archive: a power cut in between costs no attempt too many.
        box.save("s", name, fields)
    box.item = (kind, number, fields)
    box.wait = now + interval * attempts
    if attempts >= attempts_max:
        give_up(box)


def give_up(box):
    """Move the head of outbox `box` into the archive."""
    kind, number, fields = box.item
    box.log.error("message %s given up after the last attempt", box.message_id(number))
    box.save("a", number, [kind, fields])
    old = names(box.store)
    for name in old[:-MOST]:
        box.log.warn("archive full, %s dropped", name)
        box.store.delete(name)
    if kind == "s":
        fields[outbox.STATE] = outbox.GIVEN_UP
        fields[outbox.ATTEMPTS] = 0
        box.save("s", number, fields)
        box.item = None
        box.wait = 0
        box.head = number + 1
    else:
        box.settled(number)


def aside(box, name, data):
    """A record that nobody can read: a damaged one goes into the archive.

    One that a newer build has written stays where it is, for that build: this one runs again after
    an update that failed.
    """
    if data[0] > record.VERSION and record.whole(data):
        box.log.warn("record %s is a newer build's: kept", name)
        return
    box.log.error("record %s damaged", name)
    if name[0] in "smd":
        box.store.write("a" + name[1:], data)
        box.store.delete(name)


def names(store):
    """Names of the archived records, oldest first."""
    return [name for name in store.names() if name[0] == "a" and outbox.number_of(name) >= 0]


def rows(store):
    """The archive for diagnostics: list of (name, kind, fields); kind '?' for a damaged record."""
    out = []
    for name in names(store):
        fields = record.unpack(store.read(name))
        out.append((name, fields[0], fields[1]) if fields else (name, "?", None))
    return out
