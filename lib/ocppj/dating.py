"""Which records were written before the clock was known, and when was that really?

Once the wall clock is set, every record that carries operating seconds gets its Unix time (E
3.11), so that a later power cut cannot blur it: a message to be sent before it is sent, the
others one a second, as the control loop shares the processor. Imported on demand.
"""

import record
from ocppj import outbox


def step(box):
    """Look at one record of outbox `box`; ends by setting box.undated to None."""
    if box.undated:
        _date(box, box.undated.pop())
    else:
        box.undated = None


def head(box):
    """Date the message at the head, with all that belongs to it; it is loaded again."""
    kind, number, fields = box.item
    if box.ram and box.ram[0] == number:
        _settle(box, fields, outbox.M_TIME)
    elif kind == "m":
        _date(box, "m%07x" % number)
    else:
        tx = number if kind == "s" else box.ends[number]
        _date(box, "d%07x" % tx)
        _date(box, "s%07x" % tx)
    box.item = None


def _date(box, name):
    if name[:2] == "ev":
        return _event(box, name)
    if outbox.number_of(name) < 0:
        return
    letter = name[0]
    fields = record.unpack(box.store.read(name))
    if not fields:
        return
    rows = fields
    if letter == "a":
        letter = "m" if fields[0] == "m" else "s"
        rows = fields[1]
    changed = False
    if letter == "d":
        for row in rows:
            changed = _settle(box, row, 0) or changed
    elif letter == "m":
        changed = _settle(box, rows, outbox.M_TIME)
    else:
        changed = _settle(box, rows, outbox.START)
        changed = _settle(box, rows, outbox.LAST) or changed
    if changed:
        box.store.write(name, record.pack(fields))


def _event(box, name):
    """A security event that waits, or a page of their log (alarms.py)."""
    data = box.store.read(name) or b""
    if name[2] == "q":
        fields = record.unpack(data)
        if fields and _settle(box, fields, 0):
            box.store.write(name, record.pack(fields))
        return
    lines = data.decode().split("\n")
    for i, line in enumerate(lines):
        if line[:1] == "-" and box.clock.wall() is not None:
            stamp, _, rest = line.partition(" ")
            lines[i] = "%d %s" % (box.wall(int(stamp)), rest)
    text = "\n".join(lines).encode()
    if text != data:
        box.store.write(name, text)


def _settle(box, fields, i):
    if fields[i] >= 0:
        return False
    fields[i] = box.wall(fields[i])
    return True
