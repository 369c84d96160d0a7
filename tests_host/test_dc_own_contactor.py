"""What if the PLC keeps the gun's contactor to itself (can_protocols b.3.1; GunRelayBy plc)?

It closes and opens it by its own lead of the session; no order of ours is heard. The station
takes what is reported for its own order, takes energy away first, and finds a weld all the same.
"""

import pytest

from dc_world import DcWorld


def long(version):
    return pytest.param(version, marks=pytest.mark.long)


def world(version=3, **settings):
    return DcWorld(guns=2, version=version, GunRelayBy="plc", **settings)


@pytest.mark.parametrize("version", [long(1), long(2), 3])
def test_a_charge(version):
    w = world(version)
    w.charge(1, amperes=250)
    w.until(lambda: w.amps(1) > 200, 60)
    assert any(tie.on for tie in w.plant.ring.ties), "it borrows as ever"
    assert all(link.mask == 6 and not link.relays & 1 for link in w.hall.links)
    w.tag()
    w.until(lambda: not w.plant.outlet(1).contactor.on, 20)
    w.until(lambda: w.c().status == "Finishing", 20)
    w.pass_time(12)
    assert w.c().error_code == "NoError" and not w.plant.outlet(1).lock.on
    assert len(w.stopped) == 1 and not w.violations


def test_two_guns_and_a_lent_slot():
    w = world(TieHold=1000)
    w.charge(1, volts=800.0, amperes=300)
    w.until(lambda: any(tie.on for tie in w.plant.ring.ties), 60)
    w.charge(2, tag="B2", volts=400.0, amperes=60)
    w.until(lambda: w.amps(2) > 50, 60)
    assert w.amps(1) > 50 and not w.violations


def test_an_emergency_stop():
    w = world()
    w.charge(1)
    w.plant.press_estop(True)
    assert w.until(lambda: w.amps(1) < 1, 2) <= 0.6
    w.until(lambda: not w.plant.outlet(1).contactor.on, 6)
    assert w.c().status == "Faulted" and not w.violations


def test_a_welded_contactor_is_found():
    w = world()
    w.charge(1)
    w.plant.outlet(1).contactor.welded = True
    w.tag()
    w.until(lambda: w.c().vendor_error == "ContactorWelded", 25)
    assert w.c().status == "Faulted" and w.amps(1) < 1 and not w.violations


def test_a_contactor_that_closes_unasked_is_never_energised():
    """Welded by hand at an idle gun: its slot stays dead."""
    w = world()
    w.plant.outlet(2).contactor.welded = True
    w.charge(1, amperes=300)
    w.pass_time(20)
    assert w.plant.ring.bus_v[1] < 60 and not w.violations


def test_the_voltage_of_a_lent_slot_is_not_told_to_its_own_vehicle():
    """Its PLC would take the guest's bus for its pre-charge, and close onto it."""
    w = world(TieHold=30_000)
    w.charge(1, volts=800.0, amperes=300)
    w.until(lambda: w.plant.ring.bus_v[1] > 600, 60)
    link = w.hall.links[1]
    w.plug(2, volts=800.0, amperes=100)
    w.pass_time(3)
    w.tag("B2", 2)
    lent = 0
    while w.hall.d.seq.holder[w.hall.d.seq.part[1]] == 0:
        w.pass_time(0.1)
        lent += w.plant.ring.bus_v[1] > 600
        assert link.present_dv == 0 or w.hall.d.seq.holder[w.hall.d.seq.part[1]] == 1
    assert lent and not w.plant.ring.gcs[1].on
    w.until(lambda: w.amps(2) > 20, 60)
    assert not w.violations
