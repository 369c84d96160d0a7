"""Console: login, logout. Who may do more than look?"""


def login(app, args, session):
    """login PASSWORD: after a wrong one the next takes longer, for all terminals together."""
    wanted = app.config.get("ConsoleLock")
    if not wanted:
        yield "the console has no lock"
        return
    if len(args) != 1:
        raise ValueError("expected the password")
    fails = app.login_fails
    yield 500 << min(fails, 6)  # a pause in ms: 0.5 s to 32 s
    # Compared to the end: how long it takes tells nothing.
    given = args[0].encode()
    wanted = wanted.encode()
    wrong = len(given) ^ len(wanted)
    for i in range(len(given)):
        wrong |= given[i] ^ wanted[i % len(wanted)]
    if wrong:
        app.login_fails = fails + 1
        app.log("SYS").warn("console: wrong password, %d in a row", fails + 1)
        _alarm(app, "MaintenanceLoginFailed")
        yield "error: wrong password"
        return
    app.login_fails = 0
    session.locked = False
    app.log("SYS").info("console: unlocked")
    _alarm(app, "MaintenanceLoginAccepted")
    yield "unlocked until logout, or a minute without a key"


def _alarm(app, event):
    if app.cp:
        app.cp.alarm(event, "{'user': '', 'origin': 'console'}")


def logout(app, args, session):
    """Lock the console again, where it has a lock."""
    session.locked = bool(app.config.get("ConsoleLock"))
    yield "locked" if session.locked else "the console has no lock"
