"""What does the journal hold at boot? Imported then, and forgotten."""

from ocppj import outbox

_FIRST = 1 << 28


def run(box, random_bytes):
    """Fill an Outbox from its store: where the queue begins and ends, which stops wait in it."""
    names = box.store.names()
    ids = box.load("ids") or [None, 0, 0]
    box.nonce = ids[0] or "".join(["%02x" % b for b in random_bytes(5)])
    box.head = _FIRST
    box.tail = ids[1]
    # Later than in every record before this boot.
    box.base = ids[2]
    for name in names:
        number = outbox.number_of(name)
        letter = name[0]
        if letter == "g" and "s" + name[1:8] not in names:
            box.store.delete(name)  # a signed reading of a transaction that was delivered
        if number < 0 or letter == "a":
            continue
        if letter == "d":
            if "s" + name[1:] not in names:
                box.store.delete(name)  # its transaction was delivered just before the cut
            continue
        fields = box.load(name)
        box.head = min(box.head, number)
        if fields and letter == "s":
            box.base = max(box.base, -fields[outbox.START], -fields[outbox.LAST])
            if fields[outbox.STOP]:
                box.ends[fields[outbox.STOP]] = number
                number = fields[outbox.STOP]
        elif fields:
            box.base = max(box.base, -fields[outbox.M_TIME])
        box.tail = max(box.tail, number + 1)
    box.base += 1
    if box.head == _FIRST:
        box.head = box.tail
    box.reserved = box.tail
    box.measure()
