"""How do other programs drive the bench? One command a line in, one JSON object a line out.

TCP on 127.0.0.1, any number of connections, any number of commands on each. A reserved word goes
to the bench (words.py), everything else to the station's console. Every answer comes within 10 s.
"""

import asyncio
import json

from .console_link import ConsoleError, reply
from .words import WordError, is_reserved

ANSWER_S = 9.5


class ControlPort:
    """Serves `words` and `console` (a ConsoleLink)."""

    def __init__(self, words, console):
        self.words = words
        self.console = console
        self.port = 0
        self._server = None
        self._writers = set()

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1:`port` (0 picks one); returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def answer(self, line: str) -> dict:
        """What one line answers; never raises for what a caller can get wrong."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if is_reserved(line):
                    return {"ok": True, **await self.words.do(line)}
                word, _, rest = line.partition(" ")
                if word == "console":
                    line = rest.strip()
                return reply(line, await self.console.ask(line))
        except (WordError, ConsoleError) as error:
            return {"ok": False, "error": str(error)}
        except TimeoutError:
            return {"ok": False, "error": f"not done within {ANSWER_S:g} s"}
        except OSError as error:
            return {"ok": False, "error": f"{line}: {error}"}

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        try:
            while (line := await _line(reader)) != b"":
                if line is None:
                    answer = {"ok": False, "error": "the line is too long"}
                else:
                    answer = await self.answer(line.decode("utf-8", "replace").strip())
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # gone, or the end of the bench
        finally:
            self._writers.discard(writer)
            writer.close()


async def _line(reader):
    # The next line; b"" at the end, None for one that is longer than any command.
    whole = True
    while True:
        try:
            line = await reader.readuntil()
            return line if whole else None
        except asyncio.IncompleteReadError as error:
            return error.partial if whole else b""
        except asyncio.LimitOverrunError as error:
            whole = False
            await reader.readexactly(error.consumed)
