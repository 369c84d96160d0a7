"""How does a Python program use one simulated charger? Start tools/station.py, speak to it.

For `make run` and for tests: the process, its first line, the control port. Whatever happens to
the program that uses it, the charger ends with it: its stdin closes.
"""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

STATION = Path(__file__).resolve().parents[1] / "station.py"
READY_S = 300.0  # the first start may build a MicroPython port
ANSWER_S = 15.0


class ChargerError(Exception):
    """It cannot start, or it answered no; the text says why."""


class Charger:
    """One simulated charger in a process of its own. `arguments` are those of tools/station.py.

    `ready` is its first line as a dict once `start()` has returned. `log` is a file for its
    stderr (None: ours).
    """

    def __init__(self, *arguments: str, log: Path | None = None):
        self.arguments = arguments
        self.log = log
        self.ready = {}
        self._process = None
        self._streams = None
        self._lock = asyncio.Lock()

    async def start(self) -> dict:
        """Start it; returns `ready`. ChargerError with its own words if it does not."""
        with contextlib.ExitStack() as stack:
            stderr = stack.enter_context(open(self.log, "wb")) if self.log else None
            # A session of its own: Ctrl-C is for us, and we end it in order.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(STATION),
                *self.arguments,
                stderr=stderr,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(READY_S):
                line = await self._process.stdout.readline()
            self.ready = json.loads(line)
        except (TimeoutError, ValueError):
            await self.stop()
            raise ChargerError("the simulated charger did not start; see its log") from None
        if not self.ready.get("ready"):
            await self.stop()
            raise ChargerError(self.ready.get("error", "the simulated charger did not start"))
        return self.ready

    async def ask(self, line: str) -> dict:
        """The JSON object that one line of the control port answers."""
        async with self._lock, asyncio.timeout(ANSWER_S):
            if self._streams is None:
                self._streams = await asyncio.open_connection(
                    "127.0.0.1", self.ready["control"], limit=1 << 20
                )
            reader, writer = self._streams
            writer.write(line.encode() + b"\n")
            answer = await reader.readline()
        if not answer:
            raise ChargerError("the simulated charger has ended")
        return json.loads(answer)

    async def do(self, line: str) -> dict:
        """As `ask`; ChargerError when the answer is not ok."""
        answer = await self.ask(line)
        if not answer["ok"]:
            raise ChargerError(f"{line}: {answer['error']}")
        return answer

    @property
    def ended(self) -> bool:
        """Has its process ended?"""
        return self._process is None or self._process.returncode is not None

    async def stop(self) -> int:
        """End it in order (SIGKILL after 10 s); returns the exit code. May be called twice."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
        return await process.wait()
