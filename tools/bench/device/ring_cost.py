"""What does a station of twelve guns on one ring cost? Runs on MicroPython; prints JSON.

    ring_cost.py ROUNDS          so many rounds for the best time and the largest allocation

Live bytes of its objects, time and allocations of a control step (idle, with all guns charging,
and while a plan is made), time of a received frame. PLCs and modules are the few lines below: they
obey at once, and no reading is quite like the one before.
"""

import gc
import json
import sys
import time

from canproto import budget, maxwell
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
ROUND = 180  # steps: everything that comes in turns has come
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
            # The same in each round.
            moves = (self.count // 12 + m) % 5
            value = {1: min(volts, 4000 + moves), 2: amps - moves, 4: 400}.get(register, 0)
            f[0], f[1], f[2], f[3] = 0x41, 0xF0, 0, register
            maxwell.put_f32(f, 4, value, 10)
            hall.receive(0x060F8000 | address << 3, f, 8)
        self.waiting = 0
        self.count += 1
        for g in range(GUNS):
            self.telemetry(hall, g)
            if (self.count + g) % 10 == 0:
                self.meter(hall, g)

    def meter(self, hall, g):
        """Each second: what the first module of the slot is told, about."""
        d = hall.d
        flows = hall.links[g].relays & 1
        volts = 4000 + self.count % 3 if flows else 0
        amps = (d.set_da[2 * g] + d.set_da[2 * g + 1] - self.count % 3) * 10 if flows else 0
        body = (0, 1, volts & 255, volts >> 8, amps & 255, amps >> 8, 0, 0)
        hall.receive(0x170 | g, bytes(body), 8)

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


def costs(made, hall, plant, steps=ROUND, planned=False):
    """(mean us, longest us, most bytes) of a step: each step's best of so many rounds.

    planned: a plan is asked for at the beginning of each round.
    """
    best = [1 << 29] * steps
    used = 0
    for turn in range(int(sys.argv[1])):
        gc.collect()
        gc.disable()
        hall.d.forced = hall.d.forced or planned
        for i in range(steps):
            plant.speak(hall)
            # It walks the whole heap: a step after it would find nothing in the processor's cache.
            before = 0 if turn else gc.mem_alloc()
            began = time.ticks_us()
            made.step(100)
            best[i] = min(best[i], time.ticks_diff(time.ticks_us(), began))
            if before:
                used = max(used, gc.mem_alloc() - before)
            made.pump()
        gc.enable()
    return sum(best) / steps, max(best), used


def frame_time(hall, plant):
    """us of a PLC's telemetry: the count of frames heard moves, the rest is as before."""
    frames = []
    for _ in range(8):
        plant.count += 1
        plant.telemetry(hall, 0)
        frames.append(memoryview(bytes(plant.frame)))
    best = 1 << 29
    for _ in range(200):
        began = time.ticks_us()
        for frame in frames:
            hall.receive(0x460, frame, 8)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    return best / len(frames)


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
    found["charging"] = costs(made, hall, plant)
    found["replan"] = costs(made, hall, plant, 24, True)
    found["frame"] = frame_time(hall, plant)
    found["rejected"] = hall.rejected
    found["bus"] = [
        budget.frames(GUNS, 3, 2 * GUNS),
        250_000 // budget.worst_bits(8),
        budget.load(GUNS, 3, 2 * GUNS, 250_000) / 10,
    ]
    print(json.dumps(found))


main()
