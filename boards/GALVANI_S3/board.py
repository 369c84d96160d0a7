"""The board GALVANI_S3: ESP32-S3 with 8 MB flash and PSRAM, the firmware frozen in.

Its TWAI controller lies elsewhere than the classic ESP32's: CAN by machine.CAN where MicroPython
has it, else by an MCP2515 on SPI.
"""

import machine

NAME = "GALVANI_S3"
PATH = "rivot"
CONNECTORS = 1
CAN_BITRATE = 250_000
CAN = [
    ("machine", {"id": 1})
    if hasattr(machine, "CAN")
    else (
        "mcp2515",
        {"spi": 1, "sck": 12, "mosi": 11, "miso": 13, "cs": 10, "int": 9, "mhz": 8},
    )
]

# Off before anything else runs: contactor, lock, lamps. ~N where low is on.
OUTPUT_PINS = (4, 5, 15, 16, 17)
IO = (
    "io_pins",
    {
        "estop": 6,  # a normally closed loop to ground
        "connectors": ({"contactor": 4, "lock": 5, "locked": ~7, "plug": ~8, "button": ~14},),
        "parts": (
            ("status_led", {"charge": 15, "network": 16, "fault": 17}),
            ("buzzer", {"pin": 18, "pwm": True}),
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
