"""What do a received CAN frame and a control tick cost? Runs on MicroPython.

    control_cost.py alloc        allocations (bytes) as JSON
    control_cost.py time         times (us) as JSON
    control_cost.py KIND ROUNDS  runs ROUNDS rounds and prints {}: for counting instructions

KIND is one of `rounds()` below. A round is a received frame or a tick of 100 ms.
"""

import gc
import io
import json
import sys
import time

from drivers.can import FLAG_EXT_ID, Driver
from drivers.can_slcan import Slcan
from tasks import can_rx
from world import World

BURST = 64  # frames that can_rx.drain takes in one go
BATCHES = 5

# One of each kind that a charge brings, as they stand on the bus.
FRAMES = (
    (0x1806E5F4, b"\x03\x48\x01\x2c\x00\x00\x00\x00"),  # BMS: 84.0 V, 30.0 A, permit
    (0x0681827E, b"\x01\x84\x00\x00\x00\x01\x2c\x00"),  # telemetry: voltage
    (0x0681827E, b"\x01\x82\x00\x00\x00\x00\x78\x00"),  # telemetry: current
    (0x0681827E, b"\x01\x80\x00\x00\x00\x00\xa0\x00"),  # telemetry: temperature
    (0x0681817E, b"\x01\x32\x00\x00\x00\x00\x00\x00"),  # echo: on
    (0x00433F01, b"\x42\x96\x00\x00\x41\xf0\x00\x00"),  # terminals: 75.0 V, 30.0 A
)


class Bus(Driver):
    """A controller whose frames are always there: costs are the driver's ring and what follows."""

    def pump(self):
        """As drivers/can.py asks of a backend."""
        for frame in FRAMES:
            self.put(frame[0], FLAG_EXT_ID, frame[1], 8)


class Adapter:
    """The stream of an slcan adapter: the same lines again and again, a pause after each turn."""

    def __init__(self):
        lines = ["T%08X8%s\r" % (i, "".join(["%02X" % b for b in data])) for i, data in FRAMES]
        self.text = io.BytesIO("".join(lines).encode())

    def readinto(self, buf):
        """What fits of what is left; None at the end of a turn."""
        count = self.text.readinto(buf)
        if not count:
            self.text.seek(0)
        return count or None

    def write(self, buf, offset, count):
        """Takes it all."""
        return count


def frames(driver):
    """A function that receives `count` frames through tasks/can_rx."""
    world = World()
    path = world.wire.path
    frame = [0, None, 0, 0]
    driver.set_filters(None)

    def go(count):
        while count > 0:
            count -= can_rx.drain(driver, path, frame)

    return go


def ticks(charging):
    """A function that takes `count` control steps, idle or in a charge."""
    world = World(cards=None)
    if charging:
        world.charge()
        if world.status != "Charging":
            raise ValueError(world.status)
    path = world.wire.path
    path._send = lambda can_id, buf: None  # the models of the world are not what is measured
    codec = path.codec
    station = world.station

    def go(count):
        # Evidence stays fresh, and while charging it changes from tick to tick.
        for i in range(count):
            path.bms_age = path.module_age = path.echo_age = path.volts_age = 0
            path.amps_age = path.temp_age = path.term_age = 0
            if charging:
                codec.tlm_i_da = codec.term_i_da = 290 + (i & 7)
            station.step(100)
            station.pump()

    return go


def rounds(kind):
    """The function of `kind`."""
    if kind == "frame":
        return frames(Bus())
    if kind == "frame_slcan":
        return frames(Slcan({"stream": Adapter()}, 250000))
    return ticks(kind == "tick_charging")


def allocated(go, count):
    """Bytes that a round allocates, after a first run has made what is made once."""
    go(count)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    go(count)
    used = gc.mem_alloc() - before
    gc.enable()
    return used / count


def microseconds(go, count):
    """Time of one round: the best of some batches."""
    best = 1 << 29
    for _ in range(BATCHES):
        gc.collect()
        began = time.ticks_us()
        go(count)
        best = min(best, time.ticks_diff(time.ticks_us(), began))
    return best / count


def main(arguments):
    """The command line."""
    measure = {"alloc": allocated, "time": microseconds}.get(arguments[0])
    if measure is None:
        rounds(arguments[0])(int(arguments[1]))
        print("{}")
        return
    kinds = ("frame", "frame_slcan", "tick_idle", "tick_charging")
    print(json.dumps({kind: measure(rounds(kind), 40 * BURST) for kind in kinds}))


main(sys.argv[1:])
