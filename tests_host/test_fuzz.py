"""Does anything but an answer come of what is sent from outside, whatever it is made of?

Each reader runs on the 32-bit port with spoilt inputs: no exception escapes, no input asks for
more memory than its bound, and what each function of fuzz/readers.py says holds. 500 inputs each
here, 100,000 each with `make test-long`, others each time.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from fuzz_seeds import seeds

HERE = Path(__file__).parent
ROOT = HERE.parent
LONG, SHORT = 100_000, 500
SLOW = {"config": 50, "console": 50, "machine": 50, "page": 50}  # so much fewer in the short test
FOLDERS = (
    HERE,
    ROOT / "firmware",
    ROOT / "lib",
    HERE / "mpy",
    HERE / "mpy_runner",
    HERE / "world",
)


def findings(port, folder, jobs):
    """What the device says of each job."""
    done = subprocess.run(
        [
            port,
            "-X",
            "heapsize=400k",
            HERE / "fuzz" / "device.py",
            *FOLDERS,
            HERE / "mpy" / "fakes",
        ],
        input="".join(json.dumps(job) + "\n" for job in jobs),
        capture_output=True,
        encoding="utf-8",
        errors="replace",  # what a log shows of spoilt texts
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(found) == len(jobs), done.stdout[-2000:] + done.stderr[-2000:]
    return found


def job(reader, rounds, seed):
    """A line for the device."""
    given = [one.hex() for one in seeds()[reader]]
    return {"reader": reader, "rounds": rounds, "seed": seed, "seeds": given}


def judge(reader, found, rounds):
    """Nothing escaped, no bound was passed, and something was taken."""
    assert "error" not in found, f"{reader}: {found['error']}\n{found['input']}"
    assert found["refused"] < rounds


def test_five_hundred_inputs_of_each_reader(micropython32, tmp_path):
    jobs = [job(reader, SHORT // SLOW.get(reader, 1), 1) for reader in seeds()]
    for one, found in zip(jobs, findings(micropython32, tmp_path, jobs), strict=True):
        judge(one["reader"], found, one["rounds"])


@pytest.mark.long
@pytest.mark.parametrize("reader", list(seeds()))
def test_a_hundred_thousand_inputs(reader, micropython32, tmp_path):
    seed = int.from_bytes(os.urandom(3), "big")
    (found,) = findings(micropython32, tmp_path, [job(reader, LONG, seed)])
    judge(f"{reader} (seed {seed})", found, LONG)
