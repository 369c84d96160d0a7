"""Does tools/station.py keep its word as a program? (design section 7, with the firmware)"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patience import PATIENCE_S, eventually
from tools.sim import flash

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "station.py"


class Tool:
    """tools/station.py as another program would run it, started by any python3."""

    def __init__(self, *arguments, stdin=subprocess.PIPE, python="/usr/bin/env python3"):
        self.process = subprocess.Popen(
            [*python.split(), str(TOOL), *map(str, arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
        )

    def first_line(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        """(exit code, the rest of stdout)."""
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def ask(port, line):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as link:
        link.sendall(line.encode() + b"\n")
        return json.loads(link.makefile().readline())


def gone(pid, seconds=PATIENCE_S):
    """Has that process ended within so many seconds? A zombie counts as ended."""
    for _ in range(int(seconds * 50)):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "arguments, names",
    [
        (["--profile", "dc", "--guns", "0"], "--guns"),
        (["--profile", "dc", "--no-plant"], "--can"),
        (["--ocpp", "2.0.1"], "2.0.1"),
        (["--profile", "ac"], "rivot"),
        (["--nonsense"], "--nonsense"),
        (["--guns", "13"], "--guns"),
        (["--speed", "0"], "--speed"),
        (["--heap", "much"], "--heap"),
        (["--csms", "http://x"], "ws://"),
        (["--set", "HeartbeatInterval"], "KEY=VALUE"),
        (["--set", "K=@/no/such/file"], "/no/such"),
        (["--no-plant"], "--can"),
        (["--can", "slcan://127.0.0.1:1"], "--no-plant"),
        (["--no-plant", "--can", "usb:can0"], "slcan://"),
    ],
)
def test_what_cannot_be_is_named_in_the_first_line_with_exit_code_2(arguments, names):
    with Tool(*arguments, stdin=subprocess.DEVNULL, python=sys.executable) as tool:
        line = tool.first_line()
        assert line["ready"] is False and names in line["error"]
        assert tool.end() == (2, b"")


def test_the_first_line_and_the_end_of_stdin(tmp_path):
    with Tool("--dir", tmp_path, "--id", "CP 1/ü") as tool:
        line = tool.first_line()
        assert line["ready"] is True
        assert {"pid", "station_pid", "control", "console", "can", "dir", "id"} <= line.keys()
        assert line["id"] == "CP 1/ü" and line["dir"] == str(tmp_path)
        assert line["pid"] == tool.process.pid
        assert line["can"][0].startswith("slcan://127.0.0.1:")
        status = ask(line["control"], "status --json")
        assert status["ok"] and status["result"]["id"] == "CP 1/ü"
        assert status["result"]["connectors"][0]["status"] == "Available"
        assert ask(line["control"], "console version")["output"]
        assert not gone(line["station_pid"], 0.1)
        tool.process.stdin.close()
        tool.process.stdin = None
        assert tool.end() == (0, b"")
        assert gone(line["station_pid"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_signal_leaves_an_orphan(number):
    with Tool("--keep", stdin=subprocess.DEVNULL) as tool:
        line = tool.first_line()
        os.kill(line["pid"], number)
        code, rest = tool.end()
        assert (code, rest) == (-9 if number == signal.SIGKILL else 0, b"")
        assert gone(line["station_pid"])


def test_settings_are_written_once_and_survive_a_power_cycle(tmp_path):
    text = tmp_path / "value"
    text.write_text("30")
    board = tmp_path / "board"
    with Tool(
        "--dir", board, "--set", "HeartbeatInterval=77", "--set", f"ConnectionTimeOut=@{text}"
    ) as tool:
        port = tool.first_line()["control"]
        assert "77" in ask(port, "config get HeartbeatInterval")["output"]
        assert "30" in ask(port, "config get ConnectionTimeOut")["output"]
        ask(port, "config set HeartbeatInterval 99")
        assert ask(port, "power cycle")["ok"]
        assert "99" in ask(port, "config get HeartbeatInterval")["output"]
    with Tool("--dir", board, "--set", "HeartbeatInterval=55") as tool:
        port = tool.first_line()["control"]
        assert "99" in ask(port, "config get HeartbeatInterval")["output"]


@pytest.mark.parametrize(
    "setting, names",
    [
        ("NoSuchKey=1", ("NoSuchKey", "unknown key")),
        ("HeartbeatInterval=soon", ("HeartbeatInterval", "soon", "whole number 0..")),
        ("MeterValuesSampledData=Frob", ("MeterValuesSampledData", "Frob", "measurands")),
    ],
)
def test_a_setting_that_the_station_refuses_is_named_and_not_kept(tmp_path, setting, names):
    with Tool("--dir", tmp_path, "--set", setting, "--set", "MinimumStatusDuration=3") as tool:
        ready = tool.first_line()
        assert ready["ready"] is False and all(name in ready["error"] for name in names)
        assert tool.end()[0] == 2
    with Tool("--dir", tmp_path, "--set", "MinimumStatusDuration=4") as tool:
        control = tool.first_line()["control"]
        assert ask(control, "config get MinimumStatusDuration")["output"] == "4"


def test_a_folder_serves_one_charger_at_a_time(tmp_path):
    with Tool("--dir", tmp_path) as first:
        assert first.first_line()["ready"]
        with Tool("--dir", tmp_path) as second:
            answer = second.first_line()
            assert answer["ready"] is False and str(tmp_path) in answer["error"]
            assert second.end()[0] == 2


def test_csms_and_id_follow_when_a_later_bench_names_others(tmp_path):
    assert flash.prepare(tmp_path, {"A": "1"}, "ws://one", "ID1") == "ID1"
    assert flash.prepare(tmp_path, {"A": "2"}, "ws://one", None) == "ID1"
    assert flash.stored(tmp_path) == {"A": "1", "CsmsUrl": "ws://one", "Identity": "ID1"}
    flash.prepare(tmp_path, {}, "ws://two", None)
    assert flash.stored(tmp_path)["CsmsUrl"] == "ws://two"


def test_a_changed_url_of_the_station_is_not_undone_by_the_same_option(tmp_path):
    flash.prepare(tmp_path, {}, "ws://one", None)
    changed = {"version": 1, "values": {"CsmsUrl": "ws://new"}}
    (tmp_path / "config.json").write_text(json.dumps(changed))
    flash.prepare(tmp_path, {}, "ws://one", None)
    assert flash.stored(tmp_path)["CsmsUrl"] == "ws://new"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--arch", "32"],
        ["--build", "py"],
        pytest.param(["--build", "frozen", "--arch", "32"], marks=pytest.mark.long),
        pytest.param(["--build", "frozen"], marks=pytest.mark.long),
    ],
)
def test_every_build_and_architecture_starts(arguments):
    with Tool(*arguments) as tool:
        line = tool.first_line()
        assert line.get("ready"), line
        assert ask(line["control"], "status --json")["result"]["id"] == line["id"]


def test_another_program_may_bring_the_plant(tmp_path):
    with Tool() as first:
        line = first.first_line()
        with Tool("--no-plant", "--can", line["can"][0], "--id", "second") as second:
            other = second.first_line()
            assert other["ready"] and other["can"] == line["can"]
            assert "without a plant" in ask(other["control"], "plug 1")["error"]
            assert ask(other["control"], "state")["connectors"] == []


def test_a_charge_by_a_local_card_from_plug_to_unplug(tmp_path):
    with Tool(
        "--dir", tmp_path, "--speed", "40", "--set", "CsmsMode=none", "--set", "LocalCards=ABC123"
    ) as tool:
        port = tool.first_line()["control"]

        def row():
            return ask(port, "status --json")["result"]["connectors"][0]

        def wait(status):
            eventually(lambda: row()["status"] == status, row)

        ask(port, "soc 1 60")
        ask(port, "plug 1")
        wait("Preparing")
        ask(port, "tag 1 ABC123")
        wait("Charging")
        eventually(lambda: ask(port, "state")["connectors"][0]["energy_wh"] > 40, row)
        state = ask(port, "state")
        assert state["connectors"][0]["current_a"] == pytest.approx(60, abs=1)
        assert state["connectors"][0]["lock"] is True
        ask(port, "tag 1 ABC123")
        wait("Finishing")
        ask(port, "unplug 1")
        wait("Available")
        state = ask(port, "state")
        delivered = state["connectors"][0]["energy_wh"]
        assert row()["energy_wh"] == pytest.approx(delivered, rel=0.02, abs=3)
        assert delivered > 30
        assert state["violations"] == []
