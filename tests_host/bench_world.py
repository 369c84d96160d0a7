"""How do tests of the bench start one in their own process, with the stand-in as its firmware?"""

import asyncio
import contextlib
import inspect
import json
import time
import weakref
from types import SimpleNamespace

from patience import PATIENCE_S, source
from tools import micropython
from tools.sim.bench import Bench
from tools.sim.machine import ROOT, Firmware, launcher

SCENARIO_S = 4 * PATIENCE_S
_clients = weakref.WeakSet()  # of control ports, to explain what was waited for in vain


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
        "profile": "rivot",
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
        self.port = port
        _clients.add(self)
        return self

    async def ask(self, line):
        self.writer.write(line.encode() + b"\n")
        return json.loads(await asyncio.wait_for(self.reader.readline(), PATIENCE_S))

    async def result(self, line):
        """What a question that changes nothing answers: a busy station is asked again."""
        async with asyncio.timeout(PATIENCE_S):
            while not (answer := await self.ask(line))["ok"] and "within" in answer["error"]:
                pass
        assert answer["ok"], answer
        return answer["result"]

    async def output(self, line):
        answer = await self.ask(line)
        assert answer["ok"], answer
        return answer["output"]

    async def elapse(self, seconds):
        """Wait until so much of the bench's own time has passed, however slow the machine is."""
        end = (await self.ask("state"))["time_s"] + seconds

        async def passed():
            return (await self.ask("state"))["time_s"] >= end

        await until(passed)


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


async def until(check, seconds=PATIENCE_S):
    """Wait until `check()` is true and return that; a coroutine function or a plain one.

    What a bench has lost because the machine was too slow for it comes on top of `seconds`.
    In vain: an AssertionError that shows what was waited for and how every bench stands.
    """
    end = time.monotonic() + seconds
    lost_s = 0.0
    while True:
        found = check()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > end + lost_s and time.monotonic() > end + (lost_s := await _lost()):
            break
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {seconds:g} s: {source(check)}\n{await _benches()}")


def _ports():
    return {client.port for client in _clients if not client.writer.is_closing()}


async def _ask(port, line):
    """The answer of a control port on a connection of its own; OSError or TimeoutError."""
    async with asyncio.timeout(12):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line.encode() + b"\n")
        answer = (await reader.readline()).decode().strip()
        writer.close()
        return answer


async def _lost():
    """Real seconds that the benches of this process could not use."""
    lost_s = 0.0
    for port in _ports():
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            lost_s = max(lost_s, json.loads(await _ask(port, "state")).get("slipped_s", 0))
    return lost_s


async def _benches():
    """The last state of every bench that this process drives; its log is on stderr."""
    told = []
    for port in _ports():
        told.append(f"bench at control port {port}:")
        for line in ("state", "status --json", "faults"):
            try:
                told.append(f"{line}: {await _ask(port, line)}")
            except (OSError, TimeoutError) as error:
                told.append(f"{line}: {error!r}")
    return "\n".join(told)


def scenario(test):
    """Run an async test in a loop of its own."""

    def run(tmp_path):
        asyncio.run(bounded(test(tmp_path)))

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


async def bounded(test, seconds=SCENARIO_S):
    """Await `test`; one that hangs fails and shows how every bench stands."""
    task = asyncio.ensure_future(test)
    end = time.monotonic() + seconds
    while (left := end + await _lost() - time.monotonic()) > 0 and not task.done():
        await asyncio.wait({task}, timeout=left)
    if not task.done():
        told = await _benches()
        task.cancel()
        await asyncio.wait({task}, timeout=30)
        raise AssertionError(f"the scenario did not end within {seconds:g} s\n{told}")
    return task.result()
