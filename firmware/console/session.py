"""What happens between a key of a person and the answer on the terminal?

A session belongs to one terminal (serial port, TCP client). It edits the line, runs the command
and writes whole lines only: a log line that comes while something is half written or typed waits
or is shown above it, never inside. A program's session is console/machine.py.
"""

from micropython import const

import lazy
from console.editor import Editor

_HOLD = const(8)  # log lines that wait while a command is writing; more are in `logs`


class Session:
    """send(text) writes a short text at once; async put(text) writes any text and waits for it.

    echo: the terminal does not show keys by itself.
    """

    def __init__(self, app, send, put, echo=True):
        self.app = app
        self.follow = False  # log lines show live
        self.open = True  # False: the client asked to be disconnected
        self.locked = bool(app.config.get("ConsoleLock"))  # until `login`
        self._send = send
        self._put = put
        self._echo = echo
        self._editor = Editor()
        self._busy = False
        self._held = []

    def greet(self):
        """Show log lines and the prompt from now on."""
        self.follow = True
        if self._echo:
            self._send(self._editor.shown())

    async def feed(self, data: bytes):
        """Bytes from the terminal; returns when the commands in them are done."""
        # A whole line in one piece comes from a client that shows its own typing (nc).
        echo = self._echo and not (len(data) > 1 and data[-1] == 10)
        for c in data:
            line, shown = self._editor.key(c)
            if echo and shown:
                self._send(shown)
            if line is not None:
                await self._run(line)
        await self._put("")

    def tell(self, text: str):
        """A log line, above what is being typed."""
        if not self.follow:
            return
        if self._busy:
            if len(self._held) < _HOLD:
                self._held.append(text)
        elif self._echo:
            self._send("\r\x1b[K" + text + "\r\n" + self._editor.shown()[4:])
        else:
            self._send(text + "\n")

    def idle(self) -> bool:
        """No command runs and no line is half typed."""
        return not self._busy and not self._editor.line

    async def _run(self, line):
        self._busy = True
        end = "\r\n" if self._echo else "\n"
        try:
            await lazy.once("console.execute").run(self.app, self, line, self._put, end)
            held, self._held = self._held, []
            for text in held:
                await self._put(text + end)
        finally:
            self._busy = False
        while self._held:  # what came during the last lines goes out whole, at once
            self._send(self._held.pop(0) + end)
        if self._echo and self.open:
            self._send(self._editor.shown())
