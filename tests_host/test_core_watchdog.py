"""Does the Unix port's watchdog really end a process that hangs, and only such a one?"""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from patience import PATIENCE_S

ROOT = Path(__file__).parent.parent
PRELUDE = (
    "import sys; sys.path[:0] = ['%s/firmware', '%s/lib']\n"
    "from drivers import wdt\n"
    "import gc, select, time\n"
    "wait = select.poll().poll\n" % (ROOT, ROOT)
)


@pytest.fixture(params=["micropython64", "micropython32"])
def port(request):
    return request.getfixturevalue(request.param)


def run(port, cwd, code):
    command = [port, "-c", PRELUDE + code]
    done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout.decode()


def test_a_hung_loop_is_killed_and_leaves_a_mark(port, tmp_path):
    began = time.monotonic()
    code, out = run(port, tmp_path, "wdt.open(500, 'dog')\nwhile True: pass\n")
    assert code == -signal.SIGKILL
    assert time.monotonic() - began > 0.4
    assert (tmp_path / "dog").read_text() == "bite\n"


def test_a_hung_loop_that_makes_garbage_is_killed(port, tmp_path):
    code, out = run(
        port, tmp_path, "wdt.open(500, 'dog')\nwhile True:\n [0] * 100\n gc.collect()\n"
    )
    assert code == -signal.SIGKILL


def test_who_feeds_lives(port, tmp_path):
    code, out = run(
        port,
        tmp_path,
        "d = wdt.open(1500, 'dog')\nfor n in range(5):\n wait(400); d.feed()\nprint('alive')\n",
    )
    assert (code, out) == (0, "alive\n")
    assert not (tmp_path / "dog").exists()


def test_a_stopped_dog_bites_nobody(port, tmp_path):
    code, out = run(
        port, tmp_path, "d = wdt.open(500, 'dog')\nd.stop()\nwait(1000)\nprint('alive')\n"
    )
    assert (code, out) == (0, "alive\n")


def test_the_file_nowdt_switches_the_dog_off(port, tmp_path):
    (tmp_path / "nowdt").write_text("")
    code, out = run(
        port, tmp_path, "d = wdt.open(500, 'dog')\nwait(1000)\nd.feed()\nprint('alive')\n"
    )
    assert (code, out) == (0, "alive\n")
