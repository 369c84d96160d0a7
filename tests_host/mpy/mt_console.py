"""Does the console do what a person and a program type, and say what it expected if it can't?"""
# heapsize: 2m

import asyncio
import json
import sys

import board_stub
import parent_path  # noqa: F401

from console import table
from console.session import Session
from core import log, logview
from core.bus import Bus
from core.clock import Clock
from core.config import Config
from core.health import Health
from core.journal import FileStore
from core.restart import Restart
from core.supervisor import Supervisor
from ocppj.v16 import keys as v16
from station import keys, topics
from world import World


class App:
    """The real shell services around a station whose hardware is the test world's."""

    VERSION = "1.2.3"
    made = 0

    def __init__(self, connectors=2):
        App.made += 1
        self.board = board_stub
        self.world = World(connectors)
        self.station = self.world.station
        self.io = self.world.io
        self.cans = [board_stub.Bus()]
        self.paths = [c.path for c in self.station.connectors]
        self.cp = board_stub
        self.bus = Bus()
        self.store = FileStore("flash%d" % App.made)
        self.clock = Clock(lambda: self.world.clock.ms, lambda a, b: a - b, lambda: 0)
        self.config = Config(
            "flash%d/config.json" % App.made, (keys.KEYS, v16.KEYS), self.bus.emit
        )
        self.log = log.get
        self.restart = Restart(self.store)
        self.supervisor = Supervisor(self.clock, self, log.get("SYS"), None)
        self.health = Health(self.clock, self.supervisor, self.restart)


class Terminal:
    """What a terminal shows; type() feeds keys one by one as a person does."""

    def __init__(self, app=None, echo=True):
        self.app = app or App()
        self.text = ""
        self.session = Session(self.app, self.send, self.put, echo)

    def send(self, text):
        self.text += text

    async def put(self, text):
        self.text += text

    def feed(self, data):
        self.text = ""
        asyncio.run(self.session.feed(data))
        return self.text

    def type(self, keys):
        shown = ""
        for key in keys:
            shown += self.feed(key.encode())
        return shown

    def machine(self, line):
        """One command in the machine mode; the answer without its end."""
        if self.session._machine is None:
            line = "\x01" + line
        answer = self.feed(line.encode() + b"\n")
        assert answer[-1] == "\x04"
        return answer[:-1]


def ask(line, app=None):
    return Terminal(app).machine(line)


def setup():
    logview.setup("debug", "INFO", 1024)
    logview.setup("debug", "INFO", 4096)
    log.sinks[:] = []
    log.clock = None


# -- typing


def test_a_person_sees_prompt_echo_and_answer():
    t = Terminal()
    shown = t.type("version\r")
    assert "galvani> " in shown
    assert "Galvani 1.2.3 on board TEST\r\n" in shown
    assert shown.endswith("galvani> ")


def test_cr_lf_and_cr_lf_together_end_a_line_once():
    for end in ("\r", "\n", "\r\n"):
        t = Terminal()
        t.type("x")
        t.type("\x15")
        assert t.type("version" + end).count("on board") == 1


def test_backspace_arrows_and_control_keys_edit_the_line():
    for keys_typed in (
        "versiox\x7fn\r",
        "versiox\x08n\r",
        "ersion\x01v\r",
        "vrsion\x1b[D\x1b[D\x1b[D\x1b[D\x1b[De\r",
        "garbage\x15version\r",
        "ersion\x1b[Hv\x1b[F\r",
        "versi\x01\x05on\r",
        "garbage\x03version\r",
        "versionä\x7f\r",
    ):
        assert "on board TEST" in Terminal().type(keys_typed), repr(keys_typed)


def test_arrows_stop_at_both_ends_and_backspace_at_the_begin():
    assert "on board" in Terminal().type("\x7f\x7f\x1b[C\x1b[Dversion\x1b[C\x1b[C\r")


def test_history_brings_lines_back_and_forth():
    t = Terminal()
    t.type("version\r")
    t.type("faults\r")
    assert "on board TEST" in t.type("\x1b[A\x1b[A\r")
    assert "no faults" in t.type("\x1b[A\x1b[A\x1b[A\x1b[B\r")
    assert t.type("\x1b[B\x1b[B\r").count("error") == 0


def test_history_is_bounded_and_has_no_doubles():
    t = Terminal()
    for n in range(20):
        t.type("help x%d\r" % n)
        t.type("help x%d\r" % n)
    assert len(t.session._editor._history) == 6
    assert t.session._editor._history[-2:] == ["help x18", "help x19"]


