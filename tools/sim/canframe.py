"""What does one classic CAN frame look like as a Lawicel line and as a line of a candump log?"""

from __future__ import annotations

import re
from typing import NamedTuple


class Frame(NamedTuple):
    """One classic CAN frame. `data` is b"" and `length` the DLC when `remote` is set."""

    can_id: int
    data: bytes
    extended: bool = True
    remote: bool = False
    length: int = -1

    @property
    def dlc(self) -> int:
        """The data length code, 0..8."""
        return len(self.data) if self.length < 0 else self.length

    @property
    def bits(self) -> int:
        """Bits on the wire with interframe space, stuffing not counted (131 for 29 bit, DLC 8)."""
        return (67 if self.extended else 47) + (0 if self.remote else 8 * self.dlc)

    def slcan(self) -> bytes:
        """The frame as a Lawicel line without its end."""
        letter = "tTrR"[2 * self.remote + self.extended]
        width = 8 if self.extended else 3
        return f"{letter}{self.can_id:0{width}X}{self.dlc}{self.data.hex().upper()}".encode()

    def candump(self, stamp: float, iface: str = "can0") -> str:
        """The frame as a line of a candump log (`candump -l`)."""
        width = 8 if self.extended else 3
        body = f"R{self.dlc or ''}" if self.remote else self.data.hex().upper()
        return f"({stamp:.6f}) {iface} {self.can_id:0{width}X}#{body}"


_SLCAN = re.compile(rb"([tTrR])([0-9A-Fa-f]+)")


def parse_slcan(line: bytes) -> Frame | None:
    """A t/T/r/R line as a Frame, or None when it is malformed."""
    if not _SLCAN.fullmatch(line):
        return None
    extended, remote = line[:1] in b"TR", line[:1] in b"rR"
    width = 8 if extended else 3
    if len(line) < 2 + width:
        return None
    can_id, dlc = int(line[1 : 1 + width], 16), line[1 + width] - 0x30
    body = line[2 + width :]
    if not 0 <= dlc <= 8 or can_id > (0x1FFFFFFF if extended else 0x7FF):
        return None
    if len(body) != (0 if remote else 2 * dlc):
        return None
    return Frame(can_id, bytes.fromhex(body.decode()), extended, remote, dlc)


_CANDUMP = re.compile(
    r"\((\d+\.\d+)\)\s+\S+\s+([0-9A-Fa-f]{3}|[0-9A-Fa-f]{8})#(?:(R)([0-8]?)|([0-9A-Fa-f]*))"
)


def parse_candump(line: str) -> tuple[float, Frame] | None:
    """(seconds, Frame) of one line of a candump log, or None for what is not a classic frame."""
    found = _CANDUMP.fullmatch(line.strip())
    if not found:
        return None
    stamp, can_id, remote, dlc, data = found.groups()
    body = bytes.fromhex(data or "") if len(data or "") % 2 == 0 else None
    if body is None or len(body) > 8:
        return None
    length = int(dlc or 0) if remote else len(body)
    return float(stamp), Frame(int(can_id, 16), body, len(can_id) == 8, bool(remote), length)
