"""How does a cable become a network: the ESP32's own MAC with a LAN8720, or a W5500 on SPI?

board.NET = ("lan", params), params:
    {"phy": "LAN8720", "mdc": 23, "mdio": 18, "power": 12, "addr": 0, "clock": 17}   pins by number
    {"phy": "W5500", "spi": 1, "sck": 14, "mosi": 13, "miso": 12, "cs": 15, "int": 4, "reset": 5}
Imported for a moment by net/link.py.
"""

import network
from machine import Pin

import lazy


def make(get, params):
    """The interface, switched on; OSError when the chip does not answer."""
    try:
        network.hostname(get("Hostname"))
    except (ValueError, AttributeError):
        pass
    phy = params["phy"]
    kind = getattr(network, "PHY_" + phy, None)
    if kind is None:
        raise OSError("this MicroPython is built without " + phy)
    options = {"phy_type": kind, "phy_addr": params.get("addr", 0)}
    if phy == "W5500":
        from machine import SPI

        reset = params.get("reset")
        if reset is not None:
            import time

            Pin(reset, Pin.OUT, value=0)
            time.sleep_ms(1)  # 500 us at least
            Pin(reset, Pin.OUT, value=1)
            time.sleep_ms(2)
        options["spi"] = SPI(
            params["spi"],
            baudrate=params.get("baudrate", 20000000),
            sck=Pin(params["sck"]),
            mosi=Pin(params["mosi"]),
            miso=Pin(params["miso"]),
        )
        options["cs"] = Pin(params["cs"], Pin.OUT, value=1)
        options["int"] = Pin(params["int"])
    else:
        options["mdc"] = Pin(params["mdc"])
        options["mdio"] = Pin(params["mdio"])
        options["power"] = None if params.get("power") is None else Pin(params["power"])
        clock = params.get("clock")
        if clock is not None:  # the ESP32 gives the PHY its 50 MHz, on this pin
            options["ref_clk"] = Pin(clock)
            options["ref_clk_mode"] = Pin.OUT
    try:
        lan = network.LAN(0, **options)
    except TypeError:
        lan = network.LAN(**options)
    lan.active(True)
    lazy.call("net.fixed", "fix", get, lan)
    return lan


def networks(get):
    """One: the cable."""
    return [(None, None)]


def join(lan, ssid, key):
    """Nothing to do: a plug does it."""


def failure(lan, ms):
    """None: a cable may be plugged in at any moment."""
