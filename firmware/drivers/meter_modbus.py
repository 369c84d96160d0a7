"""How does an external energy meter on Modbus RTU become a connector's meter?

A part of drivers/io_pins.py: it asks for energy, voltage and current in turn and is the
connector's `external` (used with EnergySource = meter). Its age grows until all three have come
anew, so a meter that answers half is as lost as one that is silent.
"""

from machine import UART, Pin
from micropython import const

from gateway import modbus

_PAUSE_MS = const(100)  # between a reply and the next request
_WAIT_MS = const(400)  # for a reply
_LONG = const(86_400_000)
_NAMES = ("energy", "voltage", "current")
# Eastron SDM input registers: float32, kWh imported, V, A. A row: function, register, kind, and
# what makes Wh, 0.1 V and 0.1 A of it: times, divided by.
_SDM = {
    "energy": (4, 0x0048, "f32", 1000, 1),
    "voltage": (4, 0x0000, "f32", 10, 1),
    "current": (4, 0x0006, "f32", 10, 1),
}


class Meter:
    """`params`: {"uart": 1, "tx": 17, "rx": 16, "baudrate": 9600, "parity": None, "de": pin,
    "unit": 1, "connector": 1, "registers": rows by name as in _SDM, which is the default}.

    "de" drives an RS-485 transceiver without automatic direction. Facts: energy_wh voltage_dv
    current_da age_ms; counters asked, broken (noise), silent.
    """

    def __init__(self, params):
        self.rows = params.get("registers", _SDM)
        if sorted(self.rows) != sorted(_NAMES):
            raise ValueError("meter_modbus: registers are %s, not %s" % (_NAMES, list(self.rows)))
        self.uart = UART(
            params["uart"],
            baudrate=params.get("baudrate", 9600),
            parity=params.get("parity"),
            tx=params["tx"],
            rx=params["rx"],
            timeout=0,
        )
        self.de = Pin(params["de"], Pin.OUT, value=0) if params.get("de") is not None else None
        self.unit = params.get("unit", 1)
        self.cid = params.get("connector", 1)
        self.energy_wh = self.voltage_dv = self.current_da = 0
        self.age_ms = _LONG
        self.asked = self.broken = self.silent = 0
        self.got = bytearray(9)
        self.length = 0
        self.fresh = [None, None, None]
        self.turn = 0
        self.waited = -1  # ms since the request; -1: none is under way
        self.pause = 0

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py."""
        connector = app.station.connector(self.cid)
        if connector.external is not self:
            connector.external = self
        self.age_ms = min(self.age_ms + ms, _LONG)
        if self.waited >= 0:
            self.waited += ms
            self._listen()
            return
        self.pause -= ms
        if self.pause <= 0:
            self._ask()

    def _row(self):
        return self.rows[_NAMES[self.turn]]

    def _ask(self):
        function, register, kind, _, _ = self._row()
        self.uart.read()  # what came late belongs to nobody
        data = modbus.request(self.unit, function, register, 1 if kind[-2:] == "16" else 2)
        if self.de:
            self.de.on()
        self.uart.write(data)
        if self.de:
            self.uart.flush()  # 8 bytes: 8 ms at 9600; the meter waits 4 ms before it answers
            self.de.off()
        self.asked += 1
        self.length = self.waited = 0

    def _listen(self):
        function, _, kind, times, by = self._row()
        data = self.uart.read(len(self.got) - self.length)
        if data:
            self.got[self.length : self.length + len(data)] = data
            self.length += len(data)
        count = 1 if kind[-2:] == "16" else 2
        verdict = modbus.check(self.got, self.length, self.unit, function, count)
        if verdict == modbus.MORE:
            if self.waited >= _WAIT_MS:
                self.silent += 1
                self._next(None)
        elif verdict == modbus.OK:
            value = modbus.number(self.got, 3, kind)
            if isinstance(value, float):
                self._next(int(value * times / by + 0.5))
            else:  # whole numbers stay exact: the chip's floats have 24 bits
                self._next(None if value is None else (value * times + by // 2) // by)
        else:
            self.broken += 1
            self._next(None)

    def _next(self, value):
        self.waited = -1
        self.pause = _PAUSE_MS
        self.fresh[self.turn] = value
        self.turn += 1
        if self.turn < len(_NAMES):
            return
        self.turn = 0
        if None not in self.fresh and min(self.fresh[:2]) >= 0:
            self.energy_wh, self.voltage_dv, self.current_da = self.fresh
            self.age_ms = 0


def open(params, io):
    """The Meter of a board's part."""
    return Meter(params)
