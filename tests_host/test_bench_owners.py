"""Are the bytes on a running MicroPython's heap found, and given to whom they belong?"""

import subprocess
import time

import pytest

from tools import micropython
from tools.bench import memory, owners

SCRIPT = """
import gc, sys, time

class Keeper:
    def __init__(self):
        self.box = bytearray(5000)
        self.names = ["a%d" % n for n in range(20)]

    def look(self):
        return self.box

def waits():
    yield bytearray(3000)

keeper = Keeper()
held = waits()
next(held)
table = bytes(range(200)) * 10
rubbish = [bytearray(700) for _ in range(50)]
rubbish = None
print("ready")
time.sleep(60)
"""


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    """A Snapshot of a process that runs SCRIPT; and how many bytes it thinks it uses."""
    path = tmp_path_factory.mktemp("owners") / "thing.py"
    path.write_text(SCRIPT)
    command = [micropython.path(32), "-X", "heapsize=256k", "-c", "import thing"]
    process = subprocess.Popen(
        command, cwd=path.parent, env={"MICROPYPATH": str(path.parent)}, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        yield memory.Snapshot(process.pid)
    finally:
        process.kill()
        process.wait()


def sizes(shot, **where):
    found = owners.Owners(shot, where.pop("found", None))
    return {(o.module, o.kind, o.name): o.size for o in found.owners()}


def test_an_object_has_what_it_holds(shot):
    table = sizes(shot)
    assert 5000 < table["thing", "objects", "Keeper"] < 6500


def test_a_module_has_its_globals_functions_and_classes(shot):
    table = sizes(shot)
    assert 2000 <= table["thing", "globals", ""] < 3500
    # Functions of a .py file have their bytecode with them; __init__, look and waits.
    assert table["thing", "functions", ""] >= 3 * 16
    assert table["thing", "classes", ""] >= 64 + 16


def test_what_a_waiting_generator_holds_is_its_own(shot):
    assert 0 < sizes(shot)["thing", "coroutines", "waits"] < 400  # what it yielded has gone


def test_garbage_belongs_to_nobody(shot):
    found = owners.Owners(shot)
    everything = sum(len(data) for data in shot.chunks.values())
    live = sum(len(shot.chunks[address]) for address in shot.live)
    assert everything - live > 50 * 700 * 0.9
    assert sum(found.owners()[i].size for i in range(len(found.owners()))) == live


def test_names_of_the_linker_are_told_by_those_of_the_sources(shot):
    shot_modules = {"core.thing": owners.JOINED, "core.thing.Box": "Keeper"}
    found = owners.Owners(shot, shot_modules)
    assert found._source(owners.JOINED, "Keeper") == ("core.thing", "Box")
    assert found._source("elsewhere", "Keeper") == ("elsewhere", "Keeper")


def test_the_launcher_is_not_in_the_sum(shot, monkeypatch):
    before = owners.Owners(shot).total()
    monkeypatch.setattr(owners, "LAUNCHER", "thing")
    assert before - owners.Owners(shot).total() > 7000


def test_a_process_that_is_no_micropython_is_refused():
    process = subprocess.Popen(["sleep", "20"])
    try:
        with pytest.raises(memory.MemoryReadError):
            memory.Snapshot(process.pid)
    finally:
        process.kill()
        process.wait()
