"""Does an app image reach its partition, prove itself or go, whenever the power fails?

firmware/ota/ on the model of the chip's partitions (fakes/fake_partition.py): docs/updates.md.
"""
# heapsize: 1m

import asyncio
import hashlib
import json
import os
import sys
from binascii import hexlify

import fake_partition as chip
import mt

import lazy
from ota import place, slots
from update.bundle import Refused

OLD, NEW = "1.0.0", "1.1.0"


class Board:
    NAME = "TEST"
    APP_UPDATES = True
    UPDATE = ""


class Log:
    def info(self, *args):
        pass

    warn = error = info


class Registered:
    registration = "Accepted"
    jobs = ()


class Station:
    connectors = ()

    def __init__(self):
        self.resets = []

    def reset(self, kind, reason):
        self.resets.append(kind)


class App:
    """What the code of an update sees of a station that has just started."""

    VERSION = OLD

    class store:
        @staticmethod
        def free():
            return 1000  # the files' flash is no limit for an app image

    class restart:
        minimal = False

    class supervisor:
        @staticmethod
        def ages():
            return ()

    def __init__(self, registration="Accepted"):
        self.board = Board
        Board.UPDATE = slots.state()
        self.station = Station()
        self.cp = Registered()
        self.cp.registration = registration
        self.config = {"UpdateTrialTime": 1800}

    def log(self, tag):
        return Log()


class Signer:
    """The signature is judged by test_update_station.py."""

    @staticmethod
    async def check(app, bundle):
        pass


def setup():
    for name in ("slot", "slot~"):
        try:
            os.remove(name)
        except OSError:
            pass
    believe()


def teardown():
    chip.remove()
    lazy.drop("ota.signer")
    slots.write = _write


def believe():
    """The next signature is good (ota/place.py forgets the module after each)."""
    sys.modules["ota.signer"] = Signer


_write = slots.write


def bundle(data, path="app.bin", **changes):
    """A whole update with an app image."""
    head = {"version": NEW, "board": "TEST", "kind": "app", "min": "0.1", "build": "x"}
    head.update(changes)
    head = json.dumps(head).encode()
    line = b"%s %d %s\n" % (path.encode(), len(data), hexlify(hashlib.sha256(data).digest()))
    sizes = (len(head), 1, 1, len(line) >> 16, len(line) & 0xFFFF)
    front = b"".join([bytes((n >> 8, n & 255)) for n in sizes])
    return b"GALVANI1" + front + head + b"cs" + line + data


def take(data, pieces=1000):
    """The station takes an update in pieces, and installs it."""
    believe()

    async def story():
        one = place.Update(App())
        await one.make_room()
        await one.begin()
        assert len(data) <= one.most()
        for at in range(0, len(data), pieces):
            await one.write(data[at : at + pieces])
        one.install()

    asyncio.run(story())


def start(flash):
    """Power on: (label that runs, what the station thinks of it), after boot.py's count."""
    label = flash.boot()
    current, left, back = slots.read()
    if left.isdigit() and left != "0":
        _write(current, int(left) - 1, back)
    return label, slots.state()


def look(uptime_s, registration="Accepted"):
    """A look at the trial; the resets that it ordered."""
    app = App(registration)
    lazy.call("ota.trial", "tick", app, uptime_s)
    return app.station.resets


IMAGE = chip.image(bytes(range(256)) * 20)  # two blocks


def test_a_new_image_runs_on_trial_and_stays():
    flash = chip.install()
    take(bundle(IMAGE))
    assert flash.running == 0 and start(flash) == ("ota_1", "trial")
    look(119)
    assert flash.entries[0][1] == "pending"
    look(120)
    assert slots.read() == ("-", "ok", "-")
    for _ in range(3):
        assert start(flash) == ("ota_1", "")
    # The next one goes into the first slot.
    take(bundle(chip.image(b"third" * 100), version="1.2.0"))
    assert start(flash) == ("ota_0", "trial")
    look(120)
    assert start(flash) == ("ota_0", "")


def test_each_block_is_erased_once():
    flash = chip.install()
    take(bundle(IMAGE))
    assert flash.erased == 2
    assert bytes(flash.data[1]) == IMAGE + b"\xff" * (flash.size - len(IMAGE))


def test_one_that_ends_before_it_is_well_is_rolled_back():
    flash = chip.install()
    take(bundle(IMAGE))
    assert start(flash) == ("ota_1", "trial")
    assert start(flash) == ("ota_0", "failed")
    look(5)
    assert slots.read() == ("-", "ok", "-")
    assert start(flash) == ("ota_0", "")


def test_one_that_is_not_well_in_time_goes():
    flash = chip.install()
    take(bundle(IMAGE))
    start(flash)
    assert look(1799, "Unknown") == [] and look(1800, "Unknown") == ["Hard"]
    assert start(flash) == ("ota_0", "failed")


