"""Which card has a reader on a serial line seen? RDM6300 frames, or lines of text.

A part of drivers/io_pins.py. "rdm6300": 0x02, ten hex digits, two of their XOR, 0x03 (125 kHz
cards, 9600 baud). "line": an identifier of up to 20 letters and digits, ended by CR or LF.
A reader repeats while the card lies there; it is told once and again after it was away a second.
"""

from machine import UART
from micropython import const

_AWAY_MS = const(1000)


class Reader:
    """`params`: {"uart": 2, "rx": 16, "tx": 17, "baudrate": 9600, "format": "rdm6300" or "line",
    "connector": 1}. Counter `broken`: frames that noise has spoilt.
    """

    def __init__(self, params, io):
        self.uart = UART(
            params["uart"],
            baudrate=params.get("baudrate", 9600),
            rx=params["rx"],
            tx=params["tx"],
            timeout=0,
        )
        self.rdm = params.get("format", "rdm6300") == "rdm6300"
        self.io = io
        self.cid = params.get("connector", 1)
        self.text = bytearray()
        self.last = None
        self.away = self.broken = 0

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py."""
        self.away += ms
        if self.away > _AWAY_MS:
            self.last = None
        for byte in self.uart.read() or b"":
            if byte == 2 and self.rdm:
                self.text = bytearray()
            elif byte == 3 if self.rdm else byte in b"\r\n":
                self._take(bytes(self.text))
                self.text = bytearray()
            elif len(self.text) <= 20:
                self.text.append(byte)

    def _take(self, text):
        if not text:
            return
        good = 0 < len(text) <= 20
        for byte in text:
            good = good and (48 <= byte <= 57 or 65 <= byte & 0xDF <= 90)
        if good and self.rdm:
            good = False
            try:
                check = 0
                for i in range(0, 12, 2):
                    check ^= int(text[i : i + 2], 16)
                good = len(text) == 12 and check == 0
            except ValueError:
                pass
            text = text[:10]
        if not good:
            self.broken += 1
            return
        self.away = 0
        if text != self.last:
            self.last = text
            self.io.shown(self.cid, text.decode().upper())


def open(params, io):
    """The Reader of a board's part."""
    return Reader(params, io)
