"""Does a new build prove itself, and does `update` say what runs? firmware/ota/."""

import os

import console_world
from console_world import App, fresh_log

import lazy
from ota import slots


def setup():
    fresh_log()
    slots.write("a", 3, "-")


def teardown():
    console_world.board_stub.UPDATE = ""


def on_trial(uptime_s, registration="Accepted"):
    """What board.UPDATE and the file `slot` are after a look at that uptime."""
    app = App()
    app.board.UPDATE = "trial"
    app.cp = Cp()
    app.cp.registration = registration
    app.resets = []
    app.station.reset = lambda *args: app.resets.append(args)
    lazy.call("ota.trial", "tick", app, uptime_s)
    return app.board.UPDATE, slots.read(), len(app.resets)


class Cp:
    jobs = ()


def test_a_build_that_is_well_stays_after_two_minutes():
    assert on_trial(119) == ("trial", ("a", "3", "-"), 0)
    assert on_trial(120) == ("", ("a", "ok", "-"), 0)


def test_one_that_the_central_system_does_not_take_goes_when_its_time_is_over():
    assert on_trial(1799, "Unknown") == ("trial", ("a", "3", "-"), 0)
    assert on_trial(1800, "Unknown") == ("", ("-", "failed", "a"), 1)


def test_a_charge_is_waited_for():
    app = App()
    app.board.UPDATE = "trial"
    app.cp = Cp()
    app.cp.registration = "Unknown"
    app.station.connectors[0].session = object()
    lazy.call("ota.trial", "tick", app, 9999)
    assert slots.read() == ("a", "3", "-") and app.board.UPDATE == "trial"


def test_what_failed_is_told_once():
    app = App()
    app.board.UPDATE = "failed"
    slots.write("-", "failed", "a")
    lazy.call("ota.trial", "tick", app, 5)
    assert app.board.UPDATE == "" and slots.read() == ("-", "ok", "-")


# -- the console's update


def test_update_says_what_runs():
    app = App()
    assert "runs from folder a" in said(app, "update")
    app.board.UPDATE = "trial"
    assert "3 more starts, else back to the root" in said(app, "update")
    slots.confirm()
    app.board.UPDATE = ""
    os.remove("slot")
    assert "runs from the root" in said(app, "update")


def test_update_refuses_what_is_no_url():
    for line, why in (("update nonsense", "scheme"), ("update a b", "one URL")):
        assert why in said(App(), line)


def said(app, line):
    return console_world.ask(line, app)
