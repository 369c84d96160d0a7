"""Do the words of profile dc do to the plant what they say, and does the whole tool charge?"""

import asyncio
import json
from types import SimpleNamespace

import pytest

from patience import PATIENCE_S, eventually
from test_station_tool_cli import Tool, ask
from tools.sim.dc_plant import DcPlant
from tools.sim.dc_words import DcWords
from tools.sim.words import WordError


@pytest.fixture
def bench():
    """A plant of three guns and its words, without a station."""
    plant = DcPlant(3)
    made = SimpleNamespace(plant=plant, hubs=[], told=[])
    made.io = SimpleNamespace(linked=asyncio.Event(), tell=made.told.append)
    made.machine = SimpleNamespace(power=True)
    made.io.linked.set()
    made.words = DcWords(made)
    return made


def do(bench, line):
    return asyncio.run(bench.words.do(line))


@pytest.mark.parametrize(
    "line, look, value",
    [
        ("plug 2", lambda p: p.outlet(2).plugged, True),
        ("soc 2 81", lambda p: p.outlet(2).battery.soc, 81),
        ("ev demand 1 250 800", lambda p: round(p.outlet(1).battery.full_v), 800),
        ("plc silent 3 on", lambda p: p.outlet(3).plc.silent, True),
        ("plc crc 3 on", lambda p: p.outlet(3).plc.bad_crc, True),
        ("plc acks 3 on", lambda p: p.outlet(3).plc.acks_blocked, True),
        ("plc meter 3 on", lambda p: p.outlet(3).plc.meter_lost, True),
        ("plc safety 1 0x18", lambda p: p.outlet(1).plc.safety, 0x18),
        ("plc stage 1 9", lambda p: p.outlet(1).plc.forced_stage, 9),
        ("plc stage 1 off", lambda p: p.outlet(1).plc.forced_stage, None),
        ("identity 1 mac 020000000009", lambda p: p.outlet(1).vehicle.mac[-1], 9),
        ("identity 2 emaid 4445", lambda p: p.outlet(2).vehicle.emaid, b"DE"),
        ("weld gc 2 on", lambda p: p.ring.gcs[1].welded, True),
        ("weld tie 3 on", lambda p: p.ring.ties[2].welded, True),
        ("stick mn 1 on", lambda p: p.ring.mns[0].stuck, True),
        ("module off 6 on", lambda p: p.ring.modules[5].off_line, True),
        ("overtemp 4 95", lambda p: p.ring.modules[3].temp_c, 95),
        ("bms stop 1 on", lambda p: p.outlet(1).plc.complete, True),
        ("bms silent 1 on", lambda p: p.outlet(1).plc.no_hlc, True),
        ("estop on", lambda p: p.estop, True),
        ("tag 2 04A1B2C3", lambda p: p.outlet(2).plc.card, bytes.fromhex("04A1B2C3")),
    ],
)
def test_a_word_does_what_it_says(bench, line, look, value):
    assert do(bench, line) == {}
    assert look(bench.plant) == value


def test_any_other_card_is_read_by_the_station(bench):
    do(bench, "tag 1 CARD0001")
    assert bench.told == ["tag 1 CARD0001"]


@pytest.mark.parametrize(
    "line, says",
    [
        ("plug 4", "no connector 4"),
        ("module off 7 on", "no module 7"),
        ("module off 0 on", "no module 0"),
        ("weld tie 4 on", "no tie 4"),
        ("weld lid 1 on", "gc, tie or mn"),
        ("plc safety 1 300", "0 to 255"),
        ("plc safety 1 x", "0 to 255"),
        ("plc dance 1 on", "usage"),
        ("plc silent 1", "usage"),
        ("identity 1 mac xx", "hex"),
        ("identity 1 name 00", "usage"),
        ("overtemp 1 900", "temperature"),
    ],
)
def test_what_cannot_be_is_said(bench, line, says):
    with pytest.raises(WordError, match=says):
        do(bench, line)


def test_state_has_what_a_page_needs(bench):
    state = bench.plant.state()
    assert len(state["connectors"]) == 3 and len(state["modules"]) == 6
    assert state["ties"] == state["module_contactors"] == [False] * 3
    assert {"stage", "pilot"} <= state["connectors"][0].keys() and "slot" in state["modules"][0]


@pytest.mark.long
def test_a_bus_without_room_charges_nobody_and_says_the_figure(monkeypatch):
    """b.10 #14: refused at load, by every way to start; the console stays."""
    monkeypatch.setenv("GALVANI_BITRATE", "125000")
    with Tool("--profile", "dc", "--guns", "12", "--set", "PlcContract=1") as tool:
        port = tool.first_line()["control"]
        figure = "893 of 781 frames/s, 114.4 % of 125 kbit/s: at most 80 %"
        assert figure in ask(port, "can")["output"] and figure in ask(port, "faults")["output"]
        assert figure in ask(port, "console tag 1 CARD")["output"]
        assert ask(port, "status --json")["result"]["connectors"][0]["status"] == "Unavailable"


def test_the_whole_tool_charges():
    """Firmware, PLC, modules, ring: a card at the PLC's reader, current, the card again."""
    words = ("--profile", "dc", "--guns", "2", "--speed", "10")
    with Tool(*words, "--set", "CsmsMode=none", "--set", "LocalCards=04A1B2C3") as tool:
        line = tool.first_line()
        assert line["ready"] is True, line

        def state():
            return ask(line["control"], "state")

        def status():
            return ask(line["control"], "status --json")["result"]["connectors"][0]["status"]

        eventually(lambda: status() == "Available", status, PATIENCE_S)
        ask(line["control"], "plug 1")
        eventually(lambda: status() == "Preparing", status, PATIENCE_S)
        ask(line["control"], "tag 1 04A1B2C3")
        eventually(lambda: state()["connectors"][0]["current_a"] > 20, state, PATIENCE_S)
        ring = ask(line["control"], "ring --json")["result"]
        assert ring["guns"][0]["contactor"] == "closed" and ring["slots"][0]["owner"] == 1
        assert "of 250 kbit/s" in ask(line["control"], "can")["output"]
        ask(line["control"], "tag 1 04A1B2C3")
        eventually(lambda: not state()["connectors"][0]["contactor"], state, PATIENCE_S)
        assert state()["violations"] == [] and json.dumps(ring)
        tool.process.stdin.close()
        tool.process.stdin = None
        assert tool.end() == (0, b"")
