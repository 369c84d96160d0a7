"""Does the maintenance mode keep new charges out, show, and end; does the lock lock?"""
# heapsize: 2m

from console_world import App, Terminal, ask, fresh_log

from console import rawrepl
from core import logview, maintenance


def setup():
    fresh_log()


def test_no_new_charge_begins_and_the_reason_shows():
    app = App()
    w = app.world
    assert ask("maintenance 5", app) == "maintenance for 5:00 more\n"
    w.pass_time(1)
    c = app.station.connectors[0]
    assert (c.status, c.error_code) == ("Unavailable", "NoError")
    assert (c.info, c.vendor_error) == ("Maintenance", "Maintenance")
    w.plug()
    w.pass_time(2)
    assert ask("start 1", app) == "refused: connector is out of service\n"
    assert "maintenance for 29" in ask("status", app)


def test_a_running_charge_goes_on_and_says_so():
    app = App()
    w = app.world
    w.charge()
    ask("maintenance", app)
    w.pass_time(30)
    c = app.station.connectors[0]
    assert (c.status, c.info) == ("Charging", "Maintenance")
    app.station.stop(1, "Local")
    w.pass_time(10)
    w.unplug()
    w.pass_time(5)
    assert c.status == "Unavailable"


def test_off_brings_everything_back():
    app = App()
    w = app.world
    ask("maintenance", app)
    w.pass_time(1)
    assert ask("maintenance off", app) == "no maintenance\n"
    w.pass_time(1)
    c = app.station.connectors[0]
    assert (c.status, c.info, c.vendor_error) == ("Available", None, None)


def test_a_pause_of_another_reason_is_left_alone():
    app = App()
    c = app.station.connectors[0]
    c.paused = True  # a new firmware is about to be installed
    ask("maintenance", app)
    ask("maintenance off", app)
    assert c.paused is True


def test_its_length_has_bounds():
    app = App()
    for wrong in ("0", "121", "-1", "x", "5 6"):
        assert "expected 1..120 minutes or off" in ask("maintenance " + wrong, app)
        assert not app.maintenance
    assert ask("maintenance 120", app) == "maintenance for 120:00 more\n"
    assert ask("maintenance 1", app) == "maintenance for 1:00 more\n"


def test_a_tool_does_not_shorten_what_a_person_began():
    app = App()
    ask("maintenance 60", app)
    maintenance.begin(app, rawrepl.MINUTES, "raw")
    assert app.maintenance - app.clock.uptime_s() == 3600


def test_a_locked_console_lets_look_but_not_touch():
    app = App()
    app.config.set("ConsoleLock", "open-sesame")
    t = Terminal(app)
    for line in ("config list", "reset soft", "start 1", "diagnostics", "logs", "maintenance"):
        assert "error: the console is locked" in t.type(line + "\r"), line
    for line in ("status", "version", "help", "unlock 1"):
        assert "the console is locked" not in t.type(line + "\r"), line
    assert t.session.locked


def test_the_password_opens_one_session_until_logout():
    app = App()
    app.config.set("ConsoleLock", "open-sesame")
    t = Terminal(app)
    other = Terminal(app)
    for wrong in ("open-sesam", "open-sesamee", "OPEN-SESAME", "x"):
        assert "error: wrong password" in t.type("login " + wrong + "\r")
        app.login_fails = 0  # the growing pause is another test's
    shown = t.type("login open-sesame\r")
    assert "unlocked" in shown and "open-sesame" not in shown
    assert "BmsTimeout" in t.type("config list Bms\r")
    assert "is locked" in other.type("config list\r")
    t.type("logout\r")
    assert "is locked" in t.type("config list\r")
    assert "open-sesame" not in "\n".join(logview.lines())


def test_the_password_is_neither_shown_nor_kept():
    app = App()
    app.config.set("ConsoleLock", "open-sesame")
    t = Terminal(app)
    assert "login ***" in t.type("login abc").replace("\x1b[K", "") + t.session._editor.shown()
    assert "abc" not in t.session._editor.shown()
    t.type("\x15login open-sesame\r")
    t.type("version\r")
    assert t.session._editor._history == ["version"]


def test_a_wrong_password_makes_the_next_wait_longer():
    from console import cmd_lock

    app = App()
    app.config.set("ConsoleLock", "open-sesame")
    session = Terminal(app).session
    pauses = [next(iter(cmd_lock.login(app, ["x"], session)))]
    for _ in range(8):
        list(cmd_lock.login(app, ["x"], session))
        pauses.append(next(iter(cmd_lock.login(app, ["x"], session))))
    assert pauses == [500, 1000, 2000, 4000, 8000, 16000, 32000, 32000, 32000]


# -- the raw mode's protocol


def spoken(keys):
    """What the raw mode writes and executes for some bytes."""
    out = bytearray()
    ran = []

    def execute(source):
        ran.append(bytes(source))
        out.extend(b"\x04\x04")

    steps = rawrepl.talk(out.extend, execute)
    next(steps)
    for key in keys:
        try:
            steps.send(key)
        except StopIteration:
            ran.append("left")
    return bytes(out), ran


BANNER = b"raw REPL; CTRL-B to exit\r\n>"


def test_code_runs_at_ctrl_d_and_ctrl_b_leaves():
    assert spoken(b"a=1\x04b\x04\x02") == (
        BANNER + b"OK\x04\x04>OK\x04\x04>\r\n",
        [b"a=1", b"b", "left"],
    )


def test_ctrl_c_forgets_what_was_typed_and_ctrl_a_begins_again():
    assert spoken(b"junk\x03a\x04")[1] == [b"a"]
    assert spoken(b"junk\x01a\x04") == (BANNER + b"\r\n" + BANNER + b"OK\x04\x04>", [b"a"])


def test_raw_paste_opens_a_window_for_every_window_taken():
    code = b"x" * 300
    said, ran = spoken(b"\x05A\x01" + code + b"\x04")
    assert said == BANNER + b"R\x01\x80\x00\x01" + b"\x01\x01" + b"\x04" + b"\x04\x04>"
    assert ran == [code]


def test_raw_paste_cut_by_ctrl_c_runs_nothing_of_it():
    said, ran = spoken(b"\x05A\x01half\x03")
    assert ran == [b"raise KeyboardInterrupt"]


def test_an_unknown_sub_mode_is_refused_and_nothing_is_lost():
    said, ran = spoken(b"\x05A\x02a\x04")
    assert said.startswith(BANNER + b"R\x00") and ran == [b"a"]


def test_ctrl_d_alone_is_the_soft_reset():
    try:
        spoken(b"\x04")
    except KeyboardInterrupt as e:
        assert e.args == ("raw",)
        return
    assert False
