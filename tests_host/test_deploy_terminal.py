"""Does a paste into `make console` reach the board whole, however long the board is busy?"""

import os
import pty
import random
import threading
import tty

from hypothesis import given
from hypothesis import strategies as st

from tools.board import terminal

RING = 260  # what an ESP32 keeps of its UART while nobody reads
BYTE_S = 10 / 115200


class Chip:
    """A board that echoes, is away now and then, and answers each line; loses what overruns."""

    def __init__(self, seed: int, away_s: float, chatter: int):
        self.random = random.Random(seed)
        self.away_s, self.chatter = away_s, chatter
        self.ring, self.line, self.lines = bytearray(), bytearray(), []
        self.lost = 0
        self.back_at = 0.0

    def arrives(self, data: bytes) -> None:
        self.ring += data
        self.lost += max(len(self.ring) - RING, 0)
        del self.ring[RING:]

    def step(self, now: float) -> int:
        """Read one key, if it is not away; the number of bytes it says."""
        if now < self.back_at or not self.ring:
            return 0
        key = self.ring.pop(0)
        if self.random.random() < 0.02:
            self.back_at = now + self.random.random() * self.away_s
        if key != 0x0D:
            self.line.append(key)
            return 1
        self.lines.append(bytes(self.line))
        self.line.clear()
        self.back_at = now + self.random.random() * self.away_s
        return 12 + self.random.randrange(self.chatter)


@given(
    st.lists(
        st.binary(max_size=300).map(lambda b: b.replace(b"\r", b".").replace(b"\3", b"."))
    ).filter(bool),
    st.integers(0, 1 << 30),
    st.sampled_from([0.001, 0.1, 1.5]),
    st.integers(1, 900),
)
def test_nothing_of_a_paste_is_lost(lines, seed, away_s, chatter):
    chip, pacer = Chip(seed, away_s, chatter), terminal.Pacer()
    pacer.typed(b"".join(line + b"\r" for line in lines))
    now = 0.0
    while len(chip.lines) < len(lines):
        piece = pacer.piece(now)
        for at in range(len(piece)):
            chip.arrives(piece[at : at + 1])
            now += BYTE_S
            if said := chip.step(now):
                pacer.heard(said, now)
        while said := chip.step(now):  # what it echoes at one go
            pacer.heard(said, now)
        now += terminal.TICK_S
        assert now < 3600
    assert chip.lost == 0
    assert chip.lines == lines


def test_a_silent_board_still_gets_what_is_typed():
    pacer = terminal.Pacer()
    pacer.typed(b"x" * 200)
    assert pacer.piece(0.0) == b"x" * terminal.PIECE
    assert pacer.piece(1.9) == b""
    assert pacer.piece(2.1) == b"x" * terminal.PIECE


def test_ctrl_c_goes_before_a_paste_that_waits():
    pacer = terminal.Pacer()
    pacer.typed(b"first\rsecond\rthird\r")
    assert pacer.piece(0.0) == b"first\r"
    pacer.typed(b"more\3")
    assert pacer.piece(0.01) == b"\3"
    assert not pacer.waiting


def test_ten_kilobytes_of_piped_lines_arrive_and_the_answers_come_back():
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    lines = [b"config set Key%d %s" % (n, b"v" * 80) for n in range(60)]
    got = []

    def board():
        line = b""
        while len(got) < len(lines):
            for key in os.read(ours, RING):
                if key != 0x0D:
                    line += bytes([key])
                    os.write(ours, bytes([key]))
                    continue
                got.append(line)
                line = b""
                os.write(ours, b"\r\nok %d\r\ngalvani> " % len(got))

    threading.Thread(target=board, daemon=True).start()
    keys, typist = os.pipe()
    seen, screen = os.pipe()
    said = []
    reader = threading.Thread(target=lambda: said.extend(iter(lambda: os.read(seen, 4096), b"")))
    reader.start()
    os.write(typist, b"".join(line + b"\n" for line in lines))
    os.close(typist)
    terminal.run(os.ttyname(theirs), keys, screen)
    os.close(screen)
    reader.join()
    assert got == lines
    assert b"ok 60" in b"".join(said)
