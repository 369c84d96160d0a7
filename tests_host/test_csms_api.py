"""Does the JSON API tell and do what docs/csms.md says?"""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from csms_peers import FakePlant, FakeStation, scenario
from patience import PATIENCE_S
from tools.csms import CentralSystem, CentralThread

ROOT = Path(__file__).parent.parent
PATIENT = {"timeout": PATIENCE_S, "trust_env": False}


def client(csms) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=csms.http_url, timeout=PATIENCE_S, trust_env=False)


async def charge(station, connector=1, values=5) -> int:
    tx = (await station.start(connector, "A1"))["transactionId"]
    for n in range(values):
        await station.meter(
            tx,
            f"2026-05-01T10:0{n}:00Z",
            connector=connector,
            power=1000 * n,
            soc=20 + n,
            energy=1000 + 10 * n,
        )
    return tx


@scenario
async def test_stations_transactions_and_meter_values():
    async with CentralSystem(accept_all=True) as csms, client(csms) as http:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            await station.status(1, "Charging")
            tx = await charge(station)
            listed = (await http.get("/api/stations")).json()
            one = (await http.get("/api/stations/S1")).json()
            assert listed == [one]
            assert (one["connected"], one["vendor"], one["plant"]) == (True, "Galvani", False)
            (connector,) = one["connectors"]
            assert connector["status"] == "Charging" and connector["transactionId"] == tx
            assert connector["values"] == {"power_w": 4000.0, "soc": 24.0, "energy_wh": 1040.0}
            assert connector["sessionWh"] == 40
            running = (await http.get("/api/stations/S1/transactions?active=1")).json()
            assert [row["id"] for row in running] == [tx]
            await station.stop(tx, 1040, reason="Remote")
        row = (await http.get(f"/api/transactions/{tx}")).json()
        assert (row["energyWh"], row["reason"], row["active"]) == (40, "Remote", False)
        assert (await http.get("/api/transactions?idTag=A1")).json() == [row]
        assert (await http.get("/api/stations/S1/transactions?connector=2")).json() == []
        assert (await http.get("/api/stations/S1/transactions?active=true")).json() == []
        meter = (await http.get("/api/stations/S1/meter?measurand=SoC&limit=2")).json()
        assert [(m["number"], m["unit"], m["transactionId"]) for m in meter] == [
            (24.0, "Percent", tx),
            (23.0, "Percent", tx),
        ]
        older = (await http.get(f"/api/stations/S1/meter?before={meter[-1]['id']}")).json()
        assert older[0]["id"] < meter[-1]["id"]
        statuses = (await http.get("/api/stations/S1/statuses?connector=1")).json()
        assert [s["status"] for s in statuses] == ["Charging"]
        assert not (await http.get("/api/stations/S1")).json()["connected"]


@scenario
async def test_messages_and_problems():
    async with CentralSystem() as csms, client(csms) as http:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            await station.frame("Heartbeat", {"extra": 1}, "h")
            messages = (await http.get("/api/stations/S1/messages")).json()
            assert [(m["direction"], m["kind"], m["action"]) for m in messages] == [
                ("out", "ERROR", "Heartbeat"),
                ("in", "CALL", "Heartbeat"),
                ("out", "RESULT", "BootNotification"),
                ("in", "CALL", "BootNotification"),
            ]
            assert messages[1]["payload"] == {"extra": 1}
            bad = (await http.get("/api/stations/S1/messages?problems=1")).json()
            assert [m["messageId"] for m in bad] == ["h"]
            some = await http.get("/api/stations/S1/messages?action=BootNotification&limit=1")
            assert len(some.json()) == 1


@scenario
async def test_calls_and_how_they_fail():
    async with CentralSystem() as csms, client(csms) as http:
        url = "/api/stations/S1/call"
        soft = {"action": "Reset", "payload": {"type": "Soft"}}
        soon = {"timeout": 0.2}

        async def post(body, expected):
            answer = await http.post(url, json=body)
            assert answer.status_code == expected, answer.text
            return answer.json()

        assert (await http.post(url, json=soft)).status_code == 404
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            assert await post(soft, 200) == {"ok": True, "answer": {"status": "Accepted"}}
            assert (await post({"action": "Reset", "payload": {}}, 400))[
                "code"
            ] == "OccurenceConstraintViolation"
            assert (await post({"action": "Nothing"}, 400))["error"] == "InvalidCall"
            await post({"payload": {}}, 400)
            await post({**soft, "timeout": "long"}, 400)
            assert (await http.post(url, content=b"{")).status_code == 400
            station.answers["Reset"] = ("NotSupported", "never")
            assert (await post(soft, 502))["code"] == "NotSupported"
            station.answers["Reset"] = None
            assert (await post(soft | soon, 504))["error"] == "Timeout"
            wrong = {"action": "Reset", "payload": {"type": 1}, "validate": False}
            await post(wrong | soon, 504)
            assert station.asked[-1][3] == {"type": 1}
        while csms.connected("S1"):
            await asyncio.sleep(0.01)
        assert (await post(soft, 409))["error"] == "NotConnected"


