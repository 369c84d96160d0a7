"""What happens between a byte from a terminal and the answer on it?

A session belongs to one terminal (serial port, TCP client). It edits the line, runs the command
and writes whole lines only: a log line that comes while something is half written or typed waits
or is shown above it, never inside. Byte 1 as the very first one switches to the machine mode: no
echo, no prompt, no log lines; byte 4 ends each answer.
"""

import asyncio
import sys

from micropython import const

import lazy
from console import table
from console.editor import Editor

_FREE = ("help", "version", "status", "unlock", "login", "quit")  # on a locked console
_HOLD = const(8)  # log lines that wait while a command is writing; more are in `logs`


class Session:
    """send(text) writes a short text at once; async put(text) writes any text and waits for it.

    echo: the terminal does not show keys by itself. A session that has not greeted (TCP) keeps
    quiet until its client's first byte tells a person from a machine.
    """

    def __init__(self, app, send, put, echo=True):
        self.app = app
        self.follow = False  # log lines show live
        self.open = True  # False: the client asked to be disconnected
        self.locked = bool(app.config.get("ConsoleLock"))  # until `login`
        self._send = send
        self._put = put
        self._echo = echo
        self._machine = None  # None: no byte has come yet
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
        if self._machine is None and data:
            self._machine = data[0] == 1
            if self._machine:
                self.follow = self._echo = False
                data = data[1:]
            elif not self.follow:
                self.greet()
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
            for text in execute(self.app, self, line):
                if isinstance(text, int):  # a command that waits: milliseconds
                    await asyncio.sleep_ms(text)
                else:
                    await self._put(text + end)
            held, self._held = self._held, []
            for text in held:
                await self._put(text + end)
        finally:
            self._busy = False
        while self._held:  # what came during the last lines goes out whole, at once
            self._send(self._held.pop(0) + end)
        if self._machine:
            self._send("\x04")
        elif self._echo and self.open:
            self._send(self._editor.shown())


def execute(app, session, line: str):
    """Generator of the answer's lines (str; an int asks for a pause of so many ms).

    Wrong input is answered by what was expected, a command's exception by its text and a log line.
    """
    words = line.split()
    if not words:
        return
    row = table.find(words[0].lower())
    if row is None:
        yield "error: no command '%s', expected one of: %s" % (
            words[0],
            " ".join([r[0] for r in table.rows()]),
        )
        return
    if session.locked and row[0] not in _FREE:
        yield "error: the console is locked, expected: login PASSWORD"
        return
    try:
        module = lazy.load("console." + row[1])
        for text in getattr(module, row[0])(app, words[1:], session):
            yield text
    except ValueError as e:  # the command's way to say: wrong input
        yield "error: %s; usage: %s %s" % (e, row[0], row[2])
    except Exception as e:
        app.log("UI").exc(e, "command %s", row[0])
        yield "error: %s failed: %s" % (row[0], repr(e))
    finally:
        for name in list(sys.modules):
            if name.startswith("console.cmd_"):
                lazy.drop(name)
        lazy.drop("core.logview")
