"""Does mpremote work on the running station, and does a person at the REPL stay unbitten?"""

import json
import os
import select
import subprocess
import time

import pytest

from patience import PATIENCE_S
from pty_board import Board
from tools import build
from tools.board import BoardError, health
from tools.board.link import Link
from tools.setup_env import ROOT

pytestmark = pytest.mark.xdist_group("raw")  # one board for all
MPREMOTE = [str(ROOT / ".venv" / "bin" / "mpremote")]


def power_on(port, folder, **values):
    """A board whose flash holds the firmware and these settings."""
    flash = folder / "flash"
    if not flash.exists():
        flash.mkdir(parents=True)
        for name in build.tree("mpy").iterdir():
            (flash / name.name).symlink_to(name)
    if values:
        (flash / "config.json").write_text(json.dumps({"version": 1, "values": values}))
    return Board(port, flash)


@pytest.fixture(scope="module", autouse=True)
def hurry():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "YOUNG_S", 1)
        yield


@pytest.fixture(scope="module")
def board(hurry, micropython32, tmp_path_factory):
    with power_on(micropython32, tmp_path_factory.mktemp("raw"), WatchdogTimeout="5") as board:
        health.wait(board.port)
        yield board


def mpremote(board, *command):
    """(what it printed, exit code)"""
    done = subprocess.run(
        [*MPREMOTE, "connect", board.port, *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return done.stdout + done.stderr, done.returncode


def type_keys(board, keys, until, seconds=PATIENCE_S):
    """What the terminal shows from these keys on, until a text has come."""
    fd = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(fd, keys)
        got = b""
        end = time.monotonic() + seconds
        while until not in got:
            assert select.select([fd], [], [], max(0, end - time.monotonic()))[0], got
            got += os.read(fd, 4096)
        return got
    finally:
        os.close(fd)


def test_code_runs_beside_the_station(board):
    starts = board.starts
    shown, code = mpremote(board, "resume", "exec", "print(app.VERSION, len(app.paths))")
    assert code == 0 and shown.strip().endswith(" 1")
    mpremote(board, "resume", "exec", "kept = 17")
    assert mpremote(board, "resume", "exec", "print(kept)")[0].strip() == "17"
    assert board.starts == starts


def test_an_exception_is_a_traceback_and_an_exit_code(board):
    shown, code = mpremote(board, "resume", "exec", "1/0")
    assert code == 1 and "ZeroDivisionError" in shown


def test_a_paste_of_ten_kilobytes_loses_nothing(board, tmp_path):
    text = "".join(f"{n:04} the quick brown fox jumps over the lazy dog\n" for n in range(220))
    assert len(text) > 10_000
    script = tmp_path / "paste.py"
    script.write_text(f"import hashlib\nprint(hashlib.sha256('''{text}''').digest())\n")
    import hashlib

    assert mpremote(board, "resume", "run", str(script)) == (
        f"{hashlib.sha256(text.encode()).digest()}\n",
        0,
    )


def test_a_long_paste_of_commands_is_answered_whole(board):
    lines = 700  # 10 KB typed at once into the line editor
    shown = type_keys(board, b"tag 7 ABCDEFGH\r" * lines + b"version\r", b"bit\r\n")
    assert shown.count(b"expected a connector 1..1, got '7'") == lines


def test_the_file_commands(board, tmp_path):
    data = bytes(range(256)) * 20
    (tmp_path / "blob").write_bytes(data)
    shown, code = mpremote(
        board,
        *("resume", "fs", "mkdir", "box", "+", "fs", "cp", str(tmp_path / "blob"), ":box/blob"),
        *("+", "fs", "sha256sum", "box/blob", "+", "fs", "ls", "box"),
        *("+", "fs", "cp", ":box/blob", str(tmp_path / "back")),
        *("+", "fs", "rm", "box/blob", "+", "fs", "rmdir", "box"),
    )
    assert code == 0, shown
    assert " blob\n" in shown
    assert (tmp_path / "back").read_bytes() == data
    assert not (board.flash / "box").exists()


def test_log_lines_wait_until_the_tool_has_left(board):
    with Link(board.port) as link:
        told = link.run(
            "for n in range(5): app.log('SYS').warn('line %d in the middle', n)\nprint('mine')"
        )
        assert told == "mine\r\n" or told == "mine\n"
    assert b"line 4 in the middle" in type_keys(board, b"logs 9\r", b"line 4 in the middle")


@pytest.mark.long
def test_the_dog_does_not_bite_who_runs_long_code(board):
    starts = board.starts
    shown, _ = mpremote(board, "resume", "exec", "import time; time.sleep(5.5); print('awake')")
    assert shown.strip() == "awake"
    assert board.starts == starts
    assert b"control runs" in type_keys(board, b"tasks\r", b"control runs")


def test_the_raw_mode_is_maintenance_and_ends_by_itself(board):
    mpremote(board, "resume", "exec", "pass")
    assert b"no new charge" in type_keys(board, b"status\r", b"no new charge")
    mpremote(board, "resume", "exec", "app.maintenance = app.clock.uptime_s()")
    type_keys(board, b"\r", b"maintenance mode is over")
    assert b"no new charge" not in type_keys(board, b"status\r", b"last by")


def test_ctrl_a_in_a_line_still_goes_to_its_begin(board):
    assert b"on board" in type_keys(board, b"ersion\x01v\r", b"bit\r\n")


def test_without_resume_the_station_stops_and_its_memory_is_given_back(board):
    starts = board.starts
    with Link(board.port) as link:
        before = link.facts()
        link.stop()
        after = link.facts()
        assert before["runs"] and not after["runs"]
        assert after["free"] > before["free"] + 30_000
    while board.starts == starts:  # Ctrl-B leaves to the REPL: here the process ends
        time.sleep(0.02)
    health.wait(board.port)


def test_a_locked_console_gives_no_raw_mode_and_no_repl(micropython32, tmp_path):
    secret = "open sesame"
    with power_on(micropython32, tmp_path, ConsoleLock=secret.replace(" ", "-")) as board:
        health.wait(board.port)  # status is free
        starts = board.starts
        assert b"is locked" in type_keys(board, b"\x15config list\r", b"login PASSWORD")
        type_keys(board, b"\x03\x03\x15version\r", b"bit\r\n")
        shown = type_keys(board, b"\x01import os\x04\r", b"error: no command")
        assert b"raw REPL" not in shown
        shown = type_keys(board, b"\x15login wrong-one\r", b"wrong password")
        assert b"wrong-one" not in shown and b"login *********" in shown.replace(b"\x1b[K", b"")
        with pytest.raises(BoardError, match="did not take the password"):
            Link(board.port, "guess")
        with Link(board.port, "open-sesame") as link:
            assert link.run("print(1)").strip() == "1"
        assert board.starts == starts
