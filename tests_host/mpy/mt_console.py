"""Does the console take what a person types, and say what it expected if it cannot?"""
# heapsize: 2m

import asyncio
import gc
import sys

from console_world import App, Terminal, ask, fresh_log

from console import execute, table
from core import log, logview


def setup():
    fresh_log()


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


def test_a_program_gets_answers_and_nothing_else():
    t = Terminal()
    assert t.machine("version").startswith("Galvani 1.2.3")
    assert t.text.endswith("bit\n\x04")
    t.session.tell("a log line")
    assert t.feed(b"\n") == "\x04"
    assert t.feed(b"faults\nversion\n").count("\x04") == 2


def test_a_line_may_come_in_pieces():
    t = Terminal()
    t.machine("")
    assert t.feed(b"ver") == ""
    assert not t.session.idle()
    assert t.feed(b"sion\n").count("on board") == 1
    assert t.session.idle()


def test_a_program_s_line_is_bounded_and_may_be_noise():
    t = Terminal()
    assert len(t.machine("help " + "y" * 2000)) < 600
    t.feed(bytes([n for n in range(256) if n != 10]))
    assert t.feed(b"\n") == "error: no command '?', expected one of: " + execute.names() + "\n\x04"
    assert "on board" in t.machine("version")


# -- little memory


def test_a_station_without_room_says_so_and_does_nothing():
    t = Terminal()
    t.machine("version")
    free = gc.mem_free

    class Short:
        pass

    short = Short()
    for name in dir(gc):
        if name[0] != "_":
            setattr(short, name, getattr(gc, name))
    short.mem_free = lambda: 4000
    sys.modules["gc"] = short
    try:
        assert t.machine("version") == "error: busy, 4000 bytes free\n"
        short.mem_free = free
        assert "on board" in t.machine("version")
    finally:
        del sys.modules["gc"]


def test_a_command_that_runs_out_of_memory_is_answered():
    app = App()

    class Full:
        def snapshot(self):
            raise MemoryError()

    app.health = Full()
    answer = ask("health", app)
    assert answer.startswith("error: busy, ") and answer.endswith(
        "free; health may be half done\n"
    )
    assert ask("version", app).startswith("Galvani")


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
    import lazy

    assert " ".join(names) == execute.names()
    for name, _, doc in rows:
        assert doc, name
        module = execute.where(name)
        assert callable(getattr(lazy.load(module), name)), name
        lazy.drop(module)
        assert table.find(name)[2] == doc
    for wrong in ("sta", "status@", "status@status", "", "cmd_status", "_"):
        assert execute.where(wrong) is None, wrong
    assert table.find("sta") is None
    assert table.find("status|") is None
    assert table.find("") is None


def test_help_lists_all_and_tells_one():
    everything = ask("help")
    for row in table.rows():
        assert row[2] in everything
    assert ask("help tag") == "tag N ID: as if the card ID were shown at connector N\n"


def test_commands_in_any_case_as_the_seed_s_users_type_them():
    assert ask("Version") == ask("version")
    assert ask("STATUS --json").startswith("{")


def test_a_command_s_code_is_dropped_after_use():
    ask("diagnostics")
    left = [n for n in sys.modules if n.startswith("console.cmd_") or n == "core.logview"]
    assert left == []
    assert not hasattr(sys.modules["console"], "cmd_diag")
