"""What does a key do to the line being typed?

Backspace, arrows, Ctrl-A (begin), Ctrl-E (end), Ctrl-U (clear), history by up and down. Bytes in,
the finished line out; what the terminal must show is returned beside it. No I/O.
"""

from micropython import const

PROMPT = "galvani> "
_MAX = const(512)  # bytes of a line; longer input is cut, and the command says so
_HISTORY = const(6)


class Editor:
    """One line and the few before it."""

    def __init__(self):
        self.line = bytearray()
        self.at = 0  # where the cursor stands, in bytes
        self._esc = 0  # 1 after ESC, 2 after ESC [
        self._last = 0
        self._history = []
        self._row = 0  # how many lines back in history

    def key(self, c: int):
        """(line or None, echo): the finished line as str, and text for the terminal."""
        if self._esc:
            return None, self._escape(c)
        last = self._last
        self._last = c
        if c == 10 and last == 13:  # the LF of CR LF
            return None, ""
        if c in (10, 13):
            return self._enter(), "\r\n"
        if c == 27:
            self._esc = 1
        elif c in (8, 127):
            if not self.at:
                return None, ""
            n = 1
            while n < self.at and self.line[self.at - n] & 0xC0 == 0x80:
                n += 1  # the whole UTF-8 character
            return None, self._cut(self.at - n, self.at)
        elif c == 1:
            return None, self._move(0)
        elif c == 5:
            return None, self._move(len(self.line))
        elif c in (3, 21):  # Ctrl-C where it reaches us, Ctrl-U
            return None, self._cut(0, len(self.line))
        elif 32 <= c < 0xF8 and len(self.line) < _MAX:
            return None, self._insert(c)
        return None, ""

    def shown(self) -> str:
        """Prompt and line as they stand on the terminal, the cursor where it belongs."""
        back = len(self.line) - self.at
        text = "\r\x1b[K" + PROMPT + self._masked()
        return text + "\x1b[%dD" % back if back else text

    def _masked(self):
        # A password is not shown while it is typed; its line is not kept either.
        text = self._text()
        return text[:6] + "*" * len(text[6:]) if text[:6].lower() == "login " else text

    def _text(self):
        try:
            return str(self.line, "utf-8")
        except UnicodeError:  # a character of which only a part has come
            return "".join([chr(c) if c < 128 else "?" for c in self.line])

    def _insert(self, c):
        end = self.at == len(self.line)
        self.line = self.line[: self.at] + bytes((c,)) + self.line[self.at :]
        self.at += 1
        return self._masked()[-1] if end and c < 128 else self.shown()

    def _cut(self, begin, end):
        self.line = self.line[:begin] + self.line[end:]
        self.at = begin
        return self.shown()

    def _move(self, at):
        self.at = at
        return self.shown()

    def _enter(self):
        text = self._text().strip()
        if text[:6].lower() == "login ":
            pass
        elif text and (not self._history or self._history[-1] != text):
            self._history = self._history[1 - _HISTORY :] + [text]
        self.line = bytearray()
        self.at = self._row = 0
        return text

    def _escape(self, c):
        if self._esc == 1:
            self._esc = 2 if c in (0x5B, 0x4F) else 0  # CSI or SS3
            return ""
        if 48 <= c < 64:  # parameters of a sequence that goes on
            return ""
        self._esc = 0
        if c == 0x44 and self.at:  # left
            return self._move(self.at - 1)
        if c == 0x43 and self.at < len(self.line):  # right
            return self._move(self.at + 1)
        if c == 0x48:  # Home
            return self._move(0)
        if c == 0x46:  # End
            return self._move(len(self.line))
        step = {0x41: 1, 0x42: -1}.get(c, 0)  # up, down
        if step and 0 <= self._row + step <= len(self._history):
            self._row += step
            self.line = bytearray(self._history[-self._row].encode() if self._row else b"")
            return self._move(len(self.line))
        return ""