def test_a_line_is_bounded():
    t = Terminal(echo=False)
    t.feed(b"help " + b"y" * 2000)
    assert len(t.feed(b"\n")) < 600


def test_binary_noise_harms_nothing():
    t = Terminal()
    t.feed(bytes([n for n in range(2, 256)]) * 3)
    t.feed(b"\x15")
    assert "on board" in t.feed(b"\x15version\n")


def test_a_line_mode_client_sees_no_echo_but_answer_and_prompt():
    t = Terminal()
    assert t.feed(b"version\n").count("version") == 0
    assert t.text.endswith("galvani> ")


def test_a_log_line_comes_above_what_is_typed():
    t = Terminal()
    t.type("stat")
    t.text = ""
    t.session.tell("+0:00:01 W CAN lost")
    assert t.text == "\r\x1b[K+0:00:01 W CAN lost\r\ngalvani> stat"


def test_a_log_line_never_tears_an_answer():
    t = Terminal()
    t.type("x\x15")
    log.sinks.append(t.session.tell)
    whole = t.put

    async def put(text):
        for n in range(0, len(text), 5):  # a slow terminal
            await whole(text[n : n + 5])
            log.get("SYS").info("between %d", n)
            await asyncio.sleep_ms(0)

    t.session._put = put
    shown = t.type("version\r").replace("\x1b[K", "")
    lines = [line.strip() for line in shown.replace("\r", "\n").split("\n")]
    assert "Galvani 1.2.3 on board TEST" in lines
    between = [line for line in lines if "between" in line]
    assert between and not [line for line in between if "I SYS between" not in line]
    assert 8 <= len(between) <= 16  # the rest is in `logs`


# -- the machine mode


def test_the_first_byte_one_makes_it_a_machine():
    t = Terminal()
    assert t.feed(b"\x01version\n").startswith("Galvani 1.2.3")
    assert t.text.endswith("bit\n\x04")
    t.session.tell("a log line")
    assert t.feed(b"\n") == "\x04"
    assert t.feed(b"faults\nversion\n").count("\x04") == 2


def test_a_line_may_come_in_pieces():
    t = Terminal()
    assert t.feed(b"\x01") == ""
    assert t.feed(b"ver") == ""
    assert t.feed(b"sion\n").count("on board") == 1


# -- wrong input


def test_wrong_input_says_what_was_expected():
    for line, expected in (
        ("foo", "expected one of: help status"),
        ("tag", "expected a connector, 1..2; usage: tag N ID"),
        ("tag 3 A", "expected a connector 1..2, got '3'"),
        ("tag x A", "expected a connector 1..2, got 'x'"),
        ("tag 0 A", "expected a connector 1..2, got '0'"),
        ("tag 1", "expected 2 arguments, got 1"),
        ("tag 1 A B", "expected 2 arguments, got 3"),
        ("start", "usage: start N [ID]"),
        ("available 1 maybe", "expected on or off, got 'maybe'"),
        ("reset", "expected soft or hard"),
        ("reset warm", "usage: reset soft|hard"),
        ("factory", "expected: factory reset"),
        ("config get", "expected list, get, set or unset"),
        ("config get Nope", "no key 'Nope'"),
        ("config set BmsTimeout 5", "expected a whole number 500..60000 ms"),
        ("config set BmsTimeout", "BmsTimeout:  is wrong"),
        ("config unset Nope", "no key 'Nope'"),
        ("logs loud", "'loud' is no count, no level (TRACE"),
        ("logs 0", "is no count"),
        ("logs follow maybe", "expected follow on or follow off"),
        ("status --xml", "expected nothing or --json, got '--xml'"),
        ("can dumb", "expected nothing or dump"),
        ("can dump 61", "expected 1..60 seconds"),
        ("can dump 0", "expected 1..60 seconds"),
        ("time set yesterday", "expected set YYYY-MM-DDThh:mm:ssZ"),
        ("time set 2024-12-31T23:59:59Z", "from 2025 on"),
        ("help nothing", "no command 'nothing'"),
        ("config set LogLevel LOUD", "levels TRACE DEBUG"),
    ):
        answer = ask(line, with_log_guard())
        assert answer.startswith("error: "), line
        assert expected in answer, line


def with_log_guard():
    from tasks import upkeep

    app = App()
    upkeep.log_setup(app)
    return app


def test_a_command_that_fails_is_answered_and_logged():
    app = App()
    app.health = None
    answer = ask("health", app)
    assert answer.startswith("error: health failed: AttributeError")
    assert "E UI command health" in "\n".join(logview.lines())
    assert ask("version", app).startswith("Galvani")


# -- the table


