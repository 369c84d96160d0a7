"""Does a control step on the chip's build allocate, and does a charge play there too?"""

import gc
import sys

for _entry in list(sys.path):
    if _entry.endswith("/tests_host/mpy"):
        sys.path.append(_entry[: -len("/mpy")])

from world import World


def _allocated(step, rounds):
    """Bytes that `rounds` calls of step allocate."""
    step()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(rounds):
        step()
    used = gc.mem_alloc() - before
    gc.enable()
    return used


def _quiet(w):
    """Take what the models of the world allocate out of the loop: only the station runs."""
    w.wire.path._send = lambda can_id, buf: None
    return w


def test_idle_control_step_allocates_nothing():
    w = _quiet(World())
    assert _allocated(lambda: w.station.step(100), 20) == 0


def test_charging_control_step_allocates_nothing():
    w = _quiet(World(cards=None).charge())
    frozen = w.wire.path
    frozen.codec.tlm_i_da = 300

    def step():
        frozen.bms_age = frozen.module_age = frozen.echo_age = frozen.volts_age = 0
        frozen.amps_age = frozen.temp_age = frozen.term_age = 0
        w.station.step(100)

    assert w.status == "Charging"
    assert _allocated(step, 20) == 0


def test_charge_on_this_port():
    w = World().charge()
    w.pass_time(60)
    w.tag()
    w.pass_time(5)
    assert w.stopped[0].meter_stop_wh > 20
    assert w.status == "Finishing"
