"""Does the linked program do what the sources say, and does its map lead back to them?"""

import json
import subprocess

import pytest

from tools import build, micropython, trace
from tools.link import linker, pages, plan, rom

LOG = '''"""A log."""
from micropython import const

WARN = const(3)
made = 0


class Log:
    def __init__(self, tag):
        self.tag = tag
        self._seen = []

    def warn(self, text):
        global made
        made += 1
        self._seen.append(text)
        print(self.tag, WARN, text)


def get(tag):
    return Log(tag)


class Oops(ValueError):
    pass
'''
BUS = """
from core import log
from core.log import Oops, get


class Bus:
    VERSION = 1

    def __init__(self, first, second=2):
        self.first, self.second = first, second

    def off(self, topic):
        if topic == log.WARN:
            return [first for first in range(self.first) if first != topic]
        try:
            raise Oops("no")
        except Oops as first:
            log.made += 10
            return repr(first)


def loud(text, /*, ):
    return text


def quiet(wanted):
    return lambda text: text if wanted else ""
""".replace("text, /*, ", "text")
MAIN = """
import lazy
from core import bus, log

app = None


def run():
    global app
    app = bus.Bus(5, second=7)
    log.get("CAN").warn(bus.loud("hello"))
    print(app.off(3), app.off(1), log.made, app.VERSION, app.second, bus.quiet(True)("x"))
    print(lazy.call("extra", "more", 4))


if __name__ == "__main__":
    run()
"""
EXTRA = """
from core import log
from core.log import WARN

_depth = 0


def more(wanted):
    global _depth
    _depth += wanted
    log.made += WARN
    return _inner(wanted) + log.made


def _inner(wanted):
    return sum([wanted + n for n in range(_depth)])
"""
EXPECTED = """CAN 3 hello
[0, 1, 2, 4] Oops('no',) 11 1 7 x
36
"""


@pytest.fixture
def program():
    lazy = (build.ROOT / "lib" / "lazy.py").read_text()
    return {
        "lib/lazy.py": lazy,
        "core/log.py": LOG,
        "core/bus.py": BUS,
        "main.py": MAIN,
        "extra.py": EXTRA,
        "board.py": "NAME = 'X'\n",
    }


def linked(program, **options):
    names = {path: build.module_name(path) for path in program}
    return linker.link(program, names, set(), **options)


