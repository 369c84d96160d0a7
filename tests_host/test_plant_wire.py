"""Do the simulated nodes speak the contract, and when? (vectors of the contract, part a.2)"""

import pytest

from plant_controller import Careful, World
from tools.sim.battery import Battery
from tools.sim.wire import Wire


def bits(text):
    return bytes.fromhex(text)


def test_charge_request_of_84_volts_and_60_amperes():
    frame = Wire().bms_request({"VMax": 84.0, "IMax": 60.0, "Control": 0, "SOC": 35.0})
    assert frame == (0x1806E5F4, bits("0348 0258 00 015E 00"))


@pytest.mark.parametrize(
    "generation, tail", [("seed", "000000"), ("head", "000000"), ("later", "015E00")]
)
def test_what_byte_five_of_the_request_means_depends_on_the_generation(generation, tail):
    signals = {"VMax": 84.0, "IMax": 60.0, "Control": 1, "SOC": 35.0}
    assert Wire(generation).bms_request(signals)[1] == bits("0348 0258 01" + tail)


@pytest.mark.parametrize(
    "frame, order",
    [
        ("0132000000000000", (0x32, 0, 0)),
        ("0132000100000000", (0x32, 1, 0)),
        ("0100000000015000", (0x00, 0, 84.0)),
        ("0103000000000726", (0x03, 0, 60.0)),
        ("0232000000000000", None),
        ("0177000000000000", None),
        ("013200000000", None),
    ],
)
def test_control_frames_as_the_module_reads_them(frame, order):
    found = Wire().control(bits(frame))
    assert found == pytest.approx(order) if order else found is None


def test_terminal_power_is_two_floats():
    assert Wire().term_power(76.46, 1.82) == (0x00433F01, bits("4298EB85 3FE8F5C3"))


@pytest.mark.parametrize(
    "make, function, value, data",
    [
        ({}, 0x84, 84.0, "01840000 00015000"),
        ({}, 0x82, 60.0, "01820000 0000F000"),
        ({"current": "u16/10"}, 0x82, 60.0, "01820000 00000258"),
        ({"current": "u16/1024"}, 0x82, 30.0, "01820000 00007800"),
        ({}, 0x80, 95.0, "01800000 00017C00"),
        ({"temp": "u16/1000"}, 0x80, 45.0, "01800000 0000AFC8"),
        ({"temp": "u16/1000"}, 0x80, 95.0, "01800000 0000FFFF"),  # the seed's trip can never fire
    ],
)
def test_telemetry_in_every_scale(make, function, value, data):
    assert Wire(**make).telemetry(function, value) == (0x0681827E, bits(data))


def test_ampere_hour_counters():
    battery = Battery(soc=50)
    assert Wire().charge_ah(battery) == (0x160B8001, (412000).to_bytes(4, "big") + bytes(4))
    assert Wire().discharge_ah(battery)[1] == (397000).to_bytes(4, "big") + bytes(4)
    assert Wire("seed").charge_ah(battery)[1] == bits("0000 3A98 00000000")  # 15 Ah remain


def test_the_bms_is_on_the_bus_only_while_plugged_and_speaks_twice_a_second():
    world = World(Careful())
    world.run(3)
    assert not [f for f in world.frames if f.can_id == 0x1806E5F4]
    world.plant.plug(1)
    world.run(3)
    assert len([f for f in world.frames if f.can_id == 0x1806E5F4]) == 6
    world.frames.clear()
    world.outlet.bms.silent = True
    world.run(3)
    assert not [f for f in world.frames if f.can_id == 0x1806E5F4]


def test_the_module_answers_after_a_delay_and_is_mute_when_off_line():
    world = World(Careful())
    world.controller.control = lambda: None
    world.port.send(0x068182FE, bits("0184000000000000"))
    world.plant.advance(10)
    assert not [f for f in world.frames if f.can_id == 0x0681827E]
    world.plant.advance(20)
    assert len([f for f in world.frames if f.can_id == 0x0681827E]) == 1
    world.frames.clear()
    world.outlet.module.off_line = True
    world.port.send(0x068182FE, bits("0184000000000000"))
    world.plant.advance(2000)
    assert world.frames == []


def test_the_echo_tells_what_the_module_does_and_not_what_it_was_told():
    world = World(Careful())
    world.controller.control = lambda: None
    world.outlet.module.start()
    world.outlet.module.ignore_stops = 1
    world.controller.command(0x32, 1)
    world.plant.advance(50)
    assert [f.data[3] for f in world.frames if f.can_id == 0x0681817E] == [0]
    world.controller.command(0x32, 1)
    world.plant.advance(50)
    assert [f.data[3] for f in world.frames if f.can_id == 0x0681817E] == [0, 1]
