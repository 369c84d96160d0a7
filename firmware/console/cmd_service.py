"""Console: reset, factory, maintenance, time, quit. What a technician does to the station."""

from core import clock


def reset(app, args, session):
    """reset soft|hard: charges end in order first."""
    if args not in (["soft"], ["hard"]):
        raise ValueError("expected soft or hard")
    kind = "Soft" if args[0] == "soft" else "Hard"
    yield kind + " reset: charges end, then the station restarts"
    app.station.reset(kind)


def factory(app, args, session):
    """factory reset: settings to their defaults; what is kept is said."""
    if args != ["reset"]:
        raise ValueError("expected: factory reset")
    for c in app.station.connectors:
        if c.active():
            yield "refused: a charge is running at connector %d" % c.id
            return
    kept = app.config.factory_reset()
    yield "settings are back to their defaults; kept: %s" % kept
    yield "kept too: energy registers, transactions not yet delivered"
    yield "complete after: reset soft"


def maintenance(app, args, session):
    """maintenance [MINUTES]|off: no new charge begins; it ends by itself."""
    from core import maintenance as mode

    if args == ["off"]:
        mode.end(app)
    elif args:
        if len(args) > 1 or not args[0].isdigit() or not 0 < int(args[0]) <= mode.LONGEST:
            raise ValueError("expected 1..%d minutes or off, got '%s'" % (mode.LONGEST, args[0]))
        mode.end(app)  # the new length counts, be it the shorter one
        mode.begin(app, int(args[0]), "console")
    elif not app.maintenance:
        mode.begin(app, 15, "console")
    left = app.maintenance - app.clock.uptime_s()
    yield "maintenance for %d:%02d more" % divmod(left, 60) if left > 0 else "no maintenance"


def time(app, args, session):
    """time [set YYYY-MM-DDThh:mm:ssZ]."""
    if args:
        from ocppj import datetime

        epoch_s = datetime.parse(args[1]) if args[0] == "set" and len(args) == 2 else None
        if epoch_s is None or not app.clock.set_wall(epoch_s, "console"):
            raise ValueError("expected set YYYY-MM-DDThh:mm:ssZ from 2025 on")
    now = app.clock.wall()
    yield "%s, up %d s" % (
        "time unknown" if now is None else clock.iso(now) + " by " + app.clock.source,
        app.clock.uptime_s(),
    )


def quit(app, args, session):
    """Close the connection; the serial console just stays."""
    session.open = False
    yield "bye"