def run(texts, folder, start="import main; main.run()"):
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    done = subprocess.run(
        [micropython.path(64), "-c", start],
        env={"MICROPYPATH": f"{folder}:{folder}/lib:.frozen"},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_the_linked_program_says_what_the_sources_say(program, tmp_path):
    texts = linked(program).texts
    assert run(program, tmp_path / "apart") == EXPECTED
    assert run(texts, tmp_path / "linked") == EXPECTED
    long = run(linked(program, short=False).texts, tmp_path / "long")
    assert long.replace("core_log__", "") == EXPECTED
    assert "core/log.py" not in texts and "lib/galvani.py" in texts


def test_app_is_found_by_its_name_and_keeps_the_names_of_the_sources(program, tmp_path):
    start = "import main; main.run(); print(main.app.VERSION)"
    assert run(linked(program).texts, tmp_path, start).endswith("\n1\n")


def test_the_programs_own_names_are_names_that_micropython_has(program):
    found = linked(program).found
    assert found["core.log.get"] in rom.groups()["common"]
    assert found["core.log.Oops"] == "Oops"  # an exception shows its name in the log


def test_a_traceback_leads_back_to_the_sources(program, tmp_path):
    program["core/log.py"] = LOG.replace("print(self.tag", "print(self.lost")
    made = linked(program)
    shown = run(made.texts, tmp_path).replace(f"{tmp_path}/lib/galvani.py", "galvani")
    shown = trace.Map(json.loads(json.dumps(made.map()))).line(shown)
    assert (
        'File "firmware/core/log.py", line 15, in Log.warn' in shown
    )  # up to four statements share a line
    assert "no attribute 'lost'" in shown


def test_a_cold_function_waits_on_a_page(program, tmp_path, monkeypatch):
    cold = tmp_path / "cold.txt"
    cold.write_text("core.bus: Bus.off loud\ncore.log: Log.__init__\n")
    monkeypatch.setattr(pages, "COLD", cold)
    texts = linked(program).texts
    assert "range(" not in texts["lib/galvani.py"] and "_seen" not in texts["lib/galvani.py"]
    assert sum("range(" in text for text in texts.values()) == 2  # a page, and extra.py


def test_what_runs_once_is_apart_and_a_page_finds_its_own_by_name(program, tmp_path, monkeypatch):
    cold = tmp_path / "cold.txt"
    cold.write_text("core.bus: Bus.off Bus.twice loud!\ncore.log: Log.__init__! get!\n")
    monkeypatch.setattr(pages, "COLD", cold)
    twice = "    def twice(self, topic):\n        return self.off(topic)\n\n"
    program["core/bus.py"] = BUS.replace("    def off(", twice + "    def off(")
    plain = linker.link(program, {path: build.module_name(path) for path in program}, set(), False)
    (page,) = (text for text in plain.texts.values() if "def init_core_log__Log" in text)
    assert "def core_log__get(" in page and "off(" not in page  # of one module, and of the start
    assert "lazy__once(" in "".join(plain.texts.values())
    (page,) = (text for text in plain.texts.values() if "def twice(" in text)
    assert "return off(self, topic)" in page  # not self.off, which might load it once more
    assert run(linked(program).texts, tmp_path / "tree") == EXPECTED


def test_a_class_with_a_getattr_an_heir_and_other_values_of_its_names(
    program, tmp_path, monkeypatch
):
    cold = tmp_path / "cold.txt"
    cold.write_text("core.bus: Base.early Bus.off Bus.wide* Bus.row\n")
    monkeypatch.setattr(pages, "COLD", cold)
    program["lib/rare.py"] = "def more(bus, n):\n    return bus.row(n)\n"
    program["core/bus.py"] = (
        BUS.replace("from core import log\n", "import lazy\nfrom core import log\n")
        .replace(
            "class Bus:",
            "class Base:\n    def early(self):\n        return self.wide()\n\n\nclass Bus(Base):",
        )
        .replace(
            "    def off(",
            """    def __getattr__(self, name):
        return lazy.method(self, "rare", name)

    def wide(self):
        row = self.row(4321)
        return row

    def row(self, n):
        return n + self.first

    def off(""",
        )
    )
    program["main.py"] = MAIN.replace(
        'print(lazy.call("',
        'log.get(4).wide = 3; print(app.early(), app.more(1), 3); print(lazy.call("',
    )
    expected = EXPECTED.replace("36\n", "4326 6 3\n36\n")
    assert run(program, tmp_path / "apart") == expected
    texts = linked(program).texts
    assert run(texts, tmp_path / "tree") == expected
    assert "4321" not in texts["lib/galvani.py"]  # Bus.wide, though a module has a value `wide`


def test_a_number_nobody_sets_is_a_constant_and_a_text_goes_with_its_page(
    program, tmp_path, monkeypatch
):
    cold = tmp_path / "cold.txt"
    cold.write_text("core.bus: loud\n")
    monkeypatch.setattr(pages, "COLD", cold)
    program["core/bus.py"] = BUS.replace("return text\n", "return TEXT % (text, SIZE, turns)\n")
    program["core/bus.py"] += '\nTEXT = "a text for %s: %d %d"\nSIZE = 4321\nturns = 5678\n'
    program["main.py"] = MAIN.replace("    global app\n", "    global app\n    bus.turns = 8\n")
    expected = EXPECTED.replace("hello", "a text for hello: 4321 8")
    assert run(program, tmp_path / "apart") == expected
    texts = linked(program).texts
    assert run(texts, tmp_path / "tree") == expected
    assert "a text" not in texts["lib/galvani.py"] and "4321" not in texts["lib/galvani.py"]
    assert "5678" in texts["lib/galvani.py"]  # which somebody sets


def test_a_function_that_is_called_with_named_arguments_stays(program, tmp_path, monkeypatch):
    cold = tmp_path / "cold.txt"
    cold.write_text("core.bus: Bus.__init__\n")  # main makes Bus(5, second=7)
    monkeypatch.setattr(pages, "COLD", cold)
    texts = linked(program).texts
    assert run(texts, tmp_path / "tree") == EXPECTED


def test_a_large_table_waits_on_flash(program, tmp_path):
    program["lib/station/keys.py"] = 'KEYS = (b"one " b"two")  # rows\n'
    program["lib/station/plc_keys.py"] = 'KEYS = b"three"\n'
    program["main.py"] = MAIN.replace("from core", "from station import keys\nfrom core").replace(
        "    print(lazy",
        "    from station import plc_keys\n"
        '    print(keys.KEYS.find(b"two"), keys.KEYS[2:6], plc_keys.KEYS[:9])\n    print(lazy',
    )
    expected = EXPECTED.replace("36", "4 b'e tw' b'three'\n36")
    plain = linked(program)
    assert run(plain.texts, tmp_path / "plain") == expected and not plain.data
    for name in ("table", "tablefile"):
        path = build.ROOT / "firmware" / "core" / f"{name}.py"
        program[f"core/{name}.py"] = path.read_text()
    assert linked(program).texts == plain.texts  # who keeps the bytes has nothing of it
    made = linked(program, apart=True)
    assert made.data == {"lib/galvani.tab": b"one twothree"}
    assert not any("one two" in text for text in made.texts.values())
    (tmp_path / "flash/lib").mkdir(parents=True)
    (tmp_path / "flash/lib/galvani.tab").write_bytes(b"one twothree")
    assert run(made.texts, tmp_path / "flash") == expected


def test_the_tables_that_wait_on_flash_are_real_ones():
    paths = {build.module_name(path): source for path, source in build.sources().items()}
    for name in plan.TABLES:
        assert len(paths[name].read_bytes()) > 1000, name


def test_what_cannot_be_linked_is_told_with_its_place(program):
    program["core/bus.py"] = BUS + "\n\ndef whole():\n    return log\n"
    with pytest.raises(linker.LinkError, match="core/bus.py, line 3.*core.log is used as an obj"):
        linked(program)


def test_the_list_of_joined_modules_names_real_ones():
    names = {build.module_name(path) for path in build.sources()}
    assert plan.JOINED <= names, plan.JOINED - names


def test_the_list_of_cold_functions_names_real_ones():
    paths = {build.module_name(path): source for path, source in build.sources().items()}
    listed = list(pages.cold())
    lost = [row for row in listed if f"def {row[2]}(" not in paths[row[0]].read_text()]
    assert len(lost) * 10 < len(listed), lost  # a stale name costs memory, nothing else


def test_a_text_of_a_module_that_goes_keeps_no_name(program, tmp_path):
    program["extra.py"] += """
WORDS = ("one", "two")


def spoken(key="kilo"):
    "what is said"
    table = {"mega": 2, key: f"tera{key}"}
    return table["mega"], table["kilo"], WORDS, "CAN", "a text of more than ten"
"""
    more = "    print(lazy.call('extra', 'spoken'))\n\n\nif __name__"
    program["main.py"] = program["main.py"].replace("\n\nif __name__", more)
    texts = linked(program).texts
    table, *rest = texts["extra.py"].splitlines()
    rest = "\n".join(rest)
    assert "'CAN'" in rest  # main says it, and stays
    assert "'mega'" in table and "'kilo'" in table
    assert "'mega'" not in rest and "'kilo'" not in rest
    assert "('one', 'two')" in rest and "'a text of more than ten'" in rest
    said = "(2, 'terakilo', ('one', 'two'), 'CAN', 'a text of more than ten')\n"
    assert run(texts, tmp_path, "import main; main.run()") == EXPECTED + said