def test_one_that_cannot_be_confirmed_is_tried_again_and_goes_in_the_end():
    flash = chip.install()
    take(bundle(IMAGE))
    start(flash)
    confirm = flash.confirm

    def refuses():
        raise OSError(-1, "ESP_FAIL")

    flash.confirm = refuses
    assert look(120) == [] and slots.state() == "trial"
    flash.confirm = confirm
    assert look(125) == [] and slots.state() == ""
    take(bundle(IMAGE))
    start(flash)
    flash.confirm = refuses
    assert look(1800) == ["Hard"]
    assert start(flash) == ("ota_1", "failed")


def test_the_same_version_again_is_told_from_the_one_before_it():
    flash = chip.install()
    take(bundle(IMAGE, version=OLD))
    assert start(flash) == ("ota_1", "trial")
    assert start(flash) == ("ota_0", "failed")


def refused(data, kind, text, blocks=3):
    """It is refused with that reason, before the first write, and what runs goes on."""
    flash = chip.install(blocks)
    e = mt.raises(Refused, take, data)
    assert e.kind == kind and text in str(e), str(e)
    assert flash.steps == 0
    assert start(flash) == ("ota_0", "")


def test_what_is_refused_is_refused_before_the_first_write():
    refused(bundle(IMAGE, version="0.9.9"), "version", "older")
    refused(bundle(IMAGE, min="1.0.1"), "version", "needs 1.0.1")
    refused(bundle(IMAGE, board="OTHER"), "board", "made for OTHER")
    refused(bundle(IMAGE, kind="files"), "board", "takes app")
    refused(bundle(chip.image(b"x" * 5000, chip.ESP32_S3)), "board", "another chip")
    refused(bundle(b"\x7fELF" + bytes(5000)), "format", "no app image")
    refused(bundle(b"\xe9"), "board", "another chip")
    refused(bundle(IMAGE, "lib/a.mpy"), "format", "one file")
    refused(bundle(IMAGE), "board", "5176 bytes, the partition has 4096", 1)


def test_an_image_that_fills_the_partition():
    flash = chip.install()
    take(bundle(chip.image(b"x" * (flash.size - 56))))
    assert start(flash) == ("ota_1", "trial")


def test_an_image_that_the_chip_does_not_take():
    flash = chip.install()
    damaged = IMAGE[:3000] + b"?" + IMAGE[3001:]  # as it was built: the bundle's hash is right
    e = mt.raises(OSError, take, bundle(damaged))
    assert "VALIDATE_FAILED" in str(e)
    assert slots.read() == ("-", "ok", "-")
    assert start(flash) == ("ota_0", "")
    take(bundle(IMAGE))
    assert start(flash) == ("ota_1", "trial")


def test_a_chip_with_one_slot_takes_files():
    flash = chip.install()
    for flash.slots in (0, 1):
        one = place.Update(App())
        assert one.slot is None and one.most() == 0  # 1,000 bytes are free


def test_what_was_cut_begins_anew():
    flash = chip.install()
    data = bundle(IMAGE)

    async def story():
        one = place.Update(App())
        await one.begin()
        await one.write(data[:5000])
        await one.begin()
        believe()
        await one.write(data)
        one.install()

    asyncio.run(story())
    assert bytes(flash.data[1][: len(IMAGE)]) == IMAGE
    assert start(flash) == ("ota_1", "trial")


def stepped(flash):
    """The file `slot` is a place for cuts too: before it is replaced, and after."""

    def write(*fields):
        flash.step()
        _write(*fields)
        flash.step()

    slots.write = write


def test_power_may_fail_at_each_step_of_the_image_and_its_trial():
    """Always: the old image, or the whole new one. Nothing stays that has not proved itself."""
    seen = set()
    cut = 0
    while True:
        cut += 1
        setup()
        flash = chip.install()
        stepped(flash)
        flash.cut = cut
        done = False
        installed = False
        try:
            take(bundle(IMAGE))
            installed = True
            label, state = start(flash)
            assert (label, state) == ("ota_1", "trial")
            look(120)
            done = True
        except chip.Cut:
            pass
        flash.cut = None
        label, state = start(flash)
        seen.add((installed, done, label, state))
        if label == "ota_1":
            assert flash.valid(1)
            assert bytes(flash.data[1][: len(IMAGE)]) == IMAGE
            # One that counts as proved is so for the boot loader too.
            assert state == "trial" or flash.entries[0][1] == "valid"
        elif installed:
            assert state == "failed"  # and never "", which would be told as Installed
        look(120)
        again = start(flash)
        assert again == (label, ""), (cut, label, again)
        take(bundle(IMAGE, version="1.3.0"))  # the next one comes as if nothing had been
        assert start(flash)[1] == "trial"
        if done:
            break
    assert {row[2:] for row in seen} == {
        ("ota_0", ""),
        ("ota_0", "failed"),
        ("ota_1", "trial"),
        ("ota_1", ""),
    }, seen
