"""Does `make firmware` build when all is there, and say exactly what is missing when it is not?"""

import subprocess
import sys
from pathlib import Path

import pytest

from mpy_runner import host
from tools import firmware

ROOT = Path(__file__).resolve().parent.parent


def put(path, text="", executable=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if executable:
        path.chmod(0o755)


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """An ESP-IDF and a MicroPython source with what the tool looks for; `make` is recorded."""
    idf = tmp_path / "idf"
    put(idf / "tools" / "idf.py")
    version = "set(IDF_VERSION_MAJOR 5)\nset(IDF_VERSION_MINOR 4)\nset(IDF_VERSION_PATCH 2)\n"
    put(idf / "tools" / "cmake" / "version.cmake", version)
    put(idf / "export.sh", f'export PATH="{idf}/bin:$PATH"\n')
    for chip in ("esp32", "esp32s3"):
        put(idf / "bin" / f"xtensa-{chip}-elf-gcc", "#!/bin/sh\n", True)
    source = tmp_path / "micropython"
    put(source / "ports" / "esp32" / "Makefile")
    for folder, inside in firmware.SUBMODULES.items():
        put(source / folder / inside)
    log = tmp_path / "make.log"
    put(idf / "bin" / "make", f"""#!/bin/sh
echo "$@" >> "{log}"
for word in "$@"; do
  case "$word" in
    BUILD=*) mkdir -p "${{word#BUILD=}}"; printf image > "${{word#BUILD=}}/firmware.bin";;
  esac
done
""", True)  # fmt: skip
    monkeypatch.setenv("IDF_PATH", str(idf))
    monkeypatch.setenv("MICROPYTHON_SRC", str(source))
    monkeypatch.setattr(firmware.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(firmware, "ROOT", tmp_path)
    return tmp_path


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["firmware.py", *arguments])
    return firmware.main()


def test_a_machine_with_nothing_is_told_everything(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("IDF_PATH", raising=False)
    monkeypatch.delenv("MICROPYTHON_SRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(firmware.shutil, "which", lambda tool: None)
    assert run(monkeypatch, "--board", "GALVANI_S3") == 2
    said = capsys.readouterr().err
    for words in ("ESP-IDF", "install.sh esp32s3", "MICROPYTHON_SRC", "make:", "cmake:"):
        assert words in said


def test_each_missing_thing_is_named_alone(workshop, monkeypatch, capsys):
    assert firmware.missing("GALVANI_WROOM") == []
    for path, words in (
        ("idf/tools/idf.py", "ESP-IDF"),
        ("idf/bin/xtensa-esp32-elf-gcc", "xtensa-esp32-elf-gcc"),
        ("micropython/ports/esp32/Makefile", "ports/esp32"),
        ("micropython/lib/tinyusb/src", "lib/tinyusb"),
        ("micropython/lib/micropython-lib/micropython", "lib/micropython-lib"),
    ):
        moved = workshop / path
        moved.rename(workshop / "away")
        lines = firmware.missing("GALVANI_WROOM")
        (workshop / "away").rename(moved)
        assert len(lines) == 1 and words in lines[0]
    assert run(monkeypatch, "--board", "GALVANI_WROOM", "--check") == 0


@pytest.mark.parametrize("minor, good", [(1, False), (2, True), (5, True), (6, False)])
def test_the_version_of_esp_idf_is_checked(workshop, minor, good):
    put(workshop / "idf" / "tools" / "cmake" / "version.cmake",
        f"set(IDF_VERSION_MAJOR 5)\nset(IDF_VERSION_MINOR {minor})\n")  # fmt: skip
    assert (firmware.missing("GALVANI_WROOM") == []) == good


def test_the_build_gets_board_folder_and_variant(workshop, monkeypatch, capsys):
    assert run(monkeypatch, "--board", "GALVANI_WROOM", "--variant", "ROMFS") == 0
    first, second = (workshop / "make.log").read_text().splitlines()
    assert first.endswith("mpy-cross")
    folder = ROOT / "boards" / "GALVANI_WROOM"
    for word in ("BOARD=GALVANI_WROOM", f"BOARD_DIR={folder}", "BOARD_VARIANT=ROMFS"):
        assert word in second.split()
    assert "firmware-GALVANI_WROOM-ROMFS/firmware.bin: 5 bytes" in capsys.readouterr().err


def test_what_cannot_be_built_says_what_to_do(workshop, monkeypatch, capsys):
    for arguments, words in (
        (("--board", "NOPE"), "GALVANI_WROOM"),
        (("--board", "ESP32_GENERIC"), "stock MicroPython"),
        (("--board", "GALVANI_WROOM", "--variant", "X"), "ROMFS"),
    ):
        assert run(monkeypatch, *arguments) == 2
        assert words in capsys.readouterr().err


def test_a_failing_build_is_a_failure(workshop, monkeypatch):
    put(workshop / "idf" / "bin" / "make", "#!/bin/sh\nexit 2\n", True)
    assert run(monkeypatch, "--board", "GALVANI_WROOM") == 1


NAMELESS = [  # of mt_chip_boot.py: those that need no name that a linked build gives away
    "test_boot_puts_every_output_off",
    "test_a_broken_board_file_leaves_the_repl_to_the_user",
    "test_the_bus_hears_stop_again_and_again",
]


@pytest.mark.long
@pytest.mark.parametrize("board", ["ESP32_GENERIC", "GALVANI_WROOM", "GALVANI_S3"])
@pytest.mark.parametrize("bits", [32, 64])
def test_the_manifest_freezes_and_the_frozen_station_boots(board, bits, monkeypatch):
    binary = firmware.unix_port(board, bits)
    names = subprocess.run(
        [binary, "-X", "heapsize=4m", "-c", "help('modules')"], capture_output=True, text=True
    ).stdout.split()
    assert {"board", "main", "boot", "drivers/can_twai", "galvani"} <= set(names)
    tests = ROOT / "tests_host" / "mpy"
    monkeypatch.setattr(host, "MPY_PATH", [tests, tests / "fakes"])
    file = host.TestFile(tests / "mt_chip_boot.py")
    verdicts = file.run(binary, NAMELESS)
    assert len(verdicts) == len(NAMELESS)
    assert {name: v.text for name, v in verdicts.items() if v.outcome != "pass"} == {}
