"""How does a program use the console? (docs/console.md)

Lines end with LF, an answer with the byte 4; no echo, no prompt, no log lines. It edits nothing
and keeps nothing, so it costs a third of a person's session.
"""

from micropython import const

import lazy

_MAX = const(512)  # bytes of a line; longer input is cut, and the command says so


class Machine:
    """A program's session. async put(text) writes any text and waits for it."""

    follow = False
    open = True

    def __init__(self, app, put):
        self.app = app
        self.locked = bool(app.config.get("ConsoleLock"))  # until `login`
        self._put = put
        self._line = bytearray()
        self._busy = False

    def tell(self, text: str):
        """Log lines are for persons."""

    def idle(self) -> bool:
        """No command runs and no line is half said."""
        return not self._busy and not self._line

    async def feed(self, data: bytes):
        """Bytes from the program; returns when the commands in them are done."""
        for c in data:
            if c == 10:
                line, self._line = self._line, bytearray()
                await self._run(line)
            elif c >= 32 and len(self._line) < _MAX:
                self._line.append(c)

    async def _run(self, line):
        self._busy = True
        try:
            try:
                line = str(line, "utf-8")
            except UnicodeError:
                line = "?"
            await lazy.once("console.execute").run(self.app, self, line, self._put, "\n")
        except MemoryError:
            await self._put(lazy.once("console.execute").busy() + "\n")
        finally:
            self._busy = False
        await self._put("\x04")