@scenario
async def test_an_identity_with_a_slash_works_everywhere():
    async with CentralSystem() as csms, client(csms) as http:
        async with FakeStation(csms.ws_url, "a/b c") as station:
            await station.boot()
            path = "/stations/" + quote("a/b c", safe="")
            assert (await http.get("/api" + path)).json()["id"] == "a/b c"
            assert (await http.get(path)).status_code == 200
            answer = await http.post(f"/api{path}/call", json={"action": "ClearCache"})
            assert answer.json()["ok"]


@scenario
async def test_cards_registration_and_the_index():
    async with CentralSystem() as csms, client(csms) as http:
        answer = await http.put(
            "/api/cards/A1", json={"parentIdTag": "P", "expiryDate": "2030-01-01T00:00:00Z"}
        )
        assert answer.json() == {
            "idTag": "A1",
            "status": "Accepted",
            "parentIdTag": "P",
            "expiryDate": "2030-01-01T00:00:00.000Z",
            "note": "",
        }
        assert len((await http.get("/api/cards")).json()) == 1
        assert (await http.put("/api/cards/A1", json={"status": "Lost"})).status_code == 400
        assert (await http.put("/api/cards/" + "x" * 21, json={})).status_code == 400
        assert (await http.put("/api/cards/A1", json={"expiryDate": "soon"})).status_code == 400
        assert (await http.delete("/api/cards/a1")).status_code == 204
        assert (await http.delete("/api/cards/A1")).status_code == 404
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
        url = "/api/stations/S1/registration"
        assert (await http.put(url, json={"status": "Pending"})).json()[
            "registration"
        ] == "Pending"
        assert (await http.put(url, json={"status": "Maybe"})).status_code == 400
        index = (await http.get("/api/")).json()
        assert {"method": "POST", "path": "/api/stations/{id}/call"}.items() <= next(
            row for row in index if row["path"].endswith("/call")
        ).items()
        text = (ROOT / "docs" / "csms.md").read_text()
        assert [row["path"] for row in index if f"`{row['path']}`" not in text] == []
        calls = (await http.get("/api/calls")).json()
        assert "Reset" in {call["action"] for call in calls}
        assert "Heartbeat" not in {call["action"] for call in calls}


@scenario
async def test_what_is_not_there_is_404_and_what_is_wrong_400():
    async with CentralSystem() as csms, client(csms) as http:
        for path in (
            "/api/stations/none",
            "/api/transactions/7",
            "/api/none",
            "/none",
            "/stations/none",
            "/npm/../package.json",
            "/npm/other.js",
        ):
            assert (await http.get(path)).status_code == 404, path
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            assert (await http.get("/api/stations/S1/meter?limit=x")).status_code == 400
            assert (await http.get("/api/stations/S1/plant")).status_code == 404


@scenario
async def test_a_page_of_another_site_can_change_nothing():
    async with CentralSystem() as csms, client(csms) as http:
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await http.put("/api/cards/A", json={}, headers=headers)).status_code == 403
        own = {"Origin": csms.http_url, "Sec-Fetch-Site": "same-origin"}
        assert (await http.put("/api/cards/A", json={}, headers=own)).status_code == 200


