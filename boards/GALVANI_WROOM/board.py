"""The board GALVANI_WROOM: ESP32-WROOM-32 with 4 MB flash, the firmware frozen in.

CAN by machine.CAN where MicroPython has it (it receives in an interrupt), else by registers.
"""

import machine

NAME = "GALVANI_WROOM"
PATH = "rivot"
CONNECTORS = 1
CAN_BITRATE = 250_000
CAN = [
    ("machine", {"id": 1})
    if hasattr(machine, "CAN")
    else ("twai", {"tx": 21, "rx": 22, "timer": 0})
]

# Off before anything else runs: contactor, lock, lamps. ~N where low is on.
OUTPUT_PINS = (25, 27, 4, 15, 13)
IO = (
    "io_pins",
    {
        "estop": 32,  # a normally closed loop to ground
        "connectors": (
            # 34 to 39 have no pull-up: 10 kOhm on the board
            {"contactor": 25, "lock": 27, "locked": ~36, "plug": ~35, "button": ~26},
        ),
        "parts": (
            ("status_led", {"charge": 4, "network": 15, "fault": 13}),
            ("buzzer", {"pin": 14, "pwm": True}),
        ),
    },
)
CONSOLE_PORT = 0  # the console is on the serial port
APP_UPDATES = True  # with two app slots an update is an image of the whole firmware
NET = ("wifi", {})  # a cable: ("lan", params), see net/lan.py
PARTS = ("provision", "statuspage")

# What the hardware can carry. The configuration may only narrow it (contract part a.3).
RATINGS = {
    "voltage_min_dv": 560,
    "voltage_max_dv": 950,
    "current_max_da": 1100,
    "cable_max_da": 1000,
    "power_max_w": 9000,
}
