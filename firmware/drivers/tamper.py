"""Has somebody opened the housing? A contact tells, and the central system learns of it.

A part of drivers/io_pins.py. The contact is closed to ground while the housing is: opened, cut and
unplugged look alike. Each opening is one event TamperDetectionActivated (docs/security.md), so is
a station that starts open. A charge goes on: who services a station switches it off otherwise.
"""

from micropython import const

from drivers.io_pins import pin_in

_SURE_MS = const(200)  # a lorry that passes opens nothing


class Tamper:
    """`params`: {"pin": 27}. Facts: open; ms it has been otherwise."""

    def __init__(self, params, io):
        self.pin = pin_in(params["pin"])
        self.open = False
        self.ms = 0

    def poll(self, app, ms):
        """As parts of drivers/io_pins.py."""
        if (self.pin.value() == 1) == self.open:
            self.ms = 0
            return
        self.ms += ms
        if self.ms < _SURE_MS:
            return
        self.ms = 0
        self.open = not self.open
        if app.cp is None:
            return
        if self.open:
            app.cp.alarm("TamperDetectionActivated", "the housing is open")


def open(params, io):
    """The Tamper of a board's part."""
    return Tamper(params, io)
