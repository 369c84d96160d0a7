"""Does the ring page show what plant, station and central system know, and do its buttons work?"""

import copy
import importlib.util
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import httpx
import pytest

from csms_peers import FakePlant, FakeStation, scenario
from dc_world import DcWorld
from patience import PATIENCE_S
from test_csms_page import Stream, client
from tools.csms import CentralSystem, ring_page, ring_view

ROOT = Path(__file__).resolve().parents[1]
PAGE = "/stations/S1/ring"


def told(hall):
    """What the console's `ring --json` says of a hall."""
    path = ROOT / "firmware" / "console" / "cmd_ring.py"
    spec = importlib.util.spec_from_file_location("cmd_ring", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return json.loads(json.dumps(module.facts(hall)))


@pytest.fixture(scope="module")
def charge():
    """(state, ring) of three guns: gun 1 charges with a borrowed slot, the others are free."""
    w = DcWorld(guns=3)
    w.charge(1, amperes=250)
    w.until(lambda: w.amps(1) > 200)
    state = {"ok": True, "power": True, "net": True, **w.plant.state()}
    return state, told(w.hall)


@pytest.fixture
def seen(charge):
    return copy.deepcopy(charge)


def drawn(found):
    """Every piece of the page by its name; each is well-formed."""
    pieces = dict(ring_page._pieces(found))
    for html in pieces.values():
        ElementTree.fromstring(f"<div>{html}</div>")
    return pieces


class RingPlant(FakePlant):
    """A control port of a station with a ring; every command but `refused` is done."""

    def __init__(self, state, ring):
        super().__init__()
        self.state, self.ring = state, ring
        self.refused = None

    async def _serve(self, reader, writer):
        while line := (await reader.readline()).decode().strip():
            answer = {"ok": True}
            if line == "state":
                answer = self.state
            elif line == "ring --json":
                answer = {"ok": True, "result": self.ring}
                if not self.state["power"]:
                    answer = {"ok": False, "error": "the station has no power"}
            else:
                self.commands.append(line)
                if line == self.refused:
                    answer = {"ok": False, "error": "no <such> thing"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()


# -- what is to be seen


def test_three_views_become_one(seen):
    state, ring = seen
    known = [{"id": 1, "status": "Charging", "errorCode": "NoError", "idTag": "A1"}]
    found = ring_view.facts(state, ring, known)
    gun, other = found["guns"][0], found["guns"][1]
    assert gun["status"] == "Charging" and gun["stage"] == "charging" and gun["closed"]
    assert gun["card"] == "A1" and len(gun["island"]) == 2
    assert 70_000 < gun["measured_w"] <= gun["granted_w"] + 2000 <= gun["asked_w"] + 4000
    assert gun["vehicle"] == {"full_v": 403.2, "top_a": 250, "asks_v": 403.2, "asks_a": 250.0}
    assert gun["source"] in ("vehicle", "module") and not gun["denied"]
    assert not other["plugged"] and other["soc"] is None and other["vehicle"] is None
    borrowed = [s for s in found["slots"] if s["owner"] == 1]
    assert [s["fed_by"] for s in borrowed] == [1, 1]
    assert sum(s["tie_closed"] for s in found["slots"]) == 1
    assert found["power_w"] == state["power_w"] and found["grid_w"] == ring["grid_w"]
    assert found["charging"] == 1 and found["running"] == sum(m["on"] for m in state["modules"])


def test_a_station_without_a_ring_has_nothing_to_draw(seen):
    state, ring = seen
    assert ring_view.facts(None, None, []) is None
    assert ring_view.facts({**state, "ties": []}, ring, []) is None
    assert all("<svg" not in html for html in drawn(None).values())


def test_a_silent_station_leaves_what_is_true(seen):
    state, _ = seen
    found = ring_view.facts(state, None, [])
    assert not found["answers"] and found["grid_w"] is None
    assert found["guns"][0]["measured_w"] > 70_000 and found["guns"][0]["contactor"] == "closed"
    assert found["guns"][0]["granted_w"] is None
    pieces = drawn(found)
    assert "does not answer" in pieces["lamps"] and "–" in pieces["guns"]


def test_faults_are_named_where_they_are(seen):
    state, ring = seen
    ring["slots"][1]["tie"] = "welded"
    ring["slots"][2]["mn"] = "stuck"
    ring["guns"][2]["contactor"] = "unknown"
    ring["guns"][1]["denied"] = "its home slot is blocked"
    state["connectors"][1]["plugged"] = True
    state["modules"][4]["off_line"] = True
    state["modules"][5]["alarms"] = 0x80
    state["violations"] = ["1.00 s connectors 1 and 2 are bridged"]
    known = [
        {"id": 3, "status": "Faulted", "errorCode": "OtherError", "vendorErrorCode": "PlcLost"}
    ]
    pieces = drawn(ring_view.facts(state, ring, known))
    for text in ("welded", "stuck", "bridged", 'role="alert"', ">lost<", ">hot!<"):
        assert text in pieces["ring"], text
    assert "1 violation of" in pieces["lamps"]
    for text in ("its home slot is blocked", "contactor unknown", "PlcLost"):
        assert text in pieces["guns"], text
    for text in ("tie welded", "contactor stuck", "lost", "too hot"):
        assert text in pieces["modules"], text


def test_twelve_guns_and_24_modules_are_all_drawn_and_do_not_touch():
    w = DcWorld(guns=12, boot=False)
    state = {"power": True, "net": True, **w.plant.state()}
    found = ring_view.facts(state, told(w.hall), [])
    assert [s["id"] for s in found["slots"]] == list(range(1, 13))
    assert sum(len(s["modules"]) for s in found["slots"]) == 24
    draw = ring_view.Drawing(12)
    places = []
    for slot in range(1, 13):
        places.append((draw.place(slot, draw.GUN), draw.SOC_R + 4))
        places += [
            (draw.place(slot, draw.MODULE, draw.aside(n, 2)), draw.MODULE_R) for n in range(2)
        ]
    for i, ((x, y), radius) in enumerate(places):
        assert radius <= x <= draw.SIZE - radius and radius <= y <= draw.SIZE - radius
        for (u, v), other in places[:i]:
            assert (x - u) ** 2 + (y - v) ** 2 > (radius + other) ** 2
    pieces = drawn(found)
    assert pieces["ring"].count('class="module') == 24
    assert pieces["ring"].count('<g class="gun') == 12
    assert pieces["guns"].count("data-gun=") == 12


def test_the_style_sheet_has_a_colour_for_every_gun():
    css = (ROOT / "tools/csms/ui/static/ring_page.css").read_text()
    colours = [line for line in css.splitlines() if line.startswith(".i")]
    assert len(colours) == ring_view.COLOURS + 1  # and one for nobody
    assert len({line.split("{")[1] for line in colours}) == len(colours)
    assert all("light-dark(" in line for line in colours)


@pytest.mark.parametrize(
    "ties, closed, feeds",
    [
        ("000", "100", [1, None, None]),
        ("100", "100", [1, 1, None]),
        ("110", "001", [3, 3, 3]),
        ("111", "010", [2, 2, 2]),
        ("111", "000", [None, None, None]),
        ("001", "100", [1, None, 1]),
    ],
)
def test_who_feeds_a_slot_follows_the_closed_contactors(ties, closed, feeds):
    ties = [t == "1" for t in ties]
    guns = [{"id": n + 1, "closed": c == "1"} for n, c in enumerate(closed)]
    assert [ring_view._fed_by(ties, guns, s) for s in range(3)] == feeds


# -- what the buttons order


@pytest.mark.parametrize(
    "form, lines",
    [
        (
            {"do": "plug", "gun": "3", "soc": "40", "vehicle": "fast"},
            ["ev demand 3 270 800", "soc 3 40", "plug 3"],
        ),
        ({"do": "unplug", "gun": "12"}, ["unplug 12"]),
        ({"do": "card", "gun": "2", "card": " A1 "}, ["tag 2 A1"]),
        ({"do": "weld", "kind": "tie", "number": "4"}, ["weld tie 4 on"]),
        ({"do": "stick", "kind": "gc", "number": "4"}, ["stick gc 4 on"]),
        ({"do": "repair", "kind": "mn", "number": "1"}, ["weld mn 1 off", "stick mn 1 off"]),
        ({"do": "module-off", "module": "24"}, ["module off 24 on"]),
        ({"do": "grid", "grid": "250"}, ["config set GridLimit 250000"]),
        ({"do": "estop-off"}, ["estop off"]),
        ({"do": "power-off"}, ["power off"]),
        ({"do": "net-off"}, ["net off"]),
    ],
)
def test_a_button_is_lines_for_the_control_port(form, lines):
    assert ring_page.order(form) == lines


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"do": "explode"},
        {"do": "plug", "gun": "1\nestop on", "soc": "4", "vehicle": "fast"},
        {"do": "plug", "gun": "1", "soc": "101", "vehicle": "fast"},
        {"do": "plug", "gun": "1", "soc": "4", "vehicle": "boat"},
        {"do": "unplug", "gun": "0"},
        {"do": "unplug", "gun": "65"},
        {"do": "card", "gun": "1", "card": "A B"},
        {"do": "card", "gun": "1", "card": ""},
        {"do": "card", "gun": "1", "card": "A" * 21},
        {"do": "weld", "kind": "lock", "number": "1"},
        {"do": "weld", "kind": "tie", "number": "-1"},
        {"do": "grid", "grid": "1e3"},
        {"do": "grid", "grid": ""},
    ],
)
def test_a_form_that_means_nothing_is_refused(form):
    with pytest.raises(ValueError):
        ring_page.order(form)


