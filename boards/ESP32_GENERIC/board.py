"""The board ESP32_GENERIC: any classic ESP32 with stock MicroPython 1.26 or newer.

A CAN transceiver on GPIO 21 and 22 is all it needs: one connector, its battery and its charger
module on one bus. Every input is missing until a pin is named here (docs/porting.md); without
a plug input the battery's own frames tell that a vehicle is there.
"""

NAME = "ESP32_GENERIC"
PATH = "rivot"
CONNECTORS = 1
CAN_BITRATE = 250_000
# Timer 0 empties the controller's FIFO each 2 ms (drivers/can_twai.py).
CAN = [("twai", {"tx": 21, "rx": 22, "timer": 0})]

OUTPUT_PINS = (25,)  # off before anything else runs; ~N where low is on
IO = (
    "io_pins",
    {
        "estop": None,  # a normally closed loop to ground, e.g. 32
        "connectors": (
            {"contactor": 25, "lock": None, "locked": None, "plug": None, "button": None},
        ),
        "parts": (),
    },
)
CONSOLE_PORT = 0  # the console is on the serial port
NET = ("wifi", {})  # a cable: ("lan", params), see net/lan.py

# What the hardware can carry. The configuration may only narrow it (contract part a.3).
RATINGS = {
    "voltage_min_dv": 560,
    "voltage_max_dv": 950,
    "current_max_da": 1100,
    "cable_max_da": 1000,
    "power_max_w": 9000,
}
