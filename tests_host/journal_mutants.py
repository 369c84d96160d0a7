"""Does each rule of the journal and of the RPC layer matter? Breaks each and runs the tests.

    .venv/bin/python tests_host/journal_mutants.py [part of a name]

A line a mutant: what was broken, and which test noticed. Exit code 1 if one was not noticed
(test_journal_mutants.py holds that in the long suite).
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CUTS = "test_v16_power_points.py"
HOSTILE = "test_v16_hostile.py"
BOOKS = "test_v16_journal.py test_v16_metering.py test_v16_transactions.py"
HANGS_S = 90


@dataclasses.dataclass
class Mutant:
    """One rule broken: in `path`, the text `old` becomes `new`; `tests` must notice."""

    name: str
    path: str
    old: str
    new: str
    tests: str = CUTS


OUTBOX = "lib/ocppj/outbox.py"
LEDGER = "lib/ocppj/ledger.py"
POINT = "lib/ocppj/v16/chargepoint.py"

MUTANTS = (
    Mutant(
        "a record is written in place, not renamed",
        "firmware/core/journal.py",
        'tmp = self._at(name + "~")',
        "tmp = self._at(name)",
    ),
    Mutant(
        "a start is on record only when it is answered",
        LEDGER,
        '    box.save("s", number, fields)\n    box.measure()',
        "    box.measure()",
    ),
    Mutant(
        "the id of the transaction is not kept",
        LEDGER,
        "        fields[outbox.ID] = transaction_id\n",
        "",
    ),
    Mutant(
        "a stop is not on record",
        LEDGER,
        '    box.save("s", number, fields)\n    box.ends[stop] = number',
        "    box.ends[stop] = number",
    ),
    Mutant(
        "a stop comes twice",
        LEDGER,
        "    if not fields or fields[outbox.STOP]:\n        return\n",
        "    if not fields:\n        return\n",
        "test_v16_journal.py",
    ),
    Mutant(
        "numbers of messages are used again after a boot",
        "lib/ocppj/scan.py",
        "box.tail = ids[1]",
        "box.tail = 0",
    ),
    Mutant(
        "the nonce of the ids is new at each boot",
        "lib/ocppj/scan.py",
        "box.nonce = ids[0] or ",
        "box.nonce = ",
    ),
    Mutant(
        "no snapshots",
        OUTBOX,
        "if fields and not fields[STOP] and meter_wh > fields[LAST_WH]:",
        "if False:",
    ),
    Mutant(
        "a reading is told before its register is on record",
        "lib/ocppj/v16/transactions.py",
        'if number >= 0 and "E" in reading:',
        "if False:",
    ),
    Mutant(
        "the register of a cut charge is not kept",
        "lib/ocppj/v16/recover.py",
        "connector.meter.register(meter_wh)  # never",
        "pass  # never",
    ),
    Mutant(
        "a charge that ran when the power went is forgotten",
        "lib/ocppj/v16/recover.py",
        "        ledger.end(box, number, meter_wh, last, cause)",
        "        pass",
    ),
    Mutant(
        "readings go to RAM offline too",
        OUTBOX,
        "if online and self.ram is None and self.peek() is None:",
        "if self.ram is None:",
        BOOKS,
    ),
    Mutant(
        "what is only in RAM is lost with the line",
        OUTBOX,
        "        if self.ram:\n            self.save",
        "        if self.ram and False:\n            self.save",
        BOOKS,
    ),
    Mutant(
        "a time that was found out is not kept",
        "lib/ocppj/dating.py",
        "        box.store.write(name, record.pack(fields))",
        "        pass",
        CUTS,
    ),
    Mutant(
        "operating seconds begin anew at each boot",
        "lib/ocppj/scan.py",
        "    box.base += 1\n",
        "    box.base = 0\n",
        BOOKS,
    ),
    Mutant(
        "attempts are not kept",
        "lib/ocppj/archive.py",
        '        box.save("s", name, fields)\n    box.item',
        "        pass\n    box.item",
        "test_v16_power_cuts.py",
    ),
    Mutant(
        "what is given up is in no archive",
        "lib/ocppj/archive.py",
        '    box.save("a", number, [kind, fields])',
        "    pass",
    ),
    Mutant(
        "a used reservation stays",
        "lib/ocppj/v16/recover.py",
        "_release(cp.station, fields[outbox.RESERVATION])",
        "pass",
        "test_v16_reservation_ends.py",
    ),
    Mutant(
        "a reservation's number is remembered as long as its charge runs",
        LEDGER,
        "        fields[outbox.RESERVATION] = None  # told; its number may be used again\n",
        "",
    ),
    Mutant(
        "the local list is deleted before the new one counts",
        "lib/ocppj/authlist.py",
        'return "l%02x%s" % (bucket, "b" if live >> bucket & 1 else "a")',
        'return "l%02xa" % bucket',
    ),
    Mutant(
        "a profile is deleted before the new one is there",
        "lib/ocppj/profiles.py",
        "    if old:\n        slot = old.pop(0)",
        "    if old:\n        _drop(cp, old[0])\n        slot = old.pop(0)",
    ),
    Mutant(
        "a register has one record that is overwritten with less",
        "lib/station/register.py",
        '    best = 0\n    for turn in "ab":\n        best = max(best, _wh(store, cid, turn))',
        '    best = 0\n    for turn in "ab":\n        best = _wh(store, cid, turn)',
    ),
    Mutant(
        "a station out of service takes its connectors with it at each boot",
        "lib/station/station.py",
        "connector.operative = register",
        "connector.operative = self.operative and register",
    ),
    Mutant(
        "two CALLs at once",
        POINT,
        "if self.rpc.pending or self.doubt:",
        "self.rpc.pending = None\n        if self.doubt:",
        HOSTILE,
    ),
    Mutant(
        "a time-out needs no sign of life",
        POINT,
        "            self.doubt = late\n",
        "            answers.failed(self, late[0], late[1], now)\n",
        "test_v16_retries.py",
    ),
    Mutant(
        "a late answer counts for nothing",
        "lib/ocppj/v16/hears.py",
        "            cp.late(message_id, payload)",
        "            pass",
        "test_v16_retries.py",
    ),
    Mutant(
        "a late answer is given to whatever waits",
        "lib/ocppj/rpc.py",
        "return self.pending and self.pending[0] == message_id",
        "return self.pending",
        "test_rpc.py",
    ),
    Mutant(
        "messages are sent before the boot is accepted",
        "lib/ocppj/v16/seldom.py",
        '    if registration != "Accepted":\n        if now < cp.boot_at:\n'
        "            return None\n",
        '    if registration == "Unknown" and now >= cp.boot_at:\n',
        HOSTILE,
    ),
    Mutant(
        "a message that fails loses its place",
        "lib/ocppj/archive.py",
        "    box.item = (kind, number, fields)\n    box.wait",
        "    box.item = None\n    box.head = number + 1\n    box.wait",
        HOSTILE,
    ),
    Mutant(
        "the id of a late start is put into nothing",
        "lib/ocppj/v16/transactions.py",
        "return fields[outbox.ID] if answered else -1",
        "return -1",
    ),
    Mutant(
        "the meter may run backwards",
        LEDGER,
        "fields[outbox.LAST_WH] = max(meter_wh, fields[outbox.LAST_WH])",
        "fields[outbox.LAST_WH] = meter_wh - 1",
    ),
)


def noticed(mutant: Mutant, folder: Path) -> str | None:
    """The first test that fails with that mutant, or None."""
    for name in ("lib", "firmware", "tests_host"):
        shutil.rmtree(folder / name, ignore_errors=True)
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("tools", "build", "boards", "pyproject.toml"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    path = folder / mutant.path
    text = path.read_text()
    if mutant.old not in text:
        raise ValueError(f"{mutant.name}: {mutant.path} has changed")
    path.write_text(text.replace(mutant.old, mutant.new))
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no"]
    try:
        done = subprocess.run(
            words + ["tests_host/" + name for name in mutant.tests.split()],
            cwd=folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=HANGS_S,
        )
    except subprocess.TimeoutExpired:
        return "it hangs"
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if done.returncode and not found:
        raise ValueError(f"{mutant.name}: {done.stdout[-300:]}{done.stderr[-300:]}")
    return found[1].split("::")[-1] if found else None


def main(arguments: list[str]) -> int:
    """Run them; the exit code."""
    missed = 0
    for mutant in MUTANTS:
        if not arguments or arguments[0] in mutant.name:
            with tempfile.TemporaryDirectory(prefix="galvani-mutants-") as folder:
                found = noticed(mutant, Path(folder))
            missed += not found
            print(f"{mutant.name}: {found or 'NOT NOTICED'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
