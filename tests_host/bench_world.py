"""How do tests of the bench start one in their own process, with the stand-in as its firmware?"""

import asyncio
import contextlib
import json
from types import SimpleNamespace

from tools import micropython
from tools.sim.bench import Bench
from tools.sim.machine import ROOT, Firmware, launcher


class StandIn(Firmware):
    """tests_host/standin instead of the firmware; the real drivers from their sources."""

    def command(self, flash):
        path = [
            str(ROOT / "tests_host" / "standin"),
            str(ROOT / "firmware"),
            str(ROOT / "lib"),
            ".frozen",
        ]
        start = (
            f"import sys; sys.path[:0] = [{str(launcher())!r}]; import launch; "
            f"launch.run({path!r}, {str(flash)!r})"
        )
        return [str(micropython.path(self.bits)), "-X", "heapsize=256k", "-c", start]


def options(directory, **changes):
    """The options of tools/station.py with their defaults."""
    values = {
        "dir": str(directory),
        "csms": None,
        "id": None,
        "guns": 1,
        "set": [],
        "control": 0,
        "heap": "",
        "arch": "64",
        "build": "py",
        "speed": 1.0,
        "no_plant": False,
        "replay": None,
        "can": [],
    }
    values.update(changes)
    return SimpleNamespace(**values)


class Client:
    """One connection to the control port."""

    async def dial(self, port):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def ask(self, line):
        self.writer.write(line.encode() + b"\n")
        return json.loads(await asyncio.wait_for(self.reader.readline(), 12))

    async def result(self, line):
        answer = await self.ask(line)
        assert answer["ok"], answer
        return answer["result"]

    async def output(self, line):
        answer = await self.ask(line)
        assert answer["ok"], answer
        return answer["output"]


@contextlib.asynccontextmanager
async def bench(directory, **changes):
    """(bench, client, first line) of a running bench."""
    one = Bench(options(directory, **changes))
    one.machine.firmware = StandIn("py", int(one.options.arch))
    try:
        ready = await one.start()
        yield one, await Client().dial(ready["control"]), ready
    finally:
        await one.stop()


async def until(check, seconds=5.0):
    """Wait until the coroutine function `check` returns something true; returns that."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.02)
    return found


def scenario(test):
    """Run an async test in a loop of its own."""

    def run(tmp_path):
        asyncio.run(asyncio.wait_for(test(tmp_path), 30))

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run
