"""Does what docs/new_contract.md promises hold: an own contract by copying three files?

The trial that is kept: the template's files are put where the document says, under another name,
their boundary tests pass there, the codec allocates nothing on the device, and the station's
power path charges with it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import cantools
import pytest

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "tools/templates/contract"
PLACES = re.compile(r"^cp tools/templates/contract/(\S+) (\S+)$", re.MULTILINE)
SED = re.compile(r"^sed -i '(\S+?); (\S+?)' ", re.MULTILINE)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree with the new contract "osprey", made by the very commands of the document."""
    tree = tmp_path_factory.mktemp("contract")
    text = (ROOT / "docs/new_contract.md").read_text()
    copies = PLACES.findall(text)
    assert len(copies) == 3
    changes = [change.split("/")[1:3] for change in SED.search(text).groups()]
    for source, target in copies:
        content = (TEMPLATE / source).read_text()
        for old, new in changes:
            content = content.replace(old, new)
        path = tree / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tree


def test_the_boundary_tests_of_the_template_pass_under_the_new_name(tree):
    package = tree / "lib/canproto/__init__.py"
    package.write_text("")
    environment = os.environ | {"PYTHONPATH": f"{tree / 'lib'}:{ROOT / 'tests_host/shim'}"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull,
         "--rootdir", tree, tree / "tests_host"],
        cwd=tree, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d\d passed", done.stdout)


def test_the_codec_allocates_nothing_on_the_device(tree, micropython32):
    script = """
import micropython
from canproto.osprey import Osprey
codec = Osprey()
buf = bytearray(8)
frames = []
for can_id in (0x10A1F001, 0x10A2F011, 0x10A2F012):
    for count in (1, 2):
        frames.append((can_id, memoryview(bytes([1, 2, 3, 4, 1, 6, count, 7 ^ 4 ^ count]))))
def turn():
    heard = 0
    i = 0
    while i < len(frames):
        if codec.receive(frames[i][0], frames[i][1], 8):
            heard += 1
        i += 1
    codec.pack_output(buf, True)
    codec.pack_voltage(buf, 840)
    codec.pack_current(buf, 600)
    codec.pack_status(buf, 840, 600, 31)
    return heard
heard = turn()
assert heard == 6
micropython.heap_lock()
heard = turn()
micropython.heap_unlock()
print(heard)
"""
    done = subprocess.run(
        [micropython32, "-X", "heapsize=112k", "-c", script],
        env=os.environ | {"MICROPYPATH": f"{tree / 'lib'}:.frozen"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("6\n", "")


class Charger:
    """The real power path with the new codec; its BMS and module speak through cantools."""

    def __init__(self, tree, codec):
        from station.path_rivot import RivotPath

        self.dbc = cantools.database.load_file(tree / "tools/sim/dbc/osprey.dbc")
        self.commands = []
        self.contactor = False
        self.count = 0
        self.on = False
        self.config = {"BmsTimeout": 5000, "ModuleTimeout": 3000}
        self.path = RivotPath(codec, self.take, self.switch, self.config)
        self.bms_silent = False

    def take(self, can_id, buf):
        message = self.dbc.get_message_by_frame_id(can_id)
        if message.name == "Command":
            values = message.decode(bytes(buf))
            self.on = bool(values["On"])
            self.commands.append((round(values["V"] * 10), round(values["I"] * 10), self.on))

    def switch(self, on):
        self.contactor = on

    def say(self, name, **values):
        message = self.dbc.get_message_by_name(name)
        signals = {s.name: s.offset if s.offset else 0 for s in message.signals}
        data = bytearray(message.encode(signals | {"Counter": self.count & 15} | values))
        for i in range(7):
            data[7] ^= data[i]
        self.path.receive(message.frame_id, memoryview(data), 8)

    def run(self, steps):
        for _ in range(steps):
            self.count += 1
            amps = self.commands[-1][1] / 10 if self.on and self.commands else 0
            if not self.bms_silent:
                self.say("Limits", VMax=84, IMax=60, MayCharge=1, SOC=50)
            self.say("Power", V=76.4, I=amps)
            self.say("State", On=int(self.on), Temp=31)
            self.path.step(100)


def test_the_power_path_charges_with_the_new_contract(tree, monkeypatch):
    monkeypatch.syspath_prepend(tree / "lib/canproto")
    from osprey import Osprey

    codec = Osprey()
    charger = Charger(tree, codec)
    path = charger.path
    charger.run(10)
    assert path.off()  # STOP is confirmed by the state frame
    assert path.permit() and path.module_fresh()
    assert (codec.bms_vmax_dv, codec.bms_imax_da, codec.bms_soc_pm) == (840, 600, 500)
    assert path.temp_dc() == 310

    path.energise(840, 300)
    charger.run(10)
    assert path.running() and charger.contactor
    assert charger.commands[-1] == (840, 300, True)
    assert (path.voltage_dv(), path.current_da()) == (764, 300)

    charger.bms_silent = True
    charger.run(48)
    assert path.permit()
    charger.run(1)
    assert not path.permit()  # its time to live is over: the station takes the output away

    path.stop(1)
    charger.run(15)
    assert path.off() and not charger.contactor
    assert charger.commands[-1][1:] == (0, False)