# -- the page


@scenario
async def test_the_page_is_live_and_its_data_are_for_programs_too():
    w = DcWorld(guns=3)
    w.plug(1)
    state = {"ok": True, "power": True, "net": True, **w.plant.state()}
    async with RingPlant(state, told(w.hall)) as plant, CentralSystem() as csms:
        async with FakeStation(csms.ws_url, "S1") as station, client(csms) as http:
            await station.boot()
            assert (await http.get(PAGE)).status_code == 404
            assert (await http.get("/api" + PAGE)).status_code == 404
            csms.register_plant("S1", f"127.0.0.1:{plant.port}")
            async with Stream(csms, PAGE + "/stream") as page:
                assert 'class="bus"' in await page.until("ring", "Slot 3")
                assert "Power on" in await page.until("lamps", "Power on")
                await station.status(2, "Faulted", "OtherError", vendorErrorCode="Loop<b>")
                assert "Loop&lt;b&gt;" in await page.until("guns", "Loop")
                state["modules"][0]["off_line"] = True
                await page.until("modules", "lost")
                state["power"] = False
                assert "does not answer" in await page.until("lamps", "Power cut")
                state["power"] = True
            text = (await http.get(PAGE)).text
            body = text.split("<body>")[1]
            assert "style=" not in body and "onclick" not in body and "Loop<b>" not in body
            assert body.count("<label") >= 8 and 'role="status"' in body
            for do in ring_page.ORDERS:
                assert f'value="{do}"' in body, do
            data = (await http.get("/api" + PAGE)).json()
            assert len(data["guns"]) == 3 and data["guns"][1]["fault"] == "Loop<b>"
            assert f'href="{PAGE}"' in (await http.get("/stations/S1")).text
            for name in ("ring_page.css", "ring_page.js"):
                assert (await http.get("/static/" + name)).status_code == 200


