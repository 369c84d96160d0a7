"""Which records were written before the clock was known, and when was that really?

Once the wall clock is set, every record that carries operating seconds gets its Unix time, so
that a later power cut cannot blur it (E 3.11). One record a call: the control loop shares the
processor. Imported on demand, at most once a boot.
"""

from ocppj import outbox, record


def step(box):
    """Look at one record of outbox `box`; ends by setting box.undated to None."""
    if not box.undated:
        box.undated = None
        if box.ram:
            _date(box, box.ram[1], outbox.M_TIME)
        return
    name = box.undated.pop()
    letter = name[0]
    if outbox.number_of(name) < 0:
        return
    data = box.store.read(name)
    fields = record.unpack(data)
    if fields:
        rows = fields[1] if letter == "a" else fields
        if letter == "a":
            letter = "m" if fields[0] == "m" else "s"
        changed = False
        if letter == "d":
            for row in rows:
                changed = _date(box, row, 0) or changed
        elif letter == "m":
            changed = _date(box, rows, outbox.M_TIME)
        else:
            changed = _date(box, rows, outbox.START)
            changed = _date(box, rows, outbox.LAST) or changed
        if changed:
            box.store.write(name, record.pack(fields))


def _date(box, fields, i):
    if fields[i] >= 0:
        return False
    fields[i] = box.wall(fields[i])
    return True
