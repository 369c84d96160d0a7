"""Does what MicroPython starts on an ESP32 hold from the first line on? boot.py, then main.py.

The chip's order (shared/runtime/pyexec.c of 1.26): both files run in one name space; Ctrl-C
interrupts from the begin of each file on, and does not after its end.
"""

import builtins
import json
import sys
import types

import pytest

from tools.build import ROOT
from tools.link import linker

NEVER, CTRL_C = -1, 3


class Chip:
    """What boot.py reaches: the console's interrupt key, pins, the radio."""

    def __init__(self, board):
        self.board = board
        self.key = NEVER
        self.keys = []  # (what happens, the key that interrupts then)
        self.modules = {
            "board": types.SimpleNamespace(**board),
            "micropython": types.SimpleNamespace(kbd_intr=self.interrupt, const=int),
            "machine": types.SimpleNamespace(Pin=lambda *a, **k: self.pin(*a, **k)),
            "network": types.SimpleNamespace(WLAN=lambda _: self, STA_IF=0),
        }
        self.modules["machine"].Pin.OUT = 3
        self.main = {"__name__": "__main__"}

    def interrupt(self, key):
        self.key = key

    def note(self, what):
        self.keys.append((what, self.key))

    def active(self, on):
        self.note("radio")
        if self.board.get("no_memory"):
            raise OSError("WiFi Out of Memory")

    def start(self, name, stop_at=None, text=None):
        """pyexec_file() of a file of firmware/ (or `text`), up to the import of `stop_at`."""
        source = compile(text or (ROOT / "firmware" / name).read_text(), name, "exec")
        real = builtins.__import__

        def importing(module, *rest):
            if module in self.modules:
                return self.modules[module]
            if module == stop_at:
                self.note(name)
                raise StopIteration
            return real(module, *rest)

        self.key = CTRL_C
        builtins.__import__ = importing
        try:
            exec(source, self.main)
        except StopIteration:
            pass
        finally:
            builtins.__import__ = real
            self.key = NEVER

    def pin(self, number, mode, value):
        self.note(f"pin {number} {value}")


@pytest.fixture
def flash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "esp32")
    monkeypatch.setattr(sys, "print_exception", lambda e: print(repr(e)), raising=False)
    return tmp_path


def started(**board):
    chip = Chip({"OUTPUT_PINS": (25, ~27), **board})
    chip.start("boot.py")
    chip.start("main.py", "asyncio")
    return chip


def test_outputs_are_off_first_and_nothing_interrupts_that(flash):
    chip = started()
    assert chip.keys[:2] == [("pin 25 0", NEVER), ("pin 27 1", NEVER)]


def test_without_a_lock_ctrl_c_stops_the_start(flash):
    (flash / "config.json").write_text(json.dumps({"values": {"Identity": "x"}}))
    assert started().keys[-1] == ("main.py", CTRL_C)


def test_with_a_lock_ctrl_c_never_interrupts_not_even_the_first_import(flash):
    (flash / "config.json").write_text(json.dumps({"values": {"ConsoleLock": "a-password"}}))
    chip = started()
    assert {key for _, key in chip.keys} == {NEVER}
    assert chip.keys[-1][0] == "main.py"


def test_the_linked_program_is_started_as_safely(flash):
    (flash / "config.json").write_text(json.dumps({"values": {"ConsoleLock": "a-password"}}))
    chip = Chip({})
    chip.start("boot.py")
    chip.start("main.py", "galvani", linker._MAIN)
    assert chip.keys == [("main.py", NEVER)]


def test_the_radio_has_its_memory_before_the_firmware_is_loaded(flash):
    names = [what for what, _ in started(NET=("wifi", {})).keys]
    assert names == ["pin 25 0", "pin 27 1", "radio", "main.py"]


@pytest.mark.parametrize("net", [None, ("lan", {})])
def test_a_board_without_wifi_leaves_the_radio_alone(flash, net):
    assert "radio" not in [what for what, _ in started(NET=net).keys]


def test_a_radio_that_does_not_start_does_not_stop_the_station(flash, capsys):
    chip = started(NET=("wifi", {}), no_memory=True)
    assert chip.keys[-1][0] == "main.py"
    assert "WiFi Out of Memory" in capsys.readouterr().out