def test_every_command_of_the_table_is_there():
    rows = list(table.rows())
    assert len(rows) >= 20
    names = [row[0] for row in rows]
    for name in "help status diagnostics logs start stop tag reset config can version".split():
        assert name in names
    from core import lazy

    for name, module, _, doc in rows:
        assert doc, name
        assert callable(getattr(lazy.load("console." + module), name)), name
        lazy.drop("console." + module)
    assert table.find("sta") is None
    assert table.find("status|") is None
    assert table.find("") is None


def test_help_lists_all_and_tells_one():
    everything = ask("help")
    for row in table.rows():
        assert row[3] in everything
    assert ask("help tag") == "tag N ID: as if the card ID were shown at connector N\n"


def test_commands_in_any_case_as_the_seed_s_users_type_them():
    assert ask("Version") == ask("version")
    assert ask("STATUS --json").startswith("{")


def test_a_command_s_code_is_dropped_after_use():
    ask("diagnostics")
    left = [n for n in sys.modules if n.startswith("console.cmd_") or n == "core.logview"]
    assert left == []
    assert not hasattr(sys.modules["console"], "cmd_diag")


# -- the commands


def test_status_json_has_the_agreed_keys():
    app = App()
    data = json.loads(ask("status --json", app))
    assert sorted(data) == ["connectors", "csms", "health", "id", "version"]
    assert sorted(data["csms"]) == ["connected", "registration", "url"]
    keys_of_a_connector = sorted(
        "id status error transaction power_w limit_w limit_source energy_wh soc".split()
    )
    assert len(data["connectors"]) == 2
    for n, c in enumerate(data["connectors"]):
        assert sorted(c) == keys_of_a_connector
        assert (c["id"], c["status"], c["error"]) == (n + 1, "Available", "NoError")
        assert (c["transaction"], c["power_w"], c["soc"]) == (None, 0, None)
    assert data["id"] == "galvani-1"
    assert data["csms"] == {"connected": True, "registration": "Accepted", "url": ""}
    for key in ("uptime_s", "heap_used", "heap_free_min", "lag_max_ms", "beats", "errors"):
        assert key in data["health"]


def test_a_charge_by_console():
    app = App()
    w = app.world
    w.plug()
    w.pass_time(2)
    assert ask("start 1", app) == "authorising\n"
    w.until(lambda: w.wire.amps > 5, 20)
    w.pass_time(3)
    c = json.loads(ask("status --json", app))["connectors"][0]
    assert (c["status"], c["transaction"]) == ("Charging", -1)
    assert c["power_w"] > 100
    assert c["limit_w"] > c["power_w"] * 0.9
    assert c["limit_source"] in ("board", "cable", "vehicle")
    assert w.session.id_tag == "CONSOLE"
    w.session.transaction_id = 77
    assert json.loads(ask("status --json", app))["connectors"][0]["transaction"] == 77
    shown = ask("status", app)
    assert "connector 1 Charging" in shown
    assert "transaction 77" in shown
    assert "refused: a charge is under way" in ask("start 1", app)
    assert "refused: a charge is running" in ask("factory reset", app)
    assert ask("stop 1", app) == "stopping\n"
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "Local"
    assert ask("stop 1", app) == "no charge at connector 1\n"
    assert ask("stop 2", app) == "no charge at connector 2\n"


def test_a_card_by_console_starts_and_stops():
    app = App()
    app.world.plug(2)
    app.world.pass_time(2)
    assert ask("tag 2 ABC123", app) == "authorising\n"
    app.world.until(lambda: app.station.connector(2).active(), 20)
    assert app.station.connector(2).session.id_tag == "ABC123"
    assert ask("tag 2 ABC123", app) == "stopping\n"
    assert "1 to 20 characters" in ask("tag 1 " + "x" * 21, app)


def test_reset_ends_charges_in_order():
    app = App()
    app.world.charge()
    assert ask("reset soft", app).startswith("Soft reset")
    app.world.pass_time(5)
    assert app.world.stopped[0].stop_reason == "SoftReset"
    assert [v for t, v in app.world.events if t == topics.RESET] == [("Soft", "SoftReset")]


def test_availability_and_clear():
    app = App()
    assert ask("available 2 off", app) == "Accepted\n"
    app.world.pass_time(1)
    assert app.station.connector(2).status == "Unavailable"
    assert ask("available 0 on", app) == "Accepted\n"
    assert ask("clear", app) == "no faults left\n"
    app.io.pressed = True
    app.world.pass_time(1)
    assert "connector 1: Faulted OtherError" in ask("faults", app)
    assert "still there: EmergencyStop" in ask("clear", app)


