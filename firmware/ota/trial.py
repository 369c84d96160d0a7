"""Is a new build well enough to stay? Asked every few seconds while it is on trial."""

import lazy

_GOOD_S = 120  # it has run so long, control and all tasks, and the central system has accepted it


def tick(app, now: int):
    """Keep the build, go back to the one before, or wait. board.UPDATE: "" when it is over."""
    slots = lazy.load("ota.slots")
    try:
        if app.board.UPDATE == "failed":
            app.log("OTA").error("the update did not prove itself: the build before it runs")
            slots.known()
            app.board.UPDATE = ""
            return
        if now >= _GOOD_S and _well(app) and _confirmed(app, slots):
            app.log("OTA").info("the update stays")
            app.board.UPDATE = ""
            if app.cp:
                lazy.call("ocppj.transfer", "proved", app.cp)
            return
        if now >= app.config.get("UpdateTrialTime") and _idle(app):
            app.log("OTA").error("the update was not well within its time: back to the one before")
            slots.give_up()
            app.board.UPDATE = ""
            app.station.reset("Hard", "Reboot")
    finally:
        lazy.drop("ota.slots")


def _confirmed(app, slots):
    try:
        slots.confirm()
        return True
    except OSError as e:  # of the flash, or the boot loader: tried again until the trial is over
        app.log("OTA").error("the update cannot be confirmed: %s", str(e))
        return False


def _well(app):
    """Every task beats, none was restarted, and the central system knows us (if there is one)."""
    if app.restart.minimal:
        return False
    for _, _, failed, _ in app.supervisor.ages():
        if failed:
            return False
    return app.cp is None or app.cp.registration == "Accepted"


def _idle(app):
    return all([c.session is None for c in app.station.connectors])
