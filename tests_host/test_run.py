"""Does `make run` show a charge, judge it, and leave nothing behind?"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from patience import PATIENCE_S, eventually
from tools.sim.verdict import Verdict

ROOT = Path(__file__).resolve().parents[1]
RUN = [sys.executable, str(ROOT / "tools" / "run.py")]


def children(pid):
    """Ids of all living descendants of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            child = int(status.parent.name)
            found += [child, *children(child)]
    return found


def test_a_profile_that_nobody_knows_is_refused_with_exit_code_2():
    done = subprocess.run(
        [*RUN, "--profile", "ac"], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything_without_a_traceback(tmp_path, number):
    output = tmp_path / "output"
    with open(output, "w") as out:
        process = subprocess.Popen(RUN, stdout=out, stderr=out, start_new_session=True)
    try:
        eventually(lambda: "Ctrl-C ends everything" in output.read_text(), output.read_text)
        assert re.search(r"http://127\.0\.0\.1:\d+", output.read_text())
        family = children(process.pid)
        assert len(family) >= 2  # the bench and its station
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))
        text = output.read_text()
        assert "Traceback" not in text and "stopped" in text
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_run_that_is_killed_leaves_no_orphan(tmp_path):
    output = tmp_path / "output"
    with open(output, "w") as out:
        process = subprocess.Popen(RUN, stdout=out, stderr=out, start_new_session=True)
    eventually(lambda: "Ctrl-C ends everything" in output.read_text(), output.read_text)
    family = children(process.pid)
    process.kill()
    process.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))


@pytest.mark.long
def test_once_plays_one_charge_and_exits_0():
    done = subprocess.run([*RUN, "--once"], capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("energy by the meter", "StopTransaction 1", "SuspendedEV", "violations"):
        assert part in done.stdout


@pytest.mark.long
def test_once_with_twelve_guns_exits_0():
    done = subprocess.run(
        [*RUN, "--once", "--profile", "dc"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gun 7" in done.stdout and "violations" in done.stdout


# -- the verdict


def charge(**changes):
    from datetime import datetime, timedelta

    start = datetime(2026, 1, 1)
    values = {
        "energy_wh": 500,
        "start_time": start,
        "stop_time": start + timedelta(minutes=20),
        "reason": "Local",
        **changes,
    }
    return SimpleNamespace(**values)


def state(**changes):
    return {"connectors": [{"energy_wh": 501.0, "soc": 99.7, "damage": 0.0, **changes}]}


@pytest.mark.parametrize(
    "one, plant, says",
    [
        ({}, {}, None),
        ({"energy_wh": 507}, {}, None),
        ({"energy_wh": 492}, {}, "492 Wh"),
        ({"energy_wh": 510}, {}, "510 Wh"),
        ({"reason": "Other"}, {}, "Other"),
        ({}, {"soc": 97.9}, "not full"),
        ({}, {"damage": 0.1}, "harmed"),
    ],
)
def test_the_verdict_compares_the_meter_with_the_plant(one, plant, says):
    verdict = Verdict()
    verdict._charge(charge(**one), state(**plant), 70)
    assert (says is None and not verdict.faults) or says in verdict.faults[0]


def test_the_verdict_names_what_did_not_come():
    verdict = Verdict()
    record = SimpleNamespace(action="BootNotification", error=None, payload={})
    verdict._messages([record])
    assert "no StopTransaction came" in verdict.faults
    assert "the connector was never Charging" in verdict.faults
    assert "no BootNotification came" not in verdict.faults
