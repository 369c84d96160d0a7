"""Does the page show the charge live, and do its forms and buttons work?"""

import asyncio
import json

import httpx
import pytest

from csms_peers import FakePlant, FakeStation, scenario
from patience import PATIENCE_S
from tools.csms import CentralSystem
from tools.csms.calls import CORE, example, payload_of
from tools.csms.schemas import check, to_station
from tools.csms.web import npm_ready


def client(csms) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=csms.http_url, timeout=PATIENCE_S, trust_env=False)


class Stream:
    """A page's server-sent events: `until(name, text)` gives the event that holds it."""

    def __init__(self, csms, path: str):
        self._http = client(csms)
        self._path = path
        self.seen: list[tuple[str, str]] = []
        self._passed: list[tuple[str, str]] = []

    async def __aenter__(self):
        self._context = self._http.stream("GET", self._path)
        response = await self._context.__aenter__()
        assert response.headers["content-type"].startswith("text/event-stream")
        self._lines = response.aiter_lines()
        return self

    async def __aexit__(self, *_):
        await self._context.__aexit__(None, None, None)
        await self._http.aclose()

    async def until(self, name: str, text: str = "") -> str:
        # The server bundles: what is awaited next may have come before what was awaited first.
        for at, (event, found) in enumerate(self._passed):
            if event == name and text in found:
                del self._passed[at]
                return found
        async with asyncio.timeout(PATIENCE_S):
            event, data = None, []
            async for line in self._lines:
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif line == "" and event is not None:
                    found = "\n".join(data)
                    self.seen.append((event, found))
                    if event == name and text in found:
                        return found
                    self._passed.append((event, found))
                    event, data = None, []
        raise AssertionError(f"the stream ended without {name} {text}")


@scenario
async def test_a_charge_is_seen_live():
    async with CentralSystem(accept_all=True) as csms, FakeStation(csms.ws_url, "S1") as station:
        await station.boot()
        async with Stream(csms, "/stations/S1/stream?connector=2") as page:
            await page.until("badge", "Online")
            await station.status(2, "Preparing")
            await page.until("live", "Preparing")
            tx = (await station.start(2, "A1"))["transactionId"]
            await page.until("charges", "running")
            await station.meter(
                tx,
                "2026-05-01T10:01:00Z",
                connector=2,
                power=7400,
                soc=55.4,
                current=20.5,
                voltage=361,
                energy=1500,
            )
            point = json.loads(await page.until("sample"))
            assert point == {
                "connector": 2,
                "transaction": tx,
                "time": 1777629660.0,
                "power_w": 7400.0,
                "soc": 55.4,
                "current_a": 20.5,
                "voltage_v": 361.0,
                "energy_wh": 1500.0,
            }
            await page.until("ocpp", "Power 7400 W")
            live = await page.until("live", "7.40")
            assert "20.5" in live and "361.0" in live and "0.500" in live
            await station.frame("Heartbeat", {"x": 1})
            assert "error" in await page.until("ocpp", "problem")
            await station.stop(tx, 2000, reason="Remote")
            await page.until("charges", "Remote")
        async with Stream(csms, "/stations/S1/stream?connector=1") as page:
            await station.meter(tx, "2026-05-01T10:02:00Z", connector=2, power=1)
            await page.until("ocpp", "Power 1 W")
            await page.until("live")
            assert "sample" not in [name for name, _ in page.seen]  # of another connector


@scenario
async def test_the_overview_is_live():
    async with CentralSystem() as csms, Stream(csms, "/stream") as page:
        assert "No station has connected yet" in await page.until("stations")
        async with FakeStation(csms.ws_url, "<b>S1</b>") as station:
            await station.boot()
            text = await page.until("stations", "Fake")
            assert "&lt;b&gt;S1&lt;/b&gt;" in text and "<b>S1" not in text
        await page.until("stations", "Offline")


@scenario
async def test_the_pages_render_for_stations_of_every_kind():
    async with (
        CentralSystem(accept_all=True, plants={"S1": "127.0.0.1:1"}) as csms,
        client(csms) as http,
    ):
        async with FakeStation(csms.ws_url, "S1") as station, FakeStation(csms.ws_url, "silent"):
            await station.boot()
            for n in range(0, 13):
                await station.status(n, "Available")
            await station.status(
                3, "Faulted", "OtherError", vendorErrorCode="EmergencyStop", info="<script>"
            )
            tx = (await station.start(5))["transactionId"]
            await station.stop(-1, message_id="orphan")
            page = (await http.get("/stations/S1?connector=3")).text
            assert "EmergencyStop" in page and "<script>" not in page.split("<body>")[1]
            assert page.count('id="tab-') == 12
            assert 'data-charge=""' in page  # no charge at this connector yet
            page = (await http.get(f"/stations/S1?charge={tx}")).text
            assert f'data-charge="{tx}" data-pinned' in page
            assert f'data-charge="{tx}"' in (await http.get("/stations/S1")).text
            assert "Plug in" in page and "Cannot be reached" in page
            for action, title, _ in CORE:
                assert f">{title}</button>" in page and f"<code>{action}</code>" in page
            silent = (await http.get("/stations/silent")).text
            assert "Plug in" not in silent and "has not reported yet" in silent
            assert (await http.get("/")).text.count('href="/stations/') == 2
            headers = (await http.get("/")).headers
            assert headers["content-security-policy"].startswith("default-src 'self'")