def test_config_by_console():
    app = App()
    assert ask("config get Identity", app) == "galvani-1\n"
    assert ask("config set BmsTimeout 6000", app) == "BmsTimeout = 6000\n"
    assert ask("config get bmstimeout", app) == "6000\n"
    assert "counts after: reset soft" in ask("config set Identity CP-9", app)
    assert "BmsTimeout = 6000 ms (default 5000)\n" in ask("config", app)
    assert ask("config list bms", app).count("\n") >= 3
    assert "VoltageMin" not in ask("config list bms", app)
    assert ask("config unset BmsTimeout", app) == "BmsTimeout = 5000\n"
    ask("config set MeterScalePpm 120", app)
    kept = ask("factory reset", app)
    assert "Identity, MeterScalePpm" in kept
    assert "energy registers" in kept
    assert ask("config get Identity", app) == "CP-9\n"


def test_secrets_show_in_no_command():
    app = App()
    secret = "00112233445566778899aabbccddeeff"
    answers = ask("config set AuthorizationKey " + secret, app)
    for line in (
        "config get AuthorizationKey",
        "config",
        "diagnostics",
        "diagnostics --json",
        "logs 200",
        "config set AuthorizationKey 0011223344556677889zzzzzzzzzzzzz",
    ):
        answers += ask(line, app)
    assert "AuthorizationKey = ***" in answers
    assert "00112233" not in answers


def test_logs_by_count_level_and_tag():
    for n in range(60):
        log.get("CAN").info("can %d", n)
        log.get("BMS").warn("bms %d", n)
    assert ask("logs").count("\n") == 50
    assert ask("logs 3").split("\n")[-2].endswith("bms 59")
    assert ask("logs 2 can").count("I CAN can") == 2
    assert ask("logs warn 200").count("can") == 0
    assert ask("logs 5 error") == ""


def test_following_the_log_is_each_session_s_choice():
    t = Terminal(echo=False)
    t.feed(b"\n")
    t.text = ""
    t.session.tell("one")
    assert t.text == "one\n"
    t.feed(b"logs follow off\n")
    t.text = ""
    t.session.tell("two")
    assert t.text == ""


def test_faults_tell_configuration_and_crashes():
    app = App()
    assert ask("faults", app) == "no faults\n"
    app.config.faults.append("config.json: not JSON")
    app.config.unknown["Odd"] = "1"
    app.restart.cause = "crash: control"
    app.restart.trace = "Traceback\n  here"
    shown = ask("faults", app)
    assert "configuration: config.json: not JSON" in shown
    assert "unknown key Odd is kept" in shown
    assert "last run ended by crash: control\n  Traceback\n    here" in shown


def test_time_by_console():
    app = App()
    assert ask("time", app).startswith("time unknown, up ")
    assert ask("time set 2026-01-02T03:04:05Z", app).startswith("2026-01-02T03:04:05Z by console")
    assert app.clock.wall() == 1767323045


def test_can_state_counters_and_dump():
    app = App()
    shown = ask("can", app)
    assert "can1 active, TEC 0, REC 1" in shown
    t = Terminal(app)
    frame = bytes((0x03, 0x48, 0x02, 0x58, 0, 0, 0, 0))

    async def traffic():
        for _ in range(30):
            await asyncio.sleep_ms(20)
            app.world.clock.ms += 100
            if app.cans[0].tap:
                app.cans[0].tap(0x1806E5F4, frame, 2)

    async def scenario():
        task = asyncio.create_task(traffic())
        await t.session.feed(b"\x01can dump 1\n")
        await task

    asyncio.run(scenario())
    lines = t.text.strip("\n\x04").split("\n")
    assert 5 < len(lines) < 12
    for line in lines:
        assert line.startswith("(")
        assert line.endswith(") can1 1806E5F4#0348025800000000")
    assert app.cans[0].tap is None


def test_a_dump_that_a_second_console_asks_for_is_refused():
    app = App()
    app.cans[0].tap = lambda *args: None
    assert ask("can dump", app) == "another console dumps already\n"


def test_diagnostics_json_is_json_line_by_line():
    app = App()
    text = ask("diagnostics --json", app)
    data = json.loads(text)
    for key in ("id", "health", "connectors", "faults", "config", "limits", "logs", "trace"):
        assert key in data
    assert max([len(line) for line in text.split("\n")]) < 4096


def test_tasks_tell_their_beats():
    app = App()
    app.supervisor._rows["csms"] = [None, 1000, False, 0, None, 2, 0, 1, 0]
    assert "csms waits to be started again" in ask("tasks", app)


def test_quit_closes_a_connection():
    t = Terminal()
    t.type("quit\r")
    assert not t.session.open
