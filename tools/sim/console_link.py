"""How does the bench talk to the station's console?

One connection to its TCP port in machine mode (first byte 0x01: no echo, no prompt; each answer
ends with 0x04). Lines of several callers take turns; a station that was restarted is dialled anew.
Who has nothing more to ask hangs up: an open session costs the station's heap several KB.
"""

import asyncio
import json
import re

ANSWER_S = 9.0
DIAL_S = 0.05
GONE_S = 0.2
IDLE_S = 1.0
BUSY = r"error: busy, \d+ bytes free"


class ConsoleError(Exception):
    """The station's console did not answer; the text says why."""


class ConsoleLink:
    """The console on 127.0.0.1:`port`; `alive()` tells whether the station has power."""

    def __init__(self, port: int, alive=lambda: True):
        self.port = port
        self.alive = alive
        self.answer_s = ANSWER_S
        self._lock = asyncio.Lock()
        self._streams = None
        self._leaving = None

    async def ask(self, line: str, timeout: float | None = None) -> str:
        """The console's answer to one line. ConsoleError after `timeout` s (`answer_s`)."""
        timeout = timeout or self.answer_s
        if self._leaving:
            self._leaving.cancel()
        try:
            async with asyncio.timeout(timeout):
                async with self._lock:
                    return await self._ask(line)
        except TimeoutError:
            raise ConsoleError(
                f"the station's console did not answer within {timeout:g} s"
            ) from None
        finally:
            self._leaving = asyncio.get_running_loop().call_later(IDLE_S, self._idle)

    def _idle(self):
        if not self._lock.locked():
            self.hang_up()

    async def _ask(self, line):
        try:
            while True:
                if not self.alive():
                    raise ConsoleError("the station has no power")
                try:
                    reader, writer = await self._dial()
                except OSError:
                    await asyncio.sleep(DIAL_S)  # it is starting
                    continue
                try:
                    writer.write(line.encode() + b"\n")
                    answer = await reader.readuntil(b"\x04")
                    answer = answer[:-1].decode("utf-8", "replace").replace("\r\n", "\n")
                    answer = answer.strip("\n")
                    if not re.fullmatch(BUSY, answer):
                        return answer
                    await asyncio.sleep(GONE_S)  # short of memory, nothing was done: again
                except (OSError, asyncio.IncompleteReadError):
                    # Heard or not: a line that may have done something is not said twice.
                    self.hang_up()
                    # A dying process may still take connections: whoever asks next waits for it.
                    await asyncio.sleep(GONE_S)
                    raise ConsoleError("the station ended before it answered") from None
        except (asyncio.CancelledError, asyncio.LimitOverrunError):
            self.hang_up()  # the answer that comes late must not meet the next question
            raise

    async def _dial(self):
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
            self._streams[1].write(b"\x01")
        return self._streams

    def hang_up(self) -> None:
        """Forget the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def reply(line: str, output: str) -> dict:
    """The control port's answer: `result` where the line asked for JSON and got it."""
    if "--json" in line.split():
        try:
            return {"ok": True, "result": json.loads(output)}
        except ValueError:
            pass
    return {"ok": True, "output": output}
