"""Console: can. Do the buses work, and what is on them?"""

_STATES = ("stopped", "active", "warning", "passive", "bus-off")
_COUNTERS = "TEC REC warnings passives busoffs tx_pending rx_pending lost".split()
_HOLD = 100  # frames that wait for a slow terminal; more are dropped and counted


def can(app, args, session):
    """can: state and counters a bus; can dump [SECONDS]: frames, 5 s unless told (60 at most)."""
    if args and args[0] == "dump":
        for line in _dump(app, args[1:]):
            yield line
        return
    if args:
        raise ValueError("expected nothing or dump, got '%s'" % args[0])
    for n, bus in enumerate(app.cans):
        state = bus.state()
        counters = zip(_COUNTERS, bus.get_counters())
        yield "can%d %s, %s" % (
            n + 1,
            _STATES[state] if 0 <= state < 5 else state,
            ", ".join(["%s %d" % c for c in counters]),
        )
    for path in app.paths:
        yield "frames refused by the codec: %d" % path.codec.rejected
    hall = app.station.hall
    if hall:
        yield hall.barred or "worst case: " + hall.budget


def _dump(app, args):
    from tasks import can_rx

    if len(args) > 1 or args and not (args[0].isdigit() and 0 < int(args[0]) <= 60):
        raise ValueError("expected 1..60 seconds, got '%s'" % " ".join(args))
    if any([bus.tap for bus in app.cans]):
        yield "another console dumps already"
        return
    lines = []
    lost = [0]

    def sink(line):
        if len(lines) < _HOLD:
            lines.append(line)
        else:
            lost[0] += 1

    end = app.clock.uptime_s() + int(args[0] if args else 5)
    try:
        for n in range(1, len(app.cans) + 1):
            can_rx.dump(app, n, sink)
        while app.clock.uptime_s() < end:
            yield 20
            while lines:
                yield lines.pop(0)
    finally:
        for n in range(1, len(app.cans) + 1):
            can_rx.dump(app, n, None)
    if lost[0]:
        yield "# %d frames did not show: the terminal is too slow" % lost[0]
