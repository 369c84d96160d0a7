"""Console: start, stop, tag, unlock, available, clear. What a person does to a charge."""


def start(app, args, session):
    """start N [ID]: refused with the reason of the one gate, can_start()."""
    c = _connector(app, args, 1, 2)
    tag = args[1] if len(args) > 1 else "CONSOLE"
    if c.session:
        yield "refused: a charge is under way at connector %d" % c.id
        return
    yield app.station.tag(c.id, tag, "console")


def stop(app, args, session):
    """stop N."""
    c = _connector(app, args, 1, 1)
    yield "stopping" if app.station.stop(c.id, "Local") else "no charge at connector %d" % c.id


def tag(app, args, session):
    """tag N ID."""
    c = _connector(app, args, 2, 2)
    yield app.station.tag(c.id, args[1])


def unlock(app, args, session):
    """unlock N."""
    yield app.station.unlock(_connector(app, args, 1, 1).id) or "unlocking"


def available(app, args, session):
    """available N on|off; N 0 means the whole station."""
    c = _connector(app, args, 2, 2, 0)
    if args[1] not in ("on", "off"):
        raise ValueError("expected on or off, got '%s'" % args[1])
    yield app.station.set_availability(c.id, args[1] == "on")


def clear(app, args, session):
    """Release latched faults; what still has its cause stays and is named."""
    left = app.station.clear_faults()
    yield "still there: " + ", ".join(left) if left else "no faults left"


def _connector(app, args, least, most, first=1):
    """The connector that the first argument names, or what was expected."""
    count = len(app.station.connectors)
    if not args:
        raise ValueError("expected a connector, %d..%d" % (first, count))
    if not args[0].isdigit() or not first <= int(args[0]) <= count:
        raise ValueError("expected a connector %d..%d, got '%s'" % (first, count, args[0]))
    if not least <= len(args) <= most:
        raise ValueError("expected %d arguments, got %d" % (least, len(args)))
    return app.station.connector(int(args[0]))
