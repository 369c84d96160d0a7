"""Does a station that dies again and again stay reachable, safe, and able to say what happened?

Whole firmware processes on the Unix port, as in test_core_console.py; what crashes is a part that
the test replaces before main starts.
"""

import asyncio
import json
import signal
import time

import pytest
from websockets.asyncio.server import serve

from patience import PATIENCE_S, eventually
from test_core_console import Station

SICK = """
from tasks import upkeep, session
async def bad(app):
    app.log("SYS").warn("about to fail %d", app.restart.count)
    raise ValueError("sick")
session.run = bad
from core import supervisor
supervisor.asyncio.sleep_ms, _nap = (lambda ms, f=supervisor.asyncio.sleep_ms: f(min(ms, 20))), 0
supervisor.Supervisor.pause_ms = 1
"""
HANG = """
import asyncio
from tasks import session
from core import log
async def bad(app):
    app.log("SYS").error("hangs now")
    await asyncio.sleep(7)
    while True:
        pass
session.run = bad
"""


@pytest.fixture(params=["micropython64", "micropython32"])
def port(request):
    return request.getfixturevalue(request.param)


def crash(port, cwd, before, code=4):
    with Station(port, cwd, before) as station:
        assert station.process.wait(PATIENCE_S) == code, station.out()


def diagnose(station):
    return json.loads(station.ask("diagnostics --json"))


def test_a_crash_shows_its_lines_heap_and_traceback_in_the_next_run(port, tmp_path):
    crash(port, tmp_path, SICK)
    with Station(port, tmp_path) as station:
        found = diagnose(station)
        assert "ValueError: sick" in found["trace"]
        assert found["health"]["reset_cause"].startswith("crash: session")
        assert any("about to fail 1" in line for line in found["last_logs"])
        assert found["last_run"]["run"] == 1
        assert found["last_run"]["heap_used"] > 10000
        shown = station.ask("diagnostics")
        assert "run 1 ended after" in shown and "about to fail 1" in shown


def test_after_a_bite_of_the_dog_the_lines_before_the_hang_are_there(micropython64, tmp_path):
    with Station(micropython64, tmp_path, HANG, WatchdogTimeout="5") as station:
        assert station.process.wait(PATIENCE_S) == -signal.SIGKILL
    with Station(micropython64, tmp_path) as station:
        found = diagnose(station)
        assert found["health"]["reset_cause"] == "watchdog"
        assert any("hangs now" in line for line in found["last_logs"])


def bad_runs(cwd, count, blamed):
    (cwd / "journal").mkdir(exist_ok=True)
    record = {"n": count, "bad": count, "tb": "Traceback x", "why": f"crash: {blamed} x"}
    (cwd / "journal" / "boot").write_text(json.dumps(record | {"by": blamed}))


def test_five_crashes_of_a_task_lead_to_a_run_without_it(port, tmp_path):
    for _ in range(5):
        crash(port, tmp_path, SICK)
    with Station(port, tmp_path, SICK) as station:

        def names():
            return {line.split()[0] for line in station.ask("tasks").splitlines()}

        wanted = {"console", "upkeep", "control", "can1", "csms"}
        eventually(lambda: wanted <= names(), names)
        assert "session" not in names()
        assert json.loads(station.ask("status --json"))["health"]["minimal"] is True
        assert "minimal mode" in station.ask("start 1 A1")
        station.ask("reset soft")
        assert station.process.wait(PATIENCE_S) == 3
    with Station(port, tmp_path) as station:  # somebody ordered it: a normal start
        assert json.loads(station.ask("status --json"))["health"]["minimal"] is False


def test_the_minimal_mode_answers_the_central_system_and_starts_nothing(port, tmp_path):
    bad_runs(tmp_path, 5, "io")
    asyncio.run(_ocpp_in_minimal_mode(port, tmp_path))


async def _ocpp_in_minimal_mode(port, tmp_path):
    answers = asyncio.Queue()
    line = asyncio.get_running_loop().create_future()

    async def central(ws):
        if not line.done():
            line.set_result(ws)
        async for text in ws:
            message = json.loads(text)
            if message[0] == 2:
                payload = {}
                if message[2] == "BootNotification":
                    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                    payload = {"status": "Accepted", "interval": 300, "currentTime": now}
                if message[2] == "StatusNotification":
                    await answers.put(message[3]["status"])
                await ws.send(json.dumps([3, message[1], payload]))
            else:
                await answers.put(message[2])

    more = {"subprotocols": ["ocpp1.6"], "open_timeout": PATIENCE_S}
    async with serve(central, "127.0.0.1", 0, **more) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
        with Station(port, tmp_path, CsmsUrl=url, Identity="M1"):
            ws = await asyncio.wait_for(line, PATIENCE_S)
            seen = []
            while "Unavailable" not in seen and "Faulted" not in seen:
                seen.append(await asyncio.wait_for(answers.get(), PATIENCE_S))
            call = [2, "r1", "RemoteStartTransaction", {"connectorId": 1, "idTag": "A1"}]
            await ws.send(json.dumps(call))
            while {"status": "Rejected"} not in seen:
                seen.append(await asyncio.wait_for(answers.get(), PATIENCE_S))


BROKEN = "import main, station.station as s\nmain.PAUSE_S = 0\ns.Station = None\n"


def test_what_fails_before_the_tasks_is_noted_and_tried_again(port, tmp_path):
    for _ in range(2):
        crash(port, tmp_path, BROKEN)
    record = json.loads((tmp_path / "journal" / "boot").read_text())
    assert (record["n"], record["bad"], record["by"]) == (2, 2, "start")
    assert "TypeError" in record["tb"]


def test_a_station_that_can_never_be_built_leaves_the_repl_alone_at_last(port, tmp_path):
    bad_runs(tmp_path, 7, "start")
    crash(port, tmp_path, BROKEN, 1)  # the exception ends main: on a chip that is the REPL
