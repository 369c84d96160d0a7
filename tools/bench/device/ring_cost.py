"""What does a station of twelve guns on one ring cost? Runs on MicroPython; prints JSON.

    ring_cost.py TURNS           so many turns for the best time and the largest allocation

Live bytes of its objects, time and allocations of a control step (idle, and with all guns
charging), time of a received frame. PLCs and modules are the few lines below: they obey at once.
"""

import gc
import json
import sys
import time

from canproto import budget, maxwell, plc
from canproto.crc8 import crc8
from station import plc_keys
from station.connector import Connector
from station.hall import Hall
from station.path_plc import PlcPath
from station.plc_io import PlcIo
from station.session import Session
from station.station import Station
from world.settings import Clock, Log, Settings, Store, _typed

GUNS = 12
RATINGS = {
    "voltage_min_dv": 1500,
    "voltage_max_dv": 10000,
    "current_max_da": 5000,
    "cable_max_da": 5000,
    "power_max_w": 350_000,
}


class Inputs:
    """The board's own: nobody presses the emergency stop."""

    alive = True

    def estop(self):
        """Is it pressed?"""
        return False


class Plant:
    """The other end of the bus: answers what modules are asked, tells what PLCs would."""

    def __init__(self):
        self.asked = bytearray(256)  # pairs of module and register
        self.waiting = 0
        self.count = 0
        self.stage = 0
        self.frames = 0
        self.frame = bytearray(8)

    def send(self, can_id, buf):
        """A frame of the station: what modules are asked is answered with the next `speak`."""
        self.frames += 1
        if can_id >> 20 == 0x60 and buf[0] == 0x10:
            self.asked[self.waiting] = can_id >> 11 & 0xFF
            self.asked[self.waiting + 1] = buf[3]
            self.waiting += 2

    def speak(self, hall):
        """Everything that is due, into the station."""
        d = hall.d
        f = self.frame
        for i in range(0, self.waiting, 2):
            address, register = self.asked[i], self.asked[i + 1]
            m = address - 1
            volts = d.set_dv[m] if d.on[m] else 0
            amps = d.set_da[m] if volts and hall.links[m >> 1].relays & 1 else 0
            value = {1: min(volts, 4000), 2: amps, 4: 400}.get(register, 0)
            f[0], f[1], f[2], f[3] = 0x41, 0xF0, 0, register
            maxwell.put_f32(f, 4, value, 10)
            hall.receive(0x060F8000 | address << 3, f, 8)
        self.waiting = 0
        self.count += 1
        for g in range(GUNS):
            self.telemetry(hall, g)

    def telemetry(self, hall, g):
        """PLC_TLM: pilot C, stage, locked, cable well, 400 V and 70 A wanted."""
        f = self.frame
        count = self.count & 255
        f[0] = 3 | self.stage << 3 & 0xFF
        f[1] = self.stage >> 5 | hall.links[g].relays << 5
        f[2] = 0x88
        f[3] = 1 | (self.stage == 8) << 1 | (count & 31) << 3
        f[4] = count >> 5 | (400 & 31) << 3
        f[5] = 400 >> 5 | (140 & 7) << 5
        f[6] = 140 >> 3
        f[7] = crc8(f, 7)
        hall.receive(0x460 | g, f, 8)


def station():
    """(station, hall, plant, live bytes)."""
    gc.collect()
    plant = Plant()
    config = Settings()
    for line in plc_keys.KEYS.decode().strip().split("\n"):
        name, kind, default = line.split(" ")[:3]
        config.values[name] = _typed(kind, default)
    gc.collect()
    before = gc.mem_alloc()
    hall = Hall(GUNS, 2, (30_000, 1000), plant.send, plant.send, config)
    io = PlcIo(hall, Inputs())
    made = Station([], io, config, Clock(), lambda topic, value: None, Log(), Store())
    made.hall = hall
    for g in range(GUNS):
        path = PlcPath(hall, g, config)
        connector = Connector(g + 1, path, io, config, RATINGS, made.push, made.clock)
        path.attach(connector)
        made.add(connector)
    gc.collect()
    return made, hall, plant, gc.mem_alloc() - before


def run(made, hall, plant, steps):
    """Let so many steps pass."""
    for _ in range(steps):
        plant.speak(hall)
        made.step(100)
        made.pump()


def costs(made, hall, plant):
    """(us of a step, bytes of a step): the best of so many turns, a turn is six steps."""
    best = 1 << 29
    used = 0
    for _ in range(int(sys.argv[1])):
        total = 0
        gc.collect()
        gc.disable()
        for _ in range(6):
            plant.speak(hall)
            before = gc.mem_alloc()
            began = time.ticks_us()
            made.step(100)
            total += time.ticks_diff(time.ticks_us(), began)
            used = max(used, gc.mem_alloc() - before)
        gc.enable()
        best = min(best, total)
    return best / 6, used


def main():
    """Everything."""
    made, hall, plant, size = station()
    found = {"bytes": size}
    run(made, hall, plant, 150)
    found["idle"] = costs(made, hall, plant)
    for connector in made.connectors:
        connector.session = Session(connector.id, "A1", "tag", "ready")
    plant.stage = 8
    run(made, hall, plant, 30)
    plant.stage = 10
    run(made, hall, plant, 200)
    charging = sum([c.status == "Charging" for c in made.connectors])
    if charging != GUNS or min(hall.d.granted_da) < 600:
        raise ValueError((charging, list(hall.d.granted_da), made.connectors[0].faults.mask))
    plant.frames = 0
    found["charging"] = costs(made, hall, plant)
    found["sent"] = plant.frames / 8
    at = hall.links[0].plc.at
    best = 1 << 29
    for _ in range(8):
        began = time.ticks_us()
        for _ in range(50):
            hall.receive(0x460, plant.frame, 8)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    found["frame"] = best / 50
    found["rejected"] = at[plc.REJECTED]
    found["bus"] = [
        budget.frames(GUNS, 3, 2 * GUNS),
        250_000 // budget.worst_bits(8),
        budget.load(GUNS, 3, 2 * GUNS, 250_000) / 10,
    ]
    print(json.dumps(found))


main()
