"""Is the data of each board complete, and does it agree with itself?"""

import contextlib
import csv
import importlib.util
import io
import json
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from tools import build, port_recipe

ROOT = Path(__file__).resolve().parent.parent
BOARDS = ROOT / "boards"
CHIPS = sorted(path.parent.name for path in BOARDS.glob("*/board.py") if "UNIX" not in path.parts)
OWN = [name for name in CHIPS if (BOARDS / name / "mpconfigboard.cmake").exists()]
FLASH = {"GALVANI_WROOM": 4 << 20, "GALVANI_S3": 8 << 20}


@pytest.fixture(params=CHIPS)
def board(request, monkeypatch):
    """The module board of each chip's board, on a port without machine.CAN."""
    monkeypatch.setitem(sys.modules, "machine", types.ModuleType("machine"))
    spec = importlib.util.spec_from_file_location(
        "board_under_test", BOARDS / request.param / "board.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outputs(board):
    """Every output that the board data names."""
    found = []
    for row in board.IO[1]["connectors"]:
        for name in ("contactor", "lock"):
            pins = row.get(name)
            found += pins if isinstance(pins, tuple) else [pins]
    for name, params in board.IO[1]["parts"]:
        if name == "status_led":
            found += params.values()
    return [pin for pin in found if pin is not None]


def used(board):
    """(what, pin number) of every pin that the board data names."""
    found = [("estop", board.IO[1]["estop"])]
    for row in board.IO[1]["connectors"]:
        for name, pins in row.items():
            found += [(name, pin) for pin in (pins if isinstance(pins, tuple) else (pins,))]
    tables = [params for _, params in board.CAN]
    tables += [params for _, params in board.IO[1]["parts"]]
    names = "tx rx sck mosi miso cs int charge network fault pin".split()
    found += [(name, params[name]) for params in tables for name in names if name in params]
    return [(name, pin if pin >= 0 else ~pin) for name, pin in found if pin is not None]


def test_the_board_says_everything_that_main_reads(board):
    names = "NAME PATH CONNECTORS CAN CAN_BITRATE IO CONSOLE_PORT RATINGS OUTPUT_PINS".split()
    assert [name for name in names if not hasattr(board, name)] == []
    assert len(board.CAN) == board.CONNECTORS
    assert board.CAN_BITRATE in (125000, 250000, 500000, 1000000)
    ratings = "voltage_min_dv voltage_max_dv current_max_da cable_max_da power_max_w".split()
    assert sorted(board.RATINGS) == sorted(ratings)
    assert all(type(value) is int and value > 0 for value in board.RATINGS.values())


def test_every_output_is_put_off_by_boot(board):
    assert sorted(board.OUTPUT_PINS) == sorted(outputs(board))


def test_no_pin_has_two_jobs(board):
    pins = [pin for _, pin in used(board)]
    assert len(pins) == len(set(pins)), used(board)


def test_pins_can_do_what_they_are_for(board):
    classic = "S3" not in board.NAME
    for name, pin in used(board):
        assert 0 <= pin <= (39 if classic else 48)
        if classic:
            assert pin not in range(6, 12), "the flash is there"
            assert pin not in (1, 3), "the console is there"
            if name in "tx sck mosi cs contactor lock charge network fault pin".split():
                assert pin < 34, f"{name}: 34 to 39 are inputs"
        else:
            assert pin not in (*range(26, 38), 19, 20), "flash, PSRAM or USB"


def test_drivers_of_all_parts_exist(board):
    drivers = ROOT / "firmware" / "drivers"
    names = [board.IO[0], *(name for name, _ in board.IO[1]["parts"])]
    names += [f"can_{kind}" for kind, _ in board.CAN]
    assert [name for name in names if not (drivers / f"{name}.py").exists()] == []


def test_an_interrupting_mcp2515_has_an_spi_of_its_own(board):
    buses = [p["spi"] for kind, p in board.CAN if kind == "mcp2515" and "int" in p]
    parts = [p["spi"] for _, p in board.IO[1]["parts"] if "spi" in p]
    assert not set(buses) & set(parts)


def test_machine_can_is_used_where_the_port_has_it(monkeypatch):
    machine = types.ModuleType("machine")
    machine.CAN = object
    monkeypatch.setitem(sys.modules, "machine", machine)
    for name in OWN:
        text = (BOARDS / name / "board.py").read_text()
        space = {}
        exec(compile(text, name, "exec"), space)
        assert space["CAN"][0][0] == "machine"


@pytest.mark.parametrize("name", CHIPS)
def test_the_name_is_the_folder_s(name):
    assert f'NAME = "{name}"' in (BOARDS / name / "board.py").read_text()


@pytest.mark.parametrize("name", CHIPS)
def test_a_board_s_tree_carries_its_data_and_no_manifest(name):
    files = build.sources(name)
    assert files["board.py"] == BOARDS / name / "board.py"
    assert "main.py" in files and "drivers/can_twai.py" in files
    assert not [file for file in files if file.startswith("manifest")]


@pytest.mark.parametrize("name", OWN)
def test_named_pins_are_those_of_the_board_data(name):
    rows = list(csv.reader((BOARDS / name / "pins.csv").read_text().splitlines()))
    named = {int(pin.removeprefix("GPIO")) for _, pin in rows}
    assert len(named) == len(rows)
    text = (BOARDS / name / "board.py").read_text()
    text = re.sub(r'"""(.|\n)*?"""|#.*', "", text.split("RATINGS")[0])
    for pin in named:
        assert re.search(rf"\b{pin}\b", text), f"{pin} is in pins.csv only"


@pytest.mark.parametrize("name", OWN)
def test_build_files_agree(name):
    folder = BOARDS / name
    facts = json.loads((folder / "board.json").read_text())
    chip = re.search(r'MICROPY_HW_MCU_NAME "(\w+)"', (folder / "mpconfigboard.h").read_text())[1]
    assert facts["mcu"] == chip.lower()
    cmake = (folder / "mpconfigboard.cmake").read_text()
    assert ("set(IDF_TARGET esp32s3)" in cmake) == (chip == "ESP32S3")
    assert {p.stem.split("_", 1)[1] for p in folder.glob("mpconfigvariant_*.cmake")} == set(
        facts["variants"]
    )
    for text in [cmake, *(p.read_text() for p in folder.glob("mpconfigvariant_*.cmake"))]:
        for file in re.findall(r"\$\{MICROPY_BOARD_DIR\}/([\w.-]+)", text):
            assert (folder / file).exists(), file
    for file in facts["deploy"]:
        assert (folder / file).exists()


@pytest.mark.parametrize("table", sorted(BOARDS.glob("*/partitions-*.csv")), ids=lambda p: p.name)
def test_partitions_follow_each_other_and_fit(table):
    rows = [
        [cell.strip() for cell in row]
        for row in csv.reader(table.read_text().splitlines())
        if row and not row[0].startswith("#")
    ]
    end = 0x9000
    for name, kind, _, offset, size, *_ in rows:
        assert int(offset, 16) == end, f"{name} begins where the one before it ends"
        assert int(offset, 16) % (0x10000 if kind == "app" else 0x1000) == 0
        end += int(size, 16)
    assert end == FLASH[table.parent.name]
    apps = [row for row in rows if row[1] == "app"]
    assert len(apps) == (2 if "ota" in table.name else 1)
    assert all(int(row[4], 16) >= 0x180000 for row in apps)
    assert ("romfs" in [row[0] for row in rows]) == ("romfs" in table.name)
    assert [row[0] for row in rows][-1] == "vfs"


# -- against the port's own sources ------------------------------------------------------


@pytest.fixture(scope="module")
def port():
    """The port's folder in MicroPython's source."""
    return port_recipe.source_tree() / "ports" / "esp32"


@pytest.mark.parametrize("name", OWN)
def test_the_port_has_what_the_build_files_name(name, port):
    folder = BOARDS / name
    texts = [p.read_text() for p in (*folder.glob("*.cmake"), folder / "mpconfigboard.h")]
    for text in texts:
        for file in re.findall(r"^\s+(boards/[\w./]+)$", text, re.MULTILINE):
            assert (port / file).exists(), file
    source = port.parent.parent
    known = "".join(
        path.read_text(errors="replace")
        for path in (
            *port.glob("*.[ch]"),
            port / "CMakeLists.txt",
            port / "esp32_common.cmake",
            source / "py" / "mpconfig.h",
        )
    )
    for text in texts:
        text = re.sub(r"if\(EXISTS.*?endif\(\)", "", text, flags=re.DOTALL)  # later versions
        for macro in set(re.findall(r"\bMICROPY_\w+", text)):
            assert re.search(rf"\b{macro}\b", known), macro


@pytest.mark.parametrize("name", OWN)
def test_without_bluetooth_in_sdkconfig_there_is_none_in_micropython(name):
    # The port has it on unless the board says otherwise, and does not compile without NimBLE.
    cmake = (BOARDS / name / "mpconfigboard.cmake").read_text()
    assert "sdkconfig.ble" not in cmake
    assert "CONFIG_BT_ENABLED=n" in (BOARDS / name / "sdkconfig.board").read_text()
    header = (BOARDS / name / "mpconfigboard.h").read_text()
    assert "#define MICROPY_PY_BLUETOOTH (0)" in header


@pytest.mark.parametrize("name", OWN)
def test_the_port_s_generator_takes_the_pins(name, port, tmp_path):
    command = [
        *(sys.executable, str(port / "boards" / "make-pins.py")),
        *("--board-csv", str(BOARDS / name / "pins.csv")),
        *("--prefix", str(port / "boards" / "pins_prefix.c")),
        *("--output-source", str(tmp_path / "pins.c")),
        *("--output-header", str(tmp_path / "pins.h")),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "MP_QSTR_CONTACTOR" in (tmp_path / "pins.c").read_text()


@pytest.mark.parametrize("table", sorted(BOARDS.glob("*/partitions-*.csv")), ids=lambda p: p.name)
def test_partitions_begin_as_the_port_s_own(table, port):
    """What IDF and MicroPython look for by name: the boot loader's and the WiFi's places."""
    like = "ota" if "ota" in table.name else "romfs"
    pattern = "partitions-8MiB*-ota.csv" if "S3" in str(table) else f"partitions-4MiB-{like}.csv"

    def rows(path):
        lines = [line.split("#")[0] for line in path.read_text().splitlines()]
        cells = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip()]
        return [(row[0], row[1], row[2], int(row[3], 16)) for row in cells]

    stock = rows(next(port.glob(pattern)))
    ours = rows(table)
    assert [row for row in ours if row[0] in ("nvs", "otadata", "phy_init")] == [
        row for row in stock if row[0] in ("nvs", "otadata", "phy_init")
    ]
    assert [row[:3] for row in ours if row[1] == "app"] == [r[:3] for r in stock if r[1] == "app"]
    for row in (row for row in ours if row[0] == "romfs"):
        assert row[2] == "0x8f" and row[3] % 0x10000 == 0  # mapped in pages of 64 KB


def test_a_station_in_a_rom_fits_its_partition(tmp_path):
    from mpremote.romfs import make_romfs

    from tools.board import plan, romfs

    files = plan.files("ESP32_GENERIC", "xtensawin")
    for path, data in files.items():
        if path not in romfs.STARTED:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(data)
    with contextlib.redirect_stdout(io.StringIO()):
        image = make_romfs(str(tmp_path), mpy_cross=False)
    table = (BOARDS / "GALVANI_WROOM" / "partitions-romfs.csv").read_text()
    size = int(re.search(r"^romfs,.*,\s*(0x\w+),\s*$", table, re.MULTILINE)[1], 16)
    assert len(image) < size * 0.9  # room to grow
