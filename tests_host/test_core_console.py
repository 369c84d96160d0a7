"""Does the whole firmware answer on its terminals, end as told, and come back knowing why?"""

import fcntl
import json
import os
import pty
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from patience import PATIENCE_S
from tools.sim.bench import reserved_port

F_SETPIPE_SZ = 1031  # fcntl's name for it is new
ROOT = Path(__file__).parent.parent
PATHS = [str(ROOT / part) for part in ("firmware", "lib", "boards/UNIX")]


class Station:
    """The firmware from source in an own folder, without plant and central system."""

    def __init__(self, port, cwd, before="", stdin=subprocess.DEVNULL, stdout=None, **config):
        self.reserved = reserved_port()
        self.console = self.reserved.getsockname()[1]
        (cwd / "config.json").write_text(json.dumps({"version": 1, "values": config}))
        env = dict(os.environ, GALVANI_CAN="slcan://127.0.0.1:9")
        env["GALVANI_CONSOLE"] = str(self.console)
        code = "import sys; sys.path[:0] = %r\n%s\nimport main; main.run()" % (PATHS, before)
        self.process = subprocess.Popen(
            [port, "-X", "heapsize=2m", "-c", code],
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def client(self, first=b"\x01"):
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                s = socket.create_connection(("127.0.0.1", self.console), PATIENCE_S)
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, self.out()
                time.sleep(0.05)
        s.sendall(first)
        return s

    def ask(self, line, s=None):
        s = s or self.client()
        s.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\x04"):
            part = s.recv(4096)
            assert part, answer
            answer += part
        return answer[:-1].decode()

    def out(self):
        return self.process.stdout.read().decode() if self.process.stdout else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reserved.close()


def read_until(fd, *texts):
    """What comes from a terminal until these texts have come, one after the other.

    Log lines may stand between any two.
    """
    got = b""
    at = 0
    end = time.monotonic() + PATIENCE_S
    for text in texts:
        while (found := got.find(text, at)) < 0:
            ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
            assert ready, (text, got)
            got += os.read(fd, 4096)
        at = found + len(text)
    return got


@pytest.fixture
def port(micropython32):
    return micropython32


@pytest.fixture(params=["micropython64", "micropython32"])
def both(request):
    return request.getfixturevalue(request.param)


def test_several_clients_at_once(both, tmp_path):
    with Station(both, tmp_path, Identity="CP-1") as station:
        a, b = station.client(), station.client()
        person = station.client(b"version\n")
        assert json.loads(station.ask("status --json", a))["id"] == "CP-1"
        assert station.ask("version", b).startswith("Galvani")
        assert json.loads(station.ask("diagnostics --json", a))["config"] == {"Identity": "CP-1"}
        got = b""
        while b"galvani> " not in got.split(b"bit", 1)[-1] or b"bit" not in got:
            got += person.recv(4096)
        person.close()
        assert "control runs" in station.ask("tasks", a)


def test_a_person_s_client_gets_log_lines_and_a_machine_none(port, tmp_path):
    with Station(port, tmp_path) as station:
        machine = station.client()
        person = station.client(b"\n")
        assert b"galvani> " in person.recv(4096)
        station.ask("config set BmsTimeout 6000", machine)
        got = b""
        while b"config BmsTimeout = 6000 by console" not in got:
            got += person.recv(4096)
        assert "by console" not in station.ask("version", machine)


@pytest.mark.parametrize("kind, code", [("soft", 3), ("hard", 4)])
def test_a_reset_ends_the_process_and_the_next_start_knows(port, tmp_path, kind, code):
    with Station(port, tmp_path) as station:
        station.ask("reset " + kind)
        assert station.process.wait(PATIENCE_S) == code
    with Station(port, tmp_path) as station:
        health = json.loads(station.ask("health --json"))
        assert health["reset_cause"] == "%s: %sReset" % (kind.title(), kind.title())
        assert health["reboots"] == 1


def test_a_killed_process_had_its_power_cut(port, tmp_path):
    with Station(port, tmp_path) as station:
        station.ask("version")
    with Station(port, tmp_path) as station:
        assert json.loads(station.ask("health --json"))["reset_cause"] == "power"


def test_a_hung_loop_is_ended_by_the_dog_and_the_next_start_knows(port, tmp_path):
    hang = """
import tasks.session
async def hang(app):
    while True:
        pass
tasks.session.run = hang
"""
    with Station(port, tmp_path, hang, WatchdogTimeout="5") as station:
        assert station.process.wait(PATIENCE_S) == -signal.SIGKILL
    with Station(port, tmp_path) as station:
        assert json.loads(station.ask("health --json"))["reset_cause"] == "watchdog"
        assert "last run ended by watchdog" in station.ask("faults")


def test_a_crash_loop_of_control_ends_the_run_with_its_reason(port, tmp_path):
    crash = """
import tasks.control
async def crash(app):
    raise RuntimeError("bug in the step")
tasks.control.run = crash
"""
    with Station(port, tmp_path, crash) as station:
        assert station.process.wait(PATIENCE_S) == 4
        assert "task control failed 6 times: restart" in station.out()
    with Station(port, tmp_path) as station:
        faults = station.ask("faults")
        assert "last run ended by crash: control RuntimeError('bug in the step',)" in faults
        assert "Traceback" in faults


def test_a_terminal_edits_and_ctrl_c_leaves_with_outputs_off(both, tmp_path):
    ours, theirs = pty.openpty()
    with Station(both, tmp_path, stdin=theirs, stdout=theirs) as station:
        station.ask("version")
        os.write(ours, b"versiox\x7fn\r")
        shown = read_until(ours, b"> versio", b"n\r\n", b"on board UNIX", b"bit\r\n", b"galvani> ")
        assert b"versiox" in shown.replace(b"\r\x1b[Kgalvani> ", b"")
        os.write(ours, b"\x1b[A\r")
        read_until(ours, b"on board UNIX", b"bit\r\n", b"galvani> ")
        os.write(ours, b"stat")
        read_until(ours, b"stat")
        station.ask("config set BmsTimeout 6000")
        read_until(ours, b"by console\r\n", b"galvani> stat")
        os.write(ours, b"\x03")
        assert b"outputs are off" in read_until(ours, b"REPL is yours")
        assert station.process.wait(PATIENCE_S) == 0


def test_a_pipe_on_stdin_gets_plain_answers(port, tmp_path):
    with Station(port, tmp_path, stdin=subprocess.PIPE) as station:
        station.ask("version")
        station.process.stdin.write(b"version\n")
        station.process.stdin.close()
        got = read_until(station.process.stdout.fileno(), b"bit\n")
        assert b"\x1b" not in got and b"galvani>" not in got
        assert station.ask("version").startswith("Galvani")  # lives on without its stdin


def test_nobody_reading_the_log_never_stops_control(port, tmp_path):
    with Station(port, tmp_path, LogProfile="debug") as station:
        fcntl.fcntl(station.process.stdout, F_SETPIPE_SZ, 4096)
        s = station.client()
        for n in range(150):  # more than the pipe holds, and nobody reads it
            station.ask("config set BmsTimeout %d" % (5001 + n), s)
        assert json.loads(station.ask("health --json", s))["lag_max_ms"] < 10_000
        assert "BmsTimeout = 5150" in station.ask("logs 1", s)