@scenario
async def test_the_call_forms():
    async with CentralSystem() as csms, client(csms) as http:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()

            async def post(**form):
                answer = await http.post("/stations/S1/call", data=form)
                assert answer.status_code == 200
                return answer.text

            text = await post(
                action="RemoteStartTransaction", idTag="A1", connectorId="2", chargingProfile=""
            )
            assert "Accepted" in text and 'class="good"' in text
            assert station.asked[-1][3] == {"idTag": "A1", "connectorId": 2}
            assert "Transaction: &#39;x&#39; is not a number" in await post(
                action="RemoteStopTransaction", transactionId="x"
            )
            assert "OccurenceConstraintViolation" in await post(action="RemoteStopTransaction")
            assert "Accepted" in await post(
                action="SendLocalList", json=json.dumps({"listVersion": 1, "updateType": "Full"})
            )
            assert "Not sent" in await post(action="SendLocalList", json="{")
            station.answers["Reset"] = {"status": "Rejected"}
            assert 'class="bad"' in await post(action="Reset", type="Soft")
            answer = await http.post("/stations/S1/registration", data={"status": "Pending"})
            assert "Pending" in answer.text
            assert (await csms.store.station("S1")).registration == "Pending"
        assert (
            "not connected"
            in (await http.post("/stations/S1/call", data={"action": "ClearCache"})).text
        )


@scenario
async def test_the_buttons_of_the_plant():
    async with FakePlant(2) as plant, CentralSystem() as csms, client(csms) as http:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            assert "Plug in" not in (await http.get("/stations/S1")).text
            csms.register_plant("S1", f"127.0.0.1:{plant.port}")
            assert "Plug in" in (await http.get("/stations/S1")).text

            async def press(do, **more):
                answer = await http.post(
                    "/stations/S1/plant", data={"do": do, "connector": "2", **more}
                )
                return answer.text

            async with Stream(csms, "/stations/S1/stream?connector=2") as page:
                assert 'class="good"' in await press("plug")
                await page.until("plant", "Plugged in")
                await press("net-off")
                await page.until("plant", "Network pulled")
                plant.state["violations"] = ["contactor 2 opened at 30 A"]
                await page.until("plant", "contactor 2 opened at 30 A")
            await press("card", card="ABC123")
            assert "stopping connector 1" in await press("stop")
            for name in ("net-on", "power-off", "power-on", "unplug"):
                await press(name)
            assert plant.commands == [
                "plug 2",
                "net off",
                "tag 2 ABC123",
                "stop 2",
                "net on",
                "power off",
                "power on",
                "unplug 2",
            ]
            assert "1 to 20 characters" in await press("card", card="A B")
            assert "1 to 20 characters" in await press("card", card="")
            assert "no such button" in await press("explode")
            assert len(plant.commands) == 8


@scenario
async def test_the_cards_page():
    async with CentralSystem() as csms, client(csms) as http:
        form = {"idTag": "A1", "status": "Blocked", "expiry": "2030-01-01T10:00", "note": "<i>"}
        answer = await http.post("/cards", data=form, follow_redirects=True)
        assert answer.status_code == 200 and "&lt;i&gt;" in answer.text
        (card,) = await csms.cards.all()
        assert (card.status, card.expiry.isoformat()) == ("Blocked", "2030-01-01T10:00:00+00:00")
        wrong = await http.post("/cards", data={"idTag": "A1", "status": "Lost"})
        assert wrong.status_code == 400 and "one of Accepted" in wrong.text
        await http.post("/cards", data={"idTag": "A1", "do": "delete"})
        assert await csms.cards.all() == []


@scenario
async def test_the_installed_scripts_are_served_or_the_page_says_what_to_do():
    async with CentralSystem() as csms, client(csms) as http:
        page = (await http.get("/")).text
        assert ("make setup" in page) is not npm_ready()
        for name in ("htmx.js", "sse.js", "uplot.js", "uplot.css"):
            answer = await http.get(f"/npm/{name}")
            assert answer.status_code == (200 if npm_ready() else 404)
            assert (f'"/npm/{name}"' in page) is npm_ready()
        for name in ("app.js", "chart.js", "theme.js", "base.css", "station.css", "icon.svg"):
            assert (await http.get(f"/static/{name}")).status_code == 200
        assert "http://" not in page.replace(csms.http_url, "")  # nothing from elsewhere
        assert "https://" not in page


@pytest.mark.parametrize("action", to_station("1.6"))
def test_the_example_of_every_call_fits_its_schema(action):
    check("1.6", action, example("1.6", action))


def test_forms_become_payloads_of_the_right_types():
    assert payload_of("1.6", "GetConfiguration", {"key": "A, B\nC"}) == {"key": ["A", "B", "C"]}
    assert payload_of("1.6", "GetConfiguration", {"key": ""}) == {}
    assert payload_of("1.6", "ChangeConfiguration", {"key": "K", "value": ""}) == {
        "key": "K",
        "value": "",
    }
    assert payload_of(
        "1.6", "RemoteStartTransaction", {"idTag": "A", "chargingProfile": '{"stackLevel": 1}'}
    ) == {"idTag": "A", "chargingProfile": {"stackLevel": 1}}