@scenario
async def test_the_buttons_reach_the_plant():
    w = DcWorld(guns=3, boot=False)
    state = {"ok": True, "power": True, "net": True, **w.plant.state()}
    async with RingPlant(state, told(w.hall)) as plant, CentralSystem() as csms:
        async with FakeStation(csms.ws_url, "S1") as station:
            await station.boot()
            http = httpx.AsyncClient(base_url=csms.http_url, timeout=PATIENCE_S, trust_env=False)
            assert (await http.post(PAGE, data={"do": "clear"})).status_code == 404
            csms.register_plant("S1", f"127.0.0.1:{plant.port}")

            async def press(**form):
                return (await http.post(PAGE, data=form)).text

            assert 'class="good"' in await press(do="repair", kind="tie", number="2")
            assert plant.commands == ["weld tie 2 off", "stick tie 2 off"]
            assert "from 1 to 64" in await press(do="unplug", gun="0")
            plant.refused = "ev demand 1 125 400"
            text = await press(do="plug", gun="1", soc="20", vehicle="small")
            assert "no &lt;such&gt; thing" in text and 'class="bad"' in text
            assert plant.commands[2:] == ["ev demand 1 125 400"]  # what follows is left out
            foreign = {"sec-fetch-site": "cross-site"}
            answer = await http.post(PAGE, data={"do": "estop-on"}, headers=foreign)
            assert answer.status_code == 403 and len(plant.commands) == 3
            await http.aclose()
