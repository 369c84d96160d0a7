"""Does each workaround of a chip's erratum matter? Deletes one after the other and runs the tests.

    .venv/bin/python tests_host/errata_mutants.py

A line a workaround: what was deleted, and which test noticed. Exit code 1 if one was not noticed
(test_errata_mutants.py holds that in the default suite).
"""

import dataclasses
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests_host")]

from mpy_runner import host  # noqa: E402
from tools import micropython  # noqa: E402

TWAI = ("can_twai.py", "mt_can_twai_errata.py")
TWAI_ALL = ("can_twai.py", "mt_can_twai.py")
MCP = ("can_mcp2515.py", "mt_can_mcp2515.py")


@dataclasses.dataclass
class Mutant:
    """A driver with one workaround deleted: (text that goes, text that comes) pairs."""

    name: str
    files: tuple[str, str]
    edits: tuple[tuple[str, str], ...]


MUTANTS = (
    Mutant(
        "1 BUS_OFF_REC: REC is not cleared before the recovery",
        TWAI,
        (("            mem[_TXERR] = 0\n            mem[_TXERR] = 255\n", ""),),
    ),
    Mutant(
        "2 TX_INTR_LOST: the end of a transmission is taken from its interrupt",
        TWAI,
        (
            ("mem[_IER] = _EI | _BEI", "mem[_IER] = _EI | _BEI | 2"),
            ("if not status & _TX_FREE:", "if self.loaded and not mem[_IR] & 2:"),
        ),
    ),
    Mutant(
        "3 RX_FRAME_INVALID: bus errors are ignored",
        TWAI,
        (("if errors & _BEI and self._harmful(mem):", "if False:"),),
    ),
    Mutant(
        "3 RX_FRAME_INVALID: only the first of several errors counts",
        TWAI,
        (("return grown > 0", "return False"),),
    ),
    Mutant(
        "3 RX_FRAME_INVALID: the form error in the acknowledge delimiter is left out",
        TWAI,
        ((" or (segment == 27 and code >> 6 == 3)", ""),),
    ),
    Mutant(
        "3 RX_FRAME_INVALID: errors are asked for before the status",
        TWAI,
        (
            ("        while True:\n            status = mem[_STATUS]\n",
             "        while True:\n            errors = mem[_IR] & (_EI | _BEI)\n"
             "            status = mem[_STATUS]\n"),
            ("            errors = mem[_IR] & (_EI | _BEI)\n            if errors:",
             "            if errors:"),
        ),
    ),
    Mutant(
        "3 RX_FRAME_INVALID: the filter is not restored after the reset",
        TWAI,
        (("        self._write_filter(mem)\n        mem[_MODE] = self.mode\n        mem[_IR]",
          "        mem[_MODE] = self.mode\n        mem[_IR]"),),
    ),
    Mutant(
        "4 RX_FIFO_CORRUPT: an overrun is ignored",
        TWAI,
        (("if used > 51 or count > 61 or not count:", "if False:"),),
    ),
    Mutant(
        "4 RX_FIFO_CORRUPT: counted frames without content are read",
        TWAI,
        (("used > 51", "used > 64"),),
    ),
    Mutant(
        "4 RX_FIFO_CORRUPT: a dead FIFO is read",
        TWAI,
        (("count > 61", "count > 64"),),
    ),
    Mutant(
        "5 LISTEN_ONLY_DOM: a listener is error-active",
        TWAI,
        (("128 if self.mode & _LISTEN else rec", "rec"),),
    ),
    Mutant(
        "6 CPU-3.16: access by the AHB alias",
        TWAI,
        (("const(0x3FF6B", "const(0x6002B"),),
    ),
    Mutant(
        "BRP_DIV: bit 4 of the interrupt enable register is set",
        TWAI_ALL,
        (("mem[_IER] = _EI | _BEI", "mem[_IER] = _EI | _BEI | 16"),),
    ),
    Mutant(
        "MCP2515 2: transmit buffer 1 is used",
        MCP,
        (
            ("_I_LOAD_TX0 = const(0x40)", "_I_LOAD_TX0 = const(0x42)"),
            ("const(0x81)", "const(0x82)"),
        ),
    ),
    Mutant(
        "MCP2515 5: TXREQ is written instead of RTS",
        MCP,
        (("self._write(self.rts)", "self._modify(_TXB0CTRL, _TXREQ, _TXREQ)"),),
    ),
    Mutant(
        "MCP2515 data sheet: receive flags are cleared by hand",
        MCP,
        (("        low = got[2]", "        self._modify(_CANINTF, 3, 0)\n        low = got[2]"),),
    ),
)  # fmt: skip


def noticed(mutant: Mutant, bits: int = 32) -> list[str]:
    """The tests that fail when the mutant takes the driver's place."""
    driver, tests = mutant.files
    source = (ROOT / "firmware" / "drivers" / driver).read_text()
    for old, new in mutant.edits:
        if old not in source:
            raise ValueError(f"{mutant.name}: {driver} has no {old!r}")
        source = source.replace(old, new)
    file = host.TestFile(ROOT / "tests_host" / "mpy" / tests)
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        shutil.copytree(ROOT / "firmware" / "drivers", Path(folder) / "drivers")
        (Path(folder) / "drivers" / driver).write_text(source)
        plain = host.MPY_PATH
        host.MPY_PATH = [Path(folder), *plain]
        try:
            verdicts = file.run(micropython.path(bits), list(file.tests()))
        finally:
            host.MPY_PATH = plain
    return [name for name, verdict in verdicts.items() if verdict.outcome == "fail"]


def main() -> int:
    """Prints a line a mutant."""
    missed = 0
    for mutant in MUTANTS:
        tests = noticed(mutant)
        missed += not tests
        print(f"{'noticed' if tests else 'MISSED '}  {mutant.name}")
        for name in tests:
            print(f"           {re.sub('_', ' ', name.removeprefix('test_'))}")
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} deleted workarounds were noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
