"""How does the bench play a charge with a real process? One charger, one central system.

`Rig` starts tools/station.py against a small central system of its own, reads every line of its
log, and notices at once when the station crashes, restarts or runs out of memory.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).resolve().parents[2]
STATION = (str(ROOT / "tools" / "station.py"),)
WAIT_S = 25.0
READY_S = 120.0  # a port or tree may have to be built first
# What no line of a healthy station's log says.
TROUBLE = re.compile(
    r"MemoryError|memory allocation failed|station ended|station killed|bitten|minimal mode"
)


class RigError(Exception):
    """The station did not do what was asked; the text says what and why."""


@dataclass
class Heard:
    """A CALL of the station: when (monotonic seconds), what."""

    action: str
    payload: dict
    at: float = field(default_factory=time.monotonic)


class Csms:
    """A central system that accepts everything and remembers it."""

    def __init__(self):
        self.heard: list[Heard] = []
        self.news = asyncio.Condition()
        self.trouble = None
        self._socket = None
        self._answers = {}
        self._number = 0

    def answer(self, action: str) -> dict:
        """The payload of the CALLRESULT."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        accepted = {"idTagInfo": {"status": "Accepted"}}
        return {
            "BootNotification": {"status": "Accepted", "currentTime": now, "interval": 300},
            "Heartbeat": {"currentTime": now},
            "Authorize": accepted,
            "StartTransaction": accepted | {"transactionId": 7},
            "DataTransfer": {"status": "Accepted"},
            "SignCertificate": {"status": "Accepted"},
        }.get(action, {})

    async def serve(self, socket) -> None:
        """One connection."""
        self._socket = socket
        with contextlib.suppress(ConnectionClosed):  # a station that is killed says no good-bye
            await self._converse(socket)

    async def _converse(self, socket):
        async for text in socket:
            kind, unique, *rest = json.loads(text)
            if kind == 2:
                await socket.send(json.dumps([3, unique, self.answer(rest[0])]))
                self.heard.append(Heard(rest[0], rest[1]))
                await self._tell()
            elif unique in self._answers:
                self._answers.pop(unique).set_result((kind, rest))

    async def _tell(self):
        async with self.news:
            self.news.notify_all()

    async def fail(self, text: str) -> None:
        """The station is in trouble: who waits, waits no longer."""
        self.trouble = self.trouble or text
        await self._tell()

    def check(self) -> None:
        """RigError if the station has been in trouble."""
        if self.trouble:
            raise RigError(self.trouble)

    async def wait(self, action: str, after: int = 0, **fields) -> Heard:
        """The first call `action` with these fields, number `after` or later of `heard`."""

        def found():
            self.check()
            for heard in self.heard[after:]:
                if heard.action == action and fields.items() <= heard.payload.items():
                    return heard
            return None

        async with self.news:
            try:
                return await asyncio.wait_for(self.news.wait_for(found), WAIT_S) and found()
            except TimeoutError:
                raise RigError(f"no {action} {fields or ''} within {WAIT_S:.0f} s") from None

    async def call(self, action: str, payload: dict) -> dict:
        """The station's answer to a CALL; RigError if it is an error or none comes."""
        self._number += 1
        unique = f"bench-{self._number}"
        self._answers[unique] = future = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps([2, unique, action, payload]))
        async with asyncio.timeout(WAIT_S):
            while not future.done():
                self.check()
                await asyncio.wait({future}, timeout=0.2)
        kind, rest = future.result()
        if kind != 3:
            raise RigError(f"{action} was answered by {rest[:2]}")
        return rest[0]


class Rig:
    """An open charger and its central system: `async with Rig("frozen", heap="112k") as rig`.

    log: the lines of its stderr. started_at: monotonic seconds of the station's first start.
    """

    def __init__(
        self, form, *, heap="", speed=1, guns=1, settings=(), program=STATION, profile="rivot"
    ):
        self.csms = Csms()
        self.log: list[str] = []
        self.started_at = 0.0
        self.ready = {}
        self._words = [sys.executable, *program, "--arch", "32", "--build", form]
        self._words += ["--speed", str(speed), "--guns", str(guns), "--id", "BENCH"]
        self._words += ["--profile", profile]
        self._words += [word for setting in settings for word in ("--set", setting)]
        if heap:
            self._words += ["--heap", heap]
        self._process = self._server = self._reading = self._streams = None

    async def __aenter__(self):
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, kind, error, trace):
        await self._stop()

    async def _start(self):
        self._server = await serve(self.csms.serve, "127.0.0.1", 0, subprotocols=["ocpp1.6"])
        port = self._server.sockets[0].getsockname()[1]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            "--csms",
            f"ws://127.0.0.1:{port}",
            cwd=ROOT,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )
        self._reading = asyncio.create_task(self._read_log())
        first = asyncio.create_task(self._process.stdout.readline())
        deadline = time.monotonic() + READY_S
        while not first.done():
            await asyncio.wait({first}, timeout=0.1)
            if self.csms.trouble or time.monotonic() > deadline:
                first.cancel()
                raise RigError(self.csms.trouble or "the station was not ready in time")
        self.ready = json.loads(first.result() or b"{}")
        if not self.ready.get("ready"):
            raise RigError(self.ready.get("error") or "the station did not start")

    async def _read_log(self):
        async for line in self._process.stderr:
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            if "station started" in text and not self.started_at:
                self.started_at = time.monotonic()
            if TROUBLE.search(text):
                await self.csms.fail(text)

    async def ask(self, line: str) -> dict:
        """The answer of the control port; RigError when it is no."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                "127.0.0.1", self.ready["control"], limit=1 << 20
            )
        self._streams[1].write(line.encode() + b"\n")
        async with asyncio.timeout(15):
            answer = json.loads(await self._streams[0].readline() or b"{}")
        if not answer.get("ok"):
            raise RigError(f"{line}: {answer.get('error')}")
        return answer

    async def status(self) -> dict:
        """What `status --json` answers; RigError with its words when it is no JSON."""
        answer = await self.ask("status --json")
        if "result" not in answer:
            raise RigError(f"status --json: {answer.get('output', '')[:100]}")
        return answer["result"]

    async def _stop(self):
        if self._streams:
            self._streams[1].close()
        if self._process:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._reading:
            await self._reading
        if self._server:
            self._server.close()
