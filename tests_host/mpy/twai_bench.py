"""How do tests of the TWAI driver open it, and let time go by? (model: fakes/fake_twai.py)"""

import sys

import fake_twai

from drivers import can

sys.modules["machine"] = fake_twai
EXT = 2
DATA = b"\x03\x48\x02\x58\x00\x00\x00\x00"


def opened(bit_rate=250000, **more):
    """A driver that lets everything in, and its chip."""
    chip = fake_twai.fresh()
    params = {"tx": 21, "rx": 22}
    params.update(more)
    driver = can.open("twai", params, bit_rate)
    driver.set_filters(None)
    return driver, chip


def received(driver):
    """(id, data, flags) of every frame that waits."""
    frames = []
    frame = [0, None, 0, 0]
    while driver.recv(frame):
        frames.append((frame[0], bytes(frame[1]), frame[2]))
    return frames


def pumped(driver, chip, us=20000):
    """The task's polling while `us` go by."""
    for _ in range(us // 1000):
        chip.run(1000)
        driver.pump()
