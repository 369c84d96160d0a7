"""Does a new build prove itself, does an app image reach its partition? firmware/ota, `update`."""

import hashlib
import os
import sys
from binascii import hexlify

import console_world
import mt
from console_world import App, fresh_log

import lazy
from ota import slots


def setup():
    fresh_log()
    slots.write("a", 3, "-")


def teardown():
    console_world.board_stub.UPDATE = ""


def on_trial(uptime_s, registration="Accepted"):
    """What board.UPDATE and the file `slot` are after a look at that uptime."""
    app = App()
    app.board.UPDATE = "trial"
    app.cp = Cp()
    app.cp.registration = registration
    app.resets = []
    app.station.reset = lambda *args: app.resets.append(args)
    lazy.call("ota.trial", "tick", app, uptime_s)
    return app.board.UPDATE, slots.read(), len(app.resets)


class Cp:
    jobs = ()


def test_a_build_that_is_well_stays_after_two_minutes():
    assert on_trial(119) == ("trial", ("a", "3", "-"), 0)
    assert on_trial(120) == ("", ("a", "ok", "-"), 0)


def test_one_that_the_central_system_does_not_take_goes_when_its_time_is_over():
    assert on_trial(1799, "Unknown") == ("trial", ("a", "3", "-"), 0)
    assert on_trial(1800, "Unknown") == ("", ("-", "failed", "a"), 1)


def test_a_charge_is_waited_for():
    app = App()
    app.board.UPDATE = "trial"
    app.cp = Cp()
    app.cp.registration = "Unknown"
    app.station.connectors[0].session = object()
    lazy.call("ota.trial", "tick", app, 9999)
    assert slots.read() == ("a", "3", "-") and app.board.UPDATE == "trial"


def test_what_failed_is_told_once():
    app = App()
    app.board.UPDATE = "failed"
    slots.write("-", "failed", "a")
    lazy.call("ota.trial", "tick", app, 5)
    assert app.board.UPDATE == "" and slots.read() == ("-", "ok", "-")


def test_the_state_of_an_app_image_is_told_by_its_version():
    slots.switch_app("0.2.0")
    assert slots.state("0.2.0") == "trial"
    assert slots.state("0.1.0") == "failed"  # the boot loader went back
    slots.confirm()
    assert slots.state("0.2.0") == ""


class Partition:
    """The spare partition: 3 blocks; a block must be erased before it is written."""

    RUNNING = 1

    def __init__(self, which):
        self.blocks = [None] * 3
        self.booted = False
        self.erased = set()

    def get_next_update(self):
        return self

    def info(self):
        return (0, 16, 0x10000, 3 * 4096, "ota_1", False)

    def ioctl(self, op, block):
        assert op == 6
        self.erased.add(block)

    def writeblocks(self, block, data):
        assert block in self.erased and len(data) == 4096
        self.blocks[block] = bytes(data)

    def set_boot(self):
        self.booted = True


class Esp32:
    Partition = Partition


def image(data, path="app.bin"):
    """The place after an image went through it in pieces of 1,000 bytes."""
    sys.modules["esp32"] = Esp32
    try:
        from ota.place import App as Place

        place = Place()
        wanted = hexlify(hashlib.sha256(data).digest())
        line = b"%s %d %s" % (path.encode(), len(data), wanted)
        place.note(line[:20])
        place.note(line[20:] + b"\n")
        assert list(place.lines()) == [line]
        place.open(path, len(data))
        for at in range(0, len(data), 1000):
            place.write(memoryview(data)[at : at + 1000])
        place.close()
        return place
    finally:
        del sys.modules["esp32"]


def test_an_app_image_goes_block_by_block():
    data = bytes(range(256)) * 20  # 5,120 bytes
    blocks = image(data).part.blocks
    assert blocks[0] == data[:4096]
    assert blocks[1] == data[4096:] + b"\xff" * (8192 - 5120)
    assert blocks[2] is None


def test_an_image_that_fills_the_partition_and_one_that_does_not_fit():
    assert None not in image(b"x" * 12288).part.blocks
    assert "12289 bytes" in str(mt.raises(ValueError, image, b"x" * 12289))
    assert "one file" in str(mt.raises(ValueError, image, b"x", "lib/a.mpy"))


# -- the console's update


def test_update_says_what_runs():
    app = App()
    assert "runs from folder a" in said(app, "update")
    app.board.UPDATE = "trial"
    assert "3 more starts, else back to the root" in said(app, "update")
    slots.confirm()
    app.board.UPDATE = ""
    os.remove("slot")
    assert "runs from the root" in said(app, "update")


def test_update_refuses_what_is_no_url():
    for line, why in (("update nonsense", "scheme"), ("update a b", "one URL")):
        assert why in said(App(), line)


def said(app, line):
    return console_world.ask(line, app)
