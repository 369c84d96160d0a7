"""What is needed of the TWAI controller once: chip, pins, bit rate, poll timer, hardware filter?

Imported on demand and forgotten (lib/lazy.py); can_twai.py is what stays. Register facts:
ESP32 technical reference, TWAI and GPIO matrix.
"""

import sys

from machine import Pin, mem32
from micropython import const

_OUT_SEL = const(0x3FF44530)  # GPIO_FUNC0_OUT_SEL_CFG; one word a pin
_IN_SEL = const(0x3FF442A8)  # GPIO_FUNC94_IN_SEL_CFG: which pin is TWAI_RX
_TX_SIGNAL = const(123)
# BTR0 of 125, 250, 500, 1000 kbit/s with BTR1 0x3E: 20 quanta, sampled at 80 %, SJW 3.
_BTR0 = b"\x8f\x87\x83\x81"


def classic(machine: str) -> bool:
    """Is a board of this sys.implementation._machine a classic ESP32? ("... with ESP32-PICO-D4")

    The other chips have their controller elsewhere: writing to these addresses would crash them.
    """
    name = machine.split(" ")[-1].replace("-", "")
    return name[:5] == "ESP32" and name[5:7] not in (
        "S2",
        "S3",
        "C2",
        "C3",
        "C5",
        "C6",
        "H2",
        "P4",
    )


def begin(driver, params, bit_rate):
    """Route the pins, find BTR0, start the poll timer. ValueError for what cannot be."""
    if sys.platform == "esp32" and not classic(sys.implementation._machine):
        raise ValueError("CAN twai: only the classic ESP32 has it here, not " + sys.platform)
    if bit_rate not in (125000, 250000, 500000, 1000000):
        raise ValueError("CAN twai: %d bit/s, expected 125000 250000 500000 1000000" % bit_rate)
    driver.btr0 = _BTR0[(125000, 250000, 500000, 1000000).index(bit_rate)]
    tx, rx = params["tx"], params["rx"]
    # High first: low is dominant, and would hold the bus until the controller has the pin.
    Pin(tx, Pin.OUT, value=1)
    Pin(rx, Pin.IN)
    mem32[_OUT_SEL + 4 * tx] = _TX_SIGNAL
    mem32[_IN_SEL] = rx | 0x80


def timer(driver, params, bit_rate):
    """The machine.Timer that empties the FIFO, or None where the board names none.

    Half of the FIFO's deadline at full load: 4 ms at 125 kbit/s, 2 ms at 250, 1 ms above.
    """
    number = params.get("timer")
    if number is None:
        return None
    from machine import Timer

    period = max(1, 500000 // bit_rate)
    try:
        # A bound method made here: the timer allocates nothing when it fires.
        return Timer(number, mode=Timer.PERIODIC, period=period, callback=driver.tick)
    except OSError:
        return None  # the chip has none free: tasks/can_rx polls, each 10 ms


def cover(filters, out) -> bool:
    """Put into `out` (ACR 4 bytes, AMR 4 bytes) the one filter that lets all rows in.

    There is one mask, so several rows share the bits in which they agree; drivers/can.py looks
    at the rest. Standard ids are not filtered here. True if `out` has changed.
    """
    code = care = 0
    if filters:
        code = filters[0][0]
        care = 0x1FFFFFFF
        for can_id, mask, flags in filters:
            care &= mask & ~(can_id ^ code) if flags & 2 else 0
    old = bytes(out)
    for i in range(4):
        for at, bits in ((i, code & care), (4 + i, ~care & 0x1FFFFFFF)):
            out[at] = (bits & 31) << 3 if i == 3 else bits >> (21 - 8 * i) & 255
    out[7] |= 7  # RTR and the two bits below it
    return old != out
