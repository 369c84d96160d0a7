"""Do short names change anything but the names?"""

import subprocess
from pathlib import Path

from tools import build, shorten

ROOT = Path(__file__).parent.parent
LAMP = '''"""A lamp."""
from micropython import const

WATTS = const(60)
VOLTS = const(230)
_LONG = const(9)


class Lamp:
    def __init__(self, brightness, colour="white"):
        self._brightness_now = brightness
        self.colour = colour

    def dim(self, by_how_much):
        def inner(by_how_much):
            return by_how_much + _LONG

        self._brightness_now -= by_how_much
        return f"{by_how_much} {inner(1)} {self._brightness_now} {WATTS}"


def outer(brightness):
    async def client(reader, colour):
        return brightness, reader, colour

    return client


def _helper(steps):
    global _count
    _count = [steps for steps in range(steps)]
    return lambda extra: [extra + step for step in _count]
'''
USER = """from parts import lamp
from parts.lamp import VOLTS

def spin(task):
    try:
        task.send(None)
    except StopIteration as end:
        return end.value

def run():
    one = lamp.Lamp(brightness=5)
    one.colour = "red"
    return one.dim(2), lamp.WATTS, VOLTS, lamp._helper(3)(1), spin(lamp.outer(7)(8, 9))
"""


def shortened(**sources):
    sources = {name.replace("__", "."): text for name, text in sources.items()}
    names = shorten.Names(sources)
    return {name: shorten.shorten(name, text, names) for name, text in sources.items()}


def test_private_names_and_parameters_become_short():
    text = shortened(parts__lamp=LAMP)["parts.lamp"]
    assert "_brightness_now" not in text and "self._" in text
    assert "def _helper" not in text


def test_a_parameter_that_a_call_names_stays():
    text = shortened(parts__lamp=LAMP, user=USER)["parts.lamp"]
    assert "def __init__(self, brightness, " in text


def test_a_private_name_that_another_file_uses_stays():
    assert "def _helper(" in shortened(parts__lamp=LAMP, user=USER)["parts.lamp"]


def test_constants_of_another_file_become_numbers():
    texts = shortened(parts__lamp=LAMP, user=USER)
    assert "(60)" in texts["user"] and "_WATTS = const(60)" in texts["parts.lamp"]


def test_a_constant_that_is_imported_by_name_stays():
    assert "\nVOLTS = const(230)" in shortened(parts__lamp=LAMP, user=USER)["parts.lamp"]


def test_a_relative_import_counts_as_an_import():
    user = "from .lamp import VOLTS\nx = VOLTS\n"
    assert "\nVOLTS = " in shortened(parts__lamp=LAMP, parts__user=user)["parts.lamp"]


def test_lines_keep_their_numbers():
    for name, text in shortened(parts__lamp=LAMP, user=USER).items():
        assert text.count("\n") == (LAMP if name == "parts.lamp" else USER).count("\n")


def test_the_result_does_the_same(tmp_path, micropython64):
    outputs = []
    for texts in ({"parts.lamp": LAMP, "user": USER}, shortened(parts__lamp=LAMP, user=USER)):
        folder = tmp_path / str(len(outputs))
        (folder / "parts").mkdir(parents=True)
        (folder / "parts/lamp.py").write_text(texts["parts.lamp"])
        (folder / "user.py").write_text(texts["user"] + "\nprint(run())\n")
        done = subprocess.run(
            [micropython64, "user.py"], cwd=folder, capture_output=True, text=True, check=True
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1] and "red" not in outputs[0]


def test_a_constant_of_a_module_that_is_loaded_late_stays():
    user = "def run(lazy):\n    return lazy('parts.lamp').WATTS\n"
    assert "\nWATTS = " in shortened(parts__lamp=LAMP, user=user)["parts.lamp"]


LONER = """class Pump:
    def __init__(self):
        self.level_mm = self.shown = self.alarm = 0
        self.write = None

    def refill_it(self):
        self.level_mm += 1
        return self.alarm

    def told(self):
        "Docstrings do not count: level_mm."
        return self.refill_it() + self.level_mm
"""


def test_an_attribute_that_only_one_file_mentions_becomes_short():
    user = "def run(p):\n    return p.shown, getattr(p, 'alarm'), p.told()\n"
    text = shortened(parts__pump=LONER, user=user)["parts.pump"]
    code = text.replace("level_mm.", "")
    assert "level_mm" not in code and "refill_it" not in code
    assert "self.shown" in text, "another file uses it"
    assert "self.alarm" in text, "a text names it"
    assert "self.write" in text, "foreign objects have one too"
    assert "def told" in text and "class Pump" in text


def test_an_import_of_which_only_constants_were_used_goes():
    user = "from parts import lamp, other\nx = lamp.WATTS + other.y\n"
    text = shortened(parts__lamp=LAMP, user=user)["user"]
    assert text.startswith("from parts import other\nx = (60)")
    user = "from parts import lamp\nx = lamp.WATTS\n"
    assert shortened(parts__lamp=LAMP, user=user)["user"] == "pass\nx = (60)\n"


def test_every_file_of_the_firmware_compiles_and_keeps_its_public_names():
    texts = {build.module_name(n): p.read_text() for n, p in build.sources().items()}
    names = shorten.Names(texts)
    for module, text in texts.items():
        if build.NATIVE.search(text):
            continue
        short = shorten.shorten(module, text, names)
        compile(short, module, "exec")
        for line in text.split("\n"):
            if line.startswith(("class ", "def ")) and not line.split()[1].startswith("_"):
                public = line.split()[1].split("(")[0].rstrip(":")
                assert public in short, (module, public)
