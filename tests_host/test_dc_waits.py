"""Does a gun that gives nothing say why, in `ring` and `ring --json`, whatever it waits for?"""

import importlib.util
import json
from pathlib import Path

import pytest

from dc_world import DcWorld
from station import waits

PATH = Path(__file__).resolve().parents[1] / "firmware" / "console" / "cmd_ring.py"


def console():
    spec = importlib.util.spec_from_file_location("cmd_ring", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def why(world, cid):
    return waits.why(world.hall, cid - 1)


def watch(world, cid, seconds):
    """Every reason of gun `cid` in the order it was given; none may be missing while it waits."""
    seen = []
    for _ in range(int(seconds * 10)):
        world.pass_time(0.1)
        session = world.c(cid).session
        live = session is not None and session.state in ("ready", "active")
        live = live or world.c(cid).faults.mask
        reason = why(world, cid)
        if live and world.hall.d.granted_da[cid - 1] == 0:
            assert reason, "it waits and does not say for what"
        if reason and reason not in seen:
            seen.append(reason)
    return seen


def test_the_reasons_of_a_charge_in_their_order():
    w = DcWorld(guns=2)
    assert why(w, 1) == ""
    w.station.remote_start(1, "A1")
    w.pass_time(1)
    assert why(w, 1) == "no vehicle is plugged"
    w.plug(1, amperes=60)
    seen = watch(w, 1, 20)
    kinds = ("the plan", "contactor to its modules", "ask for energy", "pre-charge: the bus is at")
    found = [next((i for i, text in enumerate(seen) if kind in text), -1) for kind in kinds]
    assert found[1] >= 0 and found[3] > found[1], seen
    assert w.amps(1) > 50 and why(w, 1) == "" and not w.violations


@pytest.mark.parametrize("metered", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_slot_that_is_lent_and_whose_module_is_silent(metered):
    """The loan's end waits for proof: guest and owner both name the silent module. Without a meter
    at the guest nothing proves it, and the guest is opened for a moment."""
    w = DcWorld(guns=3)
    w.plant.outlet(1).plc.meter_lost = not metered
    w.plant.ring.modules[4].off_line = w.plant.ring.modules[5].off_line = True
    w.charge(1, volts=400.0, amperes=300)
    w.until(lambda: w.plant.ring.ties[0].on and w.amps(1) > 160, 60)
    w.plant.ring.modules[2].off_line = True
    w.pass_time(2.5)
    w.plug(2, volts=400.0, amperes=60)
    w.pass_time(2)
    w.tag("B2", 2)
    seen = watch(w, 2, 8)
    assert any("lent to gun 1" in text and "module 3 of slot 2 is silent" in text for text in seen)
    w.until(lambda: w.amps(2) > 50, 60)
    assert all(cid != 2 or status != "Faulted" for cid, status, _, _ in w.statuses)
    w.until(lambda: w.amps(1) > 20, 60)
    assert w.c(1).status == "Charging" and len(w.started) == 2
    assert (w.hall.d.seq.guns.moves[0] == 1) is metered, "its contactor stays closed"
    assert not w.violations


@pytest.mark.parametrize(
    "what, said",
    [
        ("silent", "a fault: PlcLost"),
        ("modules", "no module of its slot is well"),
        ("estop", "a fault: EmergencyStop"),
    ],
)
def test_what_is_missing_is_named(what, said):
    w = DcWorld(guns=2, TieHold=30_000)
    w.station.remote_start(1, "A1")
    w.plug(1)
    if what == "silent":
        w.plant.outlet(1).plc.silent = True
    elif what == "modules":
        for m in w.plant.ring.modules:
            m.off_line = True
    else:
        w.plant.press_estop(True)
    assert any(said in text for text in watch(w, 1, 9)), why(w, 1)


def test_who_is_denied_says_so_with_the_planners_reason():
    """A weld between two guns: only one of them can be served."""
    w = DcWorld(guns=3)
    w.charge(1)
    w.plant.ring.ties[0].welded = True
    w.pass_time(3)
    w.plug(2)
    w.pass_time(3)
    w.tag("B2", 2)
    seen = watch(w, 2, 8)
    assert any("beside the guns of better rank" in text for text in seen), seen
    gun = console().facts(w.hall)["guns"][1]
    assert gun["denied"] == gun["waits"] and "better rank" in gun["waits"]
    lines = list(console().ring(_app(w), [], None))
    assert any(line.startswith("gun 2") and "waits: there is no place" in line for line in lines)
    assert json.loads(next(console().ring(_app(w), ["--json"], None)))["guns"][1] == gun


def test_a_module_says_what_ails_it_and_the_station_what_it_could_give():
    w = DcWorld(guns=2)
    facts = console().facts(w.hall)
    assert facts["capacity_w"] == 120_000 and facts["slots"][0]["modules"][0]["trouble"] == ""
    silent, hot = w.plant.ring.modules[0], w.plant.ring.modules[3]
    silent.off_line = True
    hot.forced_temp_c = 80.0
    w.pass_time(8)
    facts = console().facts(w.hall)
    assert [m["trouble"] for s in facts["slots"] for m in s["modules"]] == [
        "silent",
        "",
        "",
        "hot",
    ]
    assert facts["capacity_w"] == 75_000


def _app(world):
    return type("App", (), {"station": world.station})
