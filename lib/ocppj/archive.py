"""What became of messages that the CSMS refused to the last attempt?

They leave the queue but are not forgotten (S 3.7.1): up to MOST records stay in flash for
diagnostics; when one more comes, the oldest goes, and the log says so. Imported on demand.
"""

from micropython import const

from ocppj import outbox, record

MOST = const(16)


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
