"""The board UNIX: a Linux machine or a simulation. Everything comes from the environment.

GALVANI_CAN      slcan://HOST:PORT or socketcan://IFACE, several by commas (one a connector)
GALVANI_IO       HOST:PORT of the inputs and outputs (text lines over TCP); unset: no inputs
GALVANI_CONSOLE  port of the TCP console on 127.0.0.1; 0: none
GALVANI_HTTP     [HOST:]PORT of the web pages (status, set-up), HOST 127.0.0.1; unset: none
GALVANI_CONNECTORS  number of connectors, 1 unless set
GALVANI_PATH     rivot (unless set), or plc: guns with a PLC on a ring of shared modules
GALVANI_BITRATE  of the buses, 250000 unless set (slcan and socketcan: what the adapter has)
GALVANI_MODULES  of plc: modules a slot, watts and 0.1 A of each; 2,30000,1000 unless set
"""

import os

NAME = "UNIX"
PATH = os.getenv("GALVANI_PATH") or "rivot"
CONNECTORS = int(os.getenv("GALVANI_CONNECTORS") or 1)
CAN_BITRATE = int(os.getenv("GALVANI_BITRATE") or 250_000)


def _bus(text):
    kind, _, where = text.partition("://")
    if kind == "socketcan":
        return ("socketcan", {"iface": where})
    host, _, port = where.rpartition(":")
    return (kind, {"host": host, "port": int(port)})


CAN = [_bus(t) for t in (os.getenv("GALVANI_CAN") or "socketcan://can0").split(",")]
_io = os.getenv("GALVANI_IO")
IO = ("io_tcp", {"host": _io.split(":")[0], "port": int(_io.split(":")[1])}) if _io else None
CONSOLE_PORT = int(os.getenv("GALVANI_CONSOLE") or 0)
_host, _, _port = (os.getenv("GALVANI_HTTP") or "0").rpartition(":")
HTTP = (_host or "127.0.0.1", int(_port)) if int(_port) else None
PARTS = ("provision", "statuspage")

# What the hardware can carry. The configuration may only narrow it (contract part a.3).
RATINGS = {
    "voltage_min_dv": 560,
    "voltage_max_dv": 950,
    "current_max_da": 1100,
    "cable_max_da": 1000,
    "power_max_w": 9000,
}
if PATH == "plc":
    MODULES = [int(n) for n in (os.getenv("GALVANI_MODULES") or "2,30000,1000").split(",")]
    RATINGS = {
        "voltage_min_dv": 1500,
        "voltage_max_dv": 10000,
        "current_max_da": 5000,
        "cable_max_da": 5000,
        "power_max_w": 350_000,
    }