@scenario
async def test_a_long_charge_is_thinned_by_the_server():
    async with CentralSystem(accept_all=True) as csms, client(csms) as http:
        async with FakeStation(csms.ws_url, "S1") as station:
            tx = (await station.start())["transactionId"]
            blocks = [
                {
                    "timestamp": f"2026-05-01T{10 + n // 3600}:{n // 60 % 60:02}:{n % 60:02}Z",
                    "sampledValue": [
                        {"value": str(n), "measurand": "Power.Active.Import", "phase": phase}
                        for phase in ("L1", "L2")
                    ]
                    + [{"value": str(1000 + n)}],
                }
                for n in range(1200)
            ]
            for part in range(0, 1200, 400):
                await station.call(
                    "MeterValues",
                    {
                        "connectorId": 1,
                        "transactionId": tx,
                        "meterValue": blocks[part : part + 400],
                    },
                )
        short = (await http.get(f"/api/transactions/{tx}/series?points=100")).json()
        assert 90 <= len(short["time"]) <= 101
        assert short["time"] == sorted(short["time"])
        assert short["energy_wh"][-1] == 2199.0  # a register keeps its highest
        assert short["power_w"][0] == pytest.approx(11, abs=2)  # the mean, of both phases
        whole = (await http.get(f"/api/transactions/{tx}/series?points=5000")).json()
        assert len(whole["time"]) == 1200 and whole["power_w"][10] == 20.0
        assert whole["meterStart"] == 1000
        assert (await http.get("/api/transactions/99/series")).status_code == 404


@scenario
async def test_the_plant_is_driven_and_seen():
    async with (
        FakePlant(12) as plant,
        CentralSystem(plants={"S1": f"127.0.0.1:{plant.port}"}) as csms,
        client(csms) as http,
    ):
        subscription = csms.hub.subscribe("S1")
        while csms.plants.get("S1").state is None:
            await subscription.batch()
        assert len((await http.get("/api/stations/S1/plant")).json()["state"]["connectors"]) == 12
        answer = await http.post("/api/stations/S1/plant", json={"command": "plug 12"})
        assert answer.json() == {"ok": True} and plant.commands == ["plug 12"]
        bad = await http.post("/api/stations/S1/plant", json={"command": "dance"})
        assert bad.status_code == 502 and bad.json()["error"] == "unknown command dance"
        two = await http.post("/api/stations/S1/plant", json={"command": "a\nb"})
        assert two.status_code == 502 and "one line" in two.json()["error"]


def test_from_a_thread():
    with CentralThread(accept_all=True) as csms:
        assert csms.ws_url.startswith("ws://127.0.0.1:")
        assert httpx.get(csms.http_url + "/api/stations", **PATIENT).json() == []

        async def boot():
            async with FakeStation(csms.ws_url, "S1") as station:
                await station.boot()
                await station.frame("Heartbeat", {"x": 1})

        csms.run(boot())
        assert csms.wait_for("BootNotification").station_id == "S1"
        assert [r.action for r in csms.records()] == ["BootNotification", "Heartbeat"]
        assert csms.problems("S1") == [
            "out Heartbeat: Additional properties are not allowed ('x' was unexpected)"
        ]


def test_the_command_line_starts_and_ends_cleanly(tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tools.csms",
            "--ws-port",
            "0",
            "--port",
            "0",
            "--db",
            f"sqlite+aiosqlite:///{tmp_path}/x.db",
            "--card",
            "A1",
            "--password",
            "S1=secret",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        page = process.stdout.readline().split()
        stations = process.stdout.readline().split()
        assert page[0] == "Page" and re.fullmatch(r"ws://127.0.0.1:\d+/ocpp/<id>", stations[1])
        cards = httpx.get(page[1] + "/api/cards", **PATIENT).json()
        assert [card["idTag"] for card in cards] == ["A1"]
        with httpx.stream("GET", page[1] + "/stream", **PATIENT):  # an open page
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0 and "Traceback" not in err, err
    finally:
        process.kill()


def test_wrong_options_say_what_was_expected():
    def run(*options):
        done = subprocess.run(
            [sys.executable, "-m", "tools.csms", *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        return done.returncode, done.stdout + done.stderr

    code, text = run("--plant", "S1")
    assert code == 2 and "ID=HOST:PORT" in text
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, text = run(
            "--port", str(taken.getsockname()[1]), "--ws-port", "0", "--db", "sqlite+aiosqlite://"
        )
        assert code == 1 and "cannot start" in text and "Traceback" not in text


def test_the_npm_lock_names_no_registry():
    text = (ROOT / "tools/csms/ui/package-lock.json").read_text()
    assert "http" not in text and "resolved" not in text
    packages = json.loads(text)["packages"]
    wanted = json.loads((ROOT / "tools/csms/ui/package.json").read_text())["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
