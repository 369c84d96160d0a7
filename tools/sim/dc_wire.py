"""How do the simulated PLCs and power modules read and write their frames?

Their own codec, made from tools/sim/dbc/plc.dbc and maxwell.dbc: it shares no line with the
firmware's. Signals are packed by their rows in the database (faster than cantools, which only
reads the files here); the checksum is computed bit by bit.
"""

import struct
from pathlib import Path

import cantools

DBC = Path(__file__).with_name("dbc")
CONTROLLER = 0xF0
BROADCAST = 0xFE


def crc8(data: bytes) -> int:
    """Polynomial 0x07, begins with 0, over all of `data`."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ (0x107 if crc & 0x80 else 0)
    return crc & 0xFF


class Frame:
    """One message of plc.dbc, little-endian."""

    def __init__(self, message):
        self.type = message.frame_id
        self.sealed = any(s.name == "CRC" for s in message.signals)
        self.rows = {
            s.name: (s.start, s.length, float(s.scale), s.is_signed)
            for s in message.signals
            if s.name != "CRC"
        }

    def pack(self, number: int, wrong_crc: bool = False, **signals) -> tuple[int, bytes]:
        """(id, 8 bytes) of PLC `number`; values in physical units, saturated."""
        word = 0
        for name, value in signals.items():
            start, length, scale, signed = self.rows[name]
            raw = round(value / scale)
            top = (1 << (length - 1 if signed else length)) - 1
            raw = max(min(raw, top), -top - 1 if signed else 0)
            word |= (raw & ((1 << length) - 1)) << start
        data = word.to_bytes(8, "little")
        if self.sealed:
            data = data[:7] + bytes([crc8(data[:7]) ^ (0x55 if wrong_crc else 0)])
        return self.type | number, data

    def read(self, data: bytes) -> dict | None:
        """The signals of a frame, or None where its length or checksum is wrong."""
        if len(data) != 8 or self.sealed and crc8(data[:7]) != data[7]:
            return None
        word = int.from_bytes(data, "little")
        found = {}
        for name, (start, length, scale, signed) in self.rows.items():
            raw = word >> start & ((1 << length) - 1)
            if signed and raw >> (length - 1):
                raw -= 1 << length
            found[name] = raw * scale if scale != 1.0 else raw
        return found


FRAMES = {m.name: Frame(m) for m in cantools.database.load_file(DBC / "plc.dbc").messages}
# What a PLC listens to, by type.
HEARD = {
    FRAMES[name].type: name
    for name in (
        "EVSE_DC_MAX_LIMITS",
        "EVSE_DC_PRESENT",
        "EVSE_FAST",
        "EVSE_SLOW",
        "RelayControl",
        "ConfigCmd",
    )
}

_REPLY = next(
    m
    for m in cantools.database.load_file(DBC / "maxwell.dbc").messages
    if m.name == "Module1_Reply"
)
SET, READ, FLOAT, INTEGER, WELL = 0x03, 0x10, 0x41, 0x42, 0xF0
BASE = _REPLY.frame_id & ~(0xFF << 11 | 0xFF << 3 | 7)


def module_order(can_id: int, data: bytes):
    """(destination, code, register, float, integer) of a frame to a module, or None."""
    if can_id & ~(0xFF << 11 | 0xFF << 3 | 7) != BASE or len(data) != 8:
        return None
    if can_id >> 3 & 0xFF != CONTROLLER:
        return None
    code, _, register = struct.unpack(">BBH", data[:4])
    return (
        can_id >> 11 & 0xFF,
        code,
        register,
        struct.unpack(">f", data[4:])[0],
        struct.unpack(">I", data[4:])[0],
    )


def module_reply(number: int, register: int, value, integer: bool = False) -> tuple[int, bytes]:
    """What module `number` answers."""
    can_id = BASE | CONTROLLER << 11 | number << 3
    code = INTEGER if integer else FLOAT
    return can_id, struct.pack(">BBH" + ("I" if integer else "f"), code, WELL, register, value)
