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
from tools.sim import dc_show
from tools.sim.verdict import Verdict
from tools.sim.visits import AGAIN_S, BACK_S, GIVES_UP_S, Visits

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
    for part in ("gun 12 ", "the grid limit falls", "module 7 is lost", "hours of the modules"):
        assert part in done.stdout
    assert re.search(r"^violations +0 *$", done.stdout, re.M)
    assert re.search(r"^bridged buses +0 *$", done.stdout, re.M)
    assert int(re.search(r"ties (\d+)", done.stdout)[1]) > 0  # power was shared


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


# -- twelve guns: who comes, and the judgement


def gun(**changes):
    """A gun in `state`, free unless told."""
    free = {"plugged": False, "contactor": False, "lock": False}
    return {**free, "current_a": 0.0, "soc": 20.0, "stage": 0, **changes}


PLUGGED = {"plugged": True, "stage": 4}
CHARGES = {"plugged": True, "stage": 10, "contactor": True, "lock": True, "current_a": 90.0}


def test_a_guest_comes_charges_and_leaves():
    visit = Visits(3, come_s=10, stay_s=60)
    assert visit.next(9.9, gun()) == []
    assert visit.next(10, gun())[-1] == "plug 3"
    assert visit.next(11, gun(plugged=True)) == []  # the PLC does not ask for a card yet
    assert visit.next(12, gun(**PLUGGED)) == ["tag 3 CARD0003"]
    assert visit.next(13, gun(**PLUGGED)) == []  # once
    assert visit.next(20, gun(**CHARGES)) == [] and visit.phase == "charging"
    assert visit.next(80, gun(**CHARGES)) == []
    assert visit.next(80.1, gun(**CHARGES)) == ["tag 3 CARD0003"]
    assert visit.next(81, gun(**CHARGES)) == []
    assert visit.next(82, gun(**{**CHARGES, "current_a": 0.0, "contactor": False})) == []
    assert visit.next(83, gun(plugged=True)) == ["unplug 3"] and visit.done
    assert visit.next(999, gun()) == []


def test_a_full_battery_leaves_and_the_next_guest_is_another():
    visit = Visits(1, come_s=0, soc=80, pause_s=30)
    first = visit.next(0, gun())
    visit.next(1, gun(**PLUGGED))
    visit.next(2, gun(**CHARGES))
    assert visit.next(3, gun(**{**CHARGES, "soc": 80.0})) == ["tag 1 CARD0001"]
    visit.next(4, gun(plugged=True))
    assert visit.next(33.9, gun()) == [] and not visit.done
    assert visit.next(34, gun()) != first


def test_who_gets_nothing_leaves_and_comes_back():
    visit = Visits(1, come_s=0)
    visit.next(0, gun())
    visit.next(1, gun(**PLUGGED))
    assert visit.next(1 + GIVES_UP_S, gun(**PLUGGED)) == [] and visit.phase == "shown"
    visit.next(1.1 + GIVES_UP_S, gun(**PLUGGED))
    assert visit.next(2 + GIVES_UP_S, gun(plugged=True)) == ["unplug 1"] and not visit.done
    assert visit.next(2 + GIVES_UP_S + BACK_S, gun())[-1] == "plug 1"


def test_a_charge_that_does_not_end_is_stopped_again():
    visit = Visits(1, come_s=0, stay_s=10)
    visit.next(0, gun())
    visit.next(1, gun(**PLUGGED))
    visit.next(2, gun(**CHARGES))
    assert visit.next(13, gun(**CHARGES)) == ["tag 1 CARD0001"]
    assert visit.next(13 + AGAIN_S, gun(**CHARGES)) == []
    assert visit.next(13.1 + AGAIN_S, gun(**CHARGES)) == ["tag 1 CARD0001"]


def test_a_guest_leaves_a_gun_alone_that_somebody_else_uses():
    visit = Visits(1, come_s=0, pause_s=10)
    assert visit.next(5, gun(**PLUGGED)) == []
    visit.next(6, gun())
    assert visit.next(7, gun()) == []  # his plug was pulled before he got anything
    assert visit.next(7 + BACK_S, gun())[-1] == "plug 1"


def test_a_charge_that_the_station_ended_is_left():
    visit = Visits(1, come_s=0)
    visit.next(0, gun())
    visit.next(1, gun(**PLUGGED))
    visit.next(2, gun(**CHARGES))
    assert visit.next(3, gun(plugged=True, contactor=True)) == []
    assert visit.next(4, gun(plugged=True)) == []
    assert visit.next(5, gun(plugged=True)) == ["unplug 1"]


def ring_state(**changes):
    guns = [{"id": n + 1, "energy_wh": 1000.0, "damage": 0.0} for n in range(dc_show.GUNS)]
    return {
        "connectors": guns,
        "modules": [{"hours": 0.01}, {"hours": 0.03}],
        "time_s": 200.0,
        "violations": [],
        "bridges": 0,
        "switchings": {"ties": 3, "guns": 24, "modules": 24},
        **changes,
    }


def judged(state=None, **changes):
    charges = [
        charge(connector_id=n + 1, **{"energy_wh": 1005, **(changes if n == 4 else {})})
        for n in range(dc_show.GUNS)
    ]
    judgement = dc_show.Judgement()
    judgement.charges(charges, state or ring_state())
    judgement.ring(state or ring_state())
    return judgement


def test_twelve_good_charges_are_good():
    judgement = judged()
    assert judgement.faults == []
    rows = dict(judgement.rows)
    assert rows["hours of the modules"] == "0.04 in all, 0.010 to 0.030 each"
    assert rows["energy of the plant"] == "12.00 kWh in 200 s"


@pytest.mark.parametrize(
    "state, one, says",
    [
        ({}, {"energy_wh": 1061}, "gun 5: 1061 Wh instead of 1000"),
        ({}, {"energy_wh": 1060}, None),
        ({}, {"energy_wh": 0}, "gun 5: no energy"),
        ({}, {"reason": "PowerLoss"}, "PowerLoss"),
        ({"bridges": 1}, {}, "on one bus"),
        ({"switchings": {"ties": 0, "guns": 22, "modules": 0}}, {}, "moved 22 times"),
        ({"switchings": {"ties": 0, "guns": 48, "modules": 0}}, {}, None),
        ({"switchings": {"ties": 0, "guns": 50, "modules": 0}}, {}, "moved 50 times"),
    ],
)
def test_the_judgement_names_what_was_wrong(state, one, says):
    faults = judged(ring_state(**state), **one).faults
    assert (says is None and not faults) or any(says in fault for fault in faults)


def test_a_charge_that_is_missing_or_hurts_is_named():
    judgement = dc_show.Judgement()
    state = ring_state()
    state["connectors"][0]["damage"] = 0.5
    judgement.charges([charge(energy_wh=1000, connector_id=1)], state)
    assert "1 transactions instead of 12" in judgement.faults[0]
    assert "gun 1: the battery was harmed" in judgement.faults
