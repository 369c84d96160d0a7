"""Does a station that lives for months stay as it is: its heap, its files, its flash?"""

import json
import subprocess

import pytest

from tools import flash_wear
from tools.bench import port


def live(tmp_path, days, charges, timeout):
    done = subprocess.run(
        port.command("life.py", "days", days, charges, heap="2M"),
        cwd=tmp_path,
        env=port.environment("py"),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, (done.stderr + done.stdout)[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def holds(found, days, charges):
    assert found["errors"] == []
    assert (found["transactions"], found["stops"]) == (charges, charges)
    assert found["energy_wh"] > charges * 30
    assert days * 86400 <= found["uptime_s"] < days * 86400 + 3600


def test_a_day_with_a_dropped_line_and_five_charges(tmp_path):
    found = live(tmp_path, 1, 5, 600)
    holds(found, 1, 5)


@pytest.mark.long
def test_60_days_with_2000_charges_grow_neither_heap_nor_files(tmp_path):
    found = live(tmp_path, 60, 2000, 3600)
    holds(found, 60, 2000)
    heaps, files, sizes, errors = zip(*found["days"], strict=True)
    # The first week fills what has a bound (log, formats, caches); then nothing may be added.
    # 512 bytes: the log's ring and the numbers in it are not the same every midnight.
    assert max(heaps[-7:]) - max(heaps[7:14]) <= 512, heaps
    assert max(files[-7:]) <= max(files[:7]), files
    assert max(sizes[-7:]) - max(sizes[:7]) <= 256, sizes


def test_what_reaches_the_flash_stays_little():
    found = flash_wear.rates(flash_wear.measure())
    assert found["idle"][0] <= 2  # the time, once an hour
    assert found["charging"][1] <= 90
    assert found["charge"][1] <= 4
    years = 512 * flash_wear.ENDURANCE / (flash_wear.day(found, 33, 30) * 365)
    assert years > 50


def test_an_operation_costs_what_was_measured():
    assert flash_wear.cost({"small": 10}) == pytest.approx((1.3, 5300))
    assert flash_wear.cost({"large": 1, "gone": 2}) == pytest.approx((1.17, 1760))
