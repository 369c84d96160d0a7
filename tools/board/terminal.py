"""How does a person's terminal reach the board, and why does a paste of any length arrive whole?

A chip has 260 bytes for what comes at its UART while it does something else, and no hand-shake. So
a paste is held back here: a piece goes when the echo of the one before has come, and after the end
of a line when its answer has.
"""

import contextlib
import os
import select
import termios
import time
import tty

import serial

from tools.board import BoardError

PIECE = 64  # bytes that may be on their way: a quarter of what the chip can keep
QUIET_S = 0.03  # that long nothing after an answer: it is whole
PATIENCE_S = 2.0  # a prompt without echo, a command that says nothing
TICK_S = 0.01
LEAVE = b"\x1d\x18"  # Ctrl-], Ctrl-X
AT_ONCE = b"\x03"  # Ctrl-C stops what runs, and what waits behind it


class Pacer:
    """What was typed and is not sent yet. Times are seconds of one clock."""

    def __init__(self):
        self.waiting = bytearray()
        self._unheard = 0  # bytes sent whose echo has not come
        self._line_ended = False  # the last thing sent was the end of a line
        self._sent_at = self._heard_at = float("-inf")

    def typed(self, data: bytes) -> None:
        """Keys, or a paste. Ctrl-C goes before all that waits, which is dropped."""
        if AT_ONCE in data:
            self.waiting.clear()
            self._unheard = 0
            self._line_ended = False
            data = data[data.rindex(AT_ONCE) :]
        self.waiting += data

    def heard(self, count: int, now: float) -> None:
        """`count` bytes have come from the board."""
        self._unheard = max(self._unheard - count, 0)
        self._heard_at = now

    def answered(self, now: float) -> bool:
        """Whether the answer to what was sent has come, or does not come any more."""
        heard = self._heard_at > self._sent_at and now - self._heard_at >= QUIET_S
        return (heard and not self._unheard) or now - self._sent_at > PATIENCE_S

    def piece(self, now: float) -> bytes:
        """What may be sent now; empty: wait."""
        if now - self._sent_at > PATIENCE_S:
            self._unheard, self._line_ended = 0, False
        if self._line_ended and not self.answered(now):
            return b""
        count = min(len(self.waiting), PIECE - self._unheard)
        if count <= 0:
            return b""
        piece = bytes(self.waiting[:count])
        ends = [at for at in (piece.find(b"\r"), piece.find(b"\n")) if at >= 0]
        if ends:
            piece = piece[: min(ends) + 1]
        del self.waiting[: len(piece)]
        self._unheard += len(piece)
        self._line_ended = bool(ends)
        self._sent_at = now
        return piece


@contextlib.contextmanager
def _raw(stream: int):
    """The terminal hands on each key, Ctrl-C too; as it was before afterwards."""
    if not os.isatty(stream):
        yield
        return
    before = termios.tcgetattr(stream)
    try:
        tty.setraw(stream)
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def _typed(source: int) -> bytes | None:
    """What the keyboard has now; None at its end."""
    if not select.select([source], [], [], 0)[0]:
        return b""
    return os.read(source, 4096) or None


def run(port: str, source: int = 0, target: int = 1) -> None:
    """Join the descriptors of a terminal to the board until Ctrl-], Ctrl-X or the end of input.

    Input that is no terminal is sent line by line, and the last answer waited for. Raises
    BoardError when the line breaks.
    """
    pacer, ended = Pacer(), False
    try:
        with serial.serial_for_url(port, 115200, timeout=TICK_S) as line, _raw(source):
            while not (ended and _settled(pacer)):
                if data := line.read(line.in_waiting or 1):
                    pacer.heard(len(data), time.monotonic())
                    os.write(target, data)
                keys = b"" if ended else _typed(source)
                if keys is None:
                    ended = True
                elif any(key in keys for key in LEAVE):
                    return
                else:
                    pacer.typed(keys if os.isatty(source) else keys.replace(b"\n", b"\r"))
                if piece := pacer.piece(time.monotonic()):
                    line.write(piece)
    except (OSError, serial.SerialException) as error:
        raise BoardError(f"{port}: the line is gone ({error})") from None


def _settled(pacer: Pacer) -> bool:
    """All is sent, and the answer to the last line has come, or does not come."""
    return not pacer.waiting and pacer.answered(time.monotonic())
