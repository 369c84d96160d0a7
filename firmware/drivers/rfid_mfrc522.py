"""Which card lies on an MFRC522 reader? (ISO 14443 A, 13.56 MHz, over SPI)

A part of drivers/io_pins.py. Five polls a second, 3 ms each while there is no card: WUPA, then
the cascade of anticollision and select until the identifier of 4, 7 or 10 bytes is whole. A card
is told once, and again only after it was away for a second. Facts: MFRC522 data sheet and
ISO 14443-3.
"""

from time import sleep_ms

from machine import SPI, Pin
from micropython import const

_COMMAND = const(0x01)
_COM_IRQ = const(0x04)
_ERROR = const(0x06)
_FIFO = const(0x09)
_FIFO_LEVEL = const(0x0A)
_BIT_FRAMING = const(0x0D)
_TX_CONTROL = const(0x14)
_VERSION = const(0x37)
_TRANSCEIVE = const(0x0C)
_SOFT_RESET = const(0x0F)
_WUPA = const(0x52)  # wakes halted cards too
_SELECT = const(0x70)
_CASCADE = const(0x88)  # first byte when more of the identifier follows
_EVERY_MS = const(200)
_AWAY = const(5)  # polls without a card; one or two are missed while it is being selected
# Register, value: timer of 0.5 ms a tick started by the end of sending, 4 ticks; 100 % ASK; CRC
# preset 0x6363; antenna on.
_SETUP = b"\x2a\x8d\x2b\x3e\x2c\x00\x2d\x04\x15\x40\x11\x3d\x14\x83"


def crc_a(data) -> bytes:
    """CRC_A of ISO 14443-3, as it is sent."""
    crc = 0x6363
    for byte in data:
        byte ^= crc & 255
        byte = (byte ^ byte << 4) & 255
        crc = crc >> 8 ^ byte << 8 ^ byte << 3 ^ byte >> 4
    return bytes((crc & 255, crc >> 8 & 255))


class Reader:
    """`params`: {"spi": an SPI object or number, "cs": pin, "rst": pin or absent, "connector": 1}.

    With a number also "sck" "mosi" "miso".
    """

    def __init__(self, params, io):
        spi = params["spi"]
        if isinstance(spi, int):
            pins = {name: Pin(params[name]) for name in ("sck", "mosi", "miso") if name in params}
            spi = SPI(spi, baudrate=params.get("baudrate", 4_000_000), **pins)
        self.spi = spi
        self.cs = Pin(params["cs"], Pin.OUT, value=1)
        if params.get("rst") is not None:
            Pin(params["rst"], Pin.OUT, value=1)
        self.io = io
        self.cid = params.get("connector", 1)
        self.ready = False
        self.last = None
        self.wait = self.away = 0

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py. OSError where no reader answers."""
        self.wait -= ms
        if self.wait > 0:
            return
        self.wait = _EVERY_MS
        if not self.ready:
            self._begin()
        uid = self.identify()
        if uid is None:
            self.away += 1
            if self.away >= _AWAY:
                self.last = None
                self.ready = self._read(_TX_CONTROL) & 3 == 3  # it has lost power in between
            return
        self.away = 0
        if uid != self.last:
            self.last = uid
            self.io.shown(self.cid, "".join(["%02X" % byte for byte in uid]))

    def identify(self):
        """The identifier of the card in the field (4, 7 or 10 bytes), or None."""
        reply = self._exchange(b"\x52", 7)
        if not reply or len(reply) != 2:
            return None
        uid = b""
        for level in (0x93, 0x95, 0x97):
            part = self._exchange(bytes((level, 0x20)), 0)
            if not part or len(part) != 5 or part[0] ^ part[1] ^ part[2] ^ part[3] ^ part[4]:
                return None  # nobody, or two cards at once
            if part[0] != _CASCADE:
                return uid + part[:4]
            uid += part[1:4]
            ask = bytes((level, _SELECT)) + part
            if not self._exchange(ask + crc_a(ask), 0):
                return None
        return None

    def _begin(self):
        self._write(_COMMAND, _SOFT_RESET)
        sleep_ms(2)  # the oscillator starts: 1 ms at most
        if self._read(_VERSION) in (0x00, 0xFF):
            raise OSError(19)  # ENODEV
        for i in range(0, len(_SETUP), 2):
            self._write(_SETUP[i], _SETUP[i + 1])
        self.ready = True

    def _exchange(self, data, bits):
        # Sends (the last byte with `bits` bits, 0: all 8) and returns the reply, or None.
        self._write(_COMMAND, 0)
        self._write(_COM_IRQ, 0x7F)
        self._write(_FIFO_LEVEL, 0x80)  # empty it
        for byte in data:
            self._write(_FIFO, byte)
        self._write(_COMMAND, _TRANSCEIVE)
        self._write(_BIT_FRAMING, 0x80 | bits)
        for _ in range(100):  # the timer ends it after 2 ms
            irq = self._read(_COM_IRQ)
            if irq & 0x31:  # received, idle, or the timer has run out
                break
        self._write(_BIT_FRAMING, 0)
        if not irq & 0x30 or self._read(_ERROR) & 0x1B:  # overflow, collision, parity, protocol
            return None
        count = self._read(_FIFO_LEVEL)
        return bytes([self._read(_FIFO) for _ in range(min(count, 16))])

    def _write(self, register, value):
        self.cs(0)
        self.spi.write(bytes((register << 1, value)))
        self.cs(1)

    def _read(self, register):
        self.cs(0)
        self.spi.write(bytes((register << 1 | 0x80,)))
        value = self.spi.read(1)[0]
        self.cs(1)
        return value


def open(params, io):
    """The Reader of a board's part."""
    return Reader(params, io)
