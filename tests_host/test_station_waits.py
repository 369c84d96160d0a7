"""Does the station wait where it has to: for the contactor, and for a battery that is full?"""

from station import path_rivot
from world import World

STEP_MS = 100


def test_the_module_is_switched_on_only_when_the_contactor_has_had_its_time():
    w = World()
    w.plug()
    w.pass_time(2)
    w.tag()
    path = w.wires[0].path
    w.until(lambda: path.phase == path_rivot.CLOSING)
    waited = 0
    while path.phase == path_rivot.CLOSING:
        assert w.wires[0].amps == 0
        w.pass_time(STEP_MS / 1000)
        waited += STEP_MS
        assert waited < 5000
    assert path.phase == path_rivot.ON
    assert waited == 200  # 300 ms, of which the step that ordered it counts as one


def test_a_battery_that_gets_little_because_it_is_limited_is_not_full():
    w = World(EndCurrent=50, EndCurrentTime=10)
    w.charge()
    w.connector.limits.claim("profile", 30)
    w.pass_time(40)
    assert 2 < w.wires[0].amps < 4
    assert not w.connector.ev_done and w.connector.status == "Charging"


def test_a_battery_that_takes_little_although_more_is_offered_is_full():
    w = World(EndCurrent=1000, EndCurrentTime=10)
    w.charge()
    assert not w.connector.ev_done
    w.connector.end_da = w.connector.rated_da
    w.until(lambda: w.connector.meter.current_da < w.connector.end_da, 5)
    w.pass_time(11)
    assert w.connector.ev_done
