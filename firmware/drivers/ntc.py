"""How hot are cable and connector, and what may flow through them then? NTC thermistors.

A part of drivers/io_pins.py. The hottest of a connector's sensors states the claim "cable":
all up to derate_c, nothing from max_c on, linear between. A sensor that is open, shorted or out
of range is unknown, and unknown carries no current (safety rule 5).
"""

import math

from machine import ADC, Pin
from micropython import const

UNKNOWN = const(-32768)
_EVERY_MS = const(1000)
_TTL_MS = const(5000)
_KELVIN = 273.15


def celsius_dc(uv: int, params) -> int:
    """0.1 degC at `uv` microvolts of a divider with the NTC to ground; UNKNOWN if that cannot be.

    params: pull_ohm, supply_mv (3300), and r0_ohm with beta (at 25 degC) or steinhart (a, b, c).
    """
    supply_uv = params.get("supply_mv", 3300) * 1000
    # The converter ends at about 3.1 V and begins at 0.14 V: the ends mean open and shorted.
    if not 160_000 <= uv <= min(3_050_000, supply_uv * 95 // 100):
        return UNKNOWN
    log_r = math.log(params.get("pull_ohm", 10000) * uv / (supply_uv - uv))
    abc = params.get("steinhart")
    if abc:
        inverse = abc[0] + abc[1] * log_r + abc[2] * log_r**3
    else:
        inverse = (
            1 / (_KELVIN + 25) + (log_r - math.log(params.get("r0_ohm", 10000))) / params["beta"]
        )
    if inverse <= 0:
        return UNKNOWN
    dc = int((1 / inverse - _KELVIN) * 10)
    return dc if -400 <= dc <= 1300 else UNKNOWN


class Ntc:
    """`params`: {"pins": (36, 39), "connector": 1, "derate_c": 70, "max_c": 90, "beta": 3950,
    ..} (celsius_dc names the rest). ADC1 pins only, 32 to 39: ADC2 does not work beside WiFi.

    Attribute temp_dc: the hottest, or UNKNOWN.
    """

    def __init__(self, params):
        self.params = params
        if params["max_c"] <= params["derate_c"]:
            raise ValueError("ntc: max_c %(max_c)d, derate_c %(derate_c)d" % params)
        celsius_dc(1_000_000, params)  # what is missing in the board data shows at boot
        self.adcs = [ADC(Pin(pin), atten=ADC.ATTN_11DB) for pin in params["pins"]]
        self.cid = params.get("connector", 1)
        self.temp_dc = UNKNOWN
        self.wait = 0

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py: once a second."""
        self.wait -= ms
        if self.wait > 0:
            return
        self.wait = _EVERY_MS
        hottest = UNKNOWN
        for adc in self.adcs:
            # The converter is noisy: eight readings a sensor, 0.4 ms
            dc = celsius_dc(sum(adc.read_uv() for _ in range(8)) // 8, self.params)
            if dc == UNKNOWN:
                hottest = UNKNOWN
                break
            hottest = max(hottest, dc)
        self.temp_dc = hottest
        full = app.board.RATINGS["cable_max_da"]
        limits = app.station.connector(self.cid).limits
        limits.claim("cable", self.allowed_da(full), ttl_ms=_TTL_MS)

    def allowed_da(self, full_da):
        """Current (0.1 A) at the present temperature when `full_da` is allowed cold."""
        if self.temp_dc == UNKNOWN:
            return 0
        derate = self.params["derate_c"] * 10
        hot = self.params["max_c"] * 10
        if self.temp_dc <= derate:
            return full_da
        return full_da * max(0, hot - self.temp_dc) // (hot - derate)


def open(params, io):
    """The Ntc of a board's part."""
    return Ntc(params)
