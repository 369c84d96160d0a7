"""What can be told to the bench of a multi-gun DC station, beside the words of every bench?

`plc silent|crc|acks|meter N on|off`, `plc safety N BITS` (as in SafetyStatus b0; 0x10 is well),
`plc stage N S|off`, `identity N evccid|emaid|mac HEX`; `weld` and `stick` know gc, tie and mn;
`module off N` and `overtemp N` mean module N (1..24); `grid W|off` is what the mains give: more
than that for two seconds is a violation.
"""

from .words import USAGE, WordError, Words, _number, _switch

DC_USAGE = {
    **USAGE,
    "plc": "plc silent|crc|acks|meter|hlc|safety|stage N on|off|BITS|S",
    "identity": "identity N evccid|emaid|mac HEX",
    "grid": "grid WATTS|off",
}


class DcWords(Words):
    """The words of profile dc."""

    usage = DC_USAGE
    plc_words = frozenset()

    def _module_of(self, number):
        modules = self.bench.plant.ring.modules
        try:
            if int(number) < 1:
                raise IndexError
            return modules[int(number) - 1]
        except (IndexError, ValueError):
            raise WordError(f"there is no module {number}, 1 to {len(modules)}") from None

    async def _plc(self, what, number, value):
        plc = self._outlet(number).plc
        flags = {"silent": "silent", "crc": "bad_crc", "acks": "acks_blocked"}
        flags.update({"meter": "meter_lost", "hlc": "no_hlc"})
        if what in flags:
            setattr(plc, flags[what], _switch(value))
        elif what == "safety":
            plc.safety = self._bits(value)
        elif what == "stage":
            plc.forced_stage = None if value == "off" else int(_number(value, 0, 63, "stage"))
        else:
            raise WordError("usage: " + DC_USAGE["plc"])

    def _bits(self, text):
        try:
            value = int(text, 0)
        except ValueError:
            value = -1
        if not 0 <= value <= 255:
            raise WordError(f"bits must be 0 to 255 (16 is well), not {text}")
        return value

    async def _identity(self, number, what, text):
        vehicle = self._outlet(number).vehicle
        if what not in ("evccid", "emaid", "mac"):
            raise WordError("usage: " + DC_USAGE["identity"])
        try:
            whole = bytes.fromhex(text)
        except ValueError:
            raise WordError(f"hex digits expected, not {text}") from None
        if not 0 < len(whole) <= 40:
            raise WordError("1 to 40 bytes expected")
        setattr(vehicle, what, whole)

    async def _tag(self, number, tag):
        if all(c in "0123456789ABCDEFabcdef" for c in tag) and len(tag) in (8, 14, 20):
            # A UID that the PLC's own reader could have read comes that way.
            self._outlet(number).plc.card = bytes.fromhex(tag)
        else:
            await self._to_station(f"tag {self._outlet(number).number} {tag}")

    async def _grid(self, watts):
        ring = self.bench.plant.ring
        ring.grid_w = None if watts == "off" else _number(watts, 0, 1e7, "power")

    async def _ev(self, demand, number, amperes, volts):
        if demand != "demand":
            raise WordError("usage: " + USAGE["ev"])
        vehicle = self._outlet(number).vehicle
        vehicle.demand(_number(amperes, 0, 600, "current"), _number(volts, 100, 1000, "voltage"))

    async def _bms(self, what, number, on):
        if what not in ("silent", "stop"):
            raise WordError("usage: " + USAGE["bms"])
        plc = self._outlet(number).plc
        if what == "silent":  # the vehicle falls silent: its communication ends
            plc.no_hlc = _switch(on)
        else:
            plc.complete = _switch(on)

    async def _module(self, off, number, on):
        if off != "off":
            raise WordError("usage: " + USAGE["module"])
        module = self._module_of(number)
        module.off_line = _switch(on)
        module.cut()

    async def _overtemp(self, number, degrees):
        module = self._module_of(number)
        if degrees == "off":
            module.forced_temp_c = None
            module.temp_c = module.ambient_c
        else:
            module.forced_temp_c = _number(degrees, -40, 200, "temperature")
            module.warm(0)

    def _contactor(self, which, number):
        row = {"gc": "gcs", "tie": "ties", "mn": "mns"}.get(which)
        if row is None:
            raise WordError(f"gc, tie or mn expected, not {which}")
        switches = getattr(self.bench.plant.ring, row)
        if not number.isdigit() or not 1 <= int(number) <= len(switches):
            raise WordError(f"there is no {which} {number}, 1 to {len(switches)}")
        return switches[int(number) - 1]
